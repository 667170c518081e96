"""Domain room: the revisit of a customer — promised, reminded, missed, escalated, handed over, kept or not, and promised again.

One stream a customer, whose id follows from the customer's: so there is one live revisit at most, whoever promises it and how often. It is
a commitment like a deal's promise, by the follow-up policy "default". What may be asked of it, and what that decides, is in `commands.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.engine.aggregate import OwnedAggregate, when
from domain.engine.context import Reach
from domain.engine.errors import Refused
from domain.engine.facts import Fact, FreeText, fact
from domain.engine.values import ActivityKind, PromiseOutcome, id_within
from domain.lifecycle.policy import LifecycleStage
from domain.time.commitment import Commitment, Deadlines, Kind

REVISIT = "revisit"
"""What is owed: to see the customer again."""


def revisit_of(customer_id: UUID) -> UUID:
    """The id of the customer's revisit."""
    return id_within(customer_id, REVISIT)


class Release(StrEnum):
    """Why a revisit is owed no more, though nobody made it."""

    DEAL_IS_OPEN = "deal-is-open"
    NO_RULE = "no-rule"
    MERGED = "merged"


@fact("revisit.promised")
class RevisitPromised(Fact):
    """`stage` is the customer's in the lifecycle then, None where a person promised it. `policy_version` is the revisit policy's;
    the deadlines are the follow-up policy's, absolute.
    """

    customer_id: UUID
    owner_id: UUID
    team_id: UUID | None
    deadlines: Deadlines
    made_at: datetime
    arming: int
    stage: LifecycleStage | None = None
    policy_version: int | None = None


@fact("revisit.moved")
class RevisitMoved(Fact):
    """It got another due time. `overdue`: the old one had passed, so that it can be late but no longer kept."""

    before: Deadlines
    after: Deadlines
    arming: int
    overdue: bool


@fact("revisit.handed-over")
class RevisitHandedOver(Fact):
    before: UUID
    after: UUID
    team_id: UUID | None


@fact("revisit.reminded")
class RevisitReminded(Fact):
    arming: int
    told: UUID


@fact("revisit.missed")
class RevisitMissed(Fact):
    arming: int
    told: UUID
    due_at: datetime


@fact("revisit.escalated")
class RevisitEscalated(Fact):
    arming: int
    told: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfRevisit(Fact):
    """What counts in figures says for whom."""

    customer_id: UUID
    owner_id: UUID
    team_id: UUID | None
    due_at: datetime


@fact("revisit.ended")
class RevisitEnded(OfRevisit):
    """`kind` is how the customer was seen and `done_at` when; both None where they were not. `offered` names the offers that were made."""

    outcome: PromiseOutcome
    kind: ActivityKind | None = None
    done_at: datetime | None = None
    offered: tuple[str, ...] = ()
    note: FreeText = ""


@fact("revisit.released")
class RevisitReleased(OfRevisit):
    why: Release


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer that was made to the customer, and when."""

    offer: str
    at: datetime
    by: UUID


class Revisit(OwnedAggregate):
    KIND: ClassVar[str] = "revisit"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.customer_id: UUID = id
        self.owner_id: UUID = id
        self.team_id: UUID | None = None
        self.stage: LifecycleStage | None = None
        self.policy_version: int | None = None
        self.commitment: Commitment | None = None
        self.promised: RevisitPromised | None = None
        self.ended: RevisitEnded | RevisitReleased | None = None
        self.arming = 0
        self.offers: tuple[Offered, ...] = ()

    def makeable(self, reach: Reach) -> bool:
        """Whoever the customer reaches promises it, for whom of the team it may be."""
        return self.within(reach)

    @property
    def last_seen(self) -> datetime | None:
        """When the customer was seen, or was to be seen, last."""
        ended = self.ended
        return (ended.done_at or ended.due_at) if isinstance(ended, RevisitEnded) else None

    def live(self, arming: int) -> Commitment | None:
        """What is owed, if a timer set for this arming may still speak for it."""
        held = self.commitment
        return held if held is not None and held.generation == arming else None

    def must_be_live(self) -> Commitment:
        if self.commitment is None:
            raise Refused("no revisit of this customer is due")
        return self.commitment

    def remind(self, held: Commitment) -> None:
        if held.awaits(Kind.REMIND):
            self.record(RevisitReminded(arming=held.generation, told=self.owner_id))

    def miss(self, held: Commitment) -> None:
        if held.awaits(Kind.MISS):
            due = held.deadlines.due_at
            self.record(RevisitMissed(arming=held.generation, told=self.owner_id, due_at=due))

    def escalate(self, held: Commitment, manager_id: UUID | None, *, again: bool) -> None:
        if held.awaits(Kind.ESCALATE_AGAIN if again else Kind.ESCALATE):
            self.record(RevisitEscalated(arming=held.generation, told=manager_id))

    @when(RevisitPromised)
    def _promised(self, fact: RevisitPromised) -> None:
        self.adopt(fact)
        self.promised, self.ended = fact, None
        self.commitment = Commitment(
            owner_id=fact.owner_id,
            what=REVISIT,
            deadlines=fact.deadlines,
            generation=fact.arming,
            made_at=fact.made_at,
        )

    @when(RevisitMoved)
    def _moved(self, fact: RevisitMoved) -> None:
        self.arming = fact.arming
        held = self.commitment
        if held is not None:
            self.commitment = held.move(fact.after, fact.arming, told_before=False, overdue=fact.overdue)

    @when(RevisitHandedOver)
    def _handed_over(self, fact: RevisitHandedOver) -> None:
        self.owner_id, self.team_id = fact.after, fact.team_id
        if self.commitment is not None:
            self.commitment = self.commitment.hand_over(fact.after)

    @when(RevisitReminded)
    def _reminded(self, fact: RevisitReminded) -> None:
        if self.commitment is not None:
            self.commitment = self.commitment.remind()

    @when(RevisitMissed)
    def _missed(self, fact: RevisitMissed) -> None:
        if self.commitment is not None:
            self.commitment = self.commitment.miss()

    @when(RevisitEscalated)
    def _escalated(self, fact: RevisitEscalated) -> None:
        if self.commitment is not None:
            self.commitment = self.commitment.escalate()

    @when(RevisitEnded)
    def _ended(self, fact: RevisitEnded) -> None:
        self.commitment, self.ended = None, fact
        if fact.done_at is not None:
            self.offers += tuple(Offered(name, fact.done_at, fact.owner_id) for name in fact.offered)

    @when(RevisitReleased)
    def _released(self, fact: RevisitReleased) -> None:
        self.commitment, self.ended = None, fact
