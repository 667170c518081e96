"""api: what a person chooses for themselves — language, time zone, what they are told of, and whether the browser gives notice of what
falls due.
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Depends, Response

from api.pages import notifications
from api.pages.engine.asking import Json, Refusal
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.typed import errors_of
from runtime.language import LANGUAGES

Anybody = Annotated[Page, Depends(may_open())]
NAMES = {"en": "English", "zh": "中文"}
"""Each in its own."""

pages = router()


@pages.get("/settings", summary="What I chose for myself")
async def settings(page: Anybody) -> Response:
    return await form(page)


@pages.post("/settings", summary="Choose language and time zone")
async def choose(page: Anybody) -> Response:
    typed = await page.request.form()
    chosen = {name: str(typed.get(name, "")) for name in ("language", "timezone")}
    try:
        await page.write("/account", chosen)
    except Refusal as refused:
        if refused.status != 422:
            raise
        return await form(page, 422, set(errors_of(refused.problem)), chosen["timezone"])
    return page.go("/desk/settings?saved=1")


async def form(
    page: Page, status: int = 200, wrong: set[str] | None = None, zone: str = "", told: Json | None = None
) -> Response:
    """`wrong` and `zone`: what was refused of language and time zone; `told`: of what one is told of, as it was typed."""
    return page.render(
        "settings.html",
        status,
        languages=[(code, NAMES[code]) for code in LANGUAGES],
        zones=[*sorted(name for name in available_timezones() if _is_a_place(name)), "UTC"],
        wrong=wrong or set(),
        zone=zone or page.zone.key,
        told=told or await notifications.shown(page),
    )


@pages.post("/settings/notifications", summary="Choose what I am told of")
async def choose_notifications(page: Anybody) -> Response:
    posted = await page.request.form()
    typed = {name: value.strip() for name, value in posted.items() if isinstance(value, str)}
    try:
        await page.write("/account/notifications", notifications.body_of(typed))
    except Refusal as refused:
        if refused.status != 422:
            raise
        return await form(page, 422, told=await notifications.shown(page, typed, refused))
    return page.go("/desk/settings?saved=1#notifications")


def _is_a_place(zone: str) -> bool:
    return "/" in zone and not zone.startswith("Etc/")
