"""api: what a person chooses for themselves — language, time zone, and whether the browser gives notice of what falls due."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Depends, Response

from api.pages.engine.asking import Refusal
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.typed import errors_of
from runtime.language import LANGUAGES

Anybody = Annotated[Page, Depends(may_open())]
NAMES = {"en": "English", "zh": "中文"}
"""Each in its own."""

pages = router()


@pages.get("/settings", summary="What I chose for myself")
async def settings(page: Anybody) -> Response:
    return _form(page)


@pages.post("/settings", summary="Choose language and time zone")
async def choose(page: Anybody) -> Response:
    typed = await page.request.form()
    chosen = {name: str(typed.get(name, "")) for name in ("language", "timezone")}
    try:
        await page.write("/account", chosen)
    except Refusal as refused:
        if refused.status != 422:
            raise
        return _form(page, 422, set(errors_of(refused.problem)), chosen["timezone"])
    return page.go("/desk/settings?saved=1")


def _form(page: Page, status: int = 200, wrong: set[str] | None = None, zone: str = "") -> Response:
    return page.render(
        "settings.html",
        status,
        languages=[(code, NAMES[code]) for code in LANGUAGES],
        zones=[*sorted(name for name in available_timezones() if _is_a_place(name)), "UTC"],
        wrong=wrong or set(),
        zone=zone or page.zone.key,
    )


def _is_a_place(zone: str) -> bool:
    return "/" in zone and not zone.startswith("Etc/")
