"""api: two records of one customer side by side, to choose of which each field is kept when they are merged."""

from __future__ import annotations

from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Depends, Response

from api.engine.roles import LEADERS
from api.pages.engine.asking import Json
from api.pages.engine.page import Page, may_open, router
from domain.customer.merging import FIELDS

pages = router()
Opened = Annotated[Page, Depends(may_open(*LEADERS))]


class Choice(NamedTuple):
    """What both say of a field, and whether the other's is the one to take where nobody chooses."""

    field: str
    own: str
    other: str
    takes_other: bool


@pages.get("/customers/{customer_id}/merge", summary="Merge two records")
async def merge(customer_id: UUID, page: Opened) -> Response:
    """`gone_id` in the address is the record that goes."""
    at = "/customers/{}/records"
    own, other = await page.read_all((at.format(customer_id), {}), (at.format(page.query["gone_id"]), {}))
    return page.render("customer_merge.html", own=own, other=other, choices=choices(own, other))


def choices(own: Json, other: Json) -> list[Choice]:
    """Of the fields that either says something of, in the profile's order."""
    mine, theirs = ({one["field"]: one["value"] for one in found["fields"]} for found in (own, other))
    return [
        Choice(name, mine.get(name, ""), theirs.get(name, ""), not mine.get(name))
        for name in FIELDS
        if mine.get(name) or theirs.get(name)
    ]
