"""Domain room: what a target must say. Everything that is missing or wrong is named at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from domain.engine import currency as currencies
from domain.engine.values import Checks
from domain.figures.metrics import Metric, Unit, find_metric
from domain.target.commands import ProposeTarget

MISSING = {
    "metric": "say what is counted; there are metrics such as revenue-won, win-rate, new-customers, activities:call",
    "number": "say how much",
    "unit": "say in what: money, count, ratio or days",
    "currency": "say in which currency, such as CNY",
    "period": "say for when",
    "scope": "say for whom: the company, a team or a rep",
    "owner_id": "say who owns it",
    "achievable": "say why it is achievable",
    "relevant": "say why it is relevant",
}


def check_smart(command: ProposeTarget) -> None:
    """Raises Invalid with one error for every part that is missing or wrong."""
    checks = Checks()
    of = find_metric(command.metric)
    for name, message in missing_parts({name: getattr(command, name) for name in MISSING}).items():
        checks.that(False, name, message)
    if command.metric.strip():
        check_metric(command.metric, checks)
    if of is not None:
        on = command.period.start if command.period else None
        check_unit(of, command.unit, command.currency, checks, on)
        if command.number is not None:
            check_number(command.number, of, command.currency, checks)
    checks.done()


def missing_parts(said: Mapping[str, object]) -> dict[str, str]:
    """What is not said, and what to say. Only money has a currency."""
    key = said.get("metric")
    of = find_metric(key) if isinstance(key, str) else None
    needed = [name for name in MISSING if name != "currency" or of is None or of.unit == Unit.MONEY]
    return {name: MISSING[name] for name in needed if not _told(said.get(name))}


def _told(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def check_metric(key: str, checks: Checks) -> None:
    found = find_metric(key)
    if found is None:
        checks.that(False, "metric", f"there is no {key!r} in the catalogue")
    else:
        checks.that(found.measured, "metric", f"nothing records {key} yet: it could not be measured")


def check_unit(of: Metric, unit: str, currency: str, checks: Checks, on: date | None = None) -> None:
    """`on` is the first day it is for: a currency may be withdrawn."""
    checks.that(unit.strip() in ("", of.unit), "unit", f"{of.key} is in {of.unit}, not in {unit}")
    if of.unit != Unit.MONEY:
        checks.that(not currency.strip(), "currency", f"{of.key} has none")
    elif currency.strip():
        wrong = currencies.problem(currency, on)
        checks.that(wrong is None, "currency", wrong or "")


def check_number(number: Decimal, of: Metric, currency: str, checks: Checks) -> None:
    unit = of.smallest(currency)
    checks.that(number % unit == 0, "number", f"is not a whole number of {unit}")
    checks.that(of.unit != Unit.RATIO or number <= 1, "number", "a rate is at most 1, which is 100 %")
