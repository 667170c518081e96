"""api: the search — results by kind, as one types."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from api.pages.engine.page import Page, may_open, router

FEW, MANY = 8, 50
PARTS = ("results", "sought")
"""Places on a page that results are put into: the page's own, and beneath the search at the top of every page."""

pages = router()


@pages.get("/search", summary="Search")
async def search(page: Annotated[Page, Depends(may_open())]) -> Response:
    """`part` names the place that alone is wanted."""
    asked = page.query
    text, kind = asked["text"].strip()[:100], asked["kind"]
    found = await page.read("/search", text=text, kind=kind, limit=MANY if kind else FEW) if text else None
    given = {"groups": found["groups"] if found else [], "text": text, "kind": kind, "part": asked["part"]}
    if asked["part"] in PARTS:
        return page.part("found.html", **given)
    return page.render("search.html", **given)
