"""api: all deals as a list — filtered, sorted and paged by the address, so that a list can be sent to a colleague."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Response

from api.pages.deal_filters import ALL, FILTERS, asked_of, choices, narrowed, whose
from api.pages.engine.asking import Refusal
from api.pages.engine.page import Lenient, Page, may_open, router

LISTED = 50
OPEN = "open"
STATUSES = (OPEN, "won", "lost")
ALSO = (
    "stage",
    "reference",
    "customer_id",
    "source",
    "amount_from",
    "amount_to",
    "closing_before",
    "override",
)
FOLDED = (
    "stage",
    "team_id",
    "product_id",
    "process",
    "amount_from",
    "amount_to",
    "closing_before",
    "override",
)
"""Filters that are folded away where none of them is used."""
COLUMNS = (
    ("", "deal"),
    ("", "stage"),
    ("amount", "amount"),
    ("", "rep"),
    ("due_at", "next step"),
    ("expected_close", "expected close"),
    ("last_activity_at", "last touch"),
)
"""With what they are sorted by."""

pages = router()


@pages.get("/deals", summary="Deals as a list")
async def deals(page: Annotated[Page, Depends(may_open())]) -> Response:
    """Open ones, unless the address asks for others. What was typed wrongly is said above an empty list."""
    asked, offered = asked_of(page), await choices(page)
    stages = {stage["name"] for one in offered["versions"] for stage in one["stages"]}
    found, wrong = await _found(page, asked)
    return page.render(
        "deals.html",
        found=found,
        wrong=wrong,
        asked=asked,
        narrower=any(asked[name] for name in FOLDED),
        whose=whose(page, asked["owner_id"]),
        columns=COLUMNS,
        statuses=STATUSES,
        stages=[one["name"] for one in offered["versions"][-1]["stages"]] if stages else [],
        **offered,
    )


async def _found(page: Page, asked: Lenient) -> tuple[Any, list[str]]:
    query = narrowed(asked, (*FILTERS, *ALSO)) | page.then
    status = asked["status"] or OPEN
    query |= {"status": "" if status == ALL else status, "sort": asked["sort"], "cursor": asked["cursor"]}
    try:
        return await page.read("/deals", **query, limit=LISTED), []
    except Refusal as refused:
        if refused.status != 422:
            raise
        wrong = [
            f"{one['field'].removeprefix('query.')}: {one['message']}"
            for one in refused.problem.get("errors", ())
        ]
        return {"items": [], "next_cursor": None}, wrong or [str(refused.problem.get("detail", ""))]
