"""Rates: a burst, then so many a second, each name for itself; how long to wait is told exactly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.engine import rates
from api.engine.rates import Rate


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_after_a_burst_one_is_taken_for_each_that_came_back() -> None:
    clock = Clock()
    rate = Rate(2, 3, clock)
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert rate.take("b") == 0
    clock.now += 0.5
    assert rate.wait("a") == 0
    assert [rate.take("a"), rate.take("a")] == [0, 0.5]
    clock.now += 60
    assert [rate.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


@given(
    st.integers(1, 50),
    st.integers(1, 20),
    st.lists(st.integers(0, 3_000).map(lambda n: n / 1_000), max_size=200),
)
def test_no_more_than_the_burst_and_the_rate_are_taken_and_who_waits_as_told_gets_one(
    per_second: int, burst: int, pauses: list[float]
) -> None:
    clock = Clock()
    rate = Rate(per_second, burst, clock)
    taken = 0
    for pause in pauses:
        clock.now += pause
        wait = rate.take("a")
        if wait:
            assert rate.wait("a") == wait
            clock.now += wait + 1e-6
            assert rate.take("a") == 0
        taken += 1
    assert taken <= burst + (clock.now - 1_000) * per_second + 1e-6


def test_names_that_are_made_up_take_no_memory_beyond_a_bound() -> None:
    rate = Rate(1, 1, Clock())
    for n in range(rates.KEPT + 10):
        rate.take(str(n))
    assert rate.wait("0") == 0
    assert rate.wait(str(rates.KEPT)) > 0
