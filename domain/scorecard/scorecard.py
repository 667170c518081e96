"""Domain room: the scorecard of one scope and period: opened, scored by people, closed at a position, appealed, handed over.

Facts first, then state; commands and their decisions are in `decisions.py`. A closing keeps its canonical result and everything it was computed
from, so it recomputes byte-equal. Reopening leaves every earlier closing as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from domain.engine.aggregate import OwnedAggregate, when
from domain.engine.errors import Refused
from domain.engine.facts import Fact, FreeText, fact
from domain.engine.fields import LongText, Name, Percent
from domain.engine.values import named_id
from domain.figures.scope import COMPANY, Scope
from domain.scorecard.compute import About, MeasureFigure
from domain.time.periods import Period, PeriodKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a person gives a qualitative measure, 0 to 100."""

    measure: Name
    score: Percent
    why: LongText = ""


@fact("scorecard.opened")
class ScorecardOpened(Fact):
    """`owner_id` is whose it is; `manager_id` scores and closes it (None: anybody who may change it)."""

    scope: Scope
    period: Period
    definition: str
    definition_version: int
    owner_id: UUID
    manager_id: UUID | None
    currency: str = ""
    team_id: UUID | None = None


@fact("scorecard.scored")
class ScorecardScored(Fact):
    """The owner's own scores are shown beside the manager's, which count."""

    role: Literal["owner", "manager"]
    scored_by: UUID
    scores: tuple[Score, ...]


@fact("scorecard.closed")
class ScorecardClosed(Fact):
    """`number` counts the closings. `result` is the canonical result as text, `digest` its SHA-256."""

    number: int
    position: int
    figures: tuple[MeasureFigure, ...]
    result: str
    digest: str
    total: Decimal | None


@fact("scorecard.commented")
class ScorecardCommented(Fact):
    comment_id: UUID
    author_id: UUID
    text: FreeText


@fact("scorecard.reopened")
class ScorecardReopened(Fact):
    """An appeal: it is to be scored and closed again. The closing before stays what it was."""

    number: int
    appealed_by: UUID
    why: FreeText


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorecardPeople:
    """Whose it is, who scores and closes it, and the team of its scope."""

    owner_id: UUID
    manager_id: UUID | None
    team_id: UUID | None


@fact("scorecard.handed-over")
class ScorecardHandedOver(Fact):
    """While it was open: others own it, or score and close it, from now."""

    before: ScorecardPeople
    after: ScorecardPeople
    why: FreeText


def scorecard_id(scope: Scope, period: Period) -> UUID:
    return named_id("scorecard", f"{scope.key}|{period.kind}|{period.start}|{period.end}")


class Scorecard(OwnedAggregate):
    KIND: ClassVar[str] = "scorecard"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.status = "none"
        self.about = About(COMPANY, Period(PeriodKind.YEAR, date.min, date.min, ""))
        self.definition = ""
        self.definition_version = 0
        self.owner_id: UUID = id
        self.manager_id: UUID | None = None
        self.team_id: UUID | None = None
        self.scores: dict[str, Decimal] = {}
        """The manager's, by measure."""
        self.said: dict[str, ScorecardScored] = {}
        """What was last said in each role."""
        self.closings: tuple[ScorecardClosed, ...] = ()
        self.comments: dict[UUID, ScorecardCommented] = {}
        self.reopened: ScorecardReopened | None = None

    def must_be_open(self) -> None:
        if self.status != "open":
            raise Refused(f"the scorecard is {self.status}: appeal to have it reopened", status=self.status)

    def appeal(self, by: UUID, why: str) -> None:
        """The same again is silence."""
        said = self.reopened
        if self.status != "closed" and (said is None or (said.appealed_by, said.why) != (by, why)):
            raise Refused(
                f"the scorecard is {self.status}: there is no score yet to appeal against", status=self.status
            )
        self.reopen(by, why)

    def reopen(self, by: UUID, why: str) -> None:
        """Silence while it is open."""
        if self.status == "closed":
            self.record(ScorecardReopened(number=len(self.closings), appealed_by=by, why=why))

    @property
    def hands(self) -> ScorecardPeople:
        return ScorecardPeople(owner_id=self.owner_id, manager_id=self.manager_id, team_id=self.team_id)

    def hand_over(self, after: ScorecardPeople, why: str) -> None:
        if after != self.hands:
            self.record(ScorecardHandedOver(before=self.hands, after=after, why=why))

    @when(ScorecardOpened)
    def _opened(self, fact: ScorecardOpened) -> None:
        self.adopt(fact)
        self.status, self.about = "open", About(fact.scope, fact.period, fact.currency)

    @when(ScorecardScored)
    def _scored(self, fact: ScorecardScored) -> None:
        self.said = {**self.said, fact.role: fact}
        if fact.role == "manager":
            self.scores = {**self.scores, **{s.measure: s.score for s in fact.scores}}

    @when(ScorecardClosed)
    def _closed(self, fact: ScorecardClosed) -> None:
        self.status, self.closings = "closed", (*self.closings, fact)

    @when(ScorecardReopened)
    def _reopened(self, fact: ScorecardReopened) -> None:
        self.status, self.reopened = "open", fact

    @when(ScorecardHandedOver)
    def _handed_over(self, fact: ScorecardHandedOver) -> None:
        self.owner_id, self.manager_id, self.team_id = (
            fact.after.owner_id,
            fact.after.manager_id,
            fact.after.team_id,
        )

    @when(ScorecardCommented)
    def _commented(self, fact: ScorecardCommented) -> None:
        self.comments = {**self.comments, fact.comment_id: fact}
