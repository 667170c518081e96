"""api: a person's calendar, for whoever has its secret address: calendar programs have no key. The address is the key, and is never logged."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import blake2b
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Path, Request, Response

from api.engine import auth
from api.engine.calendar_addresses import Whose
from api.engine.received import has
from api.engine.roles import Role
from api.engine.services import Services, services_of
from api.engine.signed_in import own_origin
from domain.time.zones import timezone_problem
from projections.calendar import CalendarEntry, Person, of_person
from projections.engine.paging import fetch
from runtime.language import catalogue
from runtime.notices.accounts import COMPANY_CALENDAR, calendar_of

TAGS = {"calendars": "Calendars for people's calendar programs"}
router = auth.router("/calendars", tags=[*TAGS])

Token = Annotated[str, Path(description="the secret part of somebody's address")]
HEADERS = {
    "Cache-Control": "private, no-cache",
    "Content-Disposition": 'inline; filename="salesloop.ics"',
    "X-Robots-Tag": "noindex",
}
TYPE = "text/calendar; charset=utf-8"


@router.get(
    "/{token}.ics",
    operation_id="readCalendar",
    summary="What somebody owes and attends",
    responses={
        200: {
            "description": "The calendar (RFC 5545)",
            "content": {"text/calendar": {"schema": {"type": "string"}}},
        },
        304: {"description": "It is as it was"},
    },
)
async def read(token: Token, request: Request) -> Response:
    """Without a key, for a calendar program that subscribes to the address: promises, action items, revisits and review meetings from 90 days ago until
    400 days ahead, in the person's language and time zone. What has ended, was cancelled or handed over comes as cancelled for 30 days.
    """
    services, now = services_of(request), datetime.now(UTC)
    address = services.settings.bounds.address(request.client.host if request.client else None)
    whose = await services.calendars.whose(token, address)
    turns = services.admission.calendars
    await turns.take(str(whose.user.account_id))
    try:
        entries, zone = await _entries(services, whose, now), await _zone(services, whose)
        content = await asyncio.to_thread(_written, entries, whose.language, zone, own_origin(request), now)
    finally:
        turns.give()
    tag = f'"{blake2b(content, digest_size=16).hexdigest()}"'
    since = await services.calendars.noted(whose, tag)
    headers = {**HEADERS, "ETag": tag, "Last-Modified": format_datetime(since.astimezone(UTC), usegmt=True)}
    if _has(request, tag, since):
        return Response(None, 304, headers)
    return Response(content, 200, headers, media_type=TYPE)


async def _entries(services: Services, whose: Whose, now: datetime) -> list[CalendarEntry]:
    user = whose.user
    if user.person_id is None:  # nobody manages the team
        return []
    person = Person(user.person_id, user.team_id, user.role is Role.MANAGER)
    return await of_person(services.pool, person, now)


async def _zone(services: Services, whose: Whose) -> ZoneInfo:
    """The person's, or the company's where that is none."""
    if whose.timezone and not timezone_problem(whose.timezone):
        return ZoneInfo(whose.timezone)
    return ZoneInfo(calendar_of(await fetch(services.pool, *COMPANY_CALENDAR)).timezone)


def _written(
    entries: list[CalendarEntry], language: str, zone: ZoneInfo, origin: str, now: datetime
) -> bytes:
    from api.calendar.ical import written

    return written(entries, catalogue(language or "en"), zone, origin, now.date())


def _has(request: Request, tag: str, since: datetime) -> bool:
    """Tags count before times (RFC 9110, 13.2.2)."""
    if "if-none-match" in request.headers:
        return has(request, tag)
    try:
        return parsedate_to_datetime(request.headers.get("if-modified-since", "")) >= since
    except (TypeError, ValueError, OverflowError):  # its numbers may be of any length
        return False
