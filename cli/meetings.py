"""cli: review meetings — when a scope meets and what came of it, as it stands. What can be done is in `cli/loop_acts.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.acts import WHICH
from cli.engine.common import Json, Limit, as_json, example, group, run, zone
from cli.engine.house import house
from cli.engine.options import CompanyZone, Cursor, ScopeFilter, company_zone, more

app = group("meeting", "Review meetings: list, show, schedule, hold, ask, decide, hand over, chair, cancel.")


class Status(StrEnum):
    CALLED = "called"
    HELD = "held"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


@app.command("list", epilog=example("salesloop meeting list --status called"))
def list_(
    *,
    scope: ScopeFilter = None,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: CompanyZone = None,
) -> None:
    """The newest first."""
    page, known, company = run(_list({"status": status, "cursor": cursor, "limit": limit}, scope))
    if json:
        as_json(page)
        return
    from cli.views.meetings import show_meetings

    show_meetings(page.items, known, zone(tz or company))
    more(page)


async def _list(query: dict[str, Any], scope: str | None) -> tuple[Any, dict[UUID, str], str]:
    from cli.engine.kinds import scoped
    from cli.engine.reads import pages
    from projections.engine.paging import Page
    from projections.meeting import Meetings, MeetingSeen

    async with house() as at:
        narrowed = query | await scoped(at, scope)
        page = await at.read("/meetings", Page[MeetingSeen], narrowed, pages(Meetings))
        people = [id for one in page.items for id in (one.scope.id, one.chair_id)]
        return page, await at.names(people), await company_zone(at)


@app.command(epilog=example(f"salesloop meeting show {WHICH}"))
def show(
    meeting: Annotated[str, typer.Argument(metavar="MEETING", help="Its id.")],
    *,
    json: Json = False,
    tz: CompanyZone = None,
) -> None:
    """One meeting: its agenda, what was decided and agreed on, and what it waits for."""
    found, known, company = run(_show(meeting))
    if json:
        as_json(found)
        return
    from cli.views.meetings import show_meeting

    show_meeting(found, known, zone(tz or company))


async def _show(given: str) -> tuple[Any, dict[UUID, str], str]:
    from cli.engine.kinds import read
    from cli.engine.reads import one
    from projections.meeting import Meetings, MeetingSeen

    async with house() as at:
        id = await read(at, "id", given, "MEETING")
        found = await at.read(f"/meetings/{id}", MeetingSeen, None, one(Meetings.get, "meeting", id))
        asked = [d.of for d in found.decisions] + [w.of for w in found.waits if w.of is not None]
        about = [point.subject_id for point in found.agenda]
        people = [found.scope.id, found.chair_id, *found.present, *asked, *about]
        return found, await at.names(people), await company_zone(at)


@app.command(epilog=example("salesloop meeting schedules"))
def schedules(
    *,
    scope: ScopeFilter = None,
    cursor: Cursor = None,
    limit: Limit = 200,
    json: Json = False,
    tz: CompanyZone = None,
) -> None:
    """Who meets when, by when the next meeting is."""
    page, known, company = run(_schedules({"cursor": cursor, "limit": limit}, scope))
    if json:
        as_json(page)
        return
    from cli.views.meetings import show_schedules

    show_schedules(page.items, known, zone(tz or company))
    more(page)


async def _schedules(query: dict[str, Any], scope: str | None) -> tuple[Any, dict[UUID, str], str]:
    from cli.engine.kinds import scoped
    from cli.engine.reads import pages
    from projections import meeting as meetings
    from projections.engine.paging import Page

    async with house() as at:
        narrowed = query | await scoped(at, scope)
        direct = pages(meetings.MeetingSchedules)
        page = await at.read("/meeting-schedules", Page[meetings.ScheduleSeen], narrowed, direct)
        people = [id for one in page.items for id in (one.scope.id, one.plan.chair_id)]
        return page, await at.names(people), await company_zone(at)
