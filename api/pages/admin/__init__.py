"""api: the pages of administrators — people, accounts, keys, rules, imports, notices, webhooks, read models."""

from __future__ import annotations

from fastapi import Response

from api.pages.admin import access, fields, imports, notices, operations, people, previews, webhooks
from api.pages.admin.tabs import Admin
from api.pages.engine.page import router

front = router()


@front.get("/admin", summary="Administration")
async def admin(page: Admin) -> Response:
    return await people.people(page)


ROUTERS = (
    front, people.pages, fields.pages, access.pages, previews.pages, imports.pages, notices.pages, webhooks.pages, operations.pages,
)  # fmt: skip
