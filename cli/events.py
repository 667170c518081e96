"""cli: the log itself — what was recorded, and what is being recorded."""

from __future__ import annotations

import sys
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, Zone, as_json, example, moment, run, zone
from cli.engine.export_options import to_write
from cli.engine.failure import USAGE, fail
from cli.engine.language import language
from cli.engine.options import Cursor, Day, more
from cli.engine.tables import say

if TYPE_CHECKING:
    from datetime import tzinfo

    from cli.engine.backend import Backend


def add_to(app: typer.Typer) -> None:
    app.command(
        epilog=example("salesloop events --kind deal.won --since 2026-11-01"),
        help="Events of the log, in order; those of a kind, record, person, door or days from the newest on.",
    )(events)


def events(
    *,
    after: Annotated[
        int | None,
        typer.Option("--after", min=0, help="Begin after this position.", show_default="the last 20"),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Events at most.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with what is recorded from now.")
    ] = False,
    kind: Annotated[
        str | None, typer.Option("--kind", help="Such as deal.stage-moved, or deal for all that begin so.")
    ] = None,
    record: Annotated[str | None, typer.Option("--record", help="The id of what it is of.")] = None,
    who: Annotated[str | None, typer.Option("--who", help="The login or name of who did it.")] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", help="The door: api, cli, web, mcp, import or workflow.")
    ] = None,
    since: Annotated[Day, typer.Option("--since", metavar="DAY", help="Recorded on it or later.")] = None,
    until: Annotated[Day, typer.Option("--until", metavar="DAY", help="Recorded on it or before.")] = None,
    cursor: Cursor = None,
    json: Json = False,
    tz: Zone = None,
) -> None:
    asked = {
        "topic": kind,
        "stream_id": record,
        "who": who,
        "channel": channel,
        "since": since,
        "until": until,
    }
    if not any(value is not None for value in (*asked.values(), cursor, to_write())):
        run(_events(after, limit, follow=follow, json=json, to=zone(tz)))
    elif follow or after is not None:
        fail("what is looked for is shown from the newest on: leave out --after and --follow", USAGE)
    else:
        run(_search(asked | {"cursor": cursor, "limit": limit or 20}, json=json, to=zone(tz)))


async def _search(query: dict[str, Any], *, json: bool, to: tzinfo | None) -> None:
    from cli.engine.kinds import days
    from projections.engine.paging import Page
    from projections.event_search import FoundEvent

    async with backend() as at:
        asked = query | await days(at, query, "since", "until") | {"lang": language()}
        page = await at.read("/events/search", Page[FoundEvent], asked)
    if json:
        as_json(page)
        return
    for one in page.items:
        who = one.who_name or f"{one.who_kind}:{one.who}"
        say(
            f"{one.position:>9}  {moment(one.recorded_at, to)}  {one.topic:<26} {one.stream_id}  {who}: {one.sentence}"
        )
    more(page)


async def _events(
    after: int | None, limit: int | None, *, follow: bool, json: bool, to: tzinfo | None
) -> None:
    left = limit
    async with backend() as at:
        start = after if after is not None else max(0, await _head(at) - 20)
        async with aclosing(at.events(start, follow=follow)) as found:
            async for page in found:
                shown = page if left is None else page[:left]
                for event in shown:
                    _as_line(event) if json else _as_text(event, to)
                sys.stdout.flush()
                if left is not None and (left := left - len(shown)) <= 0:
                    return


async def _head(at: Backend) -> int:
    models = (await at.read("/projections", dict[str, list[dict[str, Any]]]))["read_models"]
    return int(models[0]["head"]) if models else 0


def _as_line(event: dict[str, Any]) -> None:
    from runtime.codec import encode

    sys.stdout.write(encode(event).decode() + "\n")


def _as_text(event: dict[str, Any], to: tzinfo | None) -> None:
    at, meta = moment(event["recorded_at"], to), event["meta"]
    actor = meta["actor"]
    who = f"{actor['kind']}:{actor['id']} through {meta['channel']}"
    say(f"{event['position']:>9}  {at}  {event['topic']:<26} {event['stream_id']}  {who}")
