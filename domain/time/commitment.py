"""Domain room: the commitment — what somebody owes, by when, and who was told that it is late. Pure; no clock, no policy.

A deal's promise, an action item, a step that a cycle or a meeting waits for: each is one. The aggregate that holds it records its own
facts; the rules about what is still to be said are here. A commitment that stops (a pause, a wait for somebody else) is not there
meanwhile; when it comes back it has another generation, and whoever speaks for an earlier one is not heard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from domain.engine.values import PromiseOutcome


@dataclass(frozen=True)
class Deadlines:
    """The times of one commitment, all UTC, never out of order: remind ≤ due ≤ escalate ≤ reassign."""

    remind_at: datetime
    due_at: datetime
    escalate_at: datetime
    reassign_at: datetime


class Kind(StrEnum):
    """What the times of a commitment come for, in order. At the last somebody else gets it, or the manager hears of it again."""

    REMIND = "remind"
    MISS = "miss"
    ESCALATE = "escalate"
    ESCALATE_AGAIN = "escalate-again"


@dataclass(frozen=True)
class DueStep:
    """A time at which something is to be said about an aggregate. Recorded histories keep these: fields are only ever added.

    `key` makes what is said happen once; `arming` is the generation of the deadline that it was set for. `until`: from then on it is
    too late to be said. `step`, `subject_id` and `number` say which of several deadlines it is.
    """

    kind: str
    at: datetime
    key: str
    arming: int = 0
    until: datetime | None = None
    step: str = ""
    subject_id: UUID | None = None
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """`generation` is the present setting of its deadlines. `subject_id` tells commitments of the same kind apart."""

    owner_id: UUID | None
    what: str
    deadlines: Deadlines
    generation: int = 1
    subject_id: UUID | None = None
    made_at: datetime | None = None
    overdue: bool = False
    """It was moved after its due time had passed: whatever comes, it was not kept."""
    reminded: bool = False
    missed: bool = False
    escalated: bool = False
    escalated_again: bool = False

    @property
    def key(self) -> tuple[str, UUID | None]:
        """Which of several it is."""
        return self.what, self.subject_id

    # -- what became of it -------------------------------------------------------------------

    def is_overdue(self, instant: datetime) -> bool:
        """It is kept up to and including its due time."""
        return instant > self.deadlines.due_at

    def outcome_at(self, instant: datetime) -> PromiseOutcome:
        """Of what is done then."""
        return PromiseOutcome.LATE if self.overdue or self.is_overdue(instant) else PromiseOutcome.KEPT

    def can_be_kept_by(self, done_at: datetime | None) -> bool:
        """Whether work done at that instant (None: now) can have been the keeping of it."""
        return done_at is None or self.made_at is None or self.made_at <= done_at

    # -- what is to be said ------------------------------------------------------------------

    def awaits(self, kind: Kind) -> bool:
        """Whether this is still to be said. Nobody is reminded of what is told as late already."""
        match kind:
            case Kind.REMIND:
                return not (self.reminded or self.missed or self.escalated)
            case Kind.MISS:
                return not self.missed
            case Kind.ESCALATE:
                return not self.escalated
            case Kind.ESCALATE_AGAIN:
                return not self.escalated_again

    def due_at(self, kind: Kind) -> datetime:
        times = self.deadlines
        return {
            Kind.REMIND: times.remind_at,
            Kind.MISS: times.due_at,
            Kind.ESCALATE: times.escalate_at,
            Kind.ESCALATE_AGAIN: times.reassign_at,
        }[kind]

    def due_steps(self, of: UUID, *kinds: Kind, step: str = "") -> Iterator[DueStep]:
        """What is still to be said of it, of these kinds, in this order; a reminder only until it is due. `of` is the aggregate that
        holds it, and `step` names it there, where there are several.
        """
        which = f":{step}:{self.subject_id}:{self.deadlines.due_at.isoformat()}" if step else ""
        for kind in filter(self.awaits, kinds):
            yield DueStep(
                kind,
                self.due_at(kind),
                f"{of}:{self.generation}:{kind}{which}",
                self.generation,
                self.deadlines.due_at if kind == Kind.REMIND else None,
                step,
                self.subject_id,
            )

    # -- what happens to it ------------------------------------------------------------------

    def move(
        self,
        deadlines: Deadlines,
        generation: int,
        *,
        told_before: bool,
        overdue: bool = False,
        **beside: Any,
    ) -> Self:
        """Other deadlines. `told_before`: the due time is the same, and who was told of it is not told again. `beside`: what else
        changes with them.
        """
        return replace(
            self,
            deadlines=deadlines,
            generation=generation,
            overdue=self.overdue or overdue,
            reminded=self.reminded and told_before,
            missed=self.missed and told_before,
            escalated=self.escalated and told_before,
            escalated_again=self.escalated_again and told_before,
            **beside,
        )

    def hand_over(self, to: UUID | None) -> Self:
        return replace(self, owner_id=to)

    def remind(self) -> Self:
        return replace(self, reminded=True)

    def miss(self) -> Self:
        return replace(self, missed=True)

    def escalate(self) -> Self:
        """The second time it is told again."""
        return replace(self, escalated=True, escalated_again=self.escalated)


class Commitments(tuple[Commitment, ...]):
    """Several of one aggregate, at most one of each key, in the order in which they were made."""

    __slots__ = ()

    def find(self, what: str, subject_id: UUID | None = None) -> Commitment | None:
        return next((one for one in self if one.key == (what, subject_id)), None)

    def made(self, new: Commitment) -> Commitments:
        """In the place of an earlier one. Who was told of a due time is not told of the same one again."""
        held = self.find(*new.key)
        if held is not None and held.deadlines.due_at == new.deadlines.due_at:
            new = replace(
                new,
                reminded=held.reminded,
                missed=held.missed,
                escalated=held.escalated,
                escalated_again=held.escalated_again,
            )
        return Commitments((*self.ended(new.key), new))

    def ended(self, *keys: tuple[str, UUID | None]) -> Commitments:
        return Commitments(one for one in self if one.key not in keys)

    def changed(
        self, what: str, subject_id: UUID | None, change: Callable[[Commitment], Commitment]
    ) -> Commitments:
        return Commitments(change(one) if one.key == (what, subject_id) else one for one in self)
