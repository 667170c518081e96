"""cli: `salesloop import undo` — what an import did is taken back, after a look at what that would be. `salesloop import list` has the jobs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.engine.backend import OPERATOR, backend, remote
from cli.engine.common import AsUser, Json, Limit, Zone, as_json, example, ledger, moment, run, zone
from cli.engine.failure import USAGE, fail
from cli.engine.language import sentence, word, words
from cli.engine.tables import say, table

if TYPE_CHECKING:
    from runtime.imports.undo_result import UndoResult

SHOWN = 20


def add_to(app: typer.Typer) -> None:
    app.command(
        "import undo",
        epilog=example("salesloop import undo 0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11 --dry-run"),
        help="Undo an import: what it made goes, what it changed goes back. What somebody worked on since stays, and is named.",
    )(undo)
    app.command(
        "import list",
        epilog=example("salesloop import list --limit 5"),
        help="Import jobs, newest first, with the ids to undo them by.",
    )(jobs)


def undo(
    job: Annotated[UUID, typer.Argument(help="The import's id, as `salesloop import` and its list tell it.")],
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would go, go back and stay; record nothing.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; recorded with what is undone.")] = "",
    user: AsUser = None,
    json: Json = False,
) -> None:
    if not (dry_run or reason.strip()):
        fail(word("say why with --reason, or look first with --dry-run"), USAGE)
    work = _sent if remote() else _here
    result = run(work(job, reason.strip(), user or OPERATOR, dry_run=dry_run))
    if json:
        as_json(result.as_dict())
    else:
        show(result)
    if result.refused:
        raise typer.Exit(1)


async def _here(job: UUID, reason: str, user: str, *, dry_run: bool) -> UndoResult:
    from domain.engine.context import Actor
    from projections.engine.throttle import throttled
    from runtime.imports.undo import undo_import

    async with ledger() as opened, throttled(opened.pool) as pace:
        return await undo_import(opened.pool, job, Actor("user", user), reason, dry_run=dry_run, pace=pace)


async def _sent(job: UUID, reason: str, user: str, *, dry_run: bool) -> UndoResult:
    import msgspec

    from cli.engine.sending import LOOK_AGAIN, UNFINISHED
    from runtime.imports.undo_result import UndoResult

    async with backend() as at:
        asked = {"dry_run": dry_run, "reason": reason}
        told = msgspec.json.decode(await at.act("POST", f"/imports/{job}/undo", asked, user=user))
        while told["state"] in UNFINISHED:
            await asyncio.sleep(LOOK_AGAIN)
            told = await at.read(f"/imports/{told['id']}", dict[str, Any])
        if told["result"] is None:
            fail("\n".join(map(str, told["problems"])))
        return msgspec.convert(told["result"], UndoResult, strict=False)


def show(result: UndoResult) -> None:
    kinds = list(dict.fromkeys((*result.gone, *result.back, *result.refused)))
    rows = [
        (word(kind), *(by.get(kind, 0) for by in (result.gone, result.back, result.refused)))
        for kind in kinds
    ]
    columns = ("kind", "go", "go back", "stay")
    title = word("dry run: nothing was recorded") if result.dry_run else ""
    table(columns, rows, title=title, right=columns[1:])
    if result.before:
        say(sentence("undone before: {n}", n=result.before))
    for one in [one for one in result.undone if one.changes][:SHOWN]:
        say(f"{word(one.kind)} {one.name}")
        for change in one.changes:
            say(f"  {word(change.field)}: {change.now or '–'} → {change.before or '–'}")
    for kept in result.kept[:SHOWN]:
        say(sentence("kept: {what}", what=kept.told(words())))
    if len(result.kept) > SHOWN:
        say(sentence("… and {n} more", n=sum(result.refused.values()) - SHOWN))


def jobs(*, limit: Limit = 20, json: Json = False, tz: Zone = None) -> None:
    to = zone(tz)
    told = run(_jobs(limit))
    if json:
        as_json(told)
        return
    columns = ("id", "mapping", "state", "rows", "started_at")
    rows = [
        (
            one["id"],
            word("undo") if one["undoes"] else one.get("mapping") or "",
            _state(one),
            one.get("rows_total") or 0,
            moment(one.get("started_at"), to),
        )
        for one in told["imports"]
    ]
    table(columns, rows, right=("rows",))


def _state(job: dict[str, Any]) -> str:
    """What it has come to; a rehearsal is told from what was recorded."""
    state = word("undone") if job.get("undone_by") else word(job["state"])
    return f"{state} ({word('dry run')})" if job.get("dry_run") else state


async def _jobs(limit: int) -> dict[str, Any]:
    async with backend(operator=True) as at:
        found: dict[str, Any] = await at.read("/imports", dict[str, Any], {"limit": limit})
    return found
