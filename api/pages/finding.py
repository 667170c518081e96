"""api: customers and deals that a form asks for by a part of their names — offered while one types, and found from what was typed where no
script chose one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Response
from starlette.exceptions import HTTPException

from api.engine.roles import WRITERS
from api.pages.engine.asking import Refusal
from api.pages.engine.control import Control, Found, within
from api.pages.engine.page import Page, may_open, router
from api.pages.offered import LOOKED_FOR

MOST = 12
SEVERAL = "choose one of those that are found by the name"
NONE = "nothing of that name is found: type another part of it"

pages = router()
Writers = Annotated[Page, Depends(may_open(*WRITERS))]


@pages.get("/choices/{of}", summary="What can be chosen for a field")
async def choices(of: str, page: Writers) -> Response:
    """Customers and deals by any part of a name."""
    if of not in LOOKED_FOR:
        raise HTTPException(404, "there is nothing of that kind to choose from")
    return page.part("choices.html", items=await _search(page, of, page.query["text"]))


async def resolved(
    page: Page, controls: Iterable[Control], typed: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, tuple[Found, ...]]]:
    """What was typed, with the id of each thing that its name alone stands for; and by field what else it may stand for: several things,
    or none.
    """
    meant, open = dict(typed), {}
    for control in within(controls):
        if control.kind == "id" and control.of in LOOKED_FOR and _is_by_name(control.name, typed):
            name = typed.get(f"{control.name}.shown", "").strip()
            found = await _found(page, control.of, name) if name else ()
            meant[control.name] = found[0].id if len(found) == 1 else ""
            if name and len(found) != 1:
                open[control.name] = found
    return meant, open


def problem_of(open: Mapping[str, tuple[Found, ...]]) -> dict[str, Any]:
    """As a route says it."""
    errors = [{"field": name, "message": SEVERAL if found else NONE} for name, found in open.items()]
    return {"status": 422, "code": "invalid", "errors": errors}


def _is_by_name(name: str, typed: Mapping[str, str]) -> bool:
    """Whether the name counts and not the id: there is none, or it is of what was shown before another name was typed."""
    shown = typed.get(f"{name}.shown", "")
    return not typed.get(name, "").strip() or typed.get(f"{name}.was", shown) != shown


async def _found(page: Page, of: str, name: str) -> tuple[Found, ...]:
    """One alone where one is called exactly so."""
    found = [Found(one["id"], one["name"]) for one in await _search(page, of, name)]
    exactly = [one for one in found if one.name.casefold() == name.casefold()]
    return tuple(exactly if len(exactly) == 1 else found)


async def _search(page: Page, of: str, text: str) -> list[dict[str, Any]]:
    try:
        found = await page.find("/search", text=text, kind=of, limit=MOST)
    except Refusal as refused:
        if refused.status != 422:
            raise
        found = None  # of no text that could be a name
    return [one for group in (found or {"groups": []})["groups"] for one in group["items"]]
