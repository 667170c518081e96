"""Runtime room, file import: a pipeline made from a seed, in the shape of the four-file CRM export.

Nobody's data: companies, people and products are put together from the word lists in `generated_words.py`. Only
`Random.random()` is drawn from, so that a seed gives the same bytes under every release of Python.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import log
from pathlib import Path
from random import Random
from typing import Literal, TypeVar

from runtime.imports.generated_words import WORDS, Words

T = TypeVar("T")
Locale = Literal["en", "zh"]
UNTIL = date(2026, 10, 30)
SPAN_DAYS = 540
NOT_ENGAGED, STALLED = 0.06, 0.09
DIRTY = 0.01
SEASON = (0.75, 0.8, 1.25, 0.9, 0.95, 1.3, 0.8, 0.75, 1.2, 1.0, 1.1, 1.2)
"""How busy each month is against the mean: quarters end with more, summer and the new year begin with less."""
LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
DEAL_COLUMNS = (
    "opportunity_id",
    "sales_agent",
    "product",
    "account",
    "deal_stage",
    "engage_date",
    "close_date",
    "close_value",
    "currency",
    "next_step",
    "next_step_date",
)


@dataclass(frozen=True, slots=True)
class Rep:
    name: str
    manager: str
    region: str
    skill: float


@dataclass(frozen=True, slots=True)
class Product:
    name: str
    series: str
    price: int
    weight: float


def generate(
    folder: Path,
    deals: int = 6_000,
    seed: int = 7,
    *,
    until: date = UNTIL,
    locale: Locale = "en",
    currency: str | None = None,
    dirty: bool = False,
) -> None:
    """Write accounts.csv, products.csv, sales_teams.csv and sales_pipeline.csv into `folder`, for `crm_export`.

    The same arguments give the same bytes. About a quarter of the deals is open. `until` is the day of the export:
    nothing happened later, and next steps are due after it. `currency` in place of the locale's own. `dirty` spoils about one row in a hundred, each in a way that
    an import has to refuse.
    """
    words = replace(WORDS[locale], currency=currency or WORDS[locale].currency)
    made = Pipeline(Random(seed), words, deals, until)  # noqa: S311 - made up, not secret
    rows = made.spoiled(made.deals()) if dirty else made.deals()
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "accounts.csv", ACCOUNT_COLUMNS, made.accounts)
    _write(folder / "products.csv", ("product", "series", "sales_price", "currency"), made.price_list())
    _write(folder / "sales_teams.csv", ("sales_agent", "manager", "regional_office"), made.teams())
    _write(folder / "sales_pipeline.csv", DEAL_COLUMNS, rows)


ACCOUNT_COLUMNS = (
    "account",
    "sector",
    "year_established",
    "revenue",
    "employees",
    "office_location",
    "subsidiary_of",
    "currency",
)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


class Pipeline:
    def __init__(self, random: Random, words: Words, deals: int, until: date) -> None:
        self._random, self._words, self._deals, self._until = random, words, deals, until
        self.reps = list(self._staff(max(6, min(60, deals // 170))))
        self.products = list(self._products())
        self.accounts = list(self._companies(max(5, min(2_000, deals // 40))))
        self._given: set[str] = set()

    # -- drawing ----------------------------------------------------------------------------------

    def _one_of(self, choices: Sequence[T]) -> T:
        return choices[int(self._random.random() * len(choices))]

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def _distinct(self, parts: Sequence[Sequence[str]], joint: str, taken: set[str]) -> str:
        """A new name, one word of each list; numbered when all of them are taken."""
        name = joint.join(self._one_of(words) for words in parts)
        number = 2
        fresh = name
        while fresh in taken:
            fresh, number = f"{name}{joint or ' '}{number}", number + 1
        taken.add(fresh)
        return fresh

    # -- who and what -----------------------------------------------------------------------------

    def _staff(self, count: int) -> Iterator[Rep]:
        words, taken = self._words, set[str]()
        managers = [self._distinct(words.people, words.between_names, taken) for _ in range(-(-count // 6))]
        for n in range(count):
            team = n % len(managers)
            name = self._distinct(words.people, words.between_names, taken)
            yield Rep(
                name, managers[team], words.regions[team % len(words.regions)], self._between(-0.15, 0.15)
            )

    def _products(self) -> Iterator[Product]:
        for series, base in self._words.series:
            for grade, factor in self._words.grades:
                price = round(base * factor / 10) * 10
                yield Product(f"{series} {grade}", series, price, 1 / (1 + base * factor / 8_000))

    def _companies(self, count: int) -> Iterator[tuple[object, ...]]:
        words, taken = self._words, set[str]()
        earlier: list[str] = []
        for _ in range(count):
            name = self._distinct(words.companies, words.between_company_words, taken)
            employees = int(20 * 10 ** (self._random.random() * 2.8))
            revenue = round(employees * self._between(0.08, 0.4), 2)
            parent = self._one_of(earlier) if earlier and self._random.random() < 0.12 else ""
            founded = self._until.year - 3 - int(self._random.random() * 45)
            sector, country = self._one_of(words.sectors), self._one_of(words.countries)
            yield name, sector, founded, f"{revenue:.2f}", employees, country, parent, words.currency
            earlier.append(name)

    def price_list(self) -> Iterator[tuple[object, ...]]:
        return ((p.name, p.series, p.price, self._words.currency) for p in self.products)

    def teams(self) -> Iterator[tuple[object, ...]]:
        return ((rep.name, rep.manager, rep.region) for rep in self.reps)

    # -- deals ------------------------------------------------------------------------------------

    def deals(self) -> list[list[object]]:
        """The pipeline's rows, by the day they were engaged; those nobody has engaged yet come last."""
        rows = [self._deal() for _ in range(self._deals)]
        return sorted(rows, key=lambda row: (str(row[5]) or "9999", str(row[0])))

    def _deal(self) -> list[object]:
        rep, product, account = self._one_of(self.reps), self._product(), self._one_of(self.accounts)[0]
        engaged = self._engaged()
        closed = engaged + timedelta(days=1 + int(-45 * _log(1 - self._random.random())))
        stalled, won = self._random.random() < STALLED, self._random.random() < 0.62 + rep.skill
        known = account if self._random.random() > 0.2 else ""
        about = [self._id(), rep.name, product.name]
        if self._random.random() < NOT_ENGAGED:
            return [*about, known, "Prospecting", "", "", "", self._words.currency, *self._next_step()]
        if stalled or closed > self._until:
            return [*about, known, "Engaging", engaged, "", "", self._words.currency, *self._next_step()]
        value = round(product.price * self._between(0.82, 1.18)) if won else 0
        stage = "Won" if won else "Lost"
        return [*about, account, stage, engaged, closed, value, self._words.currency, "", ""]

    def _id(self) -> str:
        while True:
            id = "".join(self._one_of(LETTERS) for _ in range(8))
            if id not in self._given:
                self._given.add(id)
                return id

    def _product(self) -> Product:
        mark = self._random.random() * sum(product.weight for product in self.products)
        for product in self.products:
            mark -= product.weight
            if mark <= 0:
                return product
        return self.products[-1]

    def _engaged(self) -> date:
        """A working day of the last year and a half, more of them in busy months."""
        while True:
            day = self._until - timedelta(days=int(self._random.random() * SPAN_DAYS))
            if day.weekday() < 5 and self._random.random() * max(SEASON) < SEASON[day.month - 1]:
                return day

    def _next_step(self) -> tuple[str, object]:
        if self._random.random() < 0.3:
            return "", ""
        due = self._until + timedelta(days=1 + int(self._random.random() * 21))
        weekend = max(0, due.weekday() - 4)
        return self._one_of(self._words.next_steps), due + timedelta(days=(3 - weekend) % 3 if weekend else 0)

    # -- dirt -------------------------------------------------------------------------------------

    def spoiled(self, rows: list[list[object]]) -> list[list[object]]:
        """About one row in a hundred, each spoiled in one of the ways that exports are."""
        return [self._spoil(row, rows) if self._random.random() < DIRTY else row for row in rows]

    def _spoil(self, row: list[object], rows: list[list[object]]) -> list[object]:
        spoiled = list(row)
        column, value = self._one_of(
            [
                (0, ""),
                (0, rows[0][0] if row is not rows[0] else ""),
                (1, f"{row[1]}x"),
                (2, str(row[2]).replace(" ", "") + "?"),
                (4, f"{row[4]}!"),
                (5, "31.02.2026"),
                (5, self._until + timedelta(days=4_000)),
            ]
        )
        spoiled[column] = value
        return spoiled


def _log(x: float) -> float:
    """The natural logarithm to a few digits: days need no more, and every machine agrees on those."""
    return round(log(x), 6)
