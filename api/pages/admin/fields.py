"""api: the custom fields that administrators declare."""

from __future__ import annotations

from fastapi import Response

from api.pages.admin.tabs import TABS, Admin
from api.pages.engine.page import router

pages = router()


@pages.get("/admin/fields", summary="Custom fields")
async def fields(page: Admin) -> Response:
    sets = (await page.read("/custom-fields"))["sets"]
    return page.render("admin_fields.html", tabs=TABS, tab="fields", sets=sets)
