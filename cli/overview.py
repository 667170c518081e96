"""cli: what the read models say — history, agenda, funnel, reps, and the health of promises."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.deal import DealArgument
from cli.engine.backend import Query, backend
from cli.engine.common import Json, Limit, Zone, as_json, example, group, run, zone
from cli.engine.export_options import filed
from cli.engine.failure import REFUSED
from cli.engine.language import language, sentence, word
from cli.engine.options import Cursor, Day, KnownAt, OwnerFilter, RepFilter, TeamFilter, more
from cli.engine.tables import say
from cli.views.calendars import show_calendars
from cli.views.deals import show_history
from cli.views.overview import show_agenda, show_ended, show_funnel, show_outcomes, show_reps

promises = group("promises", "Promises: their health, and how they ended.")


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
    deal: DealArgument,
    *,
    newest: Annotated[bool, typer.Option("--newest", help="The newest first.")] = False,
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = 100,
    json: Json = False,
    tz: Zone = None,
) -> None:
    query = {
        "lang": language(),
        "order": "newest" if newest else "oldest",
        "known_at": known_at,
        "cursor": cursor,
        "limit": limit,
    }
    page = run(_history(deal, query))
    if json:
        as_json(page)
        return
    show_history(page, str(query["lang"]), zone(tz))
    more(page)


async def _history(given: str, query: dict[str, Any]) -> Any:
    import msgspec

    from cli.engine.failure import fail
    from cli.engine.kinds import deal
    from projections.deal import history as deal_history
    from projections.engine.paging import Page

    async with backend() as at:
        id = await deal(at, given)

        async def direct(source: Any, asked: Query) -> Any:
            newest, cursor = asked["order"] == "newest", asked.get("cursor")
            found = await deal_history.page_as_json(
                source, UUID(id), asked["lang"], cursor, asked["limit"], newest_first=newest
            )
            return msgspec.json.decode(found or fail(f"no deal has the id {id}"), type=shape)

        shape = Page[deal_history.InOneLanguage]
        return await at.read(
            f"/deals/{id}/history", shape, query, direct if query["known_at"] is None else None
        )


# --- agenda ----------------------------------------------------------------------------------------------------------


def agenda(
    *,
    rep: RepFilter = None,
    team: TeamFilter = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what was due before now.")] = False,
    due_before: Annotated[str | None, typer.Option("--due-before", metavar="TIME")] = None,
    due_from: Annotated[str | None, typer.Option("--due-from", metavar="TIME")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    query = {"overdue": overdue or None, "cursor": cursor, "limit": limit}
    due = {"due_before": due_before, "due_from": due_from}
    page = run(_agenda(query, due, {"rep": rep, "team": team}))
    if json:
        as_json(page)
        return
    show_agenda(page, zone(tz))
    more(page)


async def _agenda(query: dict[str, Any], due: dict[str, str | None], whose: dict[str, str | None]) -> Any:
    from cli.engine.kinds import ids, instants
    from projections.deal import agenda as board
    from projections.engine.paging import Page

    async def direct(source: Any, asked: Query) -> Any:
        start, end = (_instant(asked.get(name)) for name in ("due_from", "due_before"))
        before = datetime.now(UTC) if asked.get("overdue") else end
        rep, team = (_uuid(asked.get(name)) for name in ("rep_id", "team_id"))
        return await board.listing(source, rep, team, before, asked.get("cursor"), asked["limit"], start)

    async with backend() as at:
        narrowed = query | await ids(at, whose) | await instants(at, due)
        return await at.read("/agenda", Page[board.AgendaItem], narrowed, direct)


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


# --- funnel ----------------------------------------------------------------------------------------------------------


@filed
def funnel(
    *,
    process: Annotated[str, typer.Option("--process")] = "default",
    team: TeamFilter = None,
    owner: OwnerFilter = None,
    since: Annotated[Day, typer.Option("--since", metavar="DAY", help="First day for moves.")] = None,
    until: Annotated[Day, typer.Option("--until", metavar="DAY", help="Last day.")] = None,
    known_at: KnownAt = None,
    json: Json = False,
) -> None:
    asked = {"process": process, "since": since, "until": until, "known_at": known_at}
    found = run(_funnel(asked, {"team": team, "owner": owner}))
    if json:
        as_json(found)
    else:
        show_funnel(found["stages"], process, since, until, then=known_at)


async def _funnel(query: dict[str, Any], whose: dict[str, str | None]) -> Any:
    from cli.engine.failure import fail
    from cli.engine.kinds import days, ids
    from projections.deal import funnel as board

    async def direct(source: Any, asked: Query) -> Any:
        import msgspec

        given = {"team_id": UUID | None, "owner_id": UUID | None, "since": _day(), "until": _day()}
        narrowed = [msgspec.convert(asked.get(name), kind, strict=False) for name, kind in given.items()]
        found = await board.stages(source, datetime.now(UTC), asked["process"], *narrowed)
        return {
            "process": asked["process"],
            "stages": found or fail(f"no process is called {asked['process']!r}"),
        }

    async with backend() as at:
        narrowed = query | await days(at, query, "since", "until") | await ids(at, whose)
        found = await at.read(
            "/funnel",
            dict[str, Any],
            narrowed,
            direct if query["known_at"] is None else None,
            filed=True,
        )
        import msgspec

        return {
            **found,
            "stages": msgspec.convert(
                found["stages"], list[board.FunnelStage], strict=False, from_attributes=True
            ),
        }


def _day() -> Any:
    from datetime import date

    return date | None


# --- reps ------------------------------------------------------------------------------------------------------------


@filed
def reps(
    *,
    team: TeamFilter = None,
    left: Annotated[bool, typer.Option("--left", help="Also who left.")] = False,
    json: Json = False,
) -> None:
    loads = run(_reps({"active": None if left else True}, {"team": team}))
    if json:
        as_json(loads)
    else:
        show_reps(loads)


async def _reps(query: dict[str, Any], whose: dict[str, str | None]) -> Any:
    from cli.engine.kinds import ids
    from projections.people import rep_load

    async def direct(source: Any, asked: Query) -> Any:
        team, active = _uuid(asked.get("team_id")), asked.get("active")
        return {"reps": await rep_load.reps(source, datetime.now(UTC), team, active=active)}

    async with backend() as at:
        narrowed = query | await ids(at, whose)
        found = await at.read("/reps/loads", dict[str, list[rep_load.Load]], narrowed, direct, filed=True)
        return found["reps"]


# --- the health of promises ------------------------------------------------------------------------------------------


@promises.command(epilog=example("salesloop promises health"))
def health(*, json: Json = False) -> None:
    """Is there an open deal without a live promise? Ends with 1 if so. Says until when each policy knows days off."""
    import msgspec

    from projections.policy.rules import CalendarKnown

    found = run(_asked("/agenda/health", {}))
    deals = found["deals"]
    if json:
        as_json(found)
    elif deals:
        number = found["open_deals_without_promise"]
        some = ", ".join(map(str, deals[:5]))
        say(sentence("{n} open deals have no live promise: {deals}", n=f"{number:,}", deals=some))
    else:
        say(word("every open deal has exactly one live promise"))
    if not json:
        show_calendars(msgspec.convert(found["calendars"], list[CalendarKnown], strict=False))
    if deals:
        raise typer.Exit(REFUSED)


class Ending(StrEnum):
    KEPT = "kept"
    LATE = "late"
    BROKEN = "broken"
    EXCUSED = "excused"


@promises.command(epilog=example("salesloop promises ended --outcome broken"))
def ended(
    *,
    rep: RepFilter = None,
    team: TeamFilter = None,
    outcome: Annotated[Ending | None, typer.Option("--outcome", show_default="all")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """Promises that ended, the latest first."""
    page = run(_ended({"outcome": outcome, "cursor": cursor, "limit": limit}, {"rep": rep, "team": team}))
    if json:
        as_json(page)
        return
    show_ended(page, zone(tz))
    more(page)


async def _ended(query: dict[str, Any], whose: dict[str, str | None]) -> Any:
    from cli.engine.kinds import ids
    from projections.deal.agenda import EndedItem
    from projections.engine.paging import Page

    async with backend() as at:
        return await at.read("/agenda/ended", Page[EndedItem], query | await ids(at, whose))


@promises.command(epilog=example("salesloop promises outcomes --since 2026-11-01"))
def outcomes(
    *,
    rep: RepFilter = None,
    team: TeamFilter = None,
    since: Annotated[Day, typer.Option("--since", metavar="DAY", help="First day.")] = None,
    until: Annotated[Day, typer.Option("--until", metavar="DAY", help="Last day.")] = None,
    json: Json = False,
) -> None:
    """Promises kept, late, broken and excused, by rep."""
    found = run(_asked("/agenda/outcomes", {"since": since, "until": until}, {"rep": rep, "team": team}))
    if json:
        as_json(found["reps"])
        return
    import msgspec

    from projections.deal.agenda import Outcomes

    show_outcomes(msgspec.convert(found["reps"], list[Outcomes], strict=False))


async def _asked(path: str, query: dict[str, Any], whose: dict[str, str | None] | None = None) -> Any:
    from cli.engine.kinds import days, ids

    async with backend() as at:
        narrowed = query | await days(at, query, "since", "until") | await ids(at, whose or {})
        return await at.read(path, dict[str, Any], narrowed)
