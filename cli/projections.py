"""cli: read models — where they stand; rebuild, compare, resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli.common import (
    REFUSED,
    Json,
    Zone,
    as_json,
    console,
    example,
    fail,
    group,
    ledger,
    moment,
    run,
    settings,
    table,
    zone,
)

if TYPE_CHECKING:
    from projections.rebuild import Difference
    from projections.status import ProjectionStatus

app = group("projections", "Read models: status, rebuild, compare, resume.")
Name = Annotated[str, typer.Argument(help="A read model's name: see salesloop projections status.")]


@app.command(epilog=example("salesloop projections status"))
def status(*, json: Json = False, tz: Zone = None) -> None:
    """Where every read model stands. Ends with 1 when one has stopped."""
    found = run(_status())
    if json:
        as_json(found)
    else:
        _show(found, tz)
    if any(s.status in ("stopped", "missing") for s in found):
        raise typer.Exit(REFUSED)


async def _status() -> list[ProjectionStatus]:
    from projections.status import status as standing

    async with ledger() as opened:
        return await standing(opened.pool)


def _show(found: list[ProjectionStatus], tz: str | None) -> None:
    to = zone(tz)
    columns = ("read model", "status", "position", "lag", "followed by", "moved", "error")
    rows = [
        (s.name, s.status, f"{s.position:,}", f"{s.lag:,}", s.owner, moment(s.updated_at, to), s.error)
        for s in found
    ]
    table(columns, rows, right=("position", "lag"), whole=("read model", "status", "moved"))


@app.command(epilog=example("salesloop projections rebuild funnel"))
def rebuild(name: Name, *, json: Json = False) -> None:
    """Build it anew beside the live one and swap; reads go on meanwhile."""
    position = run(_rebuild(name, quiet=json))
    if json:
        as_json({"read_model": name, "position": position})
    else:
        console().print(f"{name} was rebuilt up to position {position:,}")


async def _rebuild(name: str, *, quiet: bool) -> int:
    from cli.imports import bars
    from projections.rebuild import Busy
    from projections.rebuild import rebuild as build

    with bars(quiet=quiet) as shown:
        task = shown.add_task(name, total=None, rate="")
        try:
            return await build(
                settings().database_url, name, lambda at, head: shown.update(task, completed=at, total=head)
            )
        except (LookupError, Busy) as refused:
            fail(str(refused))


@app.command(epilog=example("salesloop projections compare deal_board"))
def compare(name: Name, *, json: Json = False) -> None:
    """Hold the live tables against a rebuild, row by row. Ends with 1 when they differ."""
    found = run(_compare(name))
    if json:
        as_json({"read_model": name, "differences": found})
    elif found:
        rows = [(d.table, d.only_live, d.only_rebuilt, "\n".join(d.samples[:3])) for d in found]
        table(("table", "only live", "only rebuilt", "such as"), rows)
    else:
        console().print(f"{name} equals its rebuild, row for row")
    if found:
        raise typer.Exit(REFUSED)


async def _compare(name: str) -> list[Difference]:
    from projections.rebuild import Busy
    from projections.rebuild import compare as hold

    try:
        return await hold(settings().database_url, name)
    except (LookupError, Busy) as refused:
        fail(str(refused))


@app.command(epilog=example("salesloop projections resume funnel"))
def resume(name: Name, *, json: Json = False) -> None:
    """Let one that stopped on an error try again now."""
    run(_resume(name))
    if json:
        as_json({"read_model": name, "asked": True})
    else:
        console().print(f"{name} was asked to go on: see salesloop projections status")


async def _resume(name: str) -> None:
    from projections.catalog import BY_NAME
    from projections.runner import resume as ask

    if name not in BY_NAME:
        fail(f"there is no read model {name!r}; there are: {', '.join(BY_NAME)}")
    async with ledger() as opened, opened.pool.connection() as connection:
        await ask(connection, name)
