"""cli: what the read models say — history, agenda, funnel, reps, and the health of promises."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.calendar_views import show_calendars
from cli.common import (
    REFUSED,
    Json,
    Limit,
    Zone,
    as_json,
    example,
    fail,
    group,
    ledger,
    run,
    zone,
)
from cli.deal_views import show_agenda, show_funnel, show_history, show_outcomes, show_reps
from cli.tables import say

if TYPE_CHECKING:
    from projections.agenda import AgendaItem
    from projections.deal_history import Happening
    from projections.funnel import FunnelStage
    from projections.paging import Page
    from projections.rep_load import Load
    from projections.rules import CalendarKnown

promises = group("promises", "Promises: their health.")


class Language(StrEnum):
    EN = "en"
    ZH = "zh"


def add_to(app: typer.Typer) -> None:
    app.command(epilog=example("salesloop history 1C1I7A6R --lang zh"), help="Every event of a deal.")(
        history
    )
    app.command(epilog=example("salesloop agenda --overdue"), help="Live promises, the most overdue first.")(
        agenda
    )
    app.command(epilog=example("salesloop funnel --since 2026-07-01"), help="The funnel of a process.")(
        funnel
    )
    app.command(epilog=example("salesloop reps --json"), help="Reps and what each has on their hands.")(reps)
    app.add_typer(promises)


# --- history ---------------------------------------------------------------------------------------------------------


def history(
    deal: Annotated[str, typer.Argument(metavar="DEAL", help="Its id, or its reference.")],
    *,
    lang: Annotated[Language, typer.Option("--lang", help="Of the sentences.")] = Language.EN,
    newest: Annotated[bool, typer.Option("--newest", help="The newest first.")] = False,
    limit: Limit = 100,
    json: Json = False,
    tz: Zone = None,
) -> None:
    page = run(_history(deal, limit, newest=newest))
    if json:
        as_json(page)
    else:
        show_history(page, lang.value, zone(tz))


async def _history(deal: str, limit: int, *, newest: bool) -> Page[Happening]:
    from cli.deals import find
    from projections import deal_history

    async with ledger() as opened:
        found = await find(opened.pool, deal)
        return await deal_history.listing(opened.pool, found.deal_id, None, limit, newest_first=newest)


# --- agenda ----------------------------------------------------------------------------------------------------------


def agenda(
    *,
    rep: Annotated[UUID | None, typer.Option("--rep", help="A rep's id.")] = None,
    team: Annotated[UUID | None, typer.Option("--team", help="A team's id.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what was due before now.")] = False,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    page = run(_agenda(rep, team, limit, overdue=overdue))
    if json:
        as_json(page)
    else:
        show_agenda(page, zone(tz))


async def _agenda(rep: UUID | None, team: UUID | None, limit: int, *, overdue: bool) -> Page[AgendaItem]:
    from projections import agenda as board

    async with ledger() as opened:
        before = datetime.now(UTC) if overdue else None
        return await board.listing(opened.pool, rep, team, before, None, limit)


# --- funnel ----------------------------------------------------------------------------------------------------------


def funnel(
    *,
    process: Annotated[str, typer.Option("--process")] = "default",
    team: Annotated[UUID | None, typer.Option("--team", help="A team's id.")] = None,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A rep's id.")] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="First day for moves.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day.")] = None,
    json: Json = False,
) -> None:
    stages = run(_funnel(process, team, owner, since, until))
    if not stages:
        fail(f"no process is called {process!r}")
    if json:
        as_json({"process": process, "stages": stages})
    else:
        show_funnel(stages, process)


async def _funnel(
    process: str, team: UUID | None, owner: UUID | None, since: datetime | None, until: datetime | None
) -> list[FunnelStage]:
    from projections import funnel as board

    days = [moment_.date() if moment_ else None for moment_ in (since, until)]
    async with ledger() as opened:
        return await board.stages(opened.pool, datetime.now(UTC), process, team, owner, *days)


# --- reps ------------------------------------------------------------------------------------------------------------


def reps(
    *,
    team: Annotated[UUID | None, typer.Option("--team", help="A team's id.")] = None,
    left: Annotated[bool, typer.Option("--left", help="Also who left.")] = False,
    json: Json = False,
) -> None:
    loads = run(_reps(team, None if left else True))
    if json:
        as_json(loads)
        return
    show_reps(loads)


async def _reps(team: UUID | None, active: bool | None) -> list[Load]:  # noqa: FBT001 - a filter of three values
    from projections import rep_load

    async with ledger() as opened:
        return await rep_load.reps(opened.pool, datetime.now(UTC), team, active=active)


# --- the health of promises ------------------------------------------------------------------------------------------


@promises.command(epilog=example("salesloop promises health"))
def health(*, json: Json = False) -> None:
    """Is there an open deal without a live promise? Ends with 1 if so. Says until when each policy knows days off."""
    found, calendars = run(_health())
    if json:
        as_json({"open_deals_without_promise": len(found), "deals": found, "calendars": calendars})
    elif found:
        say(f"{len(found)} open deals have no live promise: {', '.join(map(str, found[:5]))}")
    else:
        say("every open deal has exactly one live promise")
    if not json:
        show_calendars(calendars)
    if found:
        raise typer.Exit(REFUSED)


@promises.command(epilog=example("salesloop promises outcomes"))
def outcomes(*, json: Json = False) -> None:
    """Promises kept, late, broken and excused, by rep."""
    found = run(_outcomes())
    if json:
        as_json(found)
        return
    show_outcomes(found)


async def _health() -> tuple[list[UUID], list[CalendarKnown]]:
    from projections import agenda as board
    from projections import rules

    async with ledger() as opened:
        return await board.unpromised(opened.pool), await rules.calendars(opened.pool, datetime.now(UTC))


async def _outcomes() -> list[Any]:
    from projections import agenda as board

    async with ledger() as opened:
        return list(await board.outcomes(opened.pool))
