"""Runtime room, file import: a file as parts to be planned — rows for a CSV pipeline, whole cases for an event log.

Reading and planning are synchronous and touch no database, so that a run can do them in a thread while the database works.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

from runtime.imports.cases import Case, Event, Unread, gathered, grouped
from runtime.imports.cells import clean
from runtime.imports.histories import History, Read, by_deal
from runtime.imports.kinds.kind import CasePlanner, HistoryPlanner, Planning, RowPlanner
from runtime.imports.kinds.listed import KINDS
from runtime.imports.lines import Layout, Row
from runtime.imports.mapping import HISTORY, Mapping, Sheet
from runtime.imports.naming import is_of
from runtime.imports.plan import Planned, Values
from runtime.imports.plan_events import EventReader
from runtime.imports.readers import CsvFile, size_up
from runtime.imports.references import Name, References, Referring
from runtime.imports.results import ImportProblem, Reason
from runtime.imports.rows import Cells, RowReader
from runtime.imports.sniff import LOG, TABLE, WORKBOOK, kind_of
from runtime.imports.xes import XesFile

Part = list["Planned | tuple[Row, Cells] | Case | History"]


@dataclass(frozen=True, slots=True)
class Found:
    """A file of the import. `kind` is what it is by its content; `rows` is how many it has, as far as counting lines tells."""

    sheet: Sheet
    path: Path
    kind: str
    digest: str
    rows: int


def locate(mapping: Mapping, data: Path) -> list[Found]:
    """The files to import, in order. Raises ImportProblem naming every file that is missing or cannot be read."""
    if data.is_dir():
        return _in_folder(mapping, data)
    if not data.exists():
        raise ImportProblem(f"{data}: there is no such file or folder")
    sheets = list(mapping.sheets.values())
    named = [sheet for sheet in sheets if is_of(data.name, sheet)]
    if not named and len(sheets) > 1:
        wanted = ", ".join(file for sheet in sheets for file in sheet.files)
        raise ImportProblem(
            f"{data.name}: the mapping {mapping.name!r} reads {wanted}: give the folder they are in"
        )
    return [_found((named or sheets)[0], data)]


def _in_folder(mapping: Mapping, folder: Path) -> list[Found]:
    found, problems = [], []
    for sheet in mapping.sheets.values():
        for file in sheet.files:
            path = _inside(folder, file)
            if path is not None:
                found.append(_found(sheet, path))
            elif not sheet.optional:
                problems.append(f"{file or 'the file to import'}: is not in the folder {folder.name}")
    if problems:
        raise ImportProblem(*problems)
    return found


def _inside(folder: Path, file: str) -> Path | None:
    if not file:
        only = [path for path in folder.iterdir() if path.is_file()]
        return only[0] if len(only) == 1 else None
    named = {clean(path.name): path for path in folder.iterdir() if path.is_file()}
    return named.get(file) or named.get(f"{file}.gz")


def _found(sheet: Sheet, path: Path) -> Found:
    kind = kind_of(path)
    if kind.name == LOG and not KINDS[sheet.kind].cases:
        raise ImportProblem(f"{path.name}: is XML, not a table: save it as CSV")
    sizing = size_up(path, b"<event>" if kind.name == LOG else kind.ends)
    lines = {LOG: sizing.lines, TABLE: max(sizing.lines - 1, 0)}.get(kind.name, 0)
    return Found(sheet, path, kind.name, sizing.digest, lines)


class Source(Protocol):
    """`take` reads a part, `names` tells what it refers to, and once that is settled `plan` makes commands of it. `layout` is for
    the rows that are refused.
    """

    header: list[str]
    layout: Layout

    def take(self, rows: int) -> Part: ...

    def names(self, part: Part) -> set[Name]: ...

    def plan(self, part: Part) -> list[Planned]: ...


class Table(Protocol):
    """An opened file: its columns, and its rows once."""

    header: list[str]
    layout: Layout

    def no_column(self, header: str) -> str: ...

    def __iter__(self) -> Iterator[Row]: ...


class RowSource:
    """The rows of a table."""

    def __init__(self, found: Found, mapping: Mapping, planner: RowPlanner, referring: Referring) -> None:
        file = opened(found, mapping)
        self.header, self.layout = file.header, file.layout
        self._rows, self._planner, self._referring = iter(file), planner, referring
        self._reader = RowReader(found.sheet, file.header, file.no_column)

    def take(self, rows: int) -> Part:
        return [self._read(row) for row in islice(self._rows, rows)]

    def _read(self, row: Row) -> Planned | tuple[Row, Cells]:
        if passed_over := self._reader.passed_over(row):
            return Planned((row,), notes=(passed_over,))
        cells = self._reader.read(row)
        return (row, cells) if isinstance(cells, dict) else Planned((row,), reasons=tuple(cells))

    def names(self, part: Part) -> set[Name]:
        return {
            name for item in part if isinstance(item, tuple) for _, name in self._referring.names(item[1])
        }

    def plan(self, part: Part) -> list[Planned]:
        return [self._planner.plan(*item) if isinstance(item, tuple) else item for item in part]  # type: ignore[misc]


class HistorySource:
    """The rows of a table in which several tell of one deal."""

    def __init__(self, found: Found, mapping: Mapping, planner: HistoryPlanner, referring: Referring) -> None:
        file = opened(found, mapping)
        self.header, self.layout = file.header, file.layout
        self._rows, self._planner, self._referring = iter(file), planner, referring
        self._reader = RowReader(found.sheet, file.header, file.no_column)
        self._passed: list[Planned] = []
        self._histories = by_deal(self._read())

    def take(self, rows: int) -> Part:
        part: Part = []
        taken = 0
        for history in self._histories:
            part += [*self._passed, history]
            taken += len(history.rows) + len(self._passed)
            self._passed.clear()
            if taken >= rows:
                break
        else:
            part += self._passed
            self._passed = []
        return part

    def _read(self) -> Iterator[tuple[str, Read]]:
        for row in self._rows:
            if passed_over := self._reader.passed_over(row):
                self._passed.append(Planned((row,), notes=(passed_over,)))
            else:
                cells = self._reader.read(row)
                told = cells.get("reference") if isinstance(cells, Cells) else None
                yield told or self._reader.key(row, "reference"), (row, cells)

    def names(self, part: Part) -> set[Name]:
        told = (cells for item in part if isinstance(item, History) for _, cells in item.told)
        return {name for cells in told for _, name in self._referring.names(cells)}

    def plan(self, part: Part) -> list[Planned]:
        planned: list[Planned] = []
        for item in part:
            planned += self._planner.plan(item) if isinstance(item, History) else [item]  # type: ignore[list-item]
        return planned


class CaseSource:
    """The cases of an event log, a table or XES. A case with an event that cannot be read is refused with all its rows: without
    that event it would be another case.
    """

    def __init__(self, found: Found, mapping: Mapping, values: Values, planner: CasePlanner) -> None:
        self._planner, self._sheet, self._name = planner, found.sheet, found.path.name
        file = opened(found, mapping)
        self.header, self.layout, self._file = file.header, file.layout, iter(file)
        self._reader = RowReader(found.sheet, file.header, file.no_column)
        self._events = EventReader(mapping, found.sheet, values)
        self._grouped = mapping.events.grouped
        self._cases: Iterator[Case] | None = None

    def take(self, rows: int) -> Part:
        if self._cases is None:
            self._cases = grouped(self._read(), self._name) if self._grouped else gathered(self._read())
        part: Part = []
        taken = 0
        for case in self._cases:
            part.append(case)
            taken += len(case.rows)
            if taken >= rows:
                break
        return part

    def _read(self) -> Iterator[Event | Unread]:
        for row in self._file:
            cells = self._reader.read(row)
            event = self._events.read(row, cells) if isinstance(cells, dict) else cells
            if isinstance(event, Event):
                yield event
            elif event is not None:
                yield Unread(row, self._reader.cell(row, "case"), tuple(event))

    def names(self, part: Part) -> set[Name]:
        return {name for item in part if isinstance(item, Case) for _, name in self._planner.names(item)}

    def plan(self, part: Part) -> list[Planned]:
        return [p for item in part if isinstance(item, Case) for p in self._planner.plan(item, self._reason)]

    def _reason(self, row: Row, field: str, message: str) -> Reason:
        return Reason(self._sheet.header_of(field), self._reader.cell(row, field), message)


def opened(found: Found, mapping: Mapping) -> Table:
    """Raises ImportProblem when it has no header."""
    if found.kind == LOG:
        return XesFile(found.path, found.sheet, delimiter=mapping.delimiter)
    if found.kind == WORKBOOK:
        from runtime.imports.workbooks import WorkbookFile

        return WorkbookFile(found.path, found.sheet, mapping)
    return CsvFile(found.path, encoding=mapping.encoding, delimiter=mapping.delimiter)


def _listed(found: Found, mapping: Mapping) -> frozenset[str]:
    """Every key that the file lists: whether somebody else is among them is known at its end only."""
    file = opened(found, mapping)
    reader = RowReader(found.sheet, file.header, file.no_column)
    cells = (reader.read(row) for row in file)
    return frozenset(told["key"] for told in cells if isinstance(told, dict))


def source_of(found: Found, mapping: Mapping, references: References) -> Source:
    """Raises ImportProblem when the file lacks a header or columns."""
    sheet, values, kind = found.sheet, Values(mapping), KINDS[found.sheet.kind]
    referring = Referring(kind.refers, mapping.aliases, references.called)
    at_hand = Planning(
        mapping, sheet, values, references.id_of, references, referring, lambda: _listed(found, mapping)
    )
    if kind.case_planner is not None:
        return CaseSource(found, mapping, values, kind.case_planner(at_hand))
    if kind.history_planner is not None and mapping.rows == HISTORY:
        return HistorySource(found, mapping, kind.history_planner(at_hand), referring)
    assert kind.planner is not None
    return RowSource(found, mapping, kind.planner(at_hand), referring)
