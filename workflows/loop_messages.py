"""Workflows room: what the workflows of the loop are told, ask and answer — cycles, action items, adjustments and
meetings alike.

The same rules as in `messages.py`: frozen, never renamed or removed, ids and times only. A fact of the loop is told by its position
alone; what follows from it the workflow asks the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from workflows.messages import HISTORY_LIMIT


class Subject(StrEnum):
    """What a clock runs for; also the name of its workflow, and how the topics of its facts begin."""

    CYCLE = "cycle"
    ACTION_ITEM = "action-item"
    ADJUSTMENT = "adjustment"
    MEETING_SCHEDULE = "meeting-schedule"
    MEETING = "meeting"


class Kind(StrEnum):
    """What a mark's time has come for."""

    REMIND = "remind"
    MISS = "miss"
    ESCALATE = "escalate"
    ESCALATE_AGAIN = "escalate-again"
    START = "start"
    CHECK_IN = "check-in"
    REVIEW = "review"
    PROPOSE = "propose"
    CLOSE = "close"
    OPEN_NEXT = "open-next"
    FREEZE = "freeze"
    MEASURE = "measure"
    CALL = "call"


def clock_id(subject: Subject, id: UUID) -> str:
    return f"{subject}-{id}"


@dataclass(frozen=True)
class Moved:
    """Something happened to the subject, at `position`. `over`: nothing can follow, so no run is opened to hear of it."""

    position: int
    subject: Subject
    id: UUID
    over: bool = False


@dataclass(frozen=True)
class Run:
    """Whose clock it is. A run asks the ledger for everything else, also one that another continues as."""

    id: UUID
    history_limit: int = HISTORY_LIMIT


@dataclass(frozen=True)
class Mark:
    """A time at which the clock speaks. `key` makes what it says happen once; `arming` is the one it was set for. `until`:
    from then on it is too late to be said. `step`, `subject_id` and `number` say of what it speaks.
    """

    kind: Kind
    at: datetime
    key: str
    arming: int = 0
    until: datetime | None = None
    step: str = ""
    subject_id: UUID | None = None
    number: int = 0


@dataclass(frozen=True)
class Outlook:
    """Where the ledger says the subject stands, and every time that follows from it, the earliest first."""

    position: int
    over: bool = False
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Due:
    """A mark whose time has come. `now` is the workflow's clock, `position` the outlook's."""

    id: UUID
    position: int
    mark: Mark
    now: datetime


@dataclass(frozen=True)
class Said:
    """How many facts came of it (0: silence, or a refusal), and where the subject stands now."""

    recorded: int
    outlook: Outlook


@dataclass(frozen=True)
class ClockState:
    """`next_kind` None: nothing is left to say; the clock waits for news."""

    id: UUID
    seen: int
    next_kind: Kind | None = None
    next_at: datetime | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class ClockStopped:
    """The subject is over as of `seen`."""

    id: UUID
    seen: int
