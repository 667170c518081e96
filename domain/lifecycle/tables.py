"""Domain room: the tables of the lifecycle — who went from which stage to which, cohorts by the month of the first purchase, and churn.

Pure, over the days of every customer's purchases as they are known, the earliest first. Months are those of the calendar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

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


def transitions(
    purchases: Iterable[Days], policies: tuple[LifecyclePolicy, LifecyclePolicy], since: date, until: date
) -> Counter[tuple[LifecycleStage, LifecycleStage]]:
    """From the end of the one day to that of the other, each by the policy of that day."""
    first, last = policies
    return Counter(
        (standing(days, first, since).stage, standing(days, last, until).stage) for days in purchases
    )


def cohorts(purchases: Iterable[Days], on: date, months: int = MONTHS) -> list[Cohort]:
    """By month, the earliest first, as of a day."""
    by_month: dict[date, list[Days]] = {}
    for days in purchases:
        if days and days[0] <= on:
            by_month.setdefault(month_of(days[0]), []).append(days)
    return [_cohort(month, by_month[month], on, months) for month in sorted(by_month)]


def _cohort(month: date, customers: Sequence[Days], on: date, months: int) -> Cohort:
    bought: list[int | None] = []
    again: list[int | None] = []
    for n in range(1, months + 1):
        begins, ends = month_of(month, n), min(month_of(month, n + 1) - DAY, on)
        if begins > on:
            bought.append(None)
            again.append(None)
        else:
            bought.append(sum(bought_between(days, begins, ends) for days in customers))
            again.append(sum(len(days) > 1 and days[1] <= ends for days in customers))
    return Cohort(month, len(customers), tuple(bought), tuple(again))


def churn(purchases: Sequence[Days], policy: LifecyclePolicy, on: date, months: int = MONTHS) -> list[Churn]:
    """Of the months up to the one that the day is in, the earliest first. All by one policy: months are compared."""
    first = month_of(on, 1 - months)
    active: Counter[date] = Counter()
    entered: Counter[tuple[date, LifecycleStage]] = Counter()
    for days in purchases:
        held, stages = LifecycleStage.PROSPECT, list(course(days, policy, on))
        for month in _months(first, on):
            while stages and stages[0].since is not None and stages[0].since < month:
                held = stages.pop(0).stage
            active[month] += held in ACTIVE
            ends = month_of(month, 1)
            reached = {one.stage for one in stages if one.since is not None and one.since < ends}
            if held not in ACTIVE:
                reached.discard(LifecycleStage.DORMANT)
            entered.update((month, stage) for stage in reached)
    return [_churn(month, active[month], entered) for month in _months(first, on)]


def _months(first: date, on: date) -> Iterator[date]:
    while first <= on:
        yield first
        first = month_of(first, 1)


def _churn(month: date, active: int, entered: Counter[tuple[date, LifecycleStage]]) -> Churn:
    lost = entered[month, LifecycleStage.DORMANT]
    return Churn(
        month,
        active,
        lost,
        entered[month, LifecycleStage.WON_BACK],
        entered[month, LifecycleStage.FIRST_PURCHASE],
        round(lost / active, 6) if active else None,
    )
