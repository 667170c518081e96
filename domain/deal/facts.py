"""Domain room: everything that can have happened to a deal, in the past tense.

What changed says so: `before` and `after` stand in the fact itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from domain.custom_field.facts import FieldsSet
from domain.engine.facts import Fact, FreeText, fact, upcast
from domain.engine.undoing import TakesBack
from domain.engine.values import Activity, Money, Needs, PromiseOutcome, Quote
from domain.time.commitment import Deadlines


@fact("deal.opened")
class DealOpened(Fact):
    """`reference` and `source` name the deal in the system it came from, where it came from one."""

    title: FreeText
    customer_id: UUID | None
    owner_id: UUID
    team_id: UUID
    process: str
    process_version: int
    stage: str
    policy: str
    product_id: UUID | None = None
    amount: Money | None = None
    expected_close: date | None = None
    source: str = ""
    reference: str = ""


@fact("deal.activity-logged")
class ActivityLogged(Fact):
    activity_id: UUID
    activity: Activity


@fact("deal.activity-corrected")
class ActivityCorrected(Fact):
    activity_id: UUID
    before: Activity
    after: Activity


@fact("deal.needs-recorded")
class NeedsRecorded(Fact):
    before: Needs
    after: Needs


@fact("deal.quote-recorded")
class QuoteRecorded(Fact):
    """`before` is the quote that had the same reference."""

    quote: Quote
    before: Quote | None = None


@fact("deal.amount-changed")
class AmountChanged(Fact):
    before: Money | None
    after: Money | None


@fact("deal.expected-close-moved")
class ExpectedCloseMoved(Fact):
    before: date | None
    after: date | None


@fact("deal.title-corrected")
class TitleCorrected(Fact):
    before: FreeText
    after: FreeText


@fact("deal.customer-corrected")
class CustomerCorrected(Fact):
    before: UUID | None
    after: UUID | None


@fact("deal.product-corrected")
class ProductCorrected(Fact):
    before: UUID | None
    after: UUID | None


@fact("deal.fields-set")
class DealFieldsSet(FieldsSet):
    """Custom fields were filled in, or emptied."""


@fact("deal.owner-changed")
class OwnerChanged(Fact):
    """`rule` names what chose the new owner: handover, allocation, escalation, rep-left, import."""

    before: UUID
    after: UUID
    team_before: UUID
    team_after: UUID
    rule: str
    handover_note: FreeText = ""


@fact("deal.stage-moved")
class StageMoved(Fact):
    """`missing` lists the requirements that an override let pass."""

    before: str
    after: str
    override_id: UUID | None = None
    missing: tuple[str, ...] = ()


@fact("deal.override-requested")
class OverrideRequested(Fact):
    override_id: UUID
    to: str
    missing: tuple[str, ...]
    requested_by: str


@fact("deal.override-decided")
class OverrideDecided(Fact):
    override_id: UUID
    approved: bool
    decided_by: str


@fact("deal.won")
class DealWon(Fact):
    amount: Money
    closed_on: date
    contract_reference: str


@fact("deal.lost")
class DealLost(Fact):
    closed_on: date
    loss_reason: FreeText
    competitor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a deal was closed. Won has amount and contract, lost a reason and perhaps a competitor."""

    closed_on: date
    amount: Money | None = None
    contract_reference: str = ""
    loss_reason: FreeText = ""
    competitor: str = ""


@fact("deal.closing-corrected")
class ClosingCorrected(Fact):
    """What was entered wrongly at the closing is set right; the deal stays closed."""

    before: Closing
    after: Closing


@fact("deal.reopened")
class DealReopened(Fact):
    before: Literal["won", "lost"]
    stage: str


@fact("deal.process-moved")
class ProcessMoved(Fact):
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMarks:
    """Eight hexadecimal digits for each part of a row; equal parts have equal marks. None: of an import that took no
    mark of this part.
    """

    title: str = ""
    owner: str = ""
    customer: str = ""
    product: str = ""
    amount: str = ""
    expected_close: str = ""
    standing: str = ""
    needs: str = ""
    quote: str = ""
    next_step: str = ""
    opened_at: str | None = None
    stage_at: str | None = None
    opening_amount: str | None = None
    custom: dict[str, str] = field(default_factory=dict)
    """Of each custom field that a row told."""


@fact("deal.blocked")
class DealBlocked(Fact):
    """Something of another capability, whose stream `by` is, stands in the way of a gate that asks for `requirement`."""

    requirement: str
    by: UUID


@fact("deal.unblocked")
class DealUnblocked(Fact):
    requirement: str
    by: UUID


@fact("deal.import-noted", version=3)
class ImportNoted(Fact):
    """The imported row this deal now agrees with, as a digest and marks; an equal row changes nothing. `as_of` is
    when it was imported: what a later row tells that is older than this was not known then.
    """

    digest: str
    as_of: datetime
    marks: RowMarks


@upcast("deal.import-noted", from_version=1)
def _no_marks_of_times(data: dict[str, Any]) -> dict[str, Any]:
    marks = dict.fromkeys(("opened_at", "stage_at", "opening_amount"))
    return {**data, "marks": {**data["marks"], **marks}}


@upcast("deal.import-noted", from_version=2)
def _no_custom_fields(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "marks": {**data["marks"], "custom": {}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDeal:
    """What people see of a deal at a glance. `status` is open, won or lost."""

    title: FreeText
    status: str
    stage: str
    owner_id: UUID
    team_id: UUID
    customer_id: UUID | None = None
    product_id: UUID | None = None
    amount: Money | None = None
    expected_close: date | None = None
    closed_on: date | None = None


@fact("deal.import-undone")
class DealImportUndone(TakesBack):
    """`promises` counts those that the deal has had: no number of one is given twice."""

    before: ShownDeal
    after: ShownDeal | None
    promises: int = 0


@fact("promise.made")
class PromiseMade(Fact):
    """Someone owes the next step. `number` counts a deal's promises; `by_rule` says that nobody
    named a step and the system made one. `arming` counts the times its timer was set. `made_at` is when it was
    made: what was done before cannot have kept it.
    """

    promise_id: UUID
    number: int
    owner_id: UUID
    what: FreeText
    deadlines: Deadlines
    policy: str
    policy_version: int
    by_rule: bool
    arming: int = 1
    made_at: datetime | None = None


@fact("promise.rearmed")
class PromiseRearmed(Fact):
    """The timer was set anew: the promise moved, or its policy or stage did. `named`: somebody named the new due
    time. `overdue`: the old due time had passed, so that it can end late but no longer be kept.
    """

    promise_id: UUID
    before: Deadlines
    after: Deadlines
    policy_version: int
    arming: int
    named: bool = False
    overdue: bool = False


@fact("promise.reworded")
class PromiseReworded(Fact):
    promise_id: UUID
    before: FreeText
    after: FreeText


@fact("promise.handed-over")
class PromiseHandedOver(Fact):
    promise_id: UUID
    before: UUID
    after: UUID


@fact("promise.reminded")
class PromiseReminded(Fact):
    """The owner was reminded before the promise fell due."""

    promise_id: UUID
    arming: int
    told: UUID


@fact("promise.missed")
class PromiseMissed(Fact):
    """The due time passed; the owner was told."""

    promise_id: UUID
    arming: int
    told: UUID
    due_at: datetime


@fact("promise.escalated")
class PromiseEscalated(Fact):
    """Still not done; the team's manager was told (None: the team has no manager)."""

    promise_id: UUID
    arming: int
    told: UUID | None


@fact("promise.ended")
class PromiseEnded(Fact):
    promise_id: UUID
    outcome: PromiseOutcome
    due_at: datetime


# -- what facts have in common -------------------------------------------------------------------

STAGE_IN: dict[type[Fact], str] = {DealOpened: "stage", StageMoved: "after", DealReopened: "stage"}
"""The facts that bring a deal into a stage, each with the field that names it."""
TOUCHES = (DealOpened, ActivityLogged, StageMoved, QuoteRecorded, DealReopened)
"""Work on the deal: without any for long it has stalled."""
