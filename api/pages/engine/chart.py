"""api: charts as numbers — where bars, points and lines of the scale stand in an SVG. `charts.html` draws them; every mark is a link."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

WIDTH, HEIGHT = 1000, 280
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 12, 34
STEPS = (1, 2, 2.5, 5, 10)
LINES = 4
LABELS = 13
"""As many fit below the axis."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that is measured; `value` None: there is nothing to measure. `title` says it in words."""

    label: str
    value: float | None
    link: str
    title: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mark in its place. `left` to `left + width` is its column; `y` the value's height, None where there is none."""

    mark: Mark
    left: float
    width: float
    y: float | None
    labelled: bool

    @property
    def middle(self) -> float:
        return round(self.left + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """`lines` are the scale's: value and height."""

    marks: tuple[Drawn, ...]
    lines: tuple[tuple[float, float], ...]
    base: float
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def stretches(self) -> list[str]:
        """The points of each unbroken line, as SVG writes them."""
        found: list[list[str]] = [[]]
        for drawn in self.marks:
            if drawn.y is None:
                found.append([])
            else:
                found[-1].append(f"{drawn.middle},{drawn.y}")
        return [" ".join(points) for points in found if len(points) > 1]


def ticks(least: float, most: float, lines: int = LINES) -> list[float]:
    """Round values from `least` or below to `most` or above, a round step apart."""
    most = most if most > least else least + 1.0
    span = most - least
    rough = span / lines
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(step * size for step in STEPS if step * size >= rough * 0.999)
    first, last = math.floor(least / step), math.ceil(most / step)
    return [float(Decimal(str(step)) * n) for n in range(first, last + 1)]


def chart(marks: Sequence[Mark], most: float | None = None) -> Chart:
    """Columns of the same width from nought on, or from below it where a value is. `most`: how high the scale goes at least."""
    values = [mark.value for mark in marks if mark.value is not None]
    scale = ticks(min([0.0, *values]), max([most or 0.0, *values]))
    low, high = scale[0], scale[-1]

    def height(value: float) -> float:
        return round(TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low), 1)

    each = (WIDTH - LEFT - RIGHT) / max(1, len(marks))
    every = math.ceil(len(marks) / LABELS)
    drawn = tuple(
        Drawn(
            mark=mark,
            left=round(LEFT + n * each, 1),
            width=round(each, 1),
            y=None if mark.value is None else height(mark.value),
            labelled=(len(marks) - 1 - n) % every == 0,
        )
        for n, mark in enumerate(marks)
    )
    return Chart(drawn, tuple((value, height(value)) for value in scale), height(0.0))
