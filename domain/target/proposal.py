"""Domain room: the next target, proposed from what happened, with its reasoning written out. Pure and deterministic.

The argument, each step on record with the numbers it looked at: start from what came; follow the trend, within a
tenth; after a missed target aim half way back to it, after one that was met not below it; meet a thinner pipeline
half way; add what kept adjustments and decisions are expected to bring; stay possible; write a round number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from itertools import pairwise
from typing import Literal

from domain.engine.reasoning import Reason, reason
from domain.figures.metrics import Better, Metric, Unit
from domain.figures.shares import PRECISION

ZERO, ONE, TWO = Decimal(0), Decimal(1), Decimal(2)
MILLIONTH = Decimal("0.000001")
MOST_TREND, MOST_SHIFT = Decimal("0.10"), Decimal("0.05")
"""How far a trend carries a number in one period, as a share of it; and a rate, in its own unit."""
TREND_PERIODS = 4
DIGITS = 3
"""Significant digits of a round number."""


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """What was aimed at (in force at its end) and what came; None where there was nothing."""

    period: str
    number: Decimal | None
    actual: Decimal | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision or an adjustment is expected to bring to the next period, in the metric's unit; `as_share`: as a share of
    what the number is without it. `outcome` is that of an adjustment; one that was stopped or changed brings nothing.
    """

    kind: Literal["decision", "adjustment"]
    id: str
    number: Decimal
    outcome: Literal["keep", "change", "stop", ""] = ""
    as_share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Periods are the oldest first, the reviewed one last. `pipeline` is what open deals are expected to bring to the
    next period, weighted by probability; None where that says nothing about the metric.
    """

    of: Metric
    past: Sequence[PastPeriod]
    currency: str = ""
    pipeline: Decimal | None = None
    effects: Sequence[Effect] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    number: Decimal
    reasons: tuple[Reason, ...]


def propose_next(evidence: Evidence) -> Proposal | None:
    """None where nothing is known to start from."""
    last = evidence.past[-1] if evidence.past else None
    if last is None or (last.actual is None and last.number is None):
        return None
    reasons: list[Reason] = []
    with localcontext(prec=PRECISION):
        number = ZERO
        for step in (_start, _trend, _attainment, _pipeline, _effects, _bounds, _round):
            for made in step(evidence, last, number):
                reasons.append(made)
                number = made.number
    return Proposal(number, tuple(reasons))


def _start(evidence: Evidence, last: PastPeriod, number: Decimal) -> Iterator[Reason]:
    if last.actual is not None:
        yield reason("from-actual", last.actual, period=last.period)
    elif last.number is not None:
        yield reason("from-target", last.number, period=last.period)


def _trend(evidence: Evidence, last: PastPeriod, number: Decimal) -> Iterator[Reason]:
    """The mean change from period to period; of rates the difference, of everything else the growth."""
    known = [p.actual for p in evidence.past[-TREND_PERIODS:] if p.actual is not None]
    pairs = list(pairwise(known))
    if evidence.of.unit == Unit.RATIO:
        changes = [after - before for before, after in pairs]
    else:
        changes = [after / before - ONE for before, after in pairs if before > 0]
    if not changes:
        return
    most = MOST_SHIFT if evidence.of.unit == Unit.RATIO else MOST_TREND
    mean = _fine(sum(changes, ZERO) / len(changes))
    bounded = min(max(mean, -most), most)
    after = number + bounded if evidence.of.unit == Unit.RATIO else number * (ONE + bounded)
    yield reason("trend", _fine(after), change=mean, bounded=bounded, periods=len(known))


def _attainment(evidence: Evidence, last: PastPeriod, number: Decimal) -> Iterator[Reason]:
    if last.number is None or last.actual is None:
        return
    higher = evidence.of.direction == Better.HIGHER
    met = last.actual >= last.number if higher else last.actual <= last.number
    best = max if higher else min
    if met:
        yield reason("met", best(number, last.number), target=last.number, actual=last.actual)
    else:
        middle = _fine((last.number + last.actual) / TWO)
        yield reason("missed", best(number, middle), target=last.number, actual=last.actual, middle=middle)


def _pipeline(evidence: Evidence, last: PastPeriod, number: Decimal) -> Iterator[Reason]:
    if evidence.pipeline is None or not evidence.of.adds_up:
        return
    if evidence.pipeline >= number:
        yield reason("pipeline-covers", number, pipeline=evidence.pipeline)
    else:
        yield reason("pipeline-thin", _fine((number + evidence.pipeline) / TWO), pipeline=evidence.pipeline)


def _effects(evidence: Evidence, last: PastPeriod, number: Decimal) -> Iterator[Reason]:
    for effect in evidence.effects:
        if effect.as_share:
            brought = _fine(number * effect.number)
            number += brought
            percent = effect.number * 100
            yield reason(f"{effect.kind}-shifts", number, id=effect.id, percent=percent, effect=brought)
        elif effect.kind == "decision" or effect.outcome == "keep":
            number += effect.number
            yield reason(f"{effect.kind}-counts", number, id=effect.id, effect=effect.number)
        else:
            yield reason("adjustment-ends", number, id=effect.id, outcome=effect.outcome or "undecided")


def _bounds(evidence: Evidence, last: PastPeriod, number: Decimal) -> Iterator[Reason]:
    possible = max(number, ZERO)
    if evidence.of.unit == Unit.RATIO:
        possible = min(possible, ONE)
    if possible != number:
        yield reason("possible", possible)


def _round(evidence: Evidence, last: PastPeriod, number: Decimal) -> Iterator[Reason]:
    """To three significant digits and a whole number of units; rates and days only to their unit."""
    unit = evidence.of.smallest(evidence.currency)
    if evidence.of.adds_up and number:
        unit = max(unit, ONE.scaleb(number.adjusted() - DIGITS + 1))
    rounded = number.quantize(unit, ROUND_HALF_EVEN)
    yield reason("rounded", Decimal(f"{rounded:f}"), unit=unit)


def _fine(number: Decimal) -> Decimal:
    return number.quantize(MILLIONTH, ROUND_HALF_EVEN)
