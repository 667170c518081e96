"""Domain room: the live promise of a deal, and what time and people do to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.engine.values import PromiseOutcome
from domain.policy.follow_up import Deadlines


@dataclass(frozen=True, slots=True)
class EndedPromise:
    id: UUID
    outcome: PromiseOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """The next step someone owes. `arming` is the present setting of its timer; a timer that
    speaks for an earlier arming is too late and is not heard.
    """

    id: UUID
    owner_id: UUID
    what: str
    deadlines: Deadlines
    policy_version: int
    arming: int
    by_rule: bool
    made_at: datetime | None = None
    overdue: bool = False
    """It was moved after its due time had passed: whatever comes, it was not kept."""
    reminded: bool = False
    missed: bool = False
    escalated: bool = False
    escalated_again: bool = False
    moves: int = 0
    """How often it was moved to a later time after somebody had named one."""

    def outcome_at(self, instant: datetime) -> PromiseOutcome:
        """Kept up to and including the due time, late after it."""
        return PromiseOutcome.LATE if self.overdue or self.is_overdue(instant) else PromiseOutcome.KEPT

    def is_overdue(self, instant: datetime) -> bool:
        return instant > self.deadlines.due_at

    def can_be_kept_by(self, done_at: datetime | None) -> bool:
        """Whether work done at that instant (None: now) can have been the keeping of it."""
        return done_at is None or self.made_at is None or self.made_at <= done_at
