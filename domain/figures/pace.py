"""Domain room: where a figure should be by now, and how far behind it is. Pure arithmetic; no clock, no I/O.

Linear pace follows business days; seasonal pace follows what each part of the period brought in earlier years. A rate
or a mean does not grow with time: it should be what the target says on any day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum

from domain.figures.metrics import Better, Metric
from domain.figures.shares import PRECISION
from domain.time.calendar import BusinessCalendar
from domain.time.periods import Period

ZERO, ONE = Decimal(0), Decimal(1)
MILLIONTH, HUNDREDTH = Decimal("0.000001"), Decimal("0.01")
DAY = timedelta(days=1)


class Pace(StrEnum):
    LINEAR = "linear"
    SEASONAL = "seasonal"


class PaceStatus(StrEnum):
    """`unknown` where there is nothing yet to take a rate or a mean of."""

    AHEAD = "ahead"
    ON_PACE = "on-pace"
    BEHIND = "behind"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A figure against its pace. `shortfall` is a share of what was expected, negative when more came; `step` counts
    how many times the threshold it exceeds.
    """

    expected: Decimal
    shortfall: Decimal
    status: PaceStatus
    step: int


def elapsed_share(
    period: Period, on: date, calendar: BusinessCalendar, shape: Sequence[Decimal] = ()
) -> Decimal:
    """The share of the period, 0 to 1 to six decimals, that is over at the end of day `on`. `shape` has what each of
    the period's children weighs; without it business days count alike.
    """
    children = period.children()
    with localcontext(prec=PRECISION):
        if len(shape) != len(children) or sum(shape, ZERO) <= 0:
            return _linear(period, on, calendar).quantize(MILLIONTH, ROUND_HALF_EVEN)
        done = sum((w * _linear(child, on, calendar) for w, child in zip(shape, children, strict=True)), ZERO)
        return (done / sum(shape, ZERO)).quantize(MILLIONTH, ROUND_HALF_EVEN)


def _linear(period: Period, on: date, calendar: BusinessCalendar) -> Decimal:
    """By business days; by days where the period has none."""
    if on < period.start or on >= period.end:
        return Decimal(on >= period.end)
    days = [period.start + n * DAY for n in range(period.days)]
    counted = [day for day in days if calendar.is_business_day(day)] or days
    return Decimal(sum(day <= on for day in counted)) / len(counted)


def expected(of: Metric, number: Decimal, share: Decimal) -> Decimal:
    """What should have come by now, to two decimals; of a rate or mean what the target says."""
    return (number * share).quantize(HUNDREDTH, ROUND_HALF_EVEN) if of.adds_up else number


def shortfall(of: Metric, actual: Decimal, wanted: Decimal) -> Decimal:
    """How much is lacking, as a share of what was wanted, to six decimals. Where nothing was wanted nothing lacks; of
    what had better be low, anything then lacks everything.
    """
    lacking = wanted - actual if of.direction == Better.HIGHER else actual - wanted
    if not wanted:
        return ONE if lacking > 0 else ZERO
    with localcontext(prec=PRECISION):
        return (lacking / wanted).quantize(MILLIONTH, ROUND_HALF_EVEN)


def step_of(lacking: Decimal, threshold: Decimal) -> int:
    """0 up to and including one threshold, 1 up to two, and so on."""
    return max(int((lacking / threshold).to_integral_value(ROUND_CEILING)) - 1, 0)


def judge(
    of: Metric, number: Decimal, actual: Decimal | None, share: Decimal, threshold: Decimal
) -> Judgement:
    """`number` is the target in force on the day, `share` the elapsed share of its period."""
    wanted = expected(of, number, share)
    if actual is None:
        return Judgement(wanted, ZERO, PaceStatus.UNKNOWN, 0)
    lacking = shortfall(of, actual, wanted)
    step = step_of(lacking, threshold)
    ahead = lacking < -threshold or (not wanted and of.direction == Better.HIGHER and actual > 0)
    status = PaceStatus.BEHIND if step else PaceStatus.AHEAD if ahead else PaceStatus.ON_PACE
    return Judgement(wanted, lacking, status, step)
