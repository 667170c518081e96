"""Every row of the benchmark runs, at a size that says nothing about speed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.bench import TINY, Bench
from benchmarks.figures import OURS, Aim, Contest, Figures, Result, Row, compete
from benchmarks.rows import ROWS


@pytest.fixture(scope="module")
def bench(module_scratch: Path) -> Iterator[Bench]:
    with Bench(module_scratch / "bench", TINY) as bench:
        yield bench


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_a_row_has_finite_positive_figures_for_everybody(row: Row, bench: Bench) -> None:
    async with row.open(bench) as contest:
        result = await compete(row, contest, bench.size.turns, lambda _: None)
    assert OURS in result.turns
    for _, _, value in result.medians():
        assert math.isfinite(value)
        assert value > 0
    assert len(result.judged()) == len(row.aims)


def test_ratios_are_taken_turn_by_turn_and_then_their_median() -> None:
    """A slow minute of the machine slows both sides of one ratio, not the quotient of two medians."""
    aims = (Aim("x", "peer", at_least=2), Aim("x", at_most=30))
    turns: dict[str, list[Figures]] = {
        OURS: [{"x": 10}, {"x": 90}, {"x": 30}],
        "peer": [{"x": 1}, {"x": 30}, {"x": 20}],
    }
    result = Result(Row("r", "", aims, open=None), turns)  # type: ignore[arg-type]
    assert [(judged.value, judged.reached) for judged in result.judged()] == [(3, True), (30, True)]


async def test_a_figure_that_is_none_is_refused() -> None:
    async def broken() -> Figures:
        return {"x": math.nan}

    with pytest.raises(ValueError, match="nan"):
        await compete(Row("r", "", (), open=None), Contest({OURS: broken}), 1, lambda _: None)  # type: ignore[arg-type]
