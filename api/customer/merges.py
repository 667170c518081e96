"""api: the records that a customer is made of, what was said and made since one was merged, and merging itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import Depends, Response

from api.customer.merge_acts import MERGES
from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.customer_reach import must_see_customer, seen_records
from api.engine.reading import Look, reached
from api.engine.routes import Given, add_acts
from api.engine.services import Services
from api.engine.writing import Writer
from domain.custom_field.value import BETWEEN, FieldValue
from domain.customer.customer import Customer
from domain.customer.facts import Profile
from domain.customer.layers import NOTHING
from domain.customer.merging import CONTACTS, OF_CONTACTS, PROFILE
from domain.customer.profile import Address, OtherName
from domain.engine.errors import NotFound
from domain.engine.facts import FreeText, PersonName
from domain.engine.values import Money
from projections.customer import NEEDED, merged, since_merge

router = auth.router(tags=["customers"])
Records = dict[UUID, Customer]
Reader = Annotated[Look, Depends(may_read(waits_for=("merged", *NEEDED)))]
SinceReader = Annotated[Look, Depends(may_read(waits_for=since_merge.WAITS_FOR))]


class RecordView(msgspec.Struct):
    """`into` is the record that it was merged into, None for the customer itself; the rest is about that merge."""

    customer_id: UUID
    name: str
    into: UUID | None = None
    merged_at: datetime | None = None
    merged_by: str | None = None
    reason: FreeText | None = None


class ValueView(msgspec.Struct):
    """What one record says of a field."""

    customer_id: UUID
    value: str


class FieldView(msgspec.Struct):
    """`chosen` is the record whose value it is; None: somebody said it since, of the customer itself."""

    field: str
    value: str
    chosen: UUID
    values: list[ValueView]


class ContactFrom(msgspec.Struct):
    """A contact (personal data), and the record that it came with."""

    contact_id: UUID
    name: PersonName
    customer_id: UUID


class RecordsView(msgspec.Struct):
    """What a customer is made of. The customer itself is the first of its records."""

    customer_id: UUID
    records: list[RecordView]
    fields: list[FieldView]
    contacts: list[ContactFrom]


class SinceView(msgspec.Struct):
    """Of a field, also a custom one, `id` is None and `name` what it is called, of the others theirs (personal data); of a consent, a
    role and a contact's custom field `id` is the contact's, and `contact` what they are called (personal data). `value` is what a field became; `at` when a thing was
    made. An unmerge names fields and custom fields by their names, all else by the ids.
    """

    what: Literal[
        "field",
        "custom",
        "parent",
        "contact",
        "contact-custom",
        "consent",
        "role",
        "note",
        "deal",
        "lead",
        "case",
    ]
    id: UUID | None
    name: PersonName
    value: str = ""
    at: datetime | None = None
    contact: PersonName = ""


class SincesView(msgspec.Struct):
    """What was said of the customer and made for it since the record was merged. One that was not merged stands for itself."""

    customer_id: UUID
    survivor_id: UUID
    items: list[SinceView]


async def _told_of_merge(writer: Writer, _: Any, given: Given) -> None:
    given["told"] = await _concerned(writer.services, given["customer_id"], given["gone_id"])


async def _told_of_unmerge(writer: Writer, _: Any, given: Given) -> None:
    pool, id = writer.services.pool, given["customer_id"]
    given["told"] = await _concerned(writer.services, id)
    held = (await writer.services.ledger.load({id: Customer}))[id]
    await reached(writer.services, since_merge.WAITS_FOR, await writer.services.ledger.head())
    if held.stands_for is not None and (merge := (await since_merge.merges(pool, [id])).get(id)):
        made = await since_merge.made_since(pool, held.stands_for, merge.position)
        given["since"] = tuple(one.id for one in made)


async def _concerned(services: Services, *ids: UUID) -> tuple[UUID, ...]:
    all_ids = [record for id in ids for record in await merged.records(services.pool, id)]
    return tuple(await since_merge.concerned(services.pool, all_ids))


add_acts(router, MERGES, {"mergeCustomers": _told_of_merge, "unmergeCustomer": _told_of_unmerge})


@router.get(
    "/customers/{customer_id}/records",
    operation_id="listCustomerRecords",
    summary="The records that a customer is made of, and from which each value is",
    responses=shaped(RecordsView),
)
async def records(customer_id: UUID, look: Reader) -> Response:
    """Every field with what each record says and whose value was chosen. A customer that nothing was merged into is one record."""
    ids = await seen_records(look, customer_id)
    loaded = await look.services.ledger.load(dict.fromkeys(ids, Customer))
    held: Records = {id: one for id in ids if isinstance(one := loaded[id], Customer) and one.exists}
    if ids[0] not in held:
        raise NotFound(f"no customer has the id {customer_id}", kind="customer", id=str(customer_id))
    merges = await since_merge.merges(look.services.pool, ids[1:])
    told = [_record(one, merges.get(one.id)) for one in held.values()]
    return look.json(RecordsView(ids[0], told, list(_fields(held, ids[0])), list(_contacts(held, ids[0]))))


def _record(held: Customer, merge: since_merge.Merge | None) -> RecordView:
    if held.stands_for is None or merge is None:
        return RecordView(held.id, held.profile.name)
    return RecordView(held.id, held.profile.name, held.stands_for, merge.at, merge.by, merge.reason)


def _fields(held: Records, id: UUID) -> Iterator[FieldView]:
    """Those that any record says something of."""
    for name in (one.name for one in fields(Profile)):
        values = [ValueView(one.id, text) for one in _originals(held, name) if (text := one.value)]
        now = _text(getattr(held[id].profile, name))
        if values or now:
            yield FieldView(name, now, _source(held, id, (PROFILE, name)), values)


class _Original(msgspec.Struct):
    id: UUID
    value: str


def _originals(held: Records, name: str) -> Iterator[_Original]:
    """What each record said before anything was merged into it."""
    for one in held.values():
        profile = one.layers[0].before.get((PROFILE, name)) if one.layers else getattr(one.profile, name)
        yield _Original(one.id, _text(profile))


def _contacts(held: Records, id: UUID) -> Iterator[ContactFrom]:
    for contact_id, contact in held[id].contacts.items():
        yield ContactFrom(contact_id, contact.name, _source(held, id, (CONTACTS, contact_id)))


def _source(held: Records, id: UUID, key: tuple[str, Any]) -> UUID:
    """The record that a value came from, through however many merges."""
    source = held[id].source_of(key)
    return id if source is None or source not in held else _source(held, source, key)


def _text(value: Any) -> str:
    if isinstance(value, Money):
        return f"{value.amount:f} {value.currency}"
    if isinstance(value, tuple):
        return "; ".join(map(_text, value))
    if isinstance(value, OtherName | Address):
        return ", ".join(text for one in fields(value) if (text := _text(getattr(value, one.name))))
    return "" if value is None else str(value)


@router.get(
    "/customers/{customer_id}/since-merge",
    operation_id="listSinceMerge",
    summary="What was said and made since a record was merged",
    responses=shaped(SincesView),
)
async def since(customer_id: UUID, look: SinceReader) -> Response:
    """`customer_id` is the record that was merged. This is what has to be answered for when it is taken out again. Deals, leads and cases
    of other teams are left out; 1,000 at most.
    """
    await must_see_customer(look, customer_id)
    gone = await _held(look, customer_id)
    if gone.stands_for is None:
        return look.json(SincesView(gone.id, gone.id, []))
    await must_see_customer(look, gone.stands_for)
    survivor = await _held(look, gone.stands_for)
    merge = (await since_merge.merges(look.services.pool, [gone.id]))[gone.id]
    made = await since_merge.made_since(look.services.pool, survivor.id, merge.position, look.team_id)
    items = [*_said(survivor, gone.id), *(SinceView(one.kind, one.id, one.title, "", one.at) for one in made)]
    return look.json(SincesView(gone.id, survivor.id, items))


async def _held(look: Look, id: UUID) -> Customer:
    """As the ledger has it. Raises NotFound."""
    held = (await look.services.ledger.load({id: Customer}))[id]
    if not isinstance(held, Customer) or not held.exists:
        raise NotFound(f"no customer has the id {id}", kind="customer", id=str(id))
    return held


def _said(survivor: Customer, gone_id: UUID) -> Iterable[SinceView]:
    for (part, key), value in survivor.said_since(gone_id).items():
        said = None if value is NOTHING else value
        change = _change(part, key, said)
        if part in OF_CONTACTS and (contact := survivor.contacts.get(key[0])):
            change.contact = contact.name
        yield change


def _change(part: str, key: Any, value: Any) -> SinceView:
    match part:
        case "contacts":
            return SinceView("contact", key, value.name if value else "")
        case "notes":
            return SinceView(
                "note", key, value.note.text if value else "", "closed" if value and value.closed else ""
            )
        case "consents":
            return SinceView("consent", key[0], key[1], "" if value is None else str(value.given))
        case "roles":
            return SinceView("role", key[0], "" if value is None else str(value))
        case "custom":
            return SinceView("custom", None, key, _written(value))
        case "contact_custom":
            return SinceView("contact-custom", key[0], key[1], _written(value))
        case "parent_id":
            return SinceView("parent", value, "")
    return SinceView("field", None, key, _text(value))


def _written(value: FieldValue | None) -> str:
    return value.written.replace(BETWEEN, ", ") if value else ""
