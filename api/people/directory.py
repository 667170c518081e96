"""api: who and what the ids stand for — lists of customers, products, teams and reps to choose from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Response
from pydantic import Field

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.customer_reach import must_see_customer
from api.engine.fields import MAX_PAGE, Paging, Strict, Truth
from api.engine.querying import query
from api.engine.reading import Look
from domain.customer import Customer, Profile
from domain.engine.errors import NotFound
from projections.customer import NEEDED
from projections.engine.paging import Page
from projections.people import directory, rep_load
from projections.people.directory import Listed
from projections.people.rep_load import Load

router = auth.router(tags=[])

Reader = Annotated[Look, Depends(may_read(waits_for=("directory",)))]
CustomerReader = Annotated[Look, Depends(may_read(waits_for=("directory", *NEEDED)))]
Pages = Annotated[Paging, Depends(query(Paging))]
LISTED = shaped(Page[Listed])


class CustomerView(msgspec.Struct):
    """A customer with the first contacts by name (personal data)."""

    customer_id: UUID
    profile: Profile
    contacts: list[Listed]


class RepFilters(Paging):
    team_id: UUID | None = None


class LoadFilters(Strict):
    team_id: UUID | None = None
    active: Annotated[Truth | None, Field(description="only who is there, or only who left")] = None


class LoadsView(msgspec.Struct):
    reps: list[Load]


async def _page(look: Look, kind: str, parent: UUID | None, asked: Paging) -> Response:
    seen_by = look.team_id if kind == "customer" else None
    found = await directory.listing(
        look.services.pool, kind, parent, asked.cursor, asked.limit, seen_by=seen_by
    )
    return look.json(found)


@router.get(
    "/customers",
    operation_id="listCustomers",
    summary="Customers by name",
    responses=LISTED,
    tags=["customers"],
)
async def customers(look: CustomerReader, asked: Pages) -> Response:
    """Those that your team has a deal or a lead with, and those that nobody has yet; auditors and admins see all."""
    return await _page(look, "customer", None, asked)


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
    held = (await look.services.ledger.load({customer_id: Customer}))[customer_id]
    if not isinstance(held, Customer) or not held.exists:
        raise NotFound(f"no customer has the id {customer_id}", kind="customer", id=str(customer_id))
    contacts = await directory.listing(look.services.pool, "contact", customer_id, None, MAX_PAGE)
    return look.json(CustomerView(customer_id, held.profile, contacts.items))


@router.get(
    "/customers/{customer_id}/contacts",
    operation_id="listContacts",
    summary="A customer's contacts by name",
    responses=LISTED,
    tags=["customers"],
)
async def contacts(customer_id: UUID, look: CustomerReader, asked: Pages) -> Response:
    await must_see_customer(look, customer_id)
    return await _page(look, "contact", customer_id, asked)


@router.get(
    "/products", operation_id="listProducts", summary="Products by name", responses=LISTED, tags=["products"]
)
async def products(look: Reader, asked: Pages) -> Response:
    return await _page(look, "product", None, asked)


@router.get("/teams", operation_id="listTeams", summary="Teams by name", responses=LISTED, tags=["people"])
async def teams(look: Reader, asked: Pages) -> Response:
    return await _page(look, "team", None, asked)


@router.get("/reps", operation_id="listReps", summary="Reps by name", responses=LISTED, tags=["people"])
async def reps(look: Reader, asked: Annotated[RepFilters, Depends(query(RepFilters))]) -> Response:
    return await _page(look, "rep", asked.team_id, asked)


@router.get(
    "/reps/loads",
    operation_id="readLoads",
    summary="What each rep has on their hands",
    responses=shaped(LoadsView),
    tags=["people"],
)
async def loads(
    look: Annotated[Look, Depends(may_read(waits_for=("rep_load", "directory")))],
    asked: Annotated[LoadFilters, Depends(query(LoadFilters))],
) -> Response:
    """The most loaded first."""
    team_id = look.team(asked.team_id)
    found = await rep_load.reps(look.services.pool, datetime.now(UTC), team_id, active=asked.active)
    return look.json(LoadsView(found))
