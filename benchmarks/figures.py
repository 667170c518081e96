"""benchmarks: what a row is, and how it is measured — contestants in turn, ratios pair by pair, medians.

Knows nothing of databases. A contestant runs once and says its figures by name; the row's own is called OURS.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Figures = Mapping[str, float]
Run = Callable[[], Awaitable[Figures]]
OURS = "salesloop"


@dataclass(frozen=True)
class Aim:
    """What a figure must reach: itself, or divided by the same figure of `against` in the same turn."""

    figure: str
    against: str | None = None
    at_least: float | None = None
    at_most: float | None = None

    def reached(self, value: float) -> bool:
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )

    def __str__(self) -> str:
        sign, bound = ("≥", self.at_least) if self.at_least is not None else ("≤", self.at_most)
        return f"{sign} {bound:g}{'×' if self.against else ''}"


@dataclass
class Contest:
    """A prepared row: who runs, in which order, and what should be said about it. `more`: it has so many times the turns of others, short
    ones, since what it compares is no further apart than two seconds of a machine.
    """

    runs: dict[str, Run]
    notes: list[str] = field(default_factory=list)
    more: int = 1


@dataclass(frozen=True)
class Row:
    """`open` prepares everything outside the measured time and tidies up behind it."""

    name: str
    title: str
    aims: tuple[Aim, ...]
    open: Callable[[Any], AbstractAsyncContextManager[Contest]]


@dataclass(frozen=True)
class Judged:
    aim: Aim
    value: float
    reached: bool


@dataclass
class Result:
    """All turns of one row. `turns[who]` is a list of figures, one entry a turn, in step with everybody else's."""

    row: Row
    turns: dict[str, list[Figures]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failure: str = ""

    def medians(self) -> Iterator[tuple[str, str, float]]:
        """Contestant, figure, median over the turns."""
        for who, turns in self.turns.items():
            for figure in turns[0]:
                yield who, figure, median(turn[figure] for turn in turns)

    def ratios(self, figure: str, against: str) -> list[float]:
        pairs = zip(self.turns[OURS], self.turns[against], strict=True)
        return [ours[figure] / theirs[figure] for ours, theirs in pairs]

    def judged(self) -> list[Judged]:
        """Nothing of a row that broke."""
        measured = () if self.failure else self.row.aims
        return [self._judge(aim) for aim in measured if aim.against in (None, *self.turns)]

    def _judge(self, aim: Aim) -> Judged:
        own = [turn[aim.figure] for turn in self.turns[OURS]]
        value = median(own if aim.against is None else self.ratios(aim.figure, aim.against))
        return Judged(aim, value, aim.reached(value))


async def compete(row: Row, contest: Contest, turns: int, on_turn: Callable[[str], None]) -> Result:
    """Everybody once, then everybody again, so that a slow minute of the machine is everybody's.
    Raises ValueError on a figure that is none.
    """
    result = Result(row, {who: [] for who in contest.runs}, contest.notes)
    for _ in range(turns * contest.more):
        for who, run in contest.runs.items():
            on_turn(who)
            figures = await run()
            for name, value in figures.items():
                if not (math.isfinite(value) and value > 0):
                    raise ValueError(f"{row.name}: {who} says {name} = {value}")
            result.turns[who].append(figures)
    return result
