"""api: what a page lists, as a file — the list's own route, asked for all of it, in the person's language and time zone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Response

from api.engine.errors import HTTP, Problem
from api.pages.engine.asking import passed
from api.pages.engine.page import Page, may_open, router

FORMATS = ("csv", "xlsx")
pages = router()


@pages.get("/files/{path:path}", summary="A list as a file")
async def file(path: str, page: Annotated[Page, Depends(may_open())]) -> Response:
    """Asked for a page first: a refusal is a page, and no file."""
    query: dict[str, Any] = {**page.query}
    if query.get("format") not in FORMATS:
        raise Problem(HTTP[404], "a file is csv or xlsx")
    asked = {name: value for name, value in query.items() if name != "format"}
    await page.read(f"/{path}", **asked)
    seen = {"locale": page.language, "zone": page.zone.key, "bom": query["format"] == "csv" or None}
    return passed(page.request, f"/{path}", {**query, **seen})
