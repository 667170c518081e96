"""api: a customer's file — profile, contacts and what is learnt of them, now or as known then — and all that ever happened with them."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import Depends, Response
from pydantic import Field

from api.custom_field.values import declared
from api.customer.directory import CustomerReader
from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.customer_reach import seen_records
from api.engine.fields import MAX_PAGE, Paging, Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.scopes import KnownAt
from domain.custom_field.declaration import RecordKind
from domain.custom_field.value import Told
from domain.customer.customer import Customer
from domain.customer.facts import Profile
from domain.engine.errors import NotFound
from projections.custom_field import told_of
from projections.customer import NEEDED, timeline, unseen
from projections.customer.file import FileConsent, FileNote, FileRole, file_of, of_team
from projections.customer.timeline import CustomerEvent, TouchKind
from projections.engine.paging import Page
from projections.people import directory
from projections.people.directory import ListedContact

router = auth.router(tags=["customers"])

TimelineReader = Annotated[
    Look,
    Depends(
        may_read(waits_for=("customer_timeline", "directory", "cases", "survey_answers", "revisits", *NEEDED))
    ),
]


MOST_NOTES = 200


class FileAsKnown(Strict):
    known_at: KnownAt = None


class TimelineFilters(Paging):
    """What to narrow the history down to."""

    kind: Annotated[TouchKind | None, Field(description="one kind of events; left out, all")] = None
    lang: Annotated[Literal["en", "zh"], Field(description="of the sentences")] = "en"
    known_at: KnownAt = None


class CustomerView(msgspec.Struct):
    """A customer with the first contacts by name (personal data). `notes` has the newest 200, `notes_count` says how many there are; `roles` are those of contacts in
    deciding, with a deal those in that one alone. `parent_id` is the customer that it belongs to as a company, where that may be seen. `merged_into`: the id
    that was asked for is of a record that was merged, and what is answered is the customer that it stands for.
    """

    customer_id: UUID
    profile: Profile
    contacts: list[ListedContact]
    custom: dict[str, Told]
    parent_id: UUID | None
    parent_name: str | None
    notes: list[FileNote]
    notes_count: int
    consents: list[FileConsent]
    roles: list[FileRole]
    version: int
    merged_into: UUID | msgspec.UnsetType = msgspec.UNSET


@router.get(
    "/customers/{customer_id}",
    operation_id="readCustomer",
    summary="A customer and its contacts",
    responses=shaped(CustomerView),
)
async def customer(
    customer_id: UUID,
    look: CustomerReader,
    asked: Annotated[FileAsKnown, Depends(query(FileAsKnown))],
) -> Response:
    """One that your team has a deal or a lead with, or that nobody has yet; auditors and admins see all. With `known_at` it is the file
    as it was then, for who sees it now, and whom the id stood for then.
    """
    pool, position = look.services.pool, await look.known(("directory", "merged"), asked.known_at)
    ids = await seen_records(look, customer_id, position)
    found = await file_of(pool, ids, position)
    if found is None:
        raise NotFound(f"no customer has the id {customer_id}", kind="customer", id=str(customer_id))
    held, fields = found.customer, await declared(look, RecordKind.CUSTOMER)
    above = {held.parent_id} if held.parent_id else set[UUID]()
    above -= await unseen(pool, above, look.team_id)
    names = await directory.names(pool, above)
    return look.json(
        CustomerView(
            customer_id=ids[0],
            profile=held.profile,
            contacts=await _contacts(look, held),
            custom=told_of(held.custom, fields),
            parent_id=min(above, default=None),
            parent_name=min(names.values(), default=None),
            notes=found.notes[:MOST_NOTES],
            notes_count=len(found.notes),
            consents=found.consents,
            roles=await _seen(look, found.roles),
            version=held.version,
            merged_into=ids[0] if ids[0] != customer_id else msgspec.UNSET,
        )
    )


async def _contacts(look: Look, held: Customer) -> list[ListedContact]:
    fields, found = await declared(look, RecordKind.CONTACT), directory.contacts_of(held)[:MAX_PAGE]
    for one in found:
        one.custom = told_of(held.custom_of(one.id), fields)
    return found


async def _seen(look: Look, roles: list[FileRole]) -> list[FileRole]:
    """Without those in deals of other teams."""
    if look.team_id is None:
        return roles
    seen = await of_team(look.services.pool, look.team_id, [one.deal_id for one in roles if one.deal_id])
    return [one for one in roles if one.deal_id is None or one.deal_id in seen]


@router.get(
    "/customers/{customer_id}/timeline",
    operation_id="readCustomerTimeline",
    summary="All that ever happened with a customer, newest first",
    responses=shaped(Page[CustomerEvent]),
)
async def customer_timeline(
    customer_id: UUID,
    look: TimelineReader,
    asked: Annotated[TimelineFilters, Depends(query(TimelineFilters))],
) -> Response:
    """Profile, contacts, notes, and the deals, promises, leads, cases and answers that your team has; auditors and admins see all. With
    `known_at` what was recorded up to then, of the records that the customer was made of then, for who sees each of them now.
    """
    upto = await look.known(("customer_timeline", "merged"), asked.known_at)
    found = await timeline.page(
        look.source,
        await seen_records(look, customer_id, upto),
        asked.lang,
        asked.cursor,
        asked.limit,
        kinds=[asked.kind] if asked.kind else tuple(TouchKind),
        seen_by=look.team_id,
        upto=upto,
    )
    return look.json(found)
