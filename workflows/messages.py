"""Workflows room: everything a workflow is told, asks and answers. Frozen dataclasses, one per message.

Histories keep these for years: a field may be added with a default, never renamed or removed. Ids and times only — no names, no
free text of people.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.policy.follow_up import Deadlines

HISTORY_LIMIT = 8_000
"""Events after which a workflow continues as new, well below the server's 51,200."""


class Step(StrEnum):
    """What a follow-up's timer does, in order."""

    REMIND = "remind"
    MISS = "miss"
    ESCALATE = "escalate"
    REASSIGN = "reassign"


# --- follow-up: signals -------------------------------------------------------------------------


@dataclass(frozen=True)
class PromiseArmed:
    """A promise was made or re-armed: this is now the only timer of its deal. `position` is that fact's."""

    position: int
    deal_id: UUID
    promise_id: UUID
    arming: int
    deadlines: Deadlines


@dataclass(frozen=True)
class DealClosed:
    """The deal was won or lost: no timer any more."""

    position: int
    deal_id: UUID


# --- follow-up: input, query, result ------------------------------------------------------------


@dataclass(frozen=True)
class FollowUp:
    """Whose follow-up it is; the rest is what one run hands to the next when it continues as new.

    `seen` is the high-water mark: news from a position not above it is no news. `spoken` counts the steps of this
    arming that are behind us. `in_place`: its steps are said from within the workflow's own task; runs that began before there
    was such a thing go on without.
    """

    deal_id: UUID
    seen: int = 0
    armed: PromiseArmed | None = None
    spoken: int = 0
    history_limit: int = HISTORY_LIMIT
    in_place: bool = False


@dataclass(frozen=True)
class FollowUpState:
    """`next_step` None: nothing left to do for this arming; the workflow waits for news."""

    deal_id: UUID
    seen: int
    promise_id: UUID | None
    arming: int | None
    due_at: datetime | None
    next_step: Step | None
    next_at: datetime | None


@dataclass(frozen=True)
class FollowUpEnded:
    """The deal is closed as of `seen`."""

    deal_id: UUID
    seen: int


# --- follow-up: activities ----------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Where the ledger says a deal stands: the promise whose timer is to run, or None when it is closed (or unknown:
    position 0).
    """

    position: int
    armed: PromiseArmed | None


@dataclass(frozen=True)
class Timer:
    """A step whose time has come. `now` is the workflow's clock."""

    step: Step
    armed: PromiseArmed
    now: datetime


@dataclass(frozen=True)
class Told:
    """How a command went. `recorded` 0 without `refused` is silence: it was said before, or is no longer true.

    `refused` is the refusal's message; `rep_gone` says that choosing another rep may help.
    """

    recorded: int
    refused: str | None = None
    rep_gone: bool = False


@dataclass(frozen=True)
class HeirWanted:
    """Who could take the deal over, `excluded` and the present owner aside?"""

    armed: PromiseArmed
    now: datetime
    excluded: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class Heir:
    """The rep chosen, with the decision receipt; `rep_id` None when there is nobody, and then `receipt` says why."""

    rep_id: UUID | None
    receipt: str


@dataclass(frozen=True)
class Reassignment:
    armed: PromiseArmed
    now: datetime
    heir: Heir


@dataclass(frozen=True)
class Stuck:
    """Nobody can take the deal over: the manager is told again, with this reason."""

    armed: PromiseArmed
    now: datetime
    why: str


# --- policy rollout -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Rollout:
    """A policy version was published at `position`; the rest is progress that a run hands to the next."""

    policy: str
    version: int
    position: int
    after: UUID | None = None
    done: RolloutCount | None = None
    history_limit: int = HISTORY_LIMIT


@dataclass(frozen=True)
class RolloutCount:
    """`looked` open deals followed the policy; `rearmed` of them got their timer anew; the others had it already."""

    looked: int = 0
    rearmed: int = 0

    def plus(self, other: RolloutCount) -> RolloutCount:
        return RolloutCount(self.looked + other.looked, self.rearmed + other.rearmed)


@dataclass(frozen=True)
class RolloutPage:
    """`after` None: from the start."""

    policy: str
    version: int
    position: int
    after: UUID | None
    now: datetime


@dataclass(frozen=True)
class RolloutPageDone:
    """`last` None: there was nothing left."""

    last: UUID | None
    count: RolloutCount


# --- rep handover -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Handover:
    """A rep left at `position`, or changed teams (`moved`); the rest is progress that a run hands to the next."""

    rep_id: UUID
    position: int
    after: UUID | None = None
    done: HandoverCount | None = None
    again: int = 0
    history_limit: int = HISTORY_LIMIT
    moved: bool = False


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
class Succession:
    """At `position` the team got another manager. `now` is the workflow's clock, and in news the time of the fact."""

    team_id: UUID
    before: UUID
    after: UUID
    position: int
    now: datetime


@dataclass(frozen=True)
class SuccessionCount:
    """How many cycles, meetings, action items, adjustments and decisions changed hands."""

    handed: int = 0


@dataclass(frozen=True)
class Handing:
    """One deal of the leaving rep, the rep who shall have it, and why."""

    deal_id: UUID
    heir: Heir


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


# --- sweep --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sweep:
    """The schedule's input; empty today."""


@dataclass(frozen=True)
class SweepAsk:
    now: datetime


@dataclass(frozen=True)
class SweepReport:
    """What one round found, and has set right.

    `on_the_way` are open, and the follower has not come to them yet. All of `without_promise`, `without_timer`,
    `left_over` (a timer for a closed deal), `ownerless` (the owner left), `without_clock` (that is of the `loops`: cycles,
    action items and adjustments that go on) and `wrongly_armed` (armed otherwise than the ledger says) should be 0.
    """

    open_deals: int = 0
    timers: int = 0
    on_the_way: int = 0
    without_promise: int = 0
    without_timer: int = 0
    left_over: int = 0
    ownerless: int = 0
    loops: int = 0
    without_clock: int = 0
    wrongly_armed: int = 0

    def plus(self, other: SweepReport) -> SweepReport:
        return SweepReport(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class SweepResult:
    at: datetime
    report: SweepReport
