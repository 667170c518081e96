"""Domain room: what may be asked of a deal, in the imperative. Decisions are in `decisions.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from annotated_types import MaxLen

from domain.allocation.receipt import AllocationReceipt
from domain.custom_field.declaration import FieldSets, RecordKind, field_stream
from domain.custom_field.facts import Custom
from domain.custom_field.holding import without_custom
from domain.deal.deal import Deal
from domain.deal.past_stage import PastStage
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.engine.context import Context
from domain.engine.errors import FieldError
from domain.engine.fields import Code, Key, Label, LongText, Name, NeededText, ShortText, Version
from domain.engine.references import CustomerId, Named, ProductId, RepId, TeamMateId
from domain.engine.unit_of_work import NotLoaded, Stream
from domain.engine.values import NO_NEEDS, Activity, Money, Needs, NextStep, Quote, today_anywhere
from domain.policy.policies import Policies, policy_stream
from domain.policy.process import Processes, process_stream
from domain.time.calendar import HORIZON_DAYS

A_WEEK = 7 * 24 * 60
LONGEST = timedelta(days=HORIZON_DAYS)


def longer_than_a_week(activity: Activity) -> list[FieldError]:
    """What is logged by hand; another system's history may have longer ones."""
    long = (activity.duration_minutes or 0) > A_WEEK
    return [FieldError("activity.duration_minutes", f"must be 0 to {A_WEEK} (a week)")] if long else []


def not_ahead(step: NextStep | None, context: Context) -> Iterable[FieldError]:
    """A step must be due after what it follows, and within ten years. Only a file may tell of an overdue one."""
    return () if step is None else _not_ahead(step.due_at, context.happened_at, context.now)


def _not_ahead(due_at: datetime, after: datetime, now: datetime) -> Iterator[FieldError]:
    if due_at <= after:
        yield FieldError("next_step.due_at", f"must be after {after:%Y-%m-%d %H:%M %Z}")
    if due_at - now >= LONGEST:
        yield FieldError("next_step.due_at", "is more than ten years away")


def in_the_future(closed_on: date | None, context: Context) -> Iterator[FieldError]:
    if closed_on is not None and closed_on > today_anywhere(context.now):
        yield FieldError("closed_on", f"{closed_on} is in the future")


FIELDS: Stream = FieldSets, field_stream(RecordKind.DEAL)


class DealCommand(Command, about=Deal):
    deal_id: UUID


class OpenDeal(DealCommand):
    """Open a deal in the process's first stage. Without a next step a promise is made by rule."""

    title: Name
    owner_id: RepId
    customer_id: CustomerId | None = None
    product_id: ProductId | None = None
    amount: Money | None = None
    expected_close: date | None = None
    process: Code = "default"
    policy: Code = "default"
    next_step: NextStep | None = None
    custom: Custom = field(default_factory=dict)

    def known_by(self) -> Any:
        return without_custom(vars(self))

    def rules(self) -> tuple[Stream, ...]:
        return (Processes, process_stream(self.process)), (Policies, policy_stream(self.policy)), FIELDS

    def wrong_now(self, context: Context) -> Iterable[FieldError]:
        return not_ahead(self.next_step, context)


class LogActivity(DealCommand):
    """Log a touch. It ends the live promise (kept or late) and makes the next one."""

    activity_id: UUID
    activity: Activity
    next_step: NextStep | None = None

    def wrong(self) -> list[FieldError]:
        return longer_than_a_week(self.activity)

    def wrong_now(self, context: Context) -> Iterable[FieldError]:
        return not_ahead(self.next_step, context)


class CorrectActivity(DealCommand):
    """Whose it was and with which contact stays, where nothing is said of it."""

    activity_id: UUID
    activity: Activity

    def wrong(self) -> list[FieldError]:
        return longer_than_a_week(self.activity)

    def stands(self, named: Named, held: Aggregate) -> bool:
        if not isinstance(held, Deal) or not held.exists:
            return False
        if not held.complete:
            raise NotLoaded({held.id: Deal}, complete=True)
        before = held.activities.get(self.activity_id)
        return before is not None and named.id == before.rep_id


class RecordNeeds(DealCommand):
    needs: Needs


class RecordQuote(DealCommand):
    quote: Quote


class SetDealFields(DealCommand):
    """Fill in custom fields. A field that is not named stays as it is, nothing said of one empties it."""

    custom: Custom

    def rules(self) -> tuple[Stream, ...]:
        return (FIELDS,)


class ChangeAmount(DealCommand):
    amount: Money | None


class MoveExpectedClose(DealCommand):
    expected_close: date | None


class CorrectDeal(DealCommand):
    """Set right what was entered wrongly. A field left out stays as it is."""

    title: Name | None = None
    customer_id: CustomerId | None = None
    product_id: ProductId | None = None


class CorrectClosing(DealCommand):
    """Set right what was entered wrongly when the deal was won or lost. A field left out stays as it is; amount and
    contract belong to a won deal, reason and competitor to a lost one.
    """

    closed_on: date | None = None
    amount: Money | None = None
    contract_reference: Name | None = None
    loss_reason: Name | None = None
    competitor: ShortText | None = None

    def day_of_money(self, context: Context) -> date | None:
        """Left out it is the day the deal was closed, which the decision knows."""
        return self.closed_on

    def wrong_now(self, context: Context) -> Iterator[FieldError]:
        return in_the_future(self.closed_on, context)


class MoveStage(DealCommand):
    to: Code


class WinDeal(DealCommand):
    """All three are what the gate *won* asks for; leaving one out is refused by the gate."""

    amount: Money | None
    closed_on: date | None
    contract_reference: ShortText = ""

    def day_of_money(self, context: Context) -> date | None:
        return self.closed_on or context.happened_at.date()

    def wrong_now(self, context: Context) -> Iterator[FieldError]:
        return in_the_future(self.closed_on, context)


class LoseDeal(DealCommand):
    """`closed_on` is the company's today where it is left out."""

    loss_reason: ShortText
    competitor: ShortText = ""
    closed_on: date | None = None

    def wrong_now(self, context: Context) -> Iterator[FieldError]:
        return in_the_future(self.closed_on, context)


class ReopenDeal(DealCommand):
    stage: Code


class MoveToProcess(DealCommand):
    """Move the deal to another version of its process: a recorded decision."""

    version: Version


class RequestOverride(DealCommand):
    override_id: UUID
    to: Code


class DecideOverride(DealCommand):
    override_id: UUID
    approved: bool


class HandOver(DealCommand):
    """Give the deal and its promise to another rep. `rule` says who or what chose; `receipt`, where
    a rule did, says over whom.
    """

    to: TeamMateId
    handover_note: NeededText
    rule: Label = "handover"
    receipt: AllocationReceipt | None = None

    def known_by(self) -> Any:
        """By hand: the receipt was an empty text once."""
        return self if self.receipt is not None else {**vars(self), "receipt": ""}

    def wrong(self) -> Iterator[FieldError]:
        return self.receipt.not_over(self.to) if self.receipt is not None else iter(())


class PromiseNext(DealCommand):
    """Name the next step: what is owed, and by when."""

    next_step: NextStep

    def wrong_now(self, context: Context) -> Iterable[FieldError]:
        return not_ahead(self.next_step, context)


class ExcusePromise(DealCommand):
    """The live promise need not be kept; the context's reason says why. The next one is made."""

    promise_id: UUID
    next_step: NextStep | None = None

    def wrong_now(self, context: Context) -> Iterator[FieldError]:
        yield from not_ahead(self.next_step, context)
        if not (context.reason or "").strip():
            yield FieldError("reason", "a promise is excused with a reason")


class RearmPromise(DealCommand):
    """Set the live promise's timer by the newest version of the deal's policy."""


class EnsurePromise(DealCommand):
    """Give an open deal without a live promise one. Silence when it has one."""


class PromiseTimer(DealCommand):
    """A timer speaks. It names the promise and the arming it was set for; too late is silence."""

    promise_id: UUID
    arming: int


class RemindPromise(PromiseTimer):
    """The time to warn the owner has come."""


class MissPromise(PromiseTimer):
    """The due time has passed: tell the owner."""


class EscalatePromise(PromiseTimer):
    """Still nothing: tell the manager of the deal's team. `again`: tell them once more, because
    nobody could take the deal over (the context's reason says why); they decide now.
    """

    again: bool = False


class ReassignPromise(PromiseTimer):
    """The promise is broken; the deal goes to `to`. `receipt` says how `to` was chosen."""

    to: RepId
    receipt: AllocationReceipt | None = None


NOBODY = UUID(int=0)
"""The owner of a row that names none."""


@dataclass(frozen=True, slots=True)
class PastActivity:
    """A touch from another system's history; `at` is when it was done. `begun_id` is its id where an earlier file knew only
    that it was begun.
    """

    activity_id: UUID
    at: datetime
    activity: Activity
    begun_id: UUID | None = None


class ImportDeal(DealCommand):
    """A deal as another system tells it, with its own times.

    `stage` is the open stage it reached, or won, lost; `stage_at` is when it got there, `closed_at` the instant it
    closed on the day `closed_on`. `opened_at` is None where the source does not say: then it is when the deal was
    first imported. `opening_amount` is what it was thought to be worth when it was opened. `assumed` names the fields of
    the file that stand empty, and for which a default or something made of others stands in: enough for a deal that
    is new, and nothing against what is known of one. `asked` names those that a new deal must tell.
    `stage_history` is how it stood from its beginning on, oldest first and up to now, where the source tells that.
    Gates hold: requirements that the row does not meet are refused, unless `override_reason` is given (it must be
    the context's reason as well); then the importing user's approval goes on record. The same row again is
    silence; a changed row records what changed.
    """

    title: Name
    owner_id: UUID
    source: Name
    reference: Name
    opened_at: datetime | None
    stage: Code
    stage_at: datetime | None = None
    customer_id: UUID | None = None
    product_id: UUID | None = None
    amount: Money | None = None
    opening_amount: Money | None = None
    expected_close: date | None = None
    needs: Needs = NO_NEEDS
    quote: Quote | None = None
    closed_on: date | None = None
    closed_at: datetime | None = None
    contract_reference: ShortText = ""
    loss_reason: ShortText = ""
    competitor: ShortText = ""
    process: Code = "default"
    policy: Code = "default"
    next_step: NextStep | None = None
    activities: Annotated[tuple[PastActivity, ...], MaxLen(10_000)] = ()
    override_reason: LongText = ""
    assumed: frozenset[Key] = frozenset()
    asked: frozenset[Key] = frozenset()
    stage_history: Annotated[tuple[PastStage, ...], MaxLen(10_000)] = ()
    timezone: Key = "UTC"
    """That of the source's days, in which a refusal tells them."""
    custom: Custom = field(default_factory=dict)

    def day_of_money(self, context: Context) -> date | None:
        return self.opened_at.date() if self.opened_at else self.closed_on or context.now.date()

    def named(self) -> tuple[Named, ...]:
        """Nothing to be looked up for each of a hundred thousand rows: what a file names is made before its rows."""
        return ()
