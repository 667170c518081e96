"""benchmarks: the measured table as Markdown, and its place in a page of the documentation, between two marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks.bench import Size
from benchmarks.figures import OURS, Judged, Result
from benchmarks.report import number

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
HEADINGS = ("row", "ours", "against", "ratio", "aim", "")


def fill(page: Path, measured: str) -> None:
    """Put `measured` between the marks. Raises ValueError where the page has none."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name} lacks {BEGIN} and {END}")
    page.write_text(f"{before}{begin}\n{measured}\n{end}{after}", encoding="utf-8")


def told(results: Sequence[Result], about: Mapping[str, str], options: Mapping[str, str], size: Size) -> str:
    """On what it was measured, the table, and what there is to say about single rows."""
    judged = [j for result in results for j in result.judged()]
    reached = sum(j.reached for j in judged)
    parts = [
        f"By `python -m benchmarks{' --full' if size.name == 'full' else ''} --write-docs`: {size.turns} turns, the medians.",
        *(f"{name}: {value}." for name, value in about.items()),
        "PostgreSQL: " + ", ".join(f"{name} {value}" for name, value in options.items()) + ".",
        f"{reached} of {len(judged)} aims reached.",
    ]
    notes = [f"- `{result.row.name}`: {note}" for result in results for note in result.notes]
    return "\n\n".join(["\n".join(parts), "\n".join(_table(results)), *(["\n".join(notes)] if notes else [])])


def _table(results: Sequence[Result]) -> Iterator[str]:
    yield _line(HEADINGS)
    yield _line(["---"] * len(HEADINGS))
    for result in results:
        name = f"`{result.row.name}`: {result.row.title}"
        if result.failure:
            yield _line([name, result.failure, "", "", "", ""])
            continue
        for cells in _lines(result):
            yield _line([name, *cells])
            name = ""


def _lines(result: Result) -> Iterator[list[str]]:
    judged = {(j.aim.figure, j.aim.against): j for j in result.judged()}
    ours = result.turns[OURS]
    for figure in ours[0]:
        value = f"{number(median(turn[figure] for turn in ours))} {figure}"
        rivals = [who for who, turns in result.turns.items() if who != OURS and figure in turns[0]]
        alone = judged.get((figure, None))
        if alone is not None or not rivals:
            yield [value, "", "", *_verdict(alone)]
            value = ""
        for who in rivals:
            theirs = number(median(turn[figure] for turn in result.turns[who]))
            ratio = f"{number(median(result.ratios(figure, who)))}×"
            yield [value, f"{who}: {theirs}", ratio, *_verdict(judged.get((figure, who)))]
            value = ""


def _verdict(judged: Judged | None) -> tuple[str, str]:
    if judged is None:
        return "", ""
    return str(judged.aim), "reached" if judged.reached else "not reached"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"
