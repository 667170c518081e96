"""Workflows room: what handovers are told, ask and answer: of a rep who left or moved, of a manager. The rules of `engine/messages.py`
hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temporalio.common import WorkflowIDReusePolicy

from domain.engine.facts import Fact
from domain.engine.recorded import Recorded
from domain.people.people import RepLeft, RepMoved, TeamManagerChanged
from workflows.deal.messages import ChosenRep
from workflows.engine.delivery import Deliverer, News, Reader
from workflows.engine.messages import HISTORY_LIMIT
from workflows.engine.queues import Queue

HANDOVER, SUCCESSION = "rep-handover", "manager-handover"
HANDS_OVER = "Hands over the open deals of a rep who left, or takes them along to another team"


def handover_id(rep_id: UUID) -> str:
    return f"handover-{rep_id}"


def following_id(rep_id: UUID, position: int) -> str:
    """Each move is followed once."""
    return f"rep-moved-{rep_id}-{position}"


@dataclass(frozen=True)
class Handover(News):
    """A rep left at `position`, or changed teams (`moved`); the rest is progress that a run hands to the next."""

    rep_id: UUID
    position: int
    after: UUID | None = None
    done: HandoverCount | None = None
    again: int = 0
    history_limit: int = HISTORY_LIMIT
    moved: bool = False

    @property
    def workflow_id(self) -> str:
        return following_id(self.rep_id, self.position) if self.moved else handover_id(self.rep_id)

    async def deliver(self, by: Deliverer, queue: Queue) -> None:
        await by.start_once(HANDOVER, self, id=self.workflow_id, summary=HANDS_OVER)

    async def deliver_again(self, by: Deliverer) -> None:
        """Once more, for a rep whose deals found nobody the first time."""
        again = WorkflowIDReusePolicy.ALLOW_DUPLICATE
        await by.start_once(HANDOVER, self, id=self.workflow_id, summary=HANDS_OVER, reuse=again)


@dataclass(frozen=True)
class HandoverCount:
    """`handed` deals have a new owner; `left` had nobody to go to, and the manager was told. `items`: action items handed over."""

    handed: int = 0
    left: int = 0
    items: int = 0

    def plus(self, other: HandoverCount) -> HandoverCount:
        return HandoverCount(self.handed + other.handed, self.left + other.left, self.items + other.items)


@dataclass(frozen=True)
class HandoverAsk:
    rep_id: UUID
    position: int
    after: UUID | None
    now: datetime


@dataclass(frozen=True)
class Succession(News):
    """At `position` the team got another manager. `now` is the workflow's clock, and in news the time of the fact."""

    team_id: UUID
    before: UUID
    after: UUID
    position: int
    now: datetime

    @property
    def workflow_id(self) -> str:
        return f"{SUCCESSION}-{self.team_id}-{self.position}"

    async def deliver(self, by: Deliverer, queue: Queue) -> None:
        summary = "Hands over what was the part of a team's manager before"
        await by.start_once(SUCCESSION, self, id=self.workflow_id, summary=summary)


@dataclass(frozen=True)
class SuccessionCount:
    """How many cycles, meetings, action items, adjustments and decisions changed hands."""

    handed: int = 0


@dataclass(frozen=True)
class Handing:
    """One deal of the leaving rep, the rep who shall have it, and why."""

    deal_id: UUID
    heir: ChosenRep


@dataclass(frozen=True)
class HandoverPlan:
    """A page of decisions; `last` None: there was nothing left."""

    last: UUID | None
    handings: tuple[Handing, ...] = ()


@dataclass(frozen=True)
class HandoverPage:
    rep_id: UUID
    position: int
    handings: tuple[Handing, ...]
    now: datetime


@dataclass(frozen=True)
class HandoverPageDone:
    """`again`: the chosen rep left in between; somebody else has to be chosen for this many deals."""

    count: HandoverCount
    again: int = 0


# --- what the ledger says -----------------------------------------------------------------------


def read_rep(recorded: Recorded) -> Handover:
    moved = isinstance(recorded.fact, RepMoved)
    return Handover(recorded.originator_id, recorded.position, moved=moved)


def read_manager(recorded: Recorded) -> Succession | None:
    """Nobody's parts are nobody's to hand over; and without another manager they stay where they are."""
    assert isinstance(recorded.fact, TeamManagerChanged)
    before, after = recorded.fact.before, recorded.fact.after
    if before is None or after is None:
        return None
    return Succession(recorded.originator_id, before, after, recorded.position, recorded.occurred_at)


NEWS: Mapping[type[Fact], Reader] = {RepLeft: read_rep, RepMoved: read_rep, TeamManagerChanged: read_manager}
