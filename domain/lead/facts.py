"""Domain room: what happens to a lead. It was captured, set right, allocated to a rep with a receipt that says how, converted or
discarded, and taken up again; a file told of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.allocation.receipt import AllocationReceipt, lifted_from_first
from domain.custom_field.facts import FieldsSet
from domain.engine.facts import Fact, FreeText, PersonName, PersonText, fact, upcast
from domain.engine.undoing import TakesBack

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadDetails:
    """Who it is and where they came from. `source` names the channel or campaign, `origin` how they came in (a form, a call, a
    list that was bought). `qualified_by` is the rep who found out that they may buy, beside the owner, who sells to them.
    `do_not_mail` and `do_not_call`: they said so, or the law does.
    """

    name: PersonName
    mail: PersonText = ""
    phone: PersonText = ""
    interest: FreeText = ""
    source: str = ""
    origin: str = ""
    company: str = ""
    customer_id: UUID | None = None
    qualified_by: UUID | None = None
    do_not_mail: bool = False
    do_not_call: bool = False


@fact("lead.captured", version=2)
class LeadCaptured(Fact):
    """`imported_from` and `reference` name the lead in the system it came from, where it came from one."""

    name: PersonName
    mail: PersonText = ""
    phone: PersonText = ""
    interest: FreeText = ""
    source: str = ""
    customer_id: UUID | None = None
    origin: str = ""
    company: str = ""
    qualified_by: UUID | None = None
    do_not_mail: bool = False
    do_not_call: bool = False
    imported_from: str = ""
    reference: str = ""


@upcast("lead.captured", from_version=1)
def _no_more_was_known(data: Json) -> Json:
    return data


@fact("lead.corrected")
class LeadCorrected(Fact):
    before: LeadDetails
    after: LeadDetails


@fact("lead.fields-set")
class LeadFieldsSet(FieldsSet):
    """Custom fields were filled in, or emptied."""


@fact("lead.allocated", version=2)
class LeadAllocated(Fact):
    before: UUID | None
    after: UUID
    team_id: UUID
    receipt: AllocationReceipt


@upcast("lead.allocated", from_version=1)
def _receipt_has_a_format(data: Json) -> Json:
    return {**data, "receipt": lifted_from_first(data["receipt"])}


@fact("lead.converted")
class LeadConverted(Fact):
    """`deal_id` is None where a file says that it was converted, and not into which deal."""

    deal_id: UUID | None


@fact("lead.discarded")
class LeadDiscarded(Fact):
    why: FreeText


@fact("lead.reopened")
class LeadReopened(Fact):
    """`before` is the status it had."""

    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadMarks:
    """Eight hexadecimal digits for each part of a row; equal parts have equal marks. Empty: no file told it."""

    name: PersonText = ""
    mail: PersonText = ""
    phone: PersonText = ""
    interest: PersonText = ""
    source: str = ""
    origin: str = ""
    company: str = ""
    customer_id: str = ""
    qualified_by: str = ""
    do_not_mail: str = ""
    do_not_call: str = ""
    owner: str = ""
    standing: str = ""
    captured_at: str = ""
    closed_at: str = ""
    custom: dict[str, str] = field(default_factory=dict)
    """Of each custom field that a row told."""


@upcast("lead.import-noted", from_version=1)
def _no_custom_fields(data: Json) -> Json:
    return {**data, "marks": {**data["marks"], "custom": {}}}


@fact("lead.import-noted", version=2)
class LeadImportNoted(Fact):
    """A file told of the lead. `digest` is of the whole row, `as_of` when it was imported."""

    digest: PersonText
    as_of: datetime
    marks: LeadMarks


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLead:
    """What people see of a lead at a glance. `status` is open, converted or discarded."""

    name: PersonName
    company: str
    status: str
    owner_id: UUID | None = None
    qualified_by: UUID | None = None
    deal_id: UUID | None = None
    why: FreeText = ""


@fact("lead.import-undone")
class LeadImportUndone(TakesBack):
    before: ShownLead
    after: ShownLead | None
