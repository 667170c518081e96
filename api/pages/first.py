"""api: where people come in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from starlette.responses import RedirectResponse

from api.engine.signed_in import HOME
from api.pages.engine.page import Page, may_open, router
from api.pages.navigation import home

pages = router()
door = APIRouter(include_in_schema=False)


@door.get("/", summary="The address alone")
async def address_alone() -> Response:
    """To the desk: who has no session signs in there."""
    return RedirectResponse(HOME, 303)


@pages.get("", summary="The first page of who is signed in")
async def first(page: Annotated[Page, Depends(may_open())]) -> Response:
    return page.go(home(page.role))
