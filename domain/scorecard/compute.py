"""Domain room: what a scorecard comes to. Pure, and the same bytes for the same past.

`figures_at` reads contributions as known at a position; `result_of` scores them, with what people said, by a
definition. What is recorded later has later positions and so changes neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any

from domain.engine.canonical import canonical, digest_of_positions
from domain.engine.fields import Key, Name
from domain.figures.metrics import Contribution, Unit, drill, known, metric, sum_of
from domain.figures.scope import Scope
from domain.figures.shares import PRECISION
from domain.scorecard.definition import HUNDREDTH, Basis, Definition, Measure, MeasureKind
from domain.time.periods import Period

MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureFigure:
    """What a measure's metric came to. `target` is the number in force at the period's end, where there is one;
    `events` counts the positions behind the figure and `events_digest` names exactly which they are.
    """

    key: Name
    figure: Decimal | None
    target: Decimal | None = None
    events: int = 0
    events_digest: Key = ""


@dataclass(frozen=True, slots=True)
class About:
    """What a scorecard is about; `currency` is that of its money measures."""

    scope: Scope
    period: Period
    currency: str = ""


def figures_at(
    definition: Definition,
    contributions: Iterable[Contribution],
    about: About,
    position: int,
    targets: Mapping[str, Decimal],
) -> tuple[MeasureFigure, ...]:
    """The figures of all measures that have a metric, as known at `position`. `targets` are by metric."""
    then = list(known(contributions, position))
    measured = (m for m in definition.measures if m.kind != MeasureKind.QUALITATIVE)
    return tuple(_figure(m, then, about, targets.get(m.metric)) for m in measured)


def _figure(
    measure: Measure, contributions: Iterable[Contribution], about: About, target: Decimal | None
) -> MeasureFigure:
    of = metric(measure.metric)
    currency = about.currency if of.unit == Unit.MONEY else ""
    behind = list(drill(contributions, of, about.scope, about.period, currency))
    positions = {c.position for c in behind}
    return MeasureFigure(
        key=measure.key,
        figure=sum_of(behind).figure(of),
        target=target,
        events=len(positions),
        events_digest=digest_of_positions(positions),
    )


@dataclass(frozen=True, slots=True)
class Scored:
    """A measure's score; None where there is nothing to score. Then its weight falls to the others."""

    measure: Measure
    value: Decimal | None
    score: Decimal | None


def scores_of(
    definition: Definition, figures: Iterable[MeasureFigure], people: Mapping[str, Decimal]
) -> tuple[Scored, ...]:
    by_key = {figure.key: figure for figure in figures}
    return tuple(_scored(measure, by_key.get(measure.key), people) for measure in definition.measures)


def _scored(measure: Measure, figure: MeasureFigure | None, people: Mapping[str, Decimal]) -> Scored:
    if measure.kind == MeasureKind.QUALITATIVE:
        score = people.get(measure.key)
        return Scored(measure, score, score)
    value = figure.figure if figure else None
    if value is not None and measure.basis == Basis.ATTAINMENT:
        value = _attainment(value, figure.target if figure else None)
    return Scored(measure, value, None if value is None else measure.score(value))


def _attainment(value: Decimal, target: Decimal | None) -> Decimal | None:
    """To six decimals, half to even. None without a target, or against one of nothing."""
    if not target:
        return None
    with localcontext(prec=PRECISION):
        return (value / target).quantize(MILLIONTH, ROUND_HALF_EVEN)


def total_of(scored: Iterable[Scored]) -> Decimal | None:
    """The weighted mean of what could be scored, 0 to 100, to two decimals, half to even."""
    counted = [(s.measure.weight, s.score) for s in scored if s.score is not None]
    if not counted:
        return None
    with localcontext(prec=PRECISION):
        weights = sum((weight for weight, _ in counted), Decimal(0))
        points = sum((weight * score for weight, score in counted), Decimal(0))
        return (points / weights).quantize(HUNDREDTH, ROUND_HALF_EVEN)


def result_of(
    definition: Definition,
    figures: Iterable[MeasureFigure],
    people: Mapping[str, Decimal],
    about: About,
    position: int,
) -> bytes:
    """The canonical result: what is stored when a scorecard is closed."""
    figures = tuple(figures)
    by_key = {figure.key: figure for figure in figures}
    scored = scores_of(definition, figures, people)
    result: dict[str, Any] = {
        "scorecard": {"name": definition.name, "version": definition.version},
        "scope": about.scope.key,
        "period": about.period,
        "currency": about.currency,
        "position": position,
        "measures": [_row(s, by_key.get(s.measure.key)) for s in scored],
        "total": total_of(scored),
    }
    return canonical(result)


def _row(scored: Scored, figure: MeasureFigure | None) -> dict[str, Any]:
    measure = scored.measure
    return {
        "key": measure.key,
        "kind": measure.kind,
        "metric": measure.metric,
        "weight": measure.weight,
        "value": scored.value,
        "score": scored.score,
        "figure": figure.figure if figure else None,
        "target": figure.target if figure else None,
        "events": figure.events if figure else 0,
        "events_digest": figure.events_digest if figure else "",
    }
