"""Domain room: how one number is divided into several. Pure arithmetic on Decimals; no clock, no I/O.

Every division is exact: the parts are whole multiples of the unit (a cent, a whole deal) and sum to the number
divided. What a proportional share leaves over goes, one unit each, to the largest remainders; of equal ones to the
first. So the same numbers always give the same parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction

from domain.engine.errors import FieldError, Invalid

PRECISION = 60
"""Digits kept while dividing: amounts stay below 1e15 with at most four decimals."""


class Method(StrEnum):
    """How a number was divided: `seasonal` is weighted by what earlier periods brought."""

    EQUAL = "equal"
    WEIGHTED = "weighted"
    SEASONAL = "seasonal"
    MANUAL = "manual"


def spread(total: Decimal, weights: Sequence[Decimal], unit: Decimal) -> tuple[Decimal, ...]:
    """`total` divided by `weights` in whole `unit`s, summing to it exactly.

    No part is a unit or more away from its exact share. Raises Invalid under `number` where the total is not whole
    units, under `weights` where there are none, one is negative or all are zero.
    """
    units = whole_units(total, unit)
    check_weights(weights)
    sign, units = (-1 if units < 0 else 1), abs(units)
    exact = [Fraction(w) for w in weights]
    whole = sum(exact)
    shares = [units * w / whole for w in exact]
    parts = [share.numerator // share.denominator for share in shares]
    by_remainder = sorted(range(len(parts)), key=lambda n: (parts[n] - shares[n], n))
    for n in by_remainder[: units - sum(parts)]:
        parts[n] += 1
    return tuple(_of_units(sign * part, unit) for part in parts)


def spread_equally(total: Decimal, parts: int, unit: Decimal) -> tuple[Decimal, ...]:
    return spread(total, [Decimal(1)] * parts, unit)


def seasonal_weights(history: Sequence[Sequence[Decimal]]) -> tuple[Decimal, ...]:
    """What each part brought in earlier periods, summed over them: `history` is one row per earlier period, one
    figure per part. A part that lost more than it won weighs nothing; where nothing was won all weigh the same.
    """
    if not history or len({len(row) for row in history}) != 1 or not history[0]:
        raise Invalid([FieldError("weights", "seasonal shares need earlier periods, each with every part")])
    with localcontext(prec=PRECISION):
        sums = [max(sum(column, Decimal(0)), Decimal(0)) for column in zip(*history, strict=True)]
    return tuple(sums) if any(sums) else tuple(Decimal(1) for _ in sums)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of an earlier division: what it has, what it weighs now, and whether it lies in the past."""

    number: Decimal
    weight: Decimal
    past: bool = False


def respread(total: Decimal, parts: Sequence[Part], unit: Decimal) -> tuple[Decimal, ...]:
    """A new total over the same parts: what lies in the past keeps its number, what is left goes to the others.

    Raises Invalid under `number` where the past has taken more than the new total, or all is past and the sums
    differ.
    """
    left = total - sum((p.number for p in parts if p.past), Decimal(0))
    coming = [p.weight for p in parts if not p.past]
    if left * (1 if total >= 0 else -1) < 0:
        raise _number(f"{total} is less than the {total - left} that earlier periods were given already")
    if not coming and left:
        raise _number(f"all parts lie in the past: their sum stays {total - left}")
    fresh = iter(spread(left, coming, unit) if coming else ())
    return tuple(p.number if p.past else next(fresh) for p in parts)


def check_manual(total: Decimal, numbers: Sequence[Decimal], unit: Decimal) -> tuple[Decimal, ...]:
    """Numbers given by hand, which must be whole units and sum to the total exactly."""
    for number in numbers:
        whole_units(number, unit)
    given = sum(numbers, Decimal(0))
    if given != total:
        raise _number(f"the parts sum to {given}, not to {total}: {total - given} is missing")
    return tuple(numbers)


def whole_units(number: Decimal, unit: Decimal) -> int:
    """How many units a number is. Raises Invalid under `number` where it is not a whole number of them."""
    if not number.is_finite():
        raise _number(f"{number} is not a number")
    count = Fraction(number) / Fraction(unit)
    if count.denominator != 1:
        raise _number(f"{number} is not a whole number of {unit}")
    return count.numerator


def check_weights(weights: Sequence[Decimal]) -> None:
    problem = None
    if not weights:
        problem = "there is nothing to share between"
    elif not all(w.is_finite() and w >= 0 for w in weights):
        problem = "weights must be zero or more"
    elif not any(weights):
        problem = "one weight at least must be more than zero"
    if problem:
        raise Invalid([FieldError("weights", problem)])


def _of_units(count: int, unit: Decimal) -> Decimal:
    with localcontext(prec=PRECISION):
        return count * unit


def _number(message: str) -> Invalid:
    return Invalid([FieldError("number", message)])
