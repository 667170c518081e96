"""Workflows room: what a deadline workflow is told, asks and answers.

Histories keep these for years: a field may be added with a default, never renamed or removed. Ids and times only — no names, no free
text of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temporalio.common import WorkflowIDReusePolicy

from domain.time.commitment import DueStep
from workflows.engine.delivery import Deliverer, News
from workflows.engine.queues import Queue

HISTORY_LIMIT = 8_000
"""Events after which a workflow continues as new, well below the server's 51,200."""


def workflow_id(name: str, id: UUID) -> str:
    return f"{name}-{id}"


@dataclass(frozen=True)
class Moved(News):
    """Something happened to an aggregate, at `position`; `subject` is the name of its deadline rules. `over`: nothing can follow, or
    not for long, so no run is opened to hear of it.
    """

    position: int
    subject: str
    id: UUID
    over: bool = False

    @property
    def workflow_id(self) -> str:
        return workflow_id(self.subject, self.id)

    async def deliver(self, by: Deliverer, queue: Queue) -> None:
        """To the running workflow; where none runs, one is started, unless nothing can follow."""
        if self.over:
            await by.signal(self.workflow_id, "moved", self)
            return
        await by.start(
            self.subject,
            Run(self.id),
            id=self.workflow_id,
            reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            signal=("moved", self),
            summary=f"Deadlines of one {self.subject.replace('-', ' ')}",
        )


@dataclass(frozen=True)
class Run:
    """Whose deadlines it holds. A run asks the ledger for everything else, also one that another continues as."""

    id: UUID
    history_limit: int = HISTORY_LIMIT


@dataclass(frozen=True)
class Outlook:
    """Where the ledger says the aggregate stands, and every time that follows from it, the earliest first."""

    position: int
    over: bool = False
    marks: tuple[DueStep, ...] = ()


@dataclass(frozen=True)
class Due:
    """A step whose time has come. `now` is the workflow's time, `position` the outlook's."""

    id: UUID
    position: int
    mark: DueStep
    now: datetime


@dataclass(frozen=True)
class Said:
    """How many facts came of it (0: silence, or a refusal), and where the aggregate stands now."""

    recorded: int
    outlook: Outlook


@dataclass(frozen=True)
class DeadlineState:
    """`next_kind` None: nothing is left to say; the workflow waits for news."""

    id: UUID
    seen: int
    next_kind: str | None = None
    next_at: datetime | None = None
    marks: tuple[DueStep, ...] = ()


@dataclass(frozen=True)
class DeadlinesOver:
    """The aggregate is over as of `seen`."""

    id: UUID
    seen: int


@dataclass(frozen=True)
class NextDue:
    """When something is due next; None: nothing is."""

    due_at: datetime | None
