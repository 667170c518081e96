"""Domain room: the target aggregate, its versions, and which one is in force on a day.

Its story is in `facts.py`. State: the number and its versions, who owns it, its shares. Dividing and re-spreading,
which touch several targets in one commit, are in `dividing.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from domain.engine.aggregate import OwnedAggregate, becomes, when
from domain.engine.errors import Refused
from domain.engine.values import named_id
from domain.figures import metrics
from domain.figures.metrics import Metric
from domain.figures.scope import COMPANY, Scope
from domain.figures.shares import Method
from domain.target import facts as f
from domain.time.periods import Period, PeriodKind

ZERO = Decimal(0)
PROPOSED, AGREED, UNAGREED, WITHDRAWN = "proposed", "agreed", "unagreed", "withdrawn"


def target_id(metric: str, scope: Scope, period: Period) -> UUID:
    """The stream of the one target for this metric, scope and period, whatever the period is called."""
    return named_id("target", f"{metric}|{scope.key}|{period.kind}|{period.start}|{period.end}")


@dataclass(frozen=True, slots=True)
class Version:
    """A number and the day it is in force from. `position` is where it stands in the ledger, for those who know."""

    number: Decimal
    from_day: date
    position: int = 0


def in_force(versions: Sequence[Version], on: date, known_at: int | None = None) -> Version | None:
    """The version that day `on` is judged by, as known at a position: the last recorded one that had begun. None
    before the first. `versions` are in the order they were recorded.
    """
    known = (v for v in reversed(versions) if known_at is None or v.position <= known_at)
    return next((v for v in known if v.from_day <= on), None)


class Target(OwnedAggregate):
    KIND: ClassVar[str] = "target"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.status = "none"
        self.metric = ""
        self.scope = COMPANY
        self.period = Period(PeriodKind.YEAR, date.min, date.min, "")
        self.number = ZERO
        self.currency = ""
        self.owner_id: UUID = id
        self.achievable = self.relevant = ""
        self.team_id: UUID | None = None
        self.parent_id: UUID | None = None
        self.elsewhere = ZERO
        """The part of its number that stayed with parents it had before."""
        self.versions: tuple[Version, ...] = ()
        self.method: Method | None = None
        self.shares: tuple[f.Share, ...] = ()

    @property
    def stands(self) -> bool:
        """There is such a target: proposed, and not withdrawn."""
        return self.exists and self.status != WITHDRAWN

    @property
    def of(self) -> Metric:
        return metrics.metric(self.metric)

    @property
    def unit(self) -> Decimal:
        """What its number is a whole number of."""
        return self.of.smallest(self.currency)

    def must_stand(self) -> None:
        if not self.stands:
            raise Refused("the target was withdrawn: propose it anew", status=self.status)

    def propose(self, proposed: f.TargetProposed) -> None:
        self.record(proposed)

    def agree(self, by: UUID) -> None:
        self.must_stand()
        if by != self.owner_id:
            raise Refused(f"a target is agreed to by its owner, {self.owner_id}", owner_id=str(self.owner_id))
        if self.status != AGREED:
            self.record(f.TargetAgreed(agreed_by=by, number=self.number))

    def leave_unagreed(self) -> None:
        if self.status == PROPOSED:
            self.record(f.TargetLeftUnagreed(number=self.number))

    def revise(self, number: Decimal, from_day: date, why: str) -> None:
        self.must_stand()
        if number != self.number:
            version = len(self.versions) + 1
            before = self.number
            self.record(
                f.TargetRevised(before=before, after=number, from_day=from_day, version=version, why=why)
            )

    def divide(self, method: Method, shares: tuple[f.Share, ...], from_day: date, basis: str = "") -> None:
        if shares != self.shares:
            self.record(f.TargetDivided(method=method, shares=shares, from_day=from_day, basis=basis))

    def hand_over(self, to: UUID) -> None:
        self.must_stand()
        if to != self.owner_id:
            self.record(f.TargetHandedOver(before=self.owner_id, after=to))

    def withdraw(self, why: str) -> None:
        if self.stands:
            self.record(f.TargetWithdrawn(number=self.number, why=why))

    def in_force(self, on: date) -> Decimal | None:
        """The number that day `on` is judged by; outside the period, that of its nearest day. None when withdrawn."""
        if not self.stands:
            return None
        version = in_force(self.versions, min(max(on, self.period.start), self.period.end))
        return version.number if version else None

    # -- mutators ----------------------------------------------------------------------------

    @when(f.TargetProposed)
    def _proposed(self, fact: f.TargetProposed) -> None:
        self.adopt(fact)
        self.status = PROPOSED
        self.elsewhere, self.method, self.shares = ZERO, None, ()
        self.versions = (*self.versions, Version(fact.number, fact.from_day))

    @when(f.TargetAgreed)
    def _agreed(self, fact: f.TargetAgreed) -> None:
        self.status = AGREED

    @when(f.TargetLeftUnagreed)
    def _left_unagreed(self, fact: f.TargetLeftUnagreed) -> None:
        self.status = UNAGREED

    @when(f.TargetRevised)
    def _revised(self, fact: f.TargetRevised) -> None:
        """What was agreed to was another number."""
        self.number = fact.after
        self.versions = (*self.versions, Version(fact.after, fact.from_day))
        self.status = PROPOSED if self.status == AGREED else self.status

    @when(f.TargetDivided)
    def _divided(self, fact: f.TargetDivided) -> None:
        self.method, self.shares = fact.method, fact.shares

    @when(f.TargetMoved)
    def _moved(self, fact: f.TargetMoved) -> None:
        self.parent_id, self.team_id = fact.after, fact.team_id
        self.elsewhere += fact.stays

    _handed_over = becomes(f.TargetHandedOver, "owner_id")

    @when(f.TargetWithdrawn)
    def _withdrawn(self, fact: f.TargetWithdrawn) -> None:
        self.status = WITHDRAWN
