"""tests: one small world that the generators of other systems' files tell of, each in its own shape.

What is dirty in real exports is in it: two companies of one name, two deals of one title, a deal of nobody, two currencies, a comma
and a line end inside a cell, an owner who is gone, an hour that is another day elsewhere. Names and numbers are made up.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

WON, LOST = "won", "lost"
ZONE = "America/New_York"
"""Where the company of the exports is, unless a test says otherwise."""


@dataclass(frozen=True, slots=True)
class Person:
    number: int
    name: str
    active: bool = True

    @property
    def mail(self) -> str:
        return f"{self.name.split()[0].lower()}@seller.example"


@dataclass(frozen=True, slots=True)
class Company:
    number: int
    name: str
    country: str
    employees: int
    industry: str
    owner: int


@dataclass(frozen=True, slots=True)
class Contact:
    number: int
    first: str
    last: str
    title: str
    company: int
    no_mail: bool = False
    no_call: bool = False

    @property
    def mail(self) -> str:
        return f"{self.last.lower()}@buyer.example"

    @property
    def phone(self) -> str:
        return f"+49 30 5550{self.number}"


@dataclass(frozen=True, slots=True)
class Deal:
    """`step` is 0 to 3 on the way, or WON or LOST; `closes` the day it is to be closed, or was."""

    number: int
    title: str
    company: int | None
    owner: int | None
    step: int | str
    amount: Decimal | None
    currency: str
    opened: datetime
    closes: date | None
    lost_because: str = ""

    @property
    def closed_at(self) -> datetime | None:
        """In the middle of its day, wherever that is."""
        closed = self.step in (WON, LOST) and self.closes is not None
        return (
            datetime(self.closes.year, self.closes.month, self.closes.day, 17, 5, tzinfo=UTC)
            if closed and self.closes
            else None
        )


@dataclass(frozen=True, slots=True)
class Lead:
    """`state` is open, converted or discarded."""

    number: int
    first: str
    last: str
    company: str
    source: str
    owner: int
    state: str
    opened: datetime
    deal: int | None = None
    no_mail: bool = False

    @property
    def mail(self) -> str:
        return f"{self.last.lower()}@prospect.example"


@dataclass(frozen=True, slots=True)
class Touch:
    """`kind` is call, meeting, email or note."""

    number: int
    kind: str
    subject: str
    text: str
    at: datetime
    deal: int
    by: int


@dataclass(frozen=True, slots=True)
class World:
    people: tuple[Person, ...]
    companies: tuple[Company, ...]
    contacts: tuple[Contact, ...]
    deals: tuple[Deal, ...]
    leads: tuple[Lead, ...]
    touches: tuple[Touch, ...]

    def person(self, number: int | None) -> Person | None:
        return next((p for p in self.people if p.number == number), None)

    def owner(self, number: int | None) -> str:
        person = self.person(number)
        return person.name if person else ""

    def company(self, number: int | None) -> Company | None:
        return next((c for c in self.companies if c.number == number), None)

    def company_name(self, number: int | None) -> str:
        company = self.company(number)
        return company.name if company else ""

    def deal(self, number: int) -> Deal:
        return next(d for d in self.deals if d.number == number)

    def without_twins(self) -> World:
        """No two companies of one name: for exports that join by names alone."""
        companies = tuple(
            replace(c, name="Nordlicht Shops") if c.number == 103 else c for c in self.companies
        )
        return replace(self, companies=companies)

    def later(self) -> World:
        """A newer export: one deal moved on and is worth more, one was won; nothing else changed."""
        changes: dict[int, dict[str, object]] = {
            501: {"step": 2, "amount": Decimal("13750.25")},
            502: {"step": WON, "closes": date(2026, 11, 12)},
        }
        deals = tuple(replace(d, **changes.get(d.number, {})) for d in self.deals)  # type: ignore[arg-type]
        return replace(self, deals=deals)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SMALL = World(
    people=(Person(11, "Ana Perez"), Person(12, "Li Wei"), Person(13, "Olaf Gone", active=False)),
    companies=(
        Company(101, "Nordlicht GmbH", "Germany", 120, "Energy", 11),
        Company(102, "Blue Harbour, Inc.", "United States", 45, "Transport", 12),
        Company(103, "Nordlicht GmbH", "Germany", 8, "Retail", 12),
    ),
    contacts=(
        Contact(201, "Grete", "Sommer", "Head of purchasing", 101),
        Contact(202, "John", "Doe", "Harbour master", 102, no_mail=True, no_call=True),
    ),
    deals=(
        Deal(501, "Turbine upgrade", 101, 11, 0, Decimal("12500.00"), "EUR", at("2026-03-03T02:15"), date(2026, 12, 15)),
        Deal(502, "Berth sensors", 102, 12, 3, Decimal("48000.50"), "USD", at("2026-04-10T14:00"), date(2027, 1, 31)),
        Deal(503, "Quay lighting", 102, 12, WON, Decimal("30000.00"), "USD", at("2025-10-01T15:30"), date(2026, 1, 15)),
        Deal(504, "Shop fittings", 103, 13, LOST, Decimal("5000.00"), "EUR", at("2025-11-05T16:45"), date(2026, 2, 20), "Too expensive"),
        Deal(505, "Inquiry, by form", None, None, 0, None, "USD", at("2026-05-20T12:00"), None),
        Deal(506, "Turbine upgrade", 101, 11, 1, Decimal("900.00"), "EUR", at("2026-06-01T13:20"), date(2026, 12, 31)),
    ),
    leads=(
        Lead(301, "Mira", "Kovac", "Kovac d.o.o.", "Web", 11, "open", at("2026-07-01T10:00")),
        Lead(302, "Jo", "Ndiaye", "Sahel SA", "Trade Show", 12, "converted", at("2026-04-01T10:00"), deal=502),
        Lead(303, "Pia", "Falk", "Falk AB", "Web", 12, "discarded", at("2026-02-01T10:00"), no_mail=True),
    ),
    touches=(
        Touch(701, "call", "First call", "Wants to see\nthe old turbine.", at("2026-03-05T14:30"), 501, 11),
        Touch(702, "meeting", "At the harbour", "Went well.", at("2026-04-20T13:00"), 502, 12),
        Touch(703, "note", "", "Budget: asked for,\nnot told; \"soon\".", at("2026-05-02T09:10"), 502, 12),
    ),
)  # fmt: skip


def local(moment: datetime | None, form: str, zone: str = ZONE) -> str:
    """The time on that zone's clocks; an empty cell for no time."""
    return moment.astimezone(ZoneInfo(zone)).strftime(form) if moment else ""


def number(value: Decimal | None) -> str:
    """As databases write doubles: 12500.0."""
    return str(float(value)) if value is not None else ""


Rows = Sequence[dict[str, str]]


def write_csv(
    path: Path,
    rows: Rows,
    *,
    quoted: bool = True,
    ends: str = "\n",
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> Path:
    """`quoted` quotes every cell. The columns are those of the first row."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(
            file,
            quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
            lineterminator=ends,
            delimiter=delimiter,
        )
        writer.writerow(rows[0])
        writer.writerows(row.values() for row in rows)
    return path


def reheaded(rows: Rows, headers: dict[str, str]) -> list[dict[str, str]]:
    """The same rows under other headers, such as those of another language; those not listed stay."""
    return [{headers.get(name, name): cell for name, cell in row.items()} for row in rows]


def shuffled(rows: Rows) -> list[dict[str, str]]:
    """The columns in another order: as somebody chose them."""
    names = sorted(rows[0], key=lambda name: name[::-1])
    return [{name: row[name] for name in names} for row in rows]


def widened(
    rows: Rows, names: Iterable[str] = ("Favourite colour", "Reviewed by legal")
) -> list[dict[str, str]]:
    """With columns of somebody's own."""
    return [row | dict.fromkeys(names, f"x{n}") for n, row in enumerate(rows)]
