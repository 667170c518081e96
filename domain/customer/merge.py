"""Domain room: two customers are found to be one, or turn out to be two after all. Two streams, one commit.

Nothing else moves: deals, leads, cases and all that names a customer keep the id they were recorded with, and which customer an id
stands for is asked where it is read (`projections/customer/merged.py`) or named (`domain/engine/authority.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from annotated_types import MaxLen

from domain.custom_field.declaration import FieldSets, RecordKind, field_stream
from domain.custom_field.facts import MOST_FIELDS
from domain.customer.customer import Customer
from domain.customer.facts import CustomerMerged, CustomerUnmerged
from domain.customer.giving_back import follow_contacts, give_back, withhold
from domain.customer.merging import FIELDS, GivenBack, named_by
from domain.customer.parent import refuse_circle, upwards
from domain.engine.aggregate import KINDS
from domain.engine.command import Command, handles
from domain.engine.context import Context
from domain.engine.errors import FieldError, Invalid, Refused
from domain.engine.fields import Key, NameOf
from domain.engine.references import ContactId, CustomerId, DealId, PartOf, Refers
from domain.engine.unit_of_work import Stream, UnitOfWork

Json = dict[str, Any]
MOST = 1_000
CaseId = Annotated[UUID, Refers("case", "seen")]
LeadId = Annotated[UUID, Refers("lead", "seen")]
NoteId = Annotated[UUID, PartOf("note")]
ConsentingId = Annotated[UUID, PartOf("consent")]
DecidingId = Annotated[UUID, PartOf("part in deciding")]
DescribedId = Annotated[UUID, PartOf("contact's custom fields")]
"""Contacts, of whom that was said."""
ProfileField = Annotated[Key, NameOf("profile field")]
OwnField = Annotated[Key, NameOf("custom field")]
FIRST = ("customer_id", "fields", "contacts", "deals", "leads", "cases", "rest_stays")
"""What an unmerge could say from the first release on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A field of the profile, and the record whose value is kept."""

    field: Key
    customer_id: CustomerId


class MergeCustomers(Command, about=Customer):
    """`gone_id` stands for `customer_id` from now on. Where `keep` names no record for a field, it stays as it is, or is filled with what
    the other says where nothing was known. That they are one already is silence.
    """

    customer_id: UUID
    gone_id: CustomerId
    keep: Annotated[tuple[Kept, ...], MaxLen(100)] = ()
    told: Annotated[tuple[UUID, ...], MaxLen(MOST)] = ()

    def known_by(self) -> Any:
        """Whom it concerns is found out each time."""
        return {name: value for name, value in vars(self).items() if name != "told"}

    def wrong_now(self, context: Context) -> Iterator[FieldError]:
        if self.customer_id == self.gone_id:
            yield FieldError("gone_id", "is the same record")
        for n, kept in enumerate(self.keep):
            if kept.field not in FIELDS:
                yield FieldError(f"keep[{n}].field", f"is no field of a profile: {', '.join(FIELDS)}")


class UnmergeCustomer(Command, about=Customer):
    """The record `customer_id` is one of its own again, as it was. What was said or made since stays with the record that it was merged
    into, but for what is named: `fields` of the profile, `contacts`, `notes`, the `consents`, parts in deciding (`roles`) and custom
    fields (`contact_custom`) of contacts, `custom` fields, the company that it belongs to (`parent`), `deals`, `leads`, `cases`. What was said of
    a contact that the other has no more goes with the contact. Where there is more than that, `rest_stays` has to say so. `since` are the deals, leads and cases that were made since, as far as they are known.
    """

    customer_id: UUID
    fields: Annotated[tuple[ProfileField, ...], MaxLen(100)] = ()
    contacts: Annotated[tuple[ContactId, ...], MaxLen(MOST)] = ()
    notes: Annotated[tuple[NoteId, ...], MaxLen(MOST)] = ()
    consents: Annotated[tuple[ConsentingId, ...], MaxLen(MOST)] = ()
    roles: Annotated[tuple[DecidingId, ...], MaxLen(MOST)] = ()
    custom: Annotated[tuple[OwnField, ...], MaxLen(MOST_FIELDS)] = ()
    contact_custom: Annotated[tuple[DescribedId, ...], MaxLen(MOST)] = ()
    parent: bool = False
    deals: Annotated[tuple[DealId, ...], MaxLen(MOST)] = ()
    leads: Annotated[tuple[LeadId, ...], MaxLen(MOST)] = ()
    cases: Annotated[tuple[CaseId, ...], MaxLen(MOST)] = ()
    rest_stays: bool = False
    since: tuple[UUID, ...] = ()
    told: Annotated[tuple[UUID, ...], MaxLen(MOST)] = ()

    def rules(self) -> tuple[Stream, ...]:
        return tuple((FieldSets, field_stream(of)) for of in (RecordKind.CUSTOMER, RecordKind.CONTACT))

    def as_named(self) -> bool:
        """It is about the record that went."""
        return True

    def known_by(self) -> Any:
        """Whom it concerns, and what there is since, is found out each time; what nobody could say once is left out where nobody says it."""
        said = {name: value for name, value in vars(self).items() if name not in ("told", "since")}
        return {name: value for name, value in said.items() if value or name in FIRST}


@handles(MergeCustomers)
def merge_customers(command: MergeCustomers, work: UnitOfWork) -> Json:
    survivor, gone = work.get(Customer, command.customer_id), work.get(Customer, command.gone_id)
    if survivor is not gone:
        _must_not_be_above(survivor, gone, work)
        fact = survivor.absorbing(gone, *_chosen(command, survivor.id))
        survivor.record(fact)
        gone.record(CustomerMerged(into=survivor.id, told=command.told))
    return {"customer_id": str(survivor.id), "gone_id": str(gone.id)}


def _must_not_be_above(survivor: Customer, gone: Customer, work: UnitOfWork) -> None:
    """Raises Refused for a company and one that it belongs to: it would belong to itself."""
    if survivor.id in upwards(gone.parent_id, work) or gone.id in upwards(survivor.parent_id, work):
        raise Refused("one of them belongs to the other as a company: say that it does not, first")


def _chosen(command: MergeCustomers, survivor_id: UUID) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields to be taken from the one that goes, and those that stay as they are though they say nothing."""
    whose = {survivor_id: [], command.gone_id: []}  # type: dict[UUID, list[str]]
    for n, kept in enumerate(command.keep):
        if kept.customer_id not in whose:
            raise Invalid([FieldError(f"keep[{n}].customer_id", "is neither of the two records")])
        whose[kept.customer_id].append(kept.field)
    return tuple(whose[command.gone_id]), tuple(whose[survivor_id])


@handles(UnmergeCustomer)
def unmerge_customer(command: UnmergeCustomer, work: UnitOfWork) -> Json:
    gone = work.get(Customer, command.customer_id)
    if gone.stands_for is None:
        return {"customer_id": str(gone.id), "out_of": None}
    survivor = work.get(Customer, gone.stands_for)
    if survivor.stands_for is not None:
        raise Refused(
            "the record that it was merged into was merged itself: take that out first",
            customer_id=str(survivor.id),
        )
    said, named = survivor.said_since(gone.id), GivenBack.of(command)
    _must_have_been_said(named, said)
    given = follow_contacts(named, survivor, gone)
    _must_be_answered(command, given, said)
    survivor.record(survivor.releasing(gone.id, given))
    withhold(survivor, said)
    gone.record(CustomerUnmerged(out_of=survivor.id, told=command.told))
    give_back(given, gone, said, work)
    withhold(gone, said)
    refuse_circle(gone.id, gone.parent_id, work)
    for kind, ids in (("deal", command.deals), ("lead", command.leads), ("case", command.cases)):
        for id in ids:
            _goes_with(kind, id, survivor, gone, work)
    return {"customer_id": str(gone.id), "out_of": str(survivor.id)}


def _must_have_been_said(named: GivenBack, said: Collection[tuple[str, Any]]) -> None:
    """Raises Invalid for what was not said since the merge: there is nothing to give back."""
    since = {named_by(key) for key in said}
    wrong = [
        FieldError(place, f"{key[1] or place} was not changed since the merge")
        for place, key in named.named
        if key not in since
    ]
    if wrong:
        raise Invalid(wrong)


def _must_be_answered(command: UnmergeCustomer, given: GivenBack, said: Collection[tuple[str, Any]]) -> None:
    """Raises Refused where nobody has said what becomes of something: nothing is placed without a word."""
    named = {*command.deals, *command.leads, *command.cases}
    left = len(said) - len(given.keys(said)) + len({*command.since} - named)
    if left > 0 and not command.rest_stays:
        raise Refused(
            f"{left} things were said or made since the merge: name those that go with it, or say that the rest stays",
            left=left,
        )


def _goes_with(kind: str, id: UUID, survivor: Customer, gone: Customer, work: UnitOfWork) -> None:
    """Raises Refused for what is not the survivor's."""
    held: Any = work.get(KINDS[kind], id)
    if held.customer_id not in (survivor.id, gone.id):
        raise Refused(f"this {kind} is another customer's", id=str(id))
    held.correct_customer(gone.id)
