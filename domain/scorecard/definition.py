"""Domain room: what a scorecard is made of — measures with weights and curves — and the stream of its versions.

Facts: a version was published, whole. State: every version. A scorecard keeps the version it was opened with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from itertools import pairwise
from typing import Annotated
from uuid import UUID

from annotated_types import Gt, Len, Lt, MaxLen

from domain.engine.errors import FieldError
from domain.engine.facts import Fact, fact
from domain.engine.fields import FLAT, MAX_AMOUNT, Digits, MetricKey, Name, Percent, RuleName, Version, Weight
from domain.engine.versions import Publish, Versions
from domain.figures.metrics import ACTION_ITEMS_KEPT, GATE_DISCIPLINE, PROMISE_KEEPING, find_metric
from domain.figures.shares import PRECISION

HUNDRED, HUNDREDTH = Decimal(100), Decimal("0.01")
PROCESS_QUALITY = (PROMISE_KEEPING, GATE_DISCIPLINE, ACTION_ITEMS_KEPT)


class MeasureKind(StrEnum):
    """Quantitative ones come from the catalogue, qualitative ones from people, process quality from promises and
    gates.
    """

    QUANTITATIVE = "quantitative"
    QUALITATIVE = "qualitative"
    PROCESS = "process"


class Basis(StrEnum):
    """What a curve is drawn over: the figure itself, or the figure as a share of its target."""

    FIGURE = "figure"
    ATTAINMENT = "attainment"


@dataclass(frozen=True, slots=True)
class Point:
    """At this value the score is this."""

    at: Annotated[Decimal, Gt(-MAX_AMOUNT), Lt(MAX_AMOUNT), Digits(21, 6)]
    score: Percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`weight` is in per cent. `curve` has points with rising `at`; between two the score is on the line, beyond the
    ends it stays. A qualitative measure has neither metric nor curve: people score it from 0 to 100.
    """

    key: Name
    kind: MeasureKind
    weight: Weight
    metric: MetricKey = ""
    basis: Basis = Basis.FIGURE
    curve: Annotated[tuple[Point, ...], MaxLen(50)] = ()

    def score(self, value: Decimal) -> Decimal:
        """0 to 100, to two decimals, half to even."""
        first, last = self.curve[0], self.curve[-1]
        if value <= first.at or value >= last.at:
            return (first if value <= first.at else last).score.quantize(HUNDREDTH, ROUND_HALF_EVEN)
        left, right = next((a, b) for a, b in pairwise(self.curve) if a.at <= value <= b.at)
        with localcontext(prec=PRECISION):
            slope = (right.score - left.score) / (right.at - left.at)
            return (left.score + slope * (value - left.at)).quantize(HUNDREDTH, ROUND_HALF_EVEN)

    def wrong(self) -> Iterator[FieldError]:
        if self.kind == MeasureKind.QUALITATIVE:
            if self.metric or self.curve:
                yield FieldError("", "people score it: it has no metric and no curve")
            return
        yield from self._wrong_metric()
        if len(self.curve) < 2:
            yield FieldError("curve", "needs two points or more")
        elif any(a.at >= b.at for a, b in pairwise(self.curve)):
            yield FieldError("curve", "the points must rise in what they are drawn over")

    def _wrong_metric(self) -> Iterator[FieldError]:
        of = find_metric(self.metric)
        if of is None or not of.measured:
            yield FieldError("metric", f"{self.metric!r} is not a measured metric of the catalogue")
        elif self.kind == MeasureKind.PROCESS and self.metric not in PROCESS_QUALITY:
            yield FieldError("metric", f"process quality is one of {', '.join(PROCESS_QUALITY)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A scorecard's measures; their weights sum to exactly 100 %."""

    name: RuleName
    version: Version = 1
    measures: Annotated[tuple[Measure, ...], Len(1, 50)] = ()

    def measure(self, key: str) -> Measure | None:
        return next((m for m in self.measures if m.key == key), None)

    @property
    def scored_by_people(self) -> tuple[str, ...]:
        return tuple(m.key for m in self.measures if m.kind == MeasureKind.QUALITATIVE)

    def wrong(self) -> Iterator[FieldError]:
        if len({m.key for m in self.measures}) != len(self.measures):
            yield FieldError("measures", "their names must differ")
        weights = sum((m.weight for m in self.measures), Decimal(0))
        if weights != HUNDRED:
            yield FieldError("measures", f"the weights sum to {weights} %, not to 100 %")


@fact("scorecard-definition.published")
class DefinitionPublished(Fact):
    definition: Definition


class Definitions(Versions[Definition]):
    """All versions of one named scorecard."""

    KIND, CALLED = "scorecard definition", "scorecard"
    FACT = DefinitionPublished


def definition_stream(name: str) -> UUID:
    return Definitions.stream_of(name)


class DefineScorecard(Publish, of=Definitions):
    definition: Annotated[Definition, FLAT]
