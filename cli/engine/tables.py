"""cli: text that fits the screen. A number is shown whole or not at all: columns go by importance, and what has gone is named below.

Widths are cells of the screen, in which a Chinese character takes two. No query and no command may enter.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len

from cli.engine.language import heard, sentence, word

WIDE = 160
"""Cells where the output is no terminal; more where a table cannot do with that: a program misses no column."""
GAP = "  "
WORDS = 8
"""Cells that a column of words keeps: narrower, it is no longer read."""
WHOLE = 21
"""Cells that a column keeps which is better not broken, such as one of times; longer words in it are broken before others go."""
UNBROKEN = 40
"""Cells of a word with a digit in it that is never broken; longer ones are no numbers."""
BROAD = r"\u1100-\u11ff\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\uffef"
PIECE = re.compile(rf" +|[{BROAD}]|[^ {BROAD}]+")
"""What a line may end after: blanks, one wide character, a word."""
CODED = (
    "",
    "stage",
    "state",
    "status",
    "loop",
    "phase",
    "door",
    "role",
    "active",
    "unit",
    "better",
    "kind",
    "basis",
    "cadence",
    "pace",
    "waits for",
)
"""Columns of fixed words and of codes; that without a name has the labels of facts."""
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""What could move the cursor, were it written as it came."""


def screen_width() -> int | None:
    """Of the terminal, or as COLUMNS says; None where the output goes elsewhere."""
    given = os.environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given) > 0:
        return int(given)
    return os.get_terminal_size(sys.stdout.fileno()).columns if sys.stdout.isatty() else None


def say(text: str) -> None:
    """A line for people, broken between words where the screen ends."""
    width = screen_width()
    for line in CONTROL.sub(" ", text).split("\n"):
        sys.stdout.write("\n".join(fold(line, width, longer=True) if width else [line]) + "\n")
    sys.stdout.flush()


def fold(text: str, width: int, *, longer: bool = False) -> list[str]:
    """Lines of at most so many cells, broken after blanks and wide characters. A longer word is broken, or left `longer`."""
    lines, line, used = [], "", 0
    for piece in PIECE.findall(text) if longer else _pieces(text, width):
        cells = cell_len(piece)
        if line and used + cells > width:
            lines.append(line.rstrip())
            line, used = "", 0
            if piece.isspace():
                continue
        line, used = line + piece, used + cells
    return [*lines, line.rstrip()]


def _pieces(text: str, width: int) -> Iterator[str]:
    for piece in PIECE.findall(text):
        if cell_len(piece) <= width:
            yield piece
        else:
            yield from piece


# --- tables ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """`least`: cells below which something would be broken that must not be. `most`: cells for all of it in one line."""

    name: str
    right: bool
    least: int
    most: int


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    title: str = "",
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
    spare: Sequence[str] = (),
) -> None:
    """`right` names the columns of numbers; those and the `whole` ones are never broken. Where the screen is too narrow, the
    `spare` columns go, the first of them first, then others from the right, but never the first one.
    """
    cells = [[_cell(name, cell) for name, cell in zip(columns, row, strict=True)] for row in rows]
    if title or not cells:
        say(title or word("nothing"))
    if cells:
        sys.stdout.write("".join(f"{line}\n" for line in lines(columns, cells, right, whole, spare)) + "\n")


def facts(title: str, rows: Iterable[tuple[str, Any]]) -> None:
    """One thing: a line for each of its facts that has something to tell."""
    table(("", title), [row for row in rows if row[1] not in (None, "")], whole=("",))


def notes(sentences: Iterable[str]) -> None:
    """What should be known beside an answer, as another room says it."""
    for note in sentences:
        say(sentence("note: {text}", text=heard(note)))


def _cell(column: str, cell: Any) -> str:
    """Under no name there are fixed words, under some names codes; all else is somebody's own."""
    text = "" if cell is None else CONTROL.sub(" ", str(cell))
    return word(text, column) if column in CODED else text


def lines(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
    spare: Sequence[str] = (),
) -> list[str]:
    """A table as wide as the screen at most; below it, what is not shown."""
    made = [_column(name, [row[n] for row in rows], right, whole) for n, name in enumerate(columns)]
    width = screen_width() or max(WIDE, _needed(made))
    kept = fitting(made, width, spare)
    shown = [*drawn([made[n] for n in kept], [[row[n] for n in kept] for row in rows], width)]
    gone = ", ".join(word(column.name) for n, column in enumerate(made) if n not in kept)
    return (
        [*shown, *fold(sentence("not shown, for want of room: {names}", names=gone), width)]
        if gone
        else shown
    )


def _column(name: str, cells: Sequence[str], right: Sequence[str], whole: Sequence[str]) -> Column:
    shown_name = word(name)
    lines = [shown_name, *(line for cell in cells for line in cell.split("\n"))]
    most = max(map(cell_len, lines))
    if name in right:
        return Column(name, True, most, most)
    words = [cell_len(word) for line in lines for word in PIECE.findall(line) if re.search(r"\d", word)]
    unbroken = max((cells for cells in words if cells <= UNBROKEN), default=0)
    named = max((min(cell_len(word), UNBROKEN) for word in PIECE.findall(shown_name)), default=0)
    return Column(name, False, max(min(most, WHOLE if name in whole else WORDS), named, unbroken), most)


def fitting(columns: Sequence[Column], width: int, spare: Sequence[str] = ()) -> list[int]:
    """The places of the columns that are shown, in their order."""
    kept = list(range(len(columns)))
    names = [column.name for column in columns]
    going = [*map(names.index, spare), *reversed(kept[1:])]
    for place in dict.fromkeys(going):
        if _needed([columns[n] for n in kept]) <= width:
            break
        kept.remove(place)
    return kept


def _needed(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + len(GAP) * (len(columns) - 1)


def drawn(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """The lines of a table: the names, a rule, the rows."""
    widths = _widths(columns, width)
    yield from _row(columns, widths, [word(column.name) for column in columns])
    yield "─" * (sum(widths) + len(GAP) * (len(widths) - 1))
    for row in rows:
        yield from _row(columns, widths, row)


def _widths(columns: Sequence[Column], width: int) -> list[int]:
    """What is left over after the least goes to the narrowest that want more."""
    widths = [column.least for column in columns]
    for _ in range(width - _needed(columns)):
        wanting = [n for n, column in enumerate(columns) if widths[n] < column.most]
        if not wanting:
            break
        widths[min(wanting, key=widths.__getitem__)] += 1
    return widths


def _row(columns: Sequence[Column], widths: Sequence[int], cells: Sequence[str]) -> Iterator[str]:
    folded = [
        [line for part in cell.split("\n") for line in fold(part, width)]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for n in range(max(map(len, folded))):
        placed = (
            _placed(lines[n] if n < len(lines) else "", width, right=column.right)
            for column, lines, width in zip(columns, folded, widths, strict=True)
        )
        yield GAP.join(placed).rstrip()


def _placed(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks
