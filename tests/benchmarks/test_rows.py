"""Every row of the benchmark runs, at a size that says nothing about speed."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from benchmarks import history
from benchmarks.bench import TINY, Bench
from benchmarks.figures import OURS, Aim, Contest, Figures, Result, Row, compete
from benchmarks.past import past
from benchmarks.rows import ROWS
from benchmarks.rows.feed import WHOLE


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
    assert all(turn.get(WHOLE, 1.0) == 1.0 for turn in result.turns[OURS]), (
        "no reader of the feed lost an event"
    )


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


async def test_a_past_told_many_times_is_a_ledger_with_the_keys_it_had(bench: Bench) -> None:
    described = """
        SELECT conname, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
         WHERE conrelid = 'ledger.events'::regclass ORDER BY 1"""
    told = "SELECT count(*), min(position), max(position), count(DISTINCT stream_id), count(DISTINCT event_id) FROM ledger.events"
    gaps = """
        SELECT count(*) FROM (SELECT version - lag(version, 1, 0) OVER (PARTITION BY stream_id ORDER BY position) AS step
                                FROM ledger.events) s WHERE step <> 1"""
    deals = "SELECT count(DISTINCT stream_id) FROM ledger.events WHERE topic = 'deal.opened'"
    async with bench.database(tables=()) as bare, bench.database(tables=()) as url:
        written = await asyncio.to_thread(history.write, url, bench.seed, 5_000)
        with psycopg.connect(bare) as connection, psycopg.connect(url) as filled:
            assert filled.execute(described).fetchall() == connection.execute(described).fetchall()
            many, first, last, _, ids = filled.execute(told).fetchone() or ()
            assert (many, first, last, ids) == (written, 1, written, written)
            assert filled.execute(gaps).fetchone() == (0,)
            assert filled.execute(deals).fetchone() == (5_000,)


async def test_rows_that_need_the_same_past_share_it(bench: Bench) -> None:
    first = await past(bench, 10, ["directory"])
    assert await past(bench, 10, ["deal_board"]) is first
    assert first.built == {"directory", "deal_board"}
    with psycopg.connect(first.url) as connection:
        standing = connection.execute("SELECT name FROM read.positions WHERE position = %s", [first.facts])
        assert {name for (name,) in standing} == first.built
        assert connection.execute("SELECT count(*) FROM read.deal_board").fetchone() == (10,)
