"""benchmarks, lifecycle: `make prove-lifecycle`. Ends with 1 where a table differs from the raw events."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from benchmarks.bench import QUICK, Bench
from benchmarks.lifecycle.proof import prove
from projections.engine import catalog
from runtime.settings import data_directory

SEED = 15
app = typer.Typer(add_completion=False)


@app.command()
def main(
    customers: Annotated[int, typer.Option(min=100, help="How many customers buy for a year.")] = 20_000,
    days: Annotated[int, typer.Option(min=1, help="At how many random days the tables are asked for.")] = 20,
    seed: Annotated[int, typer.Option(help="Of what is bought, and of the days.")] = SEED,
) -> None:
    """Show that the lifecycle's tables are what the raw events come to, as of any day and as known at any time."""
    console, began = Console(highlight=False), time.perf_counter()
    with Bench(data_directory() / "prove-lifecycle", QUICK, seed) as bench:
        found = uvloop.run(_prove(bench, customers, days, console))
    for one in found:
        console.print(f"[red]{one}[/red]")
    took = (time.perf_counter() - began) / 60
    console.print(f"{len(found)} differences at {days} days, each on both clocks, in {took:.1f} minutes")
    sys.exit(1 if found else 0)


async def _prove(bench: Bench, customers: int, days: int, console: Console) -> list[str]:
    async with bench.database(tables=tuple(catalog.statements())) as url:
        return await prove(url, bench.seed, customers, days, console.print)


if __name__ == "__main__":
    app()
