"""tests: the targets and periods that the rules of the loop are told with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.figures.scope import COMPANY, Scope, rep, team
from domain.figures.shares import Method
from domain.target import commands as t
from domain.target.target import Target, target_id
from domain.time.periods import Period, PeriodKind, named_period
from tests.domain.given_when_then import History
from tests.domain.words import LI, MANAGER, NORTH, SOUTH, WANG, ZHAO

OWNER = UUID(int=0xB9)
YEAR, QUARTER, MARCH = named_period("2026"), named_period("2026-Q2"), named_period("2026-03")
MONTHS = YEAR.parts(PeriodKind.MONTH)
EQUAL, WEIGHTED, SEASONAL, MANUAL = Method


def proposal(**changes: Any) -> t.ProposeTarget:
    usual: dict[str, Any] = {
        "metric": "revenue-won",
        "number": Decimal(1_000_000),
        "unit": "money",
        "currency": "CNY",
        "period": YEAR,
        "scope": COMPANY,
        "owner_id": OWNER,
        "achievable": "ten per cent more than last year, with two more reps",
        "relevant": "pays for the second plant",
    }
    return t.ProposeTarget(**(usual | changes))


def id_of(scope: Scope = COMPANY, period: Period = YEAR, metric: str = "revenue-won") -> UUID:
    return target_id(metric, scope, period)


def children(
    scopes: Iterable[Scope] = (COMPANY,), periods: Iterable[Period] = (YEAR,), *more: Any
) -> tuple[t.Child, ...]:
    """One for each scope and period, with weights (or, as Decimals in a list, numbers) where they are given."""
    pairs = [(scope, period) for scope in scopes for period in periods]
    weights = more[0] if more else [None] * len(pairs)
    return tuple(
        t.Child(scope=s, period=p, weight=None if w is None else Decimal(w))
        for (s, p), w in zip(pairs, weights, strict=True)
    )


def divide(
    into: Iterable[t.Child],
    scope: Scope = COMPANY,
    period: Period = YEAR,
    method: Method = EQUAL,
    metric: str = "revenue-won",
) -> t.DecomposeTarget:
    return t.DecomposeTarget(target_id=id_of(scope, period, metric), method=method, children=tuple(into))


def loaded(
    history: History, scope: Scope = COMPANY, period: Period = YEAR, metric: str = "revenue-won"
) -> Target:
    return history.load(Target, id_of(scope, period, metric))


TEAMS = (team(NORTH), team(SOUTH))
NORTHERNERS = (rep(LI), rep(WANG))
__all__ = ["COMPANY", "LI", "MANAGER", "WANG", "ZHAO", "date", "rep", "team"]
