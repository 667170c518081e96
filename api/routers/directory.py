"""api: who and what the ids stand for — lists of customers, products, teams and reps to choose from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Response

from api import auth
from api.answers import shaped
from api.auth import may_read
from api.fields import MAX_PAGE, CursorText
from api.reading import Look
from domain.catalogue import Customer, Profile
from domain.errors import NotFound
from projections import directory, rep_load
from projections.directory import Listed
from projections.paging import Page
from projections.rep_load import Load

router = auth.router(tags=[])

Reader = Annotated[Look, Depends(may_read(waits_for=("directory",)))]
Cursor = Annotated[CursorText | None, Query(description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE)]
LISTED = shaped(Page[Listed])


class CustomerView(msgspec.Struct):
    """A customer with the first contacts by name (personal data)."""

    customer_id: UUID
    profile: Profile
    contacts: list[Listed]


class LoadsView(msgspec.Struct):
    reps: list[Load]


async def _page(look: Look, kind: str, parent: UUID | None, cursor: str | None, limit: int) -> Response:
    return look.json(await directory.listing(look.desk.pool, kind, parent, cursor, limit))


@router.get(
    "/customers",
    operation_id="listCustomers",
    summary="Customers by name",
    responses=LISTED,
    tags=["customers"],
)
async def customers(look: Reader, cursor: Cursor = None, limit: Limit = 50) -> Response:
    return await _page(look, "customer", None, cursor, limit)


@router.get(
    "/customers/{customer_id}",
    operation_id="readCustomer",
    summary="A customer and its contacts",
    responses=shaped(CustomerView),
    tags=["customers"],
)
async def customer(customer_id: UUID, look: Reader) -> Response:
    held = (await look.desk.ledger.load({customer_id: Customer}))[customer_id]
    if not isinstance(held, Customer) or not held.exists:
        raise NotFound(f"no customer has the id {customer_id}", kind="customer", id=str(customer_id))
    contacts = await directory.listing(look.desk.pool, "contact", customer_id, None, MAX_PAGE)
    return look.json(CustomerView(customer_id, held.profile, contacts.items))


@router.get(
    "/customers/{customer_id}/contacts",
    operation_id="listContacts",
    summary="A customer's contacts by name",
    responses=LISTED,
    tags=["customers"],
)
async def contacts(customer_id: UUID, look: Reader, cursor: Cursor = None, limit: Limit = 50) -> Response:
    return await _page(look, "contact", customer_id, cursor, limit)


@router.get(
    "/products", operation_id="listProducts", summary="Products by name", responses=LISTED, tags=["products"]
)
async def products(look: Reader, cursor: Cursor = None, limit: Limit = 50) -> Response:
    return await _page(look, "product", None, cursor, limit)


@router.get("/teams", operation_id="listTeams", summary="Teams by name", responses=LISTED, tags=["people"])
async def teams(look: Reader, cursor: Cursor = None, limit: Limit = 50) -> Response:
    return await _page(look, "team", None, cursor, limit)


@router.get("/reps", operation_id="listReps", summary="Reps by name", responses=LISTED, tags=["people"])
async def reps(
    look: Reader, *, team_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    return await _page(look, "rep", team_id, cursor, limit)


@router.get(
    "/reps/loads",
    operation_id="readLoads",
    summary="What each rep has on their hands",
    responses=shaped(LoadsView),
    tags=["people"],
)
async def loads(
    look: Annotated[Look, Depends(may_read(waits_for=("rep_load", "agenda", "directory")))],
    *,
    team_id: UUID | None = None,
    active: Annotated[bool | None, Query(description="only who is there, or only who left")] = None,
) -> Response:
    """The most loaded first."""
    found = await rep_load.reps(look.desk.pool, datetime.now(UTC), look.team(team_id), active=active)
    return look.json(LoadsView(found))
