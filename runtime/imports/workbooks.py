"""Runtime room, file import: rows out of a workbook (.xlsx), streaming, as its sheet would be saved in the mapping's own signs.

A number is written with the mapping's decimal sign to the fifteen digits a spreadsheet keeps, a date in the mapping's form, so a
row that is refused can go back as CSV and come in as it was. An error, and a formula nobody has worked out, are told
from an empty cell: they are refused where their column is read.
"""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from runtime.imports.cells import NOT_CALCULATED, clean
from runtime.imports.dates import Dates
from runtime.imports.lines import Layout, Row
from runtime.imports.mapping import Mapping, Sheet
from runtime.imports.merged import Merged, ranges_in
from runtime.imports.readers import MAX_ROWS
from runtime.imports.results import ImportProblem
from runtime.imports.suggest import did_you_mean

MAX_UNPACKED = 1 << 29
"""Bytes of one part of the archive: what is not the sheet's rows is held in memory."""
MAX_COLUMNS = 16_384
_CONTROL = re.compile("_x00(0[9AaDd])_")
_WORDS_IN_FORMAT = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
BROKEN = (
    KeyError, ValueError, IndexError, TypeError, AttributeError, ArithmeticError, OSError, EOFError, SyntaxError, RuntimeError,
    zipfile.BadZipFile, zlib.error, InvalidFileException,
)  # fmt: skip
"""What the library raises at archives that are no workbook inside."""


def check_size(path: Path) -> None:
    """Raises ImportProblem for what would fill the memory."""
    with zipfile.ZipFile(path) as archive:
        large = next((part for part in archive.infolist() if part.file_size > MAX_UNPACKED), None)
    if large is not None:
        raise ImportProblem(
            f"{path.name}: {large.filename} has more than {MAX_UNPACKED:,} bytes unpacked: save the sheet as CSV"
        )


class WorkbookFile:
    """One sheet of a workbook: the one the mapping names, else the only visible one. Its first row with a cell names the columns;
    a title of one cell above a wider row is none. A cell that is merged over several rows is in each of them.
    """

    def __init__(self, path: Path, sheet: Sheet, mapping: Mapping, *, max_rows: int = MAX_ROWS) -> None:
        self.path, self._max_rows = path, max_rows
        self._mapping, self._columns = mapping, sheet.columns.values()
        self._dates: list[Dates] = []
        check_size(path)
        try:
            self._page = self._chosen(sheet)
        except BROKEN as problem:
            raise self._broken(problem) from problem
        self._rows = self._read()
        first = self._header()
        if first is None:
            raise ImportProblem(
                f"{path.name}: sheet {self._page.title!r} is empty; its first row must name the columns"
            )
        self._begins = first.line
        self.header = [clean(cell) for cell in first.cells]
        self._dates = [self._dates_of(name) for name in self.header]
        self.layout = Layout.of_columns(self.header, mapping.delimiter)

    def _header(self) -> Row | None:
        first = next(self._rows, None)
        while first is not None and sum(map(bool, first.cells)) == 1:
            below = next(self._rows, None)
            if below is None or sum(map(bool, below.cells)) < 2:
                self._rows = chain(() if below is None else (below,), self._rows)
                break
            first = below
        return first

    def no_column(self, header: str) -> str:
        where = f"{self.path.name} sheet {self._page.title!r} row {self._begins}"
        found = ", ".join(name for name in self.header if name)
        return f"{where}: no column {header!r}{did_you_mean(header, self.header)} (there are: {found})"

    def __iter__(self) -> Iterator[Row]:
        for n, row in enumerate(self._rows, 1):
            if n > self._max_rows:
                raise ImportProblem(
                    f"{self.path.name} row {row.line}: more than {self._max_rows:,} rows: import it in parts"
                )
            missing = len(self.header) - len(row.cells)
            yield Row(row.line, [*row.cells, *[""] * missing])

    def _chosen(self, sheet: Sheet) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of features that no cell's value depends on
            content = self.path.open("rb")  # by its path the library would ask what it is called
            pages = load_workbook(content, read_only=True, data_only=True, keep_links=False).worksheets
        if not pages:
            raise ImportProblem(f"{self.path.name}: holds no sheet of cells")
        named = {clean(page.title): page for page in pages}
        if sheet.page:
            if sheet.page not in named:
                raise self._choose(
                    f"has no sheet {sheet.page!r}{did_you_mean(sheet.page, named)}; there are", named
                )
            return named[sheet.page]
        seen = {title: page for title, page in named.items() if page.sheet_state == "visible"}
        if len(seen) != 1:
            raise self._choose(
                f"name the one to read as `sheet` under [{sheet.kind}]; there are", seen or named
            )
        return next(iter(seen.values()))

    def _choose(self, told: str, names: dict[str, Any]) -> ImportProblem:
        return ImportProblem(f"{self.path.name}: {told}: {', '.join(names)}")

    def _broken(self, problem: Exception) -> ImportProblem:
        return ImportProblem(
            f"{self.path.name}: is a workbook that cannot be read: {str(problem) or type(problem).__name__}"
        )

    def _read(self) -> Iterator[Row]:
        book = self._page.parent
        try:
            with self._page._get_source() as source:
                merged = Merged(ranges_in(source))
            with self._page._get_source() as source, warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a date beyond the calendar is given as an error
                parser = _Rows(
                    source,
                    self._page._shared_strings,
                    data_only=True,
                    epoch=book.epoch,
                    date_formats=book._date_formats,
                    timedelta_formats=book._timedelta_formats,
                )
                for number, cells in parser.parse():
                    texts = self._texts(cells)
                    if any(texts):
                        yield Row(number, merged.fill(number, texts))
        except BROKEN as problem:
            raise self._broken(problem) from problem

    def _texts(self, cells: list[dict[str, Any]]) -> list[str]:
        """As wide as the header, or as there are cells with something in them."""
        texts = [""] * len(self._dates)
        for cell in cells:
            if text := self._text(ReadOnlyCell(self._page, **cell)):
                texts.extend([""] * (cell["column"] - len(texts)))
                texts[cell["column"] - 1] = text
        return texts

    def _text(self, cell: Any) -> str:
        value = cell.value
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).upper()
        if isinstance(value, int | float):
            return self._number(value, cell.number_format)
        if isinstance(value, date):
            return self._written(_day_or_time(value, cell.number_format), cell.column)
        if isinstance(value, timedelta):
            return f"{value // timedelta(hours=1)}:{value // timedelta(minutes=1) % 60:02}"
        if isinstance(value, time):
            return value.isoformat()
        return _CONTROL.sub(lambda found: chr(int(found[1], 16)), str(value)).strip()

    def _number(self, value: float, form: str) -> str:
        """Fifteen digits, as a spreadsheet shows them: 0.1 + 0.2 is 0.3. A format of zeros is part of what people see."""
        exact = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
        plain = f"{exact:f}"
        if exact >= 0 and "." not in plain and re.fullmatch("0{2,}", form or ""):
            plain = plain.zfill(len(form))
        return plain.replace(".", self._mapping.decimal)

    def _written(self, at: date, column: int) -> str:
        known = self._dates[column - 1 : column]
        return known[0].written(at) if known else at.isoformat()

    def _dates_of(self, header: str) -> Dates:
        own = next((c.dates for c in self._columns if c.header == header and c.dates), ())
        return Dates(own or self._mapping.dates, self._mapping.timezone)


class _Rows(WorkSheetParser):  # type: ignore[misc]
    """The library gives None for a formula without a value as for a blank cell."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["column"] > MAX_COLUMNS:
            raise ValueError(f"a cell in column {cell['column']}")
        if cell["value"] is None and element.get("t") != "str" and element.find(FORMULA_TAG) is not None:
            cell["value"] = NOT_CALCULATED
        return cell


def _day_or_time(at: date, form: str) -> date:
    """A day, where the cell shows no clock and tells none."""
    if isinstance(at, datetime) and at.time() == time():
        shown = _WORDS_IN_FORMAT.sub("", form or "").lower()
        return at if "h" in shown or "s" in shown else at.date()
    return at
