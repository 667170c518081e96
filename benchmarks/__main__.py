"""benchmarks: `python -m benchmarks`. Says what was measured and whether the aims were reached; never fails for a slow machine."""

from __future__ import annotations

import json
import logging
import time
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import page
from benchmarks.bench import FULL, QUICK, SEED, Bench, Size
from benchmarks.figures import Result, Row, compete
from benchmarks.machine import machine, settings
from benchmarks.report import as_json, show
from benchmarks.rows import BY_NAME, ROWS
from runtime.settings import data_directory

EXAMPLES = """
Examples:

    python -m benchmarks                              every row, about two minutes, three turns each

    python -m benchmarks --full --json figures.json --write-docs      five turns, full sizes, about forty minutes

    python -m benchmarks --only append-door --only append-one

    python -m benchmarks --only growth --deals 1000000           a million deals: half an hour, and thirty gigabytes
"""
app = typer.Typer(add_completion=False, rich_markup_mode="rich")


@app.command(epilog=EXAMPLES)
def main(
    *,
    full: Annotated[bool, typer.Option("--full", help="Full sizes and five turns.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(help=f"A row to measure; may be repeated. {', '.join(BY_NAME)}")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures there as JSON.")] = None,
    write_docs: Annotated[
        bool, typer.Option("--write-docs", help="Fill the table in docs/performance.md.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Of the deals that are made up.")] = SEED,
    deals: Annotated[
        int | None, typer.Option(min=10, help="How many deals the rows growth and read-… are asked about.")
    ] = None,
) -> None:
    """Measure salesloop beside the limit and the peers, in one run on one server of its own."""
    unknown = [name for name in only or () if name not in BY_NAME]
    if unknown:
        raise typer.BadParameter(
            f"no row {unknown[0]!r}; there are {', '.join(BY_NAME)}", param_hint="--only"
        )
    rows = [row for row in ROWS if not only or row.name in only]
    logging.basicConfig(level=logging.ERROR)
    console = Console()
    size = FULL if full else QUICK
    began = time.perf_counter()
    with Bench(data_directory() / "bench", size, seed, deals) as bench:
        about, options = machine(bench.directory), settings(bench.postgres.url)
        _introduce(console, about, options, size, seed)
        results = uvloop.run(_measure(console, bench, rows))
    about["took"] = f"{(time.perf_counter() - began) / 60:.1f} minutes"
    show(console, results)
    console.print(f"it took {about['took']}", highlight=False)
    if write_docs:
        page.fill(page.PAGE, page.told(results, about, options, size))
    if json_file is not None:
        figures = as_json(results, about, options, size, seed)
        json_file.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")
        console.print(f"all figures: {json_file}", highlight=False)


def _introduce(
    console: Console, about: dict[str, str], options: dict[str, str], size: Size, seed: int
) -> None:
    for name, value in about.items():
        console.print(f"[dim]{name:>12}[/dim]  {value}", highlight=False)
    told = ", ".join(f"{name} {value}" for name, value in options.items())
    console.print(f"[dim]{'PostgreSQL':>12}[/dim]  {told}", highlight=False)
    console.print(f"[dim]{'turns':>12}[/dim]  {size.turns} ({size.name}), seed {seed}\n", highlight=False)


async def _measure(console: Console, bench: Bench, rows: list[Row]) -> list[Result]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    results = []
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(rows))
        for row in rows:
            progress.update(task, description=f"{row.name}: preparing")
            results.append(await _one(bench, row, progress, task))
            progress.advance(task)
    return results


async def _one(bench: Bench, row: Row, progress: Progress, task: object) -> Result:
    """A row that breaks is told in its place; the others go on."""
    try:
        async with row.open(bench) as contest:
            await bench.settled()
            return await compete(
                row,
                contest,
                bench.size.turns,
                lambda who: progress.update(task, description=f"{row.name}: {who}"),  # type: ignore[arg-type]
            )
    except Exception as broken:
        logging.getLogger(__name__).exception("%s broke", row.name)
        return Result(row, failure=f"broke: {type(broken).__name__}: {broken}")


if __name__ == "__main__":
    app()
