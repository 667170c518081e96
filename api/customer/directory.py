"""api: whom and what the ids stand for — lists of customers, their contacts and products to choose from."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field

from api.custom_field.values import CUSTOM, CustomFilter, add_custom, declared
from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.customer_reach import must_see_customer
from api.engine.fields import Paging, SearchText, ShortText
from api.engine.querying import query
from api.engine.reading import Look
from domain.custom_field.declaration import RecordKind
from projections.custom_field import condition_of
from projections.customer import NEEDED, listed
from projections.customer.listed import ListedCustomer
from projections.engine.paging import Page
from projections.people import directory
from projections.people.directory import Listed, ListedContact

router = auth.router(tags=[])

Reader = Annotated[Look, Depends(may_read(waits_for=("directory",)))]
CustomerReader = Annotated[Look, Depends(may_read(waits_for=("directory", *NEEDED)))]
CustomerFinder = Annotated[Look, Depends(may_read(waits_for=("customers", "search", CUSTOM, *NEEDED)))]
ContactFinder = Annotated[Look, Depends(may_read(waits_for=("directory", CUSTOM, *NEEDED)))]
Pages = Annotated[Paging, Depends(query(Paging))]
LISTED = shaped(Page[Listed])


class CustomerFilters(Paging):
    text: Annotated[SearchText | None, Field(description="any part of the name")] = None
    sector: ShortText | None = None
    country: ShortText | None = None
    parent_id: Annotated[UUID | None, Field(description="those that belong to this one as a company")] = None
    custom: CustomFilter = None


class ContactFilters(Paging):
    custom: CustomFilter = None


@router.get(
    "/customers",
    operation_id="listCustomers",
    summary="Customers by name",
    responses=shaped(Page[ListedCustomer]),
    tags=["customers"],
)
async def customers(
    look: CustomerFinder, asked: Annotated[CustomerFilters, Depends(query(CustomerFilters))]
) -> Response:
    """Those that your team has a deal or a lead with, and those that nobody has yet; auditors and admins see all."""
    narrowed = {name: getattr(asked, name) for name in ("text", "sector", "country", "parent_id")}
    fields = await declared(look, RecordKind.CUSTOMER)
    custom = condition_of(asked.custom, fields) if asked.custom is not None else None
    found = await listed.listing(
        look.source, asked.cursor, asked.limit, seen_by=look.team_id, custom=custom, **narrowed
    )
    await add_custom(look, found.items, fields, "id")
    return look.json(found)


@router.get(
    "/customers/{customer_id}/contacts",
    operation_id="listContacts",
    summary="A customer's contacts by name",
    responses=shaped(Page[ListedContact]),
    tags=["customers"],
)
async def contacts(
    customer_id: UUID, look: ContactFinder, asked: Annotated[ContactFilters, Depends(query(ContactFilters))]
) -> Response:
    id = await must_see_customer(look, customer_id)
    fields = await declared(look, RecordKind.CONTACT)
    custom = condition_of(asked.custom, fields) if asked.custom is not None else None
    found = await directory.contacts(look.source, id, asked.cursor, asked.limit, custom)
    await add_custom(look, found.items, fields, "id", within=id)
    return look.json(found)


@router.get(
    "/products", operation_id="listProducts", summary="Products by name", responses=LISTED, tags=["products"]
)
async def products(look: Reader, asked: Pages) -> Response:
    return look.json(await directory.listing(look.source, "product", None, asked.cursor, asked.limit))
