"""Domain room: what a scorecard is made of — measures with weights and curves — and the stream of its versions.

Facts: a version was published, whole. State: every version. A scorecard keeps the version it was opened with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from itertools import pairwise
from typing import Any, ClassVar
from uuid import UUID

from domain.engine.aggregate import Aggregate, when
from domain.engine.command_handler import Command, UnitOfWork, handles
from domain.engine.errors import FieldError, Invalid, NotFound
from domain.engine.facts import Fact, fact
from domain.engine.values import MAX_NAME, named_id
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

    at: Decimal
    score: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """`weight` is in per cent. `curve` has points with rising `at`; between two the score is on the line, beyond the
    ends it stays. A qualitative measure has neither metric nor curve: people score it from 0 to 100.
    """

    key: str
    kind: MeasureKind
    weight: Decimal
    metric: str = ""
    basis: Basis = Basis.FIGURE
    curve: tuple[Point, ...] = ()

    def score(self, value: Decimal) -> Decimal:
        """0 to 100, to two decimals, half to even."""
        first, last = self.curve[0], self.curve[-1]
        if value <= first.at or value >= last.at:
            return (first if value <= first.at else last).score.quantize(HUNDREDTH, ROUND_HALF_EVEN)
        left, right = next((a, b) for a, b in pairwise(self.curve) if a.at <= value <= b.at)
        with localcontext(prec=PRECISION):
            slope = (right.score - left.score) / (right.at - left.at)
            return (left.score + slope * (value - left.at)).quantize(HUNDREDTH, ROUND_HALF_EVEN)

    def problems(self, at: str) -> Iterator[FieldError]:
        if not self.key.strip() or len(self.key) > MAX_NAME or "\x00" in self.key:
            yield FieldError(f"{at}.key", "a measure needs a name")
        if not (self.weight.is_finite() and 0 < self.weight <= HUNDRED):
            yield FieldError(f"{at}.weight", "must be above 0 and at most 100")
        if self.kind == MeasureKind.QUALITATIVE:
            if self.metric or self.curve:
                yield FieldError(at, "people score it: it has no metric and no curve")
            return
        yield from self._metric_problems(at)
        yield from self._curve_problems(at)

    def _metric_problems(self, at: str) -> Iterator[FieldError]:
        of = find_metric(self.metric)
        if of is None or not of.measured:
            yield FieldError(f"{at}.metric", f"{self.metric!r} is not a measured metric of the catalogue")
        elif self.kind == MeasureKind.PROCESS and self.metric not in PROCESS_QUALITY:
            yield FieldError(f"{at}.metric", f"process quality is one of {', '.join(PROCESS_QUALITY)}")

    def _curve_problems(self, at: str) -> Iterator[FieldError]:
        numbers = [n for p in self.curve for n in (p.at, p.score)]
        if len(self.curve) < 2 or not all(n.is_finite() for n in numbers):
            yield FieldError(f"{at}.curve", "needs two points or more")
        elif any(a.at >= b.at for a, b in pairwise(self.curve)):
            yield FieldError(f"{at}.curve", "the points must rise in what they are drawn over")
        elif not all(0 <= p.score <= HUNDRED for p in self.curve):
            yield FieldError(f"{at}.curve", "scores are from 0 to 100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A scorecard's measures; their weights sum to exactly 100 %."""

    name: str
    version: int = 1
    measures: tuple[Measure, ...] = ()

    def measure(self, key: str) -> Measure | None:
        return next((m for m in self.measures if m.key == key), None)

    @property
    def scored_by_people(self) -> tuple[str, ...]:
        return tuple(m.key for m in self.measures if m.kind == MeasureKind.QUALITATIVE)

    def problems(self) -> tuple[FieldError, ...]:
        """Everything wrong with it; empty when it may be published."""
        found = [p for n, m in enumerate(self.measures) for p in m.problems(f"measures[{n}]")]
        if not self.name.strip() or len(self.name) > MAX_NAME or "\x00" in self.name:
            found.append(FieldError("name", "a scorecard needs a name"))
        if len({m.key for m in self.measures}) != len(self.measures):
            found.append(FieldError("measures", "their names must differ"))
        weights = sum((m.weight for m in self.measures if m.weight.is_finite()), Decimal(0))
        if weights != HUNDRED:
            found.append(FieldError("measures", f"the weights sum to {weights} %, not to 100 %"))
        return tuple(found)


@fact("scorecard-definition.published")
class DefinitionPublished(Fact):
    definition: Definition


class Definitions(Aggregate):
    """All versions of one named scorecard."""

    KIND: ClassVar[str] = "scorecard definition"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.versions: tuple[Definition, ...] = ()

    @property
    def current(self) -> Definition:
        if not self.versions:
            raise NotFound("no such scorecard is defined", kind=self.KIND)
        return self.versions[-1]

    def at(self, version: int) -> Definition:
        found = next((d for d in self.versions if d.version == version), None)
        if found is None:
            raise NotFound(f"the scorecard has no version {version}", kind=self.KIND, version=version)
        return found

    @when(DefinitionPublished)
    def _published(self, fact: DefinitionPublished) -> None:
        self.versions = (*self.versions, fact.definition)


def definition_stream(name: str) -> UUID:
    return named_id("scorecard-definition", name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineScorecard(Command):
    """Publish a version; the number given is ignored and the next one taken. The same again is silence."""

    definition: Definition

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Definitions, definition_stream(self.definition.name)


@handles(DefineScorecard)
def define_scorecard(command: DefineScorecard, work: UnitOfWork) -> dict[str, Any]:
    problems = command.definition.problems()
    if problems:
        raise Invalid(problems)
    held = work.find(Definitions, definition_stream(command.definition.name))
    last = held.versions[-1] if held.versions else None
    numbered = replace(command.definition, version=last.version + 1 if last else 1)
    if last is None or replace(numbered, version=last.version) != last:
        held.record(DefinitionPublished(definition=numbered))
    return {"scorecard": held.current.name, "version": held.current.version}
