"""api: where people come in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from api.pages.engine.navigation import home
from api.pages.engine.page import Page, may_open, router

pages = router()


@pages.get("", summary="The first page of who is signed in")
async def first(page: Annotated[Page, Depends(may_open())]) -> Response:
    return page.go(home(page.role))
