"""cli: read models — where they stand; rebuild, compare, resume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.engine import language
from cli.engine.backend import backend, operators_only
from cli.engine.common import Json, Zone, as_json, example, group, run, settings, zone
from cli.engine.failure import REFUSED, USAGE, fail
from cli.engine.tables import say
from cli.views.rules import show_differences, show_standing

if TYPE_CHECKING:
    from projections.engine.rebuild import Difference
    from projections.engine.status import ProjectionStatus

app = group("projections", "Read models: status, rebuild, compare, resume.")
Name = Annotated[str, typer.Argument(help="A read model's name: see salesloop projections status.")]
Names = Annotated[list[str] | None, typer.Argument(help="Read models' names.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="Every read model.")]
Processes = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        help="Processes that fold facts side by side; 1: this one alone.",
        show_default="one a core where the ledger is large",
    ),
]


@app.command(epilog=example("salesloop projections status"))
def status(*, json: Json = False, tz: Zone = None) -> None:
    """Where every read model stands. Ends with 1 when one has stopped."""
    found = run(_status())
    if json:
        as_json(found)
    else:
        show_standing(found, zone(tz))
    if any(s.status in ("stopped", "missing") for s in found):
        raise typer.Exit(REFUSED)


async def _status() -> list[ProjectionStatus]:
    from projections.engine.status import ProjectionStatus
    from projections.engine.status import status as standing

    async def direct(source: Any, _: Any) -> Any:
        return {"read_models": await standing(source)}

    async with backend() as at:
        found = await at.read("/projections", dict[str, list[ProjectionStatus]], None, direct)
        return list(found["read_models"])


@app.command(epilog=example("salesloop projections rebuild deal_board deal_history"))
def rebuild(
    names: Names = None, *, everything: Everything = False, workers: Processes = None, json: Json = False
) -> None:
    """Build them anew beside the live ones and swap; reads go on meanwhile."""
    from projections.engine.catalog import BY_NAME

    operators_only("rebuilding")
    chosen = list(BY_NAME) if everything else list(dict.fromkeys(names or ()))
    if not chosen:
        fail("name the read models to rebuild, or say --all", USAGE)
    outcomes = run(_rebuild(chosen, workers, quiet=json))
    done = {name: found for name, found in outcomes.items() if isinstance(found, int)}
    if json and done:
        told = [{"read_model": name, "position": position} for name, position in done.items()]
        as_json(told[0] if len(chosen) == 1 else told)
    elif not json:
        for name, position in done.items():
            say(language.sentence("{model} was rebuilt up to position {n:,}", model=name, n=position))
    _refuse([found for found in outcomes.values() if isinstance(found, BaseException)])


def _refuse(errors: list[BaseException]) -> None:
    """What is no fault of the facts or the code in a line each."""
    from projections.engine.rebuild import Busy
    from projections.engine.rebuild_workers import WorkerLost

    for error in errors:
        if not isinstance(error, Busy | WorkerLost):
            raise error
    if errors:
        fail("\n".join(map(str, errors)))


async def _rebuild(names: list[str], workers: int | None, *, quiet: bool) -> dict[str, int | BaseException]:
    from cli.imports import bars
    from projections.engine.rebuild import rebuild_all

    with bars(quiet=quiet) as shown:
        tasks = {name: shown.add_task(name, total=None, rate="") for name in names}

        def told(name: str, position: int, head: int) -> None:
            shown.update(tasks[name], completed=position, total=head)

        try:
            return await rebuild_all(settings().database_url, names, told, workers)
        except LookupError as unknown:
            fail(str(unknown))


@app.command(epilog=example("salesloop projections compare deal_board"))
def compare(name: Name, *, json: Json = False) -> None:
    """Hold the live tables against a rebuild, row by row. Ends with 1 when they differ."""
    operators_only("comparing")
    found = run(_compare(name))
    if json:
        as_json({"read_model": name, "differences": found})
    elif found:
        show_differences(found)
    else:
        say(language.sentence("{model} equals its rebuild, row for row", model=name))
    if found:
        raise typer.Exit(REFUSED)


async def _compare(name: str) -> list[Difference]:
    from projections.engine.rebuild import Busy
    from projections.engine.rebuild import compare as hold

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
        say(language.sentence("{model} was asked to go on: see salesloop projections status", model=name))


async def _resume(name: str) -> None:
    async with backend() as at:
        await at.act("POST", f"/projections/{name}/resume", {})
