"""api: how far the read models are, and letting one that stopped go on."""

from __future__ import annotations

from fastapi import Response

from api.pages.admin.tabs import TABS, Admin
from api.pages.engine.page import router

pages = router()


@pages.get("/admin/read-models", summary="Where every read model stands")
async def read_models(page: Admin) -> Response:
    found = (await page.read("/projections"))["read_models"]
    return page.render("admin_read_models.html", tabs=TABS, tab="read-models", models=found)


@pages.post("/admin/read-models/{name}/resume", summary="Let a stopped read model go on")
async def resume(name: str, page: Admin) -> Response:
    await page.write(f"/projections/{name}/resume", {})
    return page.go("/desk/admin/read-models")
