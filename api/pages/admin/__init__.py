"""api: the pages of administrators — people, accounts, keys, rules, imports, read models."""

from __future__ import annotations

from fastapi import Depends, Response

from api.engine.roles import ADMIN
from api.pages.admin import access, imports, operations, people
from api.pages.engine.page import Page, may_open, router

front = router()


@front.get("/admin", summary="Administration")
async def admin(page: Page = Depends(may_open(*ADMIN))) -> Response:  # noqa: B008 - FastAPI's own way
    return page.go("/desk/admin/people")


ROUTERS = (front, people.pages, access.pages, imports.pages, operations.pages)
