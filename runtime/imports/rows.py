"""Runtime room, file import: a row's cells by our field names, cleaned, in our words. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from runtime.imports.cells import ERRORS, MAX_CELL, Unreadable, clean
from runtime.imports.lines import Row
from runtime.imports.mapping import REJECT, Column, Sheet
from runtime.imports.results import ImportProblem, Reason
from runtime.language import LANGUAGES, catalogue

SHOWN = 40


class Cells(dict[str, str]):
    """Field name → cleaned text; a field without a value is not in it. `assumed` are those that stand in by default."""

    __slots__ = ("assumed",)

    def __init__(self, assumed: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.assumed = assumed


class RowReader:
    """Reads the rows of one file through its sheet. Raises ImportProblem where the file lacks columns."""

    def __init__(self, sheet: Sheet, header: Sequence[str], no_column: Callable[[str], str]) -> None:
        self._width = len(header)
        self._named = max((n for n, name in enumerate(header, 1) if name), default=0)
        self._plan: list[tuple[str, Column, int | None]] = []
        self._constant = frozenset(
            c.name
            for c in sheet.columns.values()
            if c.default and not c.header and not (c.of.of_all or c.of.needed)
        )
        self._no_column, self._header = no_column, header
        problems: list[str] = []
        self._twins: dict[str, list[int]] = {}
        self._others: dict[str, list[int]] = {}
        for column in sheet.columns.values():
            at = self._place(column.header, column.optional, problems)
            self._plan.append((column.name, column, at))
            others = [self._place(name, column.optional, problems) for name in column.others]
            if others:
                self._others[column.name] = [at for at in others if at is not None]
        places = {name: self._place(name, True, problems) for name in sheet.skip}
        self._skip = [(at, name, sheet.skip[name]) for name, at in places.items() if at is not None]
        if problems:
            raise ImportProblem(*dict.fromkeys(problems))

    def _place(self, name: str, optional: bool, problems: list[str]) -> int | None:  # noqa: FBT001
        """Where the column stands, first; what is wrong with it is added to the problems."""
        found = [n for n, header in enumerate(self._header) if header == name] if name else []
        if name and not found and not optional:
            problems.append(self._no_column(name))
        if len(found) > 1:
            self._twins[name] = found
        return found[0] if found else None

    def passed_over(self, row: Row) -> Reason | None:
        """Why the row is none to be taken, by a word that the mapping names."""
        for at, name, words in self._skip:
            text = clean(row.cells[at]) if at < len(row.cells) else ""
            if text in words:
                return Reason(name, text, "is passed over: the mapping leaves such rows out")
        return None

    def read(self, row: Row) -> Cells | list[Reason]:
        """The row's cells, or why it cannot be read."""
        if len(row.cells) != self._width or any(cell.strip() for cell in row.cells[self._named :]):
            return [Reason("", "", f"has {len(row.cells)} cells, the header names {self._named} columns")]
        cells, reasons = Cells(), self._two_ways(row) if self._twins else []
        assumed = self._constant
        for name, column, at in self._plan:
            text = clean(row.cells[at]) if at is not None else ""
            if name in self._others and (text in column.blank or column.joined is not None):
                text = self._next(row, column, text)
            if column.without or column.first:
                text = _bare(text, column)
            if text in column.blank:
                text = column.default
                if text and column.header:
                    assumed |= {name}
            if (text[:1] == "#" or len(text) > MAX_CELL) and (wrong := _unusable(text, column)):
                reasons.append(Reason(column.header, text[:SHOWN], wrong))
            elif text:
                cells[name] = column.values.get(text, text) if column.values else text
            elif column.missing == REJECT and not column.default and not column.of.judged_later:
                reasons.append(Reason(column.header or name, "", column.of.empty))
        cells.assumed = assumed
        return reasons or cells

    def _two_ways(self, row: Row) -> list[Reason]:
        """Some systems write a column twice: it tells nothing where the two differ."""
        told = {name: [clean(row.cells[at]) for at in places] for name, places in self._twins.items()}
        why = "is told otherwise in another column of this name"
        return [Reason(name, texts[0][:SHOWN], why) for name, texts in told.items() if len({*texts}) > 1]

    def _next(self, row: Row, column: Column, first: str) -> str:
        """What the next column that is not empty says, or all of them together."""
        texts = (
            text for at in self._others[column.name] if (text := clean(row.cells[at])) not in column.blank
        )
        if column.joined is None:
            return next(texts, "")
        return column.joined.join((*(() if first in column.blank else (first,)), *texts))

    def cell(self, row: Row, field: str) -> str:
        """One cell of a row that may be unreadable as a whole; empty where it has none."""
        at = next((at for name, _, at in self._plan if name == field), None)
        return clean(row.cells[at]) if at is not None and at < len(row.cells) else ""

    def key(self, row: Row, field: str) -> str:
        """Likewise, as it is where the row can be read."""
        column = next((column for name, column, _ in self._plan if name == field), None)
        text = self.cell(row, field)
        return _bare(text, column) if column is not None and (column.without or column.first) else text


def _bare(text: str, column: Column) -> str:
    """Of several values the first, without what it may begin with."""
    return (text.partition(column.first)[0].rstrip() if column.first else text).removeprefix(column.without)


def _unusable(text: str, column: Column) -> str | None:
    if len(text) > MAX_CELL:
        return f"is longer than {MAX_CELL:,} characters (its first {SHOWN} are shown)"
    return None if text in column.values else ERRORS.get(text.upper())


_TWICE = "is in row {} already"
_BEFORE = {
    words: re.compile(re.escape(words.gettext(_TWICE)).replace(r"\{\}", "([0-9]+)"))
    for words in map(catalogue, LANGUAGES)
}
"""How it was said in a reject file, in each language that it may be in."""


class Once:
    """A file tells each thing once. A row that was refused as the second of its name stays that in a reject file, where it
    stands alone, until somebody decides.
    """

    def __init__(self, field: str) -> None:
        self._field = field
        self._seen: dict[str, int] = {}

    def check(self, row: Row, reasons: Reasons) -> None:
        line, field = row.first or row.line, self._field
        first = self._seen.setdefault(reasons.cells[field], line)
        if first != line:
            reasons.wrong(field, _TWICE.format(first))
        elif row.because:
            reasons.found += self._said_before(row, reasons)

    def _said_before(self, row: Row, reasons: Reasons) -> Iterator[Reason]:
        for words, twice in _BEFORE.items():
            if before := twice.search(row.because):
                message = _TWICE.format(before[1])
                again = Reason(reasons.sheet.header_of(self._field), reasons.cells[self._field], message)
                if again.told(words) in row.because:
                    yield again


class Reasons:
    """Takes values out of cells and gathers what is wrong with them, under the file's own column names."""

    def __init__(self, sheet: Sheet, cells: Cells) -> None:
        self.sheet, self.cells = sheet, cells
        self.found: list[Reason] = []

    def wrong(self, field: str, message: str) -> None:
        reason = Reason(self.sheet.header_of(field), self.cells.get(field, ""), message)
        if reason not in self.found:  # one column may say two things
            self.found.append(reason)

    def currency(self) -> frozenset[str]:
        """What is assumed of the row where its currency is not told, though its file has a place for one."""
        column = self.sheet.columns.get("currency")
        empty = column is not None and column.header and "currency" not in self.cells
        return self.cells.assumed | {"currency"} if empty else self.cells.assumed

    def take(self, field: str, read: Callable[..., Any], *more: Any, **named: Any) -> Any:
        """The field's value read by `read`; None when it is empty or cannot be read."""
        text = self.cells.get(field)
        if text is None:
            return None
        try:
            return read(text, *more, **named)
        except Unreadable as problem:
            self.wrong(field, str(problem))
            return None
