"""Domain room: what happens to a service case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.case.policy import Clock, Severity
from domain.engine.facts import Fact, FreeText, fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """When they run out, None where that is over. `arming` counts their settings."""

    arming: int
    answer_by: datetime | None
    solve_by: datetime


@fact("case.opened")
class CaseOpened(Fact):
    """`made_at` is when the customer came with it. `follows` is an earlier case that could not be reopened any more."""

    title: FreeText
    customer_id: UUID
    category: str
    severity: Severity
    owner_id: UUID
    team_id: UUID | None
    policy: str
    policy_version: int
    made_at: datetime
    clocks: Clocks
    deal_id: UUID | None = None
    product_id: UUID | None = None
    follows: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfCase(Fact):
    """What counts in figures says for whom. `minutes` are those of business time in which nobody waited for the customer."""

    owner_id: UUID
    team_id: UUID | None
    customer_id: UUID
    product_id: UUID | None


@fact("case.answered")
class CaseAnswered(OfCase):
    """The customer had the first answer."""

    minutes: int
    kept: bool
    note: FreeText = ""


@fact("case.waiting")
class CaseWaiting(Fact):
    """The customer is waited for; the clocks stand still."""

    since: datetime
    what: FreeText


@fact("case.resumed")
class CaseResumed(Fact):
    """`waited` seconds of business time have passed."""

    at: datetime
    waited: int
    clocks: Clocks


@fact("case.severity-changed")
class CaseSeverityChanged(Fact):
    before: Severity
    after: Severity
    clocks: Clocks | None
    """None while the customer is waited for: they are set when it goes on."""


@fact("case.linked")
class CaseLinked(Fact):
    """The deal that it is about; None: about none any more."""

    before: UUID | None
    after: UUID | None


@fact("case.customer-corrected")
class CaseCustomerCorrected(Fact):
    """It is another customer's: two records were taken for one."""

    before: UUID
    after: UUID


@fact("case.handed-over")
class CaseHandedOver(Fact):
    before: UUID
    after: UUID
    team_id: UUID | None


@fact("case.missed")
class CaseMissed(Fact):
    """A clock ran out. `told` is the manager of the owner's team; None where nobody else manages it."""

    clock: Clock
    arming: int
    due_at: datetime
    told: UUID | None


@fact("case.solved")
class CaseSolved(OfCase):
    at: datetime
    solution: FreeText
    minutes: int
    kept: bool
    arming: int
    feedback_by: datetime


@fact("case.reopened")
class CaseReopened(OfCase):
    """It counts for those of the solution that did not hold, whoever has the case since."""

    at: datetime
    solved_at: datetime
    why: FreeText
    policy_version: int
    clocks: Clocks


@fact("case.closed")
class CaseClosed(OfCase):
    """The customer said how it went, 1 (badly) to 5 (well); no score: they were asked and did not say."""

    score: int | None = None
    text: FreeText = ""
