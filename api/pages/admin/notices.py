"""api: what became of notices — those that failed first, and which addresses take nothing any more."""

from __future__ import annotations

from typing import Literal, get_args

from fastapi import Response

from api.engine.sent_notices import State
from api.pages.admin.tabs import TABS, Admin
from api.pages.engine.page import router
from domain.notices import CALLED

SHOWN = 50
FAILED, ALL = "failed", "all"

pages = router()


@pages.get("/admin/notices", summary="What people were told")
async def notices(page: Admin) -> Response:
    asked = page.query
    state = asked["state"] or FAILED
    found = await page.read(
        "/notices",
        state=None if state == ALL else state,
        kind=asked["kind"],
        login=asked["login"],
        cursor=asked["cursor"],
        limit=SHOWN,
    )
    failing = (await page.read("/notices/failing"))["addresses"]
    return page.render(
        "admin_notices.html",
        failing=failing,
        tabs=TABS,
        tab="notices",
        found=found,
        asked=asked,
        state=state,
        states=[ALL, *get_args(State)],
        kinds=CALLED,
    )


@pages.post("/admin/notices/{login}/restore/{channel}", summary="Send to an address again")
async def restore(login: str, channel: Literal["mail", "chat"], page: Admin) -> Response:
    await page.write(f"/accounts/{login}/address-restored", {"channel": channel})
    return page.go("/desk/admin/notices")
