"""Runtime room, file import: a refusal by the command handler told in the words of the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from domain.deal.commands import ImportDeal
from domain.engine.errors import DomainError, GateNotPassed, Invalid
from runtime.imports.cases import told_apart
from runtime.imports.kinds.listed import KINDS
from runtime.imports.lines import Row
from runtime.imports.mapping import Sheet
from runtime.imports.plan import Planned
from runtime.imports.results import Reason

_PART = re.compile(r"(?:activities|stage_history)\[([0-9]+)\]\.(.+)")


_TOLD_BY_ROWS = ("opened_at", "stage_at", "closed_on", "closed_at", "stage")


def reasons_for(
    error: DomainError, planned: Planned, sheet: Sheet, header: Sequence[str]
) -> tuple[Reason, ...]:
    """Under the file's own column names, with the values that stand there."""
    if isinstance(error, Invalid):
        told = [_at(_field(e.field, sheet), e.message, planned, sheet, header) for e in error.errors]
        return tuple(dict.fromkeys(told))
    parts = error.details.get("changed_here") or error.details.get("changed")
    if parts:
        return tuple(_at(_field(part, sheet), error.message, planned, sheet, header) for part in parts)
    if isinstance(error, GateNotPassed):
        return (_at("stage", error.message, planned, sheet, header),)
    return (Reason("", "", error.message),)


def notes_of(
    notes: Sequence[Sequence[str]], planned: Planned, sheet: Sheet, header: Sequence[str]
) -> tuple[Reason, ...]:
    """What a decision tells beside its facts, without the values: alike for all rows."""
    told = (_at(_field(path, sheet), message, planned, sheet, header) for path, message in notes)
    return tuple(Reason(reason.column, "", reason.message) for reason in told)


def reasons_by_row(
    error: DomainError, planned: Planned, sheet: Sheet, header: Sequence[str]
) -> list[tuple[Reason, ...]]:
    """For each row of a case or of a stage history, where all that is wrong is wrong with rows that are known; else nothing."""
    command = planned.commands[-1]
    if not (planned.parts and isinstance(command, ImportDeal)):
        return []
    wrong = _wrong_rows(error, planned, sheet, header)
    of_deal = not KINDS[sheet.kind].cases
    return told_apart(command.reference, planned.rows, wrong, of_deal=of_deal) if wrong else []


def _wrong_rows(
    error: DomainError, planned: Planned, sheet: Sheet, header: Sequence[str]
) -> list[tuple[Row, tuple[Reason, ...]]]:
    if "row" in error.details:
        row = planned.parts[error.details["row"]][-1]
        return [(row, reasons_for(error, replace(planned, rows=(row,)), sheet, header))]
    if not isinstance(error, Invalid):
        return []
    by_rows = ("opened_at",) if KINDS[sheet.kind].cases else _TOLD_BY_ROWS
    wrong: dict[int, tuple[Row, tuple[Reason, ...]]] = {}
    for e in error.errors:
        found = _PART.fullmatch(e.field)
        if found is None and e.field in by_rows:
            continue  # a case is opened by its first event, of which the same is told
        if found is None:
            return []
        row = planned.parts[int(found[1])][-1]
        reason = _of_row(_field(found[2], sheet), e.message, row, sheet, header)
        wrong[id(row)] = (row, (*wrong.get(id(row), (row, ()))[1], reason))
    return list(wrong.values())


def _field(path: str, sheet: Sheet) -> str:
    """Our field behind a path in a command: its own, or that of its last part."""
    if path in sheet.columns:
        return path
    paths, last = KINDS[sheet.kind].paths, path.rpartition(".")[2].partition("[")[0]
    named = paths.get(path, last)
    return named if named in sheet.columns else path


def _at(field: str, message: str, planned: Planned, sheet: Sheet, header: Sequence[str]) -> Reason:
    if len(planned.rows) == 1:
        return _of_row(field, message, planned.rows[0], sheet, header)
    command = planned.commands[-1]
    if not isinstance(command, ImportDeal):
        return Reason(sheet.header_of(field), "", message)
    case, deal = f" (case {command.reference!r})", f" (deal {command.reference!r})"
    return Reason(sheet.header_of(field), "", message + (case if KINDS[sheet.kind].cases else deal))


def _of_row(field: str, message: str, row: Row, sheet: Sheet, header: Sequence[str]) -> Reason:
    column = sheet.header_of(field)
    return Reason(column, row.cells[header.index(column)] if column in header else "", message)
