"""api: what a person chooses for themselves — language, time zone, what they are told of, whether the browser gives notice of what falls
due, and the address of their calendar.
"""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from fastapi import Depends, Response

from api.calendar.addresses import OWES
from api.pages import notifications
from api.pages.engine.asking import Json, Refusal
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.typed import errors_of
from runtime.language import LANGUAGES

Anybody = Annotated[Page, Depends(may_open())]
Owing = Annotated[Page, Depends(may_open(*OWES))]
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
    page: Page,
    status: int = 200,
    wrong: set[str] | None = None,
    zone: str = "",
    told: Json | None = None,
    address: str = "",
) -> Response:
    """`wrong` and `zone`: what was refused of language and time zone; `told`: of what one is told of, as it was typed; `address`: of the
    calendar, which was made just now.
    """
    return page.render(
        "settings.html",
        status,
        languages=[(code, NAMES[code]) for code in LANGUAGES],
        zones=[*sorted(name for name in available_timezones() if _is_a_place(name)), "UTC"],
        wrong=wrong or set(),
        zone=zone or page.zone.key,
        told=told or await notifications.shown(page),
        calendar=await page.read("/account/calendar") if page.role in OWES else None,
        address=address,
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


@pages.post("/settings/calendar", summary="A new secret address for my calendar")
async def make_calendar(page: Owing) -> Response:
    """It is on this page and on no other: whoever loads it again gets another."""
    made = await page.write("/account/calendar")
    return await form(page, address=page.origin + made.json()["path"])


@pages.post("/settings/calendar/revoke", summary="My calendar has no address any more")
async def revoke_calendar(page: Owing) -> Response:
    await page.write("/account/calendar/revoke")
    return page.go("/desk/settings?saved=1#calendar")


def _is_a_place(zone: str) -> bool:
    return "/" in zone and not zone.startswith("Etc/")
