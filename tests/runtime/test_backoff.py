"""tests: who fails again and again is tried more and more seldom, and at once again after a success."""

from __future__ import annotations

from runtime.backoff import Backoff


def test_pauses_double_up_to_the_longest() -> None:
    backoff = Backoff(0.5, 3.0)
    assert [backoff.pause() for _ in range(5)] == [0.5, 1.0, 2.0, 3.0, 3.0]


def test_a_success_begins_anew() -> None:
    backoff = Backoff(1.0, 8.0)
    assert [backoff.pause(), backoff.pause()] == [1.0, 2.0]
    backoff.succeeded()
    assert [backoff.pause(), backoff.pause()] == [1.0, 2.0]


def test_having_worked_for_long_is_a_success_and_for_a_while_is_none() -> None:
    backoff = Backoff(1.0, 8.0, settled=30.0)
    assert [backoff.pause(worked=30.0), backoff.pause(worked=29.0), backoff.pause(worked=30.1)] == [
        1.0,
        2.0,
        1.0,
    ]
    assert backoff.pause(worked=2.0) == 2.0


def test_without_a_measure_no_time_is_a_success() -> None:
    backoff = Backoff(1.0, 8.0)
    assert [backoff.pause(worked=1e6), backoff.pause(worked=1e6)] == [1.0, 2.0]
