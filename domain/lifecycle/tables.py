"""Domain room: the tables of the lifecycle — who went from which stage to which, cohorts by the month of the first purchase, and churn.

Pure, over the days of every customer's purchases as they are known, the earliest first. Months are those of the calendar.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from domain.lifecycle.policy import LifecyclePolicy, LifecycleStage
from domain.lifecycle.stages import ACTIVE, bought_between, course, standing

Days = Sequence[date]
DAY = timedelta(days=1)
MONTHS = 12
"""After the first purchase, as far as a cohort is watched."""


@dataclass(frozen=True, slots=True)
class Transition:
    """How many customers were in `before` at the end of the first day and in `after` at the end of the last."""

    before: LifecycleStage
    after: LifecycleStage
    customers: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """Of the customers whose first purchase was in `month` (its first day): how many bought in the n-th month after it, and how many had
    bought again by its end. None for months that have not begun.
    """

    month: date
    customers: int
    bought: tuple[int | None, ...]
    again: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Churn:
    """Of one month, or what of it has passed: how many customers were active when it began, how many of those became dormant in it; how
    many of all were won back, and bought for the first time. `rate` is the share of the active ones that was lost; None where there were none.
    """

    month: date
    active: int
    lost: int
    won_back: int
    new: int
    rate: float | None


def month_of(day: date, after: int = 0) -> date:
    """The first day of the month that is so many after a day's."""
    months = day.year * 12 + day.month - 1 + after
    return date(months // 12, months % 12 + 1, 1)


# -- what each customer adds ----------------------------------------------------------------------
# A table is made of the sum of it, so that one whose purchases change is taken off and added anew, and nobody else is looked at.


Cell = tuple[Any, ...]
"""Of a table, something that is counted."""


def moved(
    days: Days, policies: tuple[LifecyclePolicy, LifecyclePolicy], since: date, until: date
) -> tuple[LifecycleStage, LifecycleStage]:
    """From the end of the one day to that of the other, each by the policy of that day."""
    first, last = policies
    return standing(days, first, since).stage, standing(days, last, until).stage


def of_cohort(days: Days, on: date, months: int) -> Iterator[Cell]:
    """The month, its n-th months with a purchase, and the n-th by whose end there was a second one."""
    days = days[: bisect_right(days, on)]
    if not days:
        return
    month = month_of(days[0])
    yield ("customers", month)
    for n in range(1, months + 1):
        if bought_between(days, month_of(month, n), month_of(month, n + 1) - DAY):
            yield ("bought", month, n)
    if len(days) > 1:
        yield ("again", month, max(1, _months_between(month, days[1])))


def of_churn(days: Days, policy: LifecyclePolicy, on: date, months: int) -> Iterator[Cell]:
    """The months in which the customer was active at the beginning, and the stages that began in each."""
    held, stages = LifecycleStage.PROSPECT, list(course(days, policy, on))
    for month in _months(month_of(on, 1 - months), on):
        while stages and stages[0].since is not None and stages[0].since < month:
            held = stages.pop(0).stage
        if held in ACTIVE:
            yield (month, "active")
        ends = month_of(month, 1)
        reached = {one.stage for one in stages if one.since is not None and one.since < ends}
        if held not in ACTIVE:
            reached.discard(LifecycleStage.DORMANT)
        for stage in reached:
            yield (month, stage)


def _months_between(month: date, day: date) -> int:
    return (day.year - month.year) * 12 + day.month - month.month


# -- the tables of it -----------------------------------------------------------------------------


def transitions(counted: Counter[Any]) -> list[Transition]:
    """By the usual order of stages."""
    order = list(LifecycleStage)
    return [
        Transition(before, after, counted[before, after])
        for before in order
        for after in order
        if counted[before, after]
    ]


def cohorts(counted: Counter[Any], on: date, months: int = MONTHS) -> list[Cohort]:
    """By month, the earliest first, as of a day."""
    begun = sorted(cell[1] for cell, many in counted.items() if cell[0] == "customers" and many)
    return [_cohort(month, counted, on, months) for month in begun]


def _cohort(month: date, counted: Counter[Any], on: date, months: int) -> Cohort:
    bought: list[int | None] = []
    again: list[int | None] = []
    so_far = 0
    for n in range(1, months + 1):
        so_far += counted["again", month, n]
        has_begun = month_of(month, n) <= on
        bought.append(counted["bought", month, n] if has_begun else None)
        again.append(so_far if has_begun else None)
    return Cohort(month, counted["customers", month], tuple(bought), tuple(again))


def churn(counted: Counter[Any], on: date, months: int = MONTHS) -> list[Churn]:
    """Of the months up to the one that the day is in, the earliest first. All by one policy: months are compared."""
    return [_churn(month, counted) for month in _months(month_of(on, 1 - months), on)]


def _months(first: date, on: date) -> Iterator[date]:
    while first <= on:
        yield first
        first = month_of(first, 1)


def _churn(month: date, counted: Counter[Any]) -> Churn:
    active, lost = counted[month, "active"], counted[month, LifecycleStage.DORMANT]
    return Churn(
        month,
        active,
        lost,
        counted[month, LifecycleStage.WON_BACK],
        counted[month, LifecycleStage.FIRST_PURCHASE],
        round(lost / active, 6) if active else None,
    )
