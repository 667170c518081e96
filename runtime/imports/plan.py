"""Runtime room, file import: what a row becomes — commands, or the reasons why not. Pure; no file, no database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from domain.customer import ListProduct, Profile, RegisterCustomer
from domain.engine.command import Command
from domain.engine.values import Money
from domain.imports import AsImported
from domain.people.people import FormTeam, HireRep
from runtime.imports.dates import Dates
from runtime.imports.lines import Row
from runtime.imports.mapping import CUSTOMERS, PRODUCTS, REPS, Mapping, Sheet
from runtime.imports.numbers import Numbers, year
from runtime.imports.references import Name
from runtime.imports.results import Reason
from runtime.imports.rows import Cells, Once, Reasons

TEAM, MANAGERS = "team", "Managers"
IdOf = Callable[[str, str], UUID]


@dataclass(frozen=True, slots=True)
class Planned:
    """What the rows say, or the reasons why they cannot be taken. The last command is carried out, after those `needed` to
    make what it refers to, and together with them. `rows` is what it was made of; `name` becomes known with it; `refers`
    are the names it needs, under our field names; `parts` are the rows of each of its activities; `assumed` are the fields it does not tell itself; `notes` say what is
    passed over.
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


class Values:
    """How this mapping writes numbers, dates and money. Each takes a field's value out of a row; None where it is empty or wrong."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._numbers = Numbers(mapping.decimal, mapping.thousands, mapping.grouping)
        self._dates: dict[tuple[str, ...], Dates] = {}

    def money(self, reasons: Reasons, field: str) -> Money | None:
        """The field's amount in the row's currency, or in the mapping's."""
        currency = reasons.cells.get("currency", self.mapping.currency).upper()
        column = reasons.sheet.columns.get(field)
        scale = column.scale if column is not None else 1
        value: Decimal | None = reasons.take(field, self._numbers.number, currency, scaled=scale != 1)
        if value is None:
            return None
        return Money(value if scale == 1 else value * scale, currency)

    def count(self, reasons: Reasons, field: str) -> int | None:
        value: int | None = reasons.take(field, self._numbers.whole)
        return value

    def year(self, reasons: Reasons, field: str) -> int | None:
        value: int | None = reasons.take(field, year)
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
        forms = column.dates if column is not None and column.dates else self.mapping.dates
        if forms not in self._dates:
            self._dates[forms] = Dates(forms, self.mapping.timezone)
        return self._dates[forms]


class CustomerPlanner:
    def __init__(self, sheet: Sheet, values: Values, id_of: IdOf) -> None:
        self._sheet, self._values, self._id_of = sheet, values, id_of
        self._once = Once("key")

    def plan(self, row: Row, cells: Cells) -> Planned:
        reasons, key = Reasons(self._sheet, cells), cells["key"]
        self._once.check(row, reasons)
        profile = Profile(
            name=cells.get("name", key),
            sector=cells.get("sector", ""),
            country=cells.get("country", ""),
            employees=self._values.count(reasons, "employees"),
            revenue=self._values.money(reasons, "revenue"),
            founded=self._values.year(reasons, "founded"),
            parent=cells.get("parent", ""),
        )
        id = self._id_of(CUSTOMERS, key)
        command = RegisterCustomer(customer_id=id, profile=profile)
        return _planned(row, command, reasons, ((CUSTOMERS, key), id))


class ProductPlanner:
    def __init__(self, sheet: Sheet, values: Values, id_of: IdOf) -> None:
        self._sheet, self._values, self._id_of = sheet, values, id_of
        self._once = Once("key")

    def plan(self, row: Row, cells: Cells) -> Planned:
        reasons, key = Reasons(self._sheet, cells), cells["key"]
        self._once.check(row, reasons)
        price = self._values.money(reasons, "price")
        id = self._id_of(PRODUCTS, key)
        name, series = cells.get("name", key), cells.get("series", "")
        command = ListProduct(product_id=id, name=name, series=series, price=price)
        return _planned(row, command, reasons, ((PRODUCTS, key), id))


def _planned(row: Row, command: Command, reasons: Reasons, name: tuple[Name, UUID]) -> Planned:
    assumed = reasons.currency()
    assumed = assumed if "name" in reasons.cells else assumed | {"name"}
    return Planned((row,), (command,), tuple(reasons.found), name, assumed=assumed)


OF_A_TEAM = ("manager", "region", "team_name")


@dataclass(frozen=True, slots=True)
class Forming:
    """How a team is formed, by the first row that is in it."""

    line: int
    cells: Cells
    commands: tuple[FormTeam | HireRep, ...]

    def told(self) -> tuple[tuple[str, AsImported], ...]:
        """Those that make a place for the manager make it once; the team itself is what the row says of it."""
        assumed = frozenset() if "team_name" in self.cells else frozenset({"name"})
        team = AsImported(said=self.commands[-1], assumed=assumed)
        return (*self.missing(self.commands[:-1]), ("team", team))

    def missing(
        self, commands: tuple[FormTeam | HireRep, ...] | None = None
    ) -> tuple[tuple[str, AsImported], ...]:
        """For the team's other rows: the first one may have been refused, or be known of old."""
        making = self.commands if commands is None else commands
        return tuple(
            ("manager" if isinstance(c, HireRep) else "team", AsImported(said=c, if_missing=True))
            for c in making
        )


class RepPlanner:
    """A row is a rep in a team; the first row of a team forms it. Managers who are nobody's rep in the file are put into a
    team of their own: in the team they lead they would be the ones with the fewest deals, and get those of others.
    """

    def __init__(self, sheet: Sheet, id_of: IdOf, listed: frozenset[str]) -> None:
        self._sheet, self._id_of, self._listed = sheet, id_of, listed
        self._forming: dict[str, Forming] = {}
        self._in_region: dict[str, int] = {}
        self._once = Once("key")

    def plan(self, row: Row, cells: Cells) -> Planned:
        reasons, key, team = Reasons(self._sheet, cells), cells["key"], cells["team"]
        self._once.check(row, reasons)
        id, team_id = self._id_of(REPS, key), self._id_of(TEAM, team)
        hire = HireRep(rep_id=id, name=cells.get("name", key), team_id=team_id)
        first = team not in self._forming
        if first:
            self._forming[team] = Forming(row.line, cells, self._form(cells, team_id))
        forming = self._forming[team]
        return replace(
            _planned(row, hire, reasons, ((REPS, key), id)),
            commands=(*forming.commands, hire) if first else (hire,),
            needed=forming.told() if first else forming.missing(),
            notes=() if first else tuple(self._contradictions(forming, cells)),
        )

    def _contradictions(self, forming: Forming, cells: Cells) -> Iterator[Reason]:
        for field in OF_A_TEAM:
            if field in cells and cells[field] != forming.cells.get(field, ""):
                why = f"is another one than in row {forming.line}, which forms the team: passed over"
                yield Reason(self._sheet.header_of(field), "", why)

    def _form(self, cells: Cells, team_id: UUID) -> tuple[FormTeam | HireRep, ...]:
        manager, region = cells.get("manager"), cells.get("region", "")
        manager_id = self._id_of(REPS, manager) if manager else None
        team = FormTeam(team_id=team_id, name=self._name(cells), region=region, manager_id=manager_id)
        if manager is None or manager_id is None or manager in self._listed:
            return (team,)
        leaders = self._id_of(TEAM, MANAGERS)
        hire = HireRep(rep_id=manager_id, name=manager, team_id=leaders)
        return FormTeam(team_id=leaders, name=MANAGERS), hire, team

    def _name(self, cells: Cells) -> str:
        """A team is never named after its manager: a team's name is not kept as a person's is."""
        region = cells.get("region") or "Team"
        self._in_region[region] = self._in_region.get(region, 0) + 1
        if "team_name" in cells:
            return cells["team_name"]
        return (
            cells["team"] if cells["team"] != cells.get("manager") else f"{region} {self._in_region[region]}"
        )
