"""Runtime room, file import: what a row becomes — commands, or the reasons why not. Pure; no file, no database."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from domain.engine.command import Command
from domain.engine.values import Money
from domain.imports import AsImported
from runtime.imports.dates import Dates
from runtime.imports.lines import Row
from runtime.imports.mapping import Mapping
from runtime.imports.numbers import Numbers, year, yes_or_no
from runtime.imports.references import Name, References
from runtime.imports.results import Reason
from runtime.imports.rows import Reasons

IdOf = Callable[[str, str], UUID]


@dataclass(frozen=True, slots=True)
class Planned:
    """What the rows say, or the reasons why they cannot be taken. The last command is carried out, after those `needed` to
    make what it refers to, and together with them. `rows` is what it was made of; `name` becomes known with it; `refers`
    are the names it needs, under our field names; `parts` are the rows of each of its activities; `assumed` are the fields it does not tell itself; `notes` say what is
    passed over. `otherwise` is the command where the id of ours by which the row goes is none.
    """

    rows: tuple[Row, ...]
    commands: tuple[Command, ...] = ()
    reasons: tuple[Reason, ...] = ()
    name: tuple[Name, UUID] | None = None
    refers: tuple[tuple[str, Name], ...] = ()
    parts: tuple[tuple[Row, ...], ...] = ()
    needed: tuple[tuple[str, AsImported], ...] = ()
    assumed: frozenset[str] = frozenset()
    notes: tuple[Reason, ...] = ()
    otherwise: Command | None = None


class Values:
    """How this mapping writes numbers, dates and money. Each takes a field's value out of a row; None where it is empty or wrong."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._numbers = Numbers(mapping.decimal, mapping.thousands, mapping.grouping)
        self._dates: dict[tuple[tuple[str, ...], str, bool], Dates] = {}

    def money(self, reasons: Reasons, field: str, currency: str = "") -> Money | None:
        """The field's amount in the currency that is given, in the row's, or in the mapping's."""
        currency = currency or reasons.cells.get("currency", self.mapping.currency).upper()
        column = reasons.sheet.columns.get(field)
        scale = column.scale if column is not None else 1
        value: Decimal | None = reasons.take(field, self._numbers.number, currency, scaled=scale != 1)
        if value is None:
            return None
        return Money(value if scale == 1 else value * scale, currency)

    def number(self, reasons: Reasons, field: str) -> Decimal | None:
        column = reasons.sheet.columns.get(field)
        scale = column.scale if column is not None else Decimal(1)
        value: Decimal | None = reasons.take(field, self._numbers.number, scaled=scale != 1)
        return value if value is None or scale == 1 else value * scale

    def count(self, reasons: Reasons, field: str) -> int | None:
        value: int | None = reasons.take(field, self._numbers.whole)
        return value

    def year(self, reasons: Reasons, field: str) -> int | None:
        value: int | None = reasons.take(field, year)
        return value

    def flag(self, reasons: Reasons, field: str) -> bool | None:
        value: bool | None = reasons.take(field, yes_or_no)
        return value

    def day(self, reasons: Reasons, field: str) -> date | None:
        value: date | None = reasons.take(field, self._forms_of(reasons, field).day)
        return value

    def instant(self, reasons: Reasons, field: str, *, end_of_day: bool = False) -> datetime | None:
        read = self._forms_of(reasons, field).instant
        value: datetime | None = reasons.take(field, read, end_of_day=end_of_day)
        return value

    def _forms_of(self, reasons: Reasons, field: str) -> Dates:
        column = reasons.sheet.columns.get(field)
        if column is None:
            return self._forms(self.mapping.dates, "", days=False)
        return self._forms(column.dates or self.mapping.dates, column.timezone, days=column.day)

    def _forms(self, forms: tuple[str, ...], clock: str, *, days: bool) -> Dates:
        key = forms, clock, days
        if key not in self._dates:
            self._dates[key] = Dates(forms, self.mapping.timezone, clock=clock, days=days)
        return self._dates[key]


def named_row(
    row: Row,
    command: Command,
    reasons: Reasons,
    name: tuple[Name, UUID],
    *,
    refers: tuple[tuple[str, Name], ...] = (),
    assumed: frozenset[str] = frozenset(),
) -> Planned:
    """A row that tells of what is known by `name`."""
    assumed = assumed | reasons.currency()
    assumed = assumed if "name" in reasons.cells else assumed | {"name"}
    return Planned((row,), (command,), tuple(reasons.found), name, refers, assumed=assumed)


def ids_of(names: Iterable[tuple[str, Name]], references: References, reasons: Reasons) -> dict[str, UUID]:
    """By field what its name is an id of. A name that cannot be referred to is a reason against the row."""
    ids: dict[str, UUID] = {}
    for field, named in names:
        id = references.known.get(named)
        if id is None:
            reasons.wrong(field, references.problem(named))
        else:
            ids[field] = id
    return ids
