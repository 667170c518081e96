"""benchmarks: the table on the terminal and the same figures as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from benchmarks.bench import Size
from benchmarks.figures import OURS, Judged, Result


def show(console: Console, results: Sequence[Result]) -> None:
    """One block a row: medians of everybody, then each aim with what was measured."""
    table = Table(show_lines=False, pad_edge=False, box=None, header_style="bold")
    for heading, justify in (("row", "left"), ("who", "left"), ("median", "right"), ("", "left")):
        table.add_column(heading, justify=justify, overflow="fold")  # type: ignore[arg-type]
    table.add_column("ours ÷ theirs", justify="right")
    table.add_column("aim", justify="right")
    table.add_column("")
    for result in results:
        _block(table, result)
    console.print(table)
    for result in results:
        for note in result.notes:
            console.print(f"[dim]{result.row.name}: {note}[/dim]", highlight=False)
    judged = [j for result in results for j in result.judged()]
    console.print(f"{sum(j.reached for j in judged)} of {len(judged)} aims reached", style="bold")


def _block(table: Table, result: Result) -> None:
    table.add_row(Text(result.row.name, style="bold"), Text(result.row.title, style="dim"))
    if result.failure:
        table.add_row("", Text(result.failure, style="red"))
        return
    judged = {(j.aim.figure, j.aim.against): j for j in result.judged()}
    for who, figure, value in result.medians():
        aim = judged.get((figure, None if who == OURS else who))
        ratio = _ratio(result, figure, who)
        table.add_row("", who, number(value), figure, ratio, *_verdict(aim))
    table.add_section()


def _ratio(result: Result, figure: str, who: str) -> str:
    from statistics import median

    if who == OURS or figure not in result.turns[OURS][0]:
        return ""
    return f"{number(median(result.ratios(figure, who)))}×"


def _verdict(judged: Judged | None) -> tuple[str, Text]:
    if judged is None:
        return "", Text("")
    told = Text("reached", style="green") if judged.reached else Text("not reached", style="yellow")
    return str(judged.aim), told


def number(value: float) -> str:
    """Three digits that mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def as_json(
    results: Sequence[Result], machine: Mapping[str, str], settings: Mapping[str, str], size: Size, seed: int
) -> dict[str, Any]:
    return {
        "size": asdict(size),
        "seed": seed,
        "machine": dict(machine),
        "postgresql": dict(settings),
        "rows": [_row(result) for result in results],
    }


def _row(result: Result) -> dict[str, Any]:
    return {
        "name": result.row.name,
        "title": result.row.title,
        "turns": result.turns,
        "medians": [{"who": who, "figure": name, "median": v} for who, name, v in result.medians()],
        "aims": [
            {"figure": j.aim.figure, "against": j.aim.against, "aim": str(j.aim), "measured": j.value}
            | {"reached": j.reached}
            for j in result.judged()
        ],
        "notes": result.notes,
        "failure": result.failure,
    }
