"""runtime: what goes to a spreadsheet — text that it must not run, and workbooks of any length, written row by row.

What begins like a formula would be computed by who opens the file: in CSV it is marked as text, in a workbook it is text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

FORMULAS = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes for a formula begins so; the wide signs are those of Chinese and Japanese keyboards."""
MOST_ROWS, MOST_LETTERS, MOST_DIGITS = 1_048_576, 32_767, 15
"""What a sheet, a cell and a number of a workbook hold."""
FIRST_YEAR = 1900
WIDTHS = {"day": 12, "moment": 20, "number": 14, "truth": 8}
FORMATS = {"day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss", "number": "General"}


TEXT_MARK = "'"


def inert(value: Any) -> Any:
    """Marked as text, where a spreadsheet would compute it; what looks as if it were marked is marked, too, so that `unmarked` gives it back."""
    return f"{TEXT_MARK}{value}" if isinstance(value, str) and _is_risky(value) else value


def unmarked(text: str) -> str:
    """What `inert`, or whoever typed the mark into a spreadsheet, meant."""
    return text[1:] if text[:1] == TEXT_MARK and _is_risky(text) else text


def _is_risky(text: str) -> bool:
    return text.lstrip(TEXT_MARK).startswith(FORMULAS)


class Workbook:
    """A workbook that is written from top to bottom: no more than a row of it is held. `kinds` says what stands in each column: number,
    day, moment, truth, or any other word for text. Where a sheet is full another begins, with the same heads.
    """

    def __init__(self, path: Path, name: str, heads: Sequence[str], kinds: Sequence[str]) -> None:
        from xlsxwriter import Workbook as Book

        self._book = Book(
            str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._book.use_zip64()
        self._name, self._heads, self._kinds = name[:25], heads, kinds
        self._formats = {kind: self._book.add_format({"num_format": text}) for kind, text in FORMATS.items()}
        self._bold = self._book.add_format({"bold": True})
        self._sheets = 0
        self._sheet, self._row = self._begun()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """What was written is a file then."""
        self._book.close()

    def write(self, rows: Iterable[Sequence[str]]) -> None:
        """Cells as CSV has them, with a point in numbers and ISO 8601 in times; a time is written as its clock shows it."""
        kinds = self._kinds
        for row in rows:
            if self._row == MOST_ROWS:
                self._sheet, self._row = self._begun()
            for column, (cell, kind) in enumerate(zip(row, kinds, strict=True)):
                if cell:
                    self._cell(column, cell, kind)
            self._row += 1

    def _begun(self) -> tuple[Worksheet, int]:
        self._sheets += 1
        sheet = self._book.add_worksheet(self._name if self._sheets == 1 else f"{self._name} {self._sheets}")
        sheet.freeze_panes(1, 0)
        for column, (head, kind) in enumerate(zip(self._heads, self._kinds, strict=True)):
            sheet.set_column(column, column, WIDTHS.get(kind, 18))
            sheet.write_string(0, column, head, self._bold)
        return sheet, 1

    def _cell(self, column: int, text: str, kind: str) -> None:
        with suppress(ValueError):
            if kind == "number" and len(text) <= MOST_DIGITS:
                self._sheet.write_number(self._row, column, float(text))
                return
            if kind in ("day", "moment"):
                when = _clock(text, kind)
                self._sheet.write_datetime(self._row, column, when, self._formats[kind])
                return
        if kind == "truth":
            self._sheet.write_boolean(self._row, column, text == "true")
        else:
            self._sheet.write_string(self._row, column, text[:MOST_LETTERS])


def _clock(text: str, kind: str) -> date:
    """Raises ValueError for what a workbook has no date for: before 1900 it has none."""
    when = date.fromisoformat(text) if kind == "day" else datetime.fromisoformat(text).replace(tzinfo=None)
    if when.year < FIRST_YEAR:
        raise ValueError(text)
    return when
