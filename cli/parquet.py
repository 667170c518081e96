"""cli: `salesloop parquet` — the whole ledger for engines that are made for analysis. Beside the database, by the operator."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.engine.backend import operators_only
from cli.engine.common import Json, as_json, example, settings
from cli.engine.language import sentence, word
from cli.engine.tables import say


def add_to(app: typer.Typer) -> None:
    app.command(
        "parquet",
        epilog=example("salesloop parquet ./ledger"),
        help="The whole ledger as Parquet, a folder a month. Run again, it adds what was recorded since.",
    )(parquet)


def parquet(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", file_okay=False, help="A new one, or one that was begun before."),
    ],
    *,
    json: Json = False,
) -> None:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from runtime.database import as_application
    from runtime.parquet import write

    operators_only("salesloop parquet")
    console = Console(stderr=True)
    parts = (SpinnerColumn(), TextColumn("{task.description} {task.completed:,}"), TimeElapsedColumn())
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(word("writing"), total=None)
        url = as_application(settings().database_url)
        before, after = write(url, folder, lambda n: shown.update(task, completed=n))
    if json:
        as_json({"folder": str(folder), "events": after - before, "position": after})
    elif before == after:
        say(sentence("{folder} has all of the ledger, up to position {n}", folder=folder, n=f"{after:,}"))
    else:
        say(
            sentence(
                "{n} events in {folder}, up to position {last}",
                n=f"{after - before:,}",
                folder=folder,
                last=f"{after:,}",
            )
        )
