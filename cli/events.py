"""cli: the log itself — what was recorded, and what is being recorded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import typer

from cli.common import Json, Zone, example, ledger, moment, run, zone
from cli.tables import say

if TYPE_CHECKING:
    from runtime.feed import Event
    from runtime.ledger import Ledger

PAGE = 500


def add_to(app: typer.Typer) -> None:
    app.command(
        epilog=example("salesloop events --after 1000 --follow"), help="Events of the log, in order."
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
    json: Json = False,
    tz: Zone = None,
) -> None:
    run(_events(after, limit, follow=follow, json=json, tz=tz))


async def _events(after: int | None, limit: int | None, *, follow: bool, json: bool, tz: str | None) -> None:
    say = _as_line if json else _as_text
    left = limit
    async with ledger() as opened:
        start = after if after is not None else max(0, await opened.head() - 20)
        async for page in _pages(opened, start, follow=follow):
            shown = page if left is None else page[:left]
            for event in shown:
                say(event, tz)
            if left is not None and (left := left - len(shown)) <= 0:
                return


async def _pages(opened: Ledger, after: int, *, follow: bool) -> AsyncIterator[list[Event]]:
    """What there is; then, following, what each notification of the ledger announces."""
    while page := await opened.feed(after, PAGE):
        after = page[-1].position
        yield page
    if not follow:
        return
    from runtime.database import connect

    async with await connect(str(opened.pool.conninfo)) as connection:
        await connection.execute("LISTEN ledger")
        while True:
            while page := await opened.feed(after, PAGE):
                after = page[-1].position
                yield page
            async for _ in connection.notifies(timeout=5, stop_after=1):
                pass


def _as_line(event: Event, _tz: str | None) -> None:
    import sys

    from runtime.codec import encode

    sys.stdout.write(encode(event).decode() + "\n")
    sys.stdout.flush()


def _as_text(event: Event, tz: str | None) -> None:
    at = moment(event.recorded_at, zone(tz))
    who = f"{event.meta.actor} through {event.meta.channel}"
    also = "" if event.known else "  (of a newer release)"
    line = f"{event.position:>9}  {at}  {event.topic:<26} {event.stream_id}  {who}{also}"
    say(line)
