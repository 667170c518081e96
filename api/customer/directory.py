"""api: whom and what the ids stand for — lists of customers, their contacts and products to choose from."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Response
from pydantic import Field

from api.custom_field.values import declared
from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.customer_reach import must_see_customer
from api.engine.fields import MAX_PAGE, Paging, SearchText
from api.engine.querying import query
from api.engine.reading import Look
from domain.custom_field.declaration import RecordKind
from domain.custom_field.value import Told
from domain.customer.customer import Customer
from domain.customer.facts import Profile
from domain.engine.errors import NotFound
from projections.custom_field import told_of
from projections.customer import NEEDED
from projections.customer.merged import customer_of
from projections.engine.paging import Page
from projections.people import directory
from projections.people.directory import Listed, ListedContact

router = auth.router(tags=[])

Reader = Annotated[Look, Depends(may_read(waits_for=("directory",)))]
CustomerReader = Annotated[Look, Depends(may_read(waits_for=("directory", *NEEDED)))]
CustomerFinder = Annotated[Look, Depends(may_read(waits_for=("directory", "search", *NEEDED)))]
Pages = Annotated[Paging, Depends(query(Paging))]
LISTED = shaped(Page[Listed])


class CustomerFilters(Paging):
    text: Annotated[SearchText | None, Field(description="any part of the name")] = None


class CustomerView(msgspec.Struct):
    """A customer with the first contacts by name (personal data). `merged_into`: the id that was asked for is of a record that was merged,
    and what is answered is the customer that it stands for.
    """

    customer_id: UUID
    profile: Profile
    contacts: list[ListedContact]
    custom: dict[str, Told]
    merged_into: UUID | msgspec.UnsetType = msgspec.UNSET


@router.get(
    "/customers",
    operation_id="listCustomers",
    summary="Customers by name",
    responses=LISTED,
    tags=["customers"],
)
async def customers(
    look: CustomerFinder, asked: Annotated[CustomerFilters, Depends(query(CustomerFilters))]
) -> Response:
    """Those that your team has a deal or a lead with, and those that nobody has yet; auditors and admins see all."""
    seen_by = look.team_id
    found = await directory.listing(
        look.source, "customer", None, asked.cursor, asked.limit, seen_by=seen_by, text=asked.text
    )
    return look.json(found)


@router.get(
    "/customers/{customer_id}",
    operation_id="readCustomer",
    summary="A customer and its contacts",
    responses=shaped(CustomerView),
    tags=["customers"],
)
async def customer(customer_id: UUID, look: CustomerReader) -> Response:
    """One that your team has a deal or a lead with, or that nobody has yet; auditors and admins see all."""
    await must_see_customer(look, customer_id)
    id = await customer_of(look.services.pool, customer_id)
    held = (await look.services.ledger.load({id: Customer}))[id]
    if not isinstance(held, Customer) or not held.exists:
        raise NotFound(f"no customer has the id {customer_id}", kind="customer", id=str(customer_id))
    contacts = await directory.contacts(look.services.pool, id, None, MAX_PAGE)
    custom = told_of(held.custom, await declared(look, RecordKind.CUSTOMER))
    merged_into = id if id != customer_id else msgspec.UNSET
    return look.json(CustomerView(id, held.profile, contacts.items, custom, merged_into))


@router.get(
    "/customers/{customer_id}/contacts",
    operation_id="listContacts",
    summary="A customer's contacts by name",
    responses=shaped(Page[ListedContact]),
    tags=["customers"],
)
async def contacts(customer_id: UUID, look: CustomerReader, asked: Pages) -> Response:
    await must_see_customer(look, customer_id)
    id = await customer_of(look.services.pool, customer_id)
    return look.json(await directory.contacts(look.source, id, asked.cursor, asked.limit))


@router.get(
    "/products", operation_id="listProducts", summary="Products by name", responses=LISTED, tags=["products"]
)
async def products(look: Reader, asked: Pages) -> Response:
    return look.json(await directory.listing(look.source, "product", None, asked.cursor, asked.limit))
