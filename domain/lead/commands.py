"""Domain room: what may be asked of a lead, in the imperative. Decisions are in `decisions.py` and `imported.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from annotated_types import MaxLen

from domain.allocation.receipt import BY_HAND, AllocationReceipt
from domain.custom_field.declaration import FieldSets, RecordKind, field_stream
from domain.custom_field.facts import Custom
from domain.custom_field.holding import without_custom
from domain.customer.likely import MOST_LIKELY, Likely, Looked
from domain.deal.commands import not_ahead
from domain.engine.command import Command
from domain.engine.context import Context
from domain.engine.errors import FieldError
from domain.engine.fields import Code, Key, LongText, Name, NeededText, ShortText
from domain.engine.references import CustomerId, Named, ProductId, RepId, TeamMateId
from domain.engine.unit_of_work import Stream
from domain.engine.values import Money, NextStep
from domain.lead.lead import Lead

SINCE_FILES = ("origin", "company", "qualified_by", "do_not_mail", "do_not_call")
"""What a lead could not say before it could come in a file."""


class LeadCommand(Command, about=Lead):
    lead_id: UUID


class CaptureLead(LeadCommand):
    name: Name
    mail: ShortText = ""
    phone: ShortText = ""
    interest: LongText = ""
    source: ShortText = ""
    customer_id: CustomerId | None = None
    origin: ShortText = ""
    company: ShortText = ""
    qualified_by: RepId | None = None
    do_not_mail: bool = False
    do_not_call: bool = False
    likely: Annotated[tuple[Likely, ...], MaxLen(MOST_LIKELY)] = ()
    """Customers that it is likely of, as they were found when it was captured."""
    looked: Looked = Looked.ALL
    """Among whom it was looked for them."""

    def known_by(self) -> Any:
        """What nobody could say once is left out where nobody says it, and what was found."""
        said = vars(self)
        return {
            n: said[n] for n in said if n not in ("likely", "looked") and (n not in SINCE_FILES or said[n])
        }


class CorrectLead(LeadCommand):
    """Set right what is known of them. A field left out stays as it is."""

    name: Name | None = None
    mail: ShortText | None = None
    phone: ShortText | None = None
    interest: LongText | None = None
    source: ShortText | None = None
    origin: ShortText | None = None
    company: ShortText | None = None
    customer_id: CustomerId | None = None
    qualified_by: RepId | None = None
    do_not_mail: bool | None = None
    do_not_call: bool | None = None


class AllocateLead(LeadCommand):
    """Give the lead to a rep, or to another one; to an owner who changed teams it moves the lead there. A rule gives
    nothing to a rep on leave; a person may.
    """

    to: TeamMateId
    receipt: AllocationReceipt = BY_HAND

    def known_by(self) -> Any:
        """By hand: the receipt had no format once."""
        if self.receipt != BY_HAND:
            return self
        parts = ("rule", "rule_version", "candidates")
        return {**vars(self), "receipt": {part: getattr(BY_HAND, part) for part in parts}}

    def wrong(self) -> Iterator[FieldError]:
        return self.receipt.not_over(self.to)


class ConvertLead(LeadCommand):
    """Open a deal for the lead's owner; from then on the lead rests."""

    deal_id: UUID
    title: Name
    customer_id: CustomerId | None = None
    product_id: ProductId | None = None
    amount: Money | None = None
    expected_close: date | None = None
    process: Code = "default"
    policy: Code = "default"
    next_step: NextStep | None = None
    custom: Custom = field(default_factory=dict)
    """The deal's."""

    def known_by(self) -> Any:
        return without_custom(vars(self))

    def wrong_now(self, context: Context) -> Iterable[FieldError]:
        return not_ahead(self.next_step, context)


class DiscardLead(LeadCommand):
    why: NeededText


class ImportLead(LeadCommand):
    """A lead as another system tells it, with its own times.

    `captured_at` is None where the source does not say: then it is when the lead was first imported. `status` is None where
    it does not say: then it is what is known, open for one that is new. `closed_at` is when it was converted (into `deal_id`,
    where that is told) or discarded (`why`). Texts that are empty and what is None are not told: they take nothing away from
    what is known. `assumed` names the fields of the file for which a default or another name stands in.
    The same row again is silence; a changed row records what changed.
    """

    imported_from: Name
    reference: Name
    name: Name
    captured_at: datetime | None = None
    status: Literal["open", "converted", "discarded"] | None = None
    closed_at: datetime | None = None
    why: LongText = ""
    deal_id: UUID | None = None
    mail: ShortText = ""
    phone: ShortText = ""
    interest: LongText = ""
    source: ShortText = ""
    origin: ShortText = ""
    company: ShortText = ""
    customer_id: UUID | None = None
    owner_id: UUID | None = None
    qualified_by: UUID | None = None
    do_not_mail: bool | None = None
    do_not_call: bool | None = None
    custom: Custom = field(default_factory=dict)
    assumed: frozenset[Key] = frozenset()
    timezone: Key = "UTC"
    """That of the source's days, in which a refusal tells them."""

    def known_by(self) -> Any:
        return without_custom(vars(self))

    def rules(self) -> tuple[Stream, ...]:
        return ((FieldSets, field_stream(RecordKind.LEAD)),)

    def named(self) -> tuple[Named, ...]:
        """What a file names is settled before its rows."""
        return ()
