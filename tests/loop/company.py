"""tests: a company of 3 teams and 35 reps, its targets for a year, and what its reps sell in it; all from a seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.cycle import commands as c
from domain.deal.commands import ImportDeal
from domain.engine.command import Command
from domain.engine.values import Money
from domain.figures.scope import COMPANY, Scope, rep, team
from domain.figures.shares import Method
from domain.people.people import FormTeam, HireRep
from domain.target import commands as t
from domain.target.target import target_id
from domain.time.periods import Period, PeriodKind, named_period

REVENUE, WIN_RATE, CURRENCY = "revenue-won", "win-rate", "CNY"
WHY = "closed before its needs were recorded here"
SIZES = (12, 12, 11)
CUSTOMERS = 60
SEASONS = {"Q1": 20, "Q2": 25, "Q3": 22, "Q4": 33}
YEARS_NUMBER = Decimal("12600000.01")


def number(kind: int, n: int = 0) -> UUID:
    return UUID(int=kind << 64 | n + 1)


HEAD, BOARD, CHAIR = number(1), number(2), number(3)
"""Who owns the company's cycles, who reviews them, and who is above."""
TEAMS = tuple(number(10, n) for n in range(len(SIZES)))
MANAGERS = tuple(number(11, n) for n in range(len(SIZES)))
REPS = tuple(number(12, n) for n in range(sum(SIZES)))
WHO_IS_WHERE = tuple(team_n for team_n, size in enumerate(SIZES) for _ in range(size))


def reps_of(team_n: int) -> tuple[UUID, ...]:
    return tuple(id for id, n in zip(REPS, WHO_IS_WHERE, strict=True) if n == team_n)


def staff() -> Iterator[Command]:
    for n, (team_id, manager_id) in enumerate(zip(TEAMS, MANAGERS, strict=True)):
        yield FormTeam(team_id=team_id, name=f"Team {n + 1}", manager_id=manager_id)
    for n, (rep_id, team_n) in enumerate(zip(REPS, WHO_IS_WHERE, strict=True)):
        yield HireRep(rep_id=rep_id, name=f"Rep {n + 1}", team_id=TEAMS[team_n])
    for n in range(CUSTOMERS):
        yield RegisterCustomer(customer_id=number(13, n), profile=Profile(name=f"Customer {n + 1}"))


# --- targets -----------------------------------------------------------------------------------------


def target(period: Period, scope: Scope = COMPANY, metric: str = REVENUE) -> UUID:
    return target_id(metric, scope, period)


def _propose(
    metric: str, amount: Decimal, period: Period, scope: Scope = COMPANY, owner_id: UUID = HEAD
) -> t.ProposeTarget:
    return t.ProposeTarget(
        metric=metric,
        number=amount,
        unit="money" if metric == REVENUE else "ratio",
        currency=CURRENCY if metric == REVENUE else "",
        period=period,
        scope=scope,
        owner_id=owner_id,
        achievable="five per cent more than last year, with two more reps",
        relevant="pays for the second plant",
    )


def _by_time(parent: Period, kind: PeriodKind, metric: str, weights: tuple[int, ...]) -> t.DecomposeTarget:
    parts = parent.parts(kind)
    children = tuple(
        t.Child(scope=COMPANY, period=part, weight=Decimal(weight))
        for part, weight in zip(parts, weights, strict=True)
    )
    return t.DecomposeTarget(
        target_id=target(parent, metric=metric), method=Method.SEASONAL, children=children
    )


def targets(year: Period) -> Iterator[Command]:
    """Company by quarter and month, each month by team, each team's month by rep: revenue to the cent. A rate beside it."""
    yield _propose(REVENUE, YEARS_NUMBER, year)
    yield _propose(WIN_RATE, Decimal("0.55"), year)
    for metric in (REVENUE, WIN_RATE):
        yield _by_time(year, PeriodKind.QUARTER, metric, tuple(SEASONS.values()))
        for quarter in year.parts(PeriodKind.QUARTER):
            yield _by_time(quarter, PeriodKind.MONTH, metric, (3, 3, 4))
    for month in year.parts(PeriodKind.MONTH):
        yield t.DecomposeTarget(
            target_id=target(month),
            method=Method.WEIGHTED,
            children=tuple(
                t.Child(scope=team(id), period=month, owner_id=manager, weight=Decimal(size))
                for id, manager, size in zip(TEAMS, MANAGERS, SIZES, strict=True)
            ),
        )
        for n, id in enumerate(TEAMS):
            yield t.DecomposeTarget(
                target_id=target(month, team(id)),
                method=Method.EQUAL,
                children=tuple(
                    t.Child(scope=rep(rep_id), period=month, owner_id=rep_id) for rep_id in reps_of(n)
                ),
            )


# --- who goes round the loop ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Circle:
    """Somebody's cycles. A rep's manager is who leads the rep's team."""

    scope: Scope
    kinds: tuple[PeriodKind, ...]
    owner_id: UUID
    manager_id: UUID | None
    above_id: UUID

    def opening(self, period: Period) -> c.OpenCycle:
        return c.OpenCycle(
            scope=self.scope,
            period=period,
            owner_id=self.owner_id,
            manager_id=self.manager_id,
            above_id=self.above_id,
            metrics=(REVENUE, WIN_RATE),
        )


WHOLE = Circle(COMPANY, (PeriodKind.QUARTER, PeriodKind.MONTH), HEAD, BOARD, CHAIR)
OF_TEAMS = tuple(
    Circle(team(id), (PeriodKind.QUARTER,), manager, HEAD, BOARD)
    for id, manager in zip(TEAMS, MANAGERS, strict=True)
)
OF_REPS = tuple(Circle(rep(REPS[n]), (PeriodKind.QUARTER,), REPS[n], None, HEAD) for n in (4, 20))
CIRCLES = (WHOLE, *OF_TEAMS, *OF_REPS)


def turns(year: Period) -> list[tuple[Circle, Period]]:
    """Every cycle of the year."""
    return [(circle, part) for circle in CIRCLES for kind in circle.kinds for part in year.parts(kind)]


def own_targets(year: Period) -> Iterator[Command]:
    """What the teams and the two reps take on themselves for each quarter, beside their share of the year."""
    for circles, amount in ((OF_TEAMS, Decimal("1050000.01")), (OF_REPS, Decimal("90000.01"))):
        for circle in circles:
            for quarter in year.parts(PeriodKind.QUARTER):
                yield _propose(REVENUE, amount, quarter, circle.scope, circle.owner_id)
                yield _propose(WIN_RATE, Decimal("0.55"), quarter, circle.scope, circle.owner_id)


# --- what they sell ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sale:
    """A deal as it is entered when it is closed."""

    at: datetime
    deal: ImportDeal


def sales(year: Period, seed: int) -> list[Sale]:
    """Every rep closes one or two deals a month, a good half of them won; in the order they are closed."""
    random = Random(seed)
    made = [
        _sale(random, rep_id, month, n)
        for month in year.parts(PeriodKind.MONTH)
        for rep_id in REPS
        for n in range(random.choice((1, 2)))
    ]
    return sorted(made, key=lambda sale: (sale.at, sale.deal.deal_id))


def _sale(random: Random, rep_id: UUID, month: Period, n: int) -> Sale:
    day = month.start + timedelta(days=random.randrange(month.days))
    at = datetime(day.year, day.month, day.day, random.randrange(2, 9), random.randrange(60), tzinfo=UTC)
    won = random.random() < 0.55
    reference = f"{month.name}/{REPS.index(rep_id)}/{n}"
    deal = ImportDeal(
        deal_id=UUID(int=random.getrandbits(128)),
        title=f"Order {reference}",
        owner_id=rep_id,
        source="year",
        reference=reference,
        opened_at=at - timedelta(days=random.randrange(5, 80)),
        stage="won" if won else "lost",
        customer_id=number(13, random.randrange(CUSTOMERS)),
        amount=Money(Decimal(random.randrange(500_000, 6_500_000)).scaleb(-2), CURRENCY),
        closed_on=day,
        closed_at=at,
        loss_reason="" if won else "price",
        contract_reference=f"C-{reference}" if won else "",
        override_reason=WHY if won else "",
    )
    return Sale(at, deal)


def year_of(start: date) -> Period:
    return named_period(str(start.year))
