"""Dividing a number: the parts sum to it exactly, whatever the weights, and the past keeps what it has."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.engine.errors import Invalid
from domain.figures.shares import Part, check_manual, respread, seasonal_weights, spread, spread_equally

CENT, ONE = Decimal("0.01"), Decimal(1)
units = st.sampled_from([CENT, ONE, Decimal("0.0001")])
counts = st.integers(-(10**12), 10**12)


def D(*numbers: int | str) -> tuple[Decimal, ...]:  # noqa: N802 - what stands beside it is what counts
    return tuple(Decimal(n) for n in numbers)


weight = st.decimals(0, 10**6, places=4)
some_weights = st.lists(weight, min_size=1, max_size=40).filter(any)


@given(counts, some_weights, units)
def test_parts_sum_to_the_number(count: int, weights: list[Decimal], unit: Decimal) -> None:
    total = count * unit
    parts = spread(total, weights, unit)
    assert sum(parts) == total
    assert all(part % unit == 0 for part in parts)


@given(counts, some_weights, units)
def test_no_part_is_a_unit_away_from_its_share(count: int, weights: list[Decimal], unit: Decimal) -> None:
    total, whole = count * unit, Fraction(sum(weights))
    for part, w in zip(spread(total, weights, unit), weights, strict=True):
        assert abs(Fraction(part) - Fraction(total) * Fraction(w) / whole) < Fraction(unit)


@given(counts, some_weights, units)
def test_what_weighs_more_gets_no_less(count: int, weights: list[Decimal], unit: Decimal) -> None:
    parts = spread(abs(count) * unit, weights, unit)
    assert all(
        a >= b
        for a, v in zip(parts, weights, strict=True)
        for b, w in zip(parts, weights, strict=True)
        if v > w
    )


@given(counts, some_weights, units)
def test_weights_are_proportions(count: int, weights: list[Decimal], unit: Decimal) -> None:
    assert spread(count * unit, weights, unit) == spread(count * unit, [w * 8 for w in weights], unit)


@given(st.integers(0, 10**9), st.integers(1, 60))
def test_equal_parts_differ_by_a_unit_at_most(count: int, n: int) -> None:
    parts = spread_equally(count * CENT, n, CENT)
    assert max(parts) - min(parts) in (0, CENT)
    assert list(parts) == sorted(parts, reverse=True)


def test_the_largest_remainder_gets_what_is_left_over() -> None:
    assert spread(Decimal(10), D(1, 1, 1), ONE) == D(4, 3, 3)
    assert spread(Decimal(100), D("1.2", "1.5", "1.3"), ONE) == D(30, 38, 32)


parts_of_a_year = st.lists(
    st.builds(Part, st.integers(0, 10**9).map(lambda n: n * CENT), weight, st.booleans()),
    min_size=1,
    max_size=12,
)


@given(parts_of_a_year, st.integers(0, 10**11))
def test_the_past_keeps_its_number_and_the_rest_is_spread(parts: Sequence[Part], more: int) -> None:
    assume(any(p.weight for p in parts if not p.past))
    total = sum((p.number for p in parts if p.past), Decimal(0)) + more * CENT
    after = respread(total, parts, CENT)
    assert sum(after) == total
    assert [n for n, p in zip(after, parts, strict=True) if p.past] == [p.number for p in parts if p.past]


def test_the_past_cannot_be_taken_back() -> None:
    parts = [Part(Decimal(60), ONE, past=True), Part(Decimal(40), ONE)]
    assert respread(Decimal(60), parts, ONE) == D(60, 0)
    with pytest.raises(Invalid, match="less than the 60"):
        respread(Decimal(59), parts, ONE)
    with pytest.raises(Invalid, match="all parts lie in the past"):
        respread(Decimal(61), parts[:1], ONE)
    assert respread(Decimal(60), parts[:1], ONE) == D(60)


def test_seasonal_weights_are_what_earlier_periods_brought() -> None:
    two_years = [D(10, 20, 30, 40), D(20, 20, 20, -50)]
    assert seasonal_weights(two_years) == D(30, 40, 50, 0)
    assert seasonal_weights([D(0, 0, 0)]) == D(1, 1, 1)


@pytest.mark.parametrize("history", [[], [[]], [[ONE], [ONE, ONE]]])
def test_seasonal_weights_need_whole_periods(history: list[list[Decimal]]) -> None:
    with pytest.raises(Invalid):
        seasonal_weights(history)


def test_manual_parts_must_sum_to_the_number() -> None:
    assert check_manual(Decimal("1.50"), D("1.20", "0.30"), CENT) == D("1.20", "0.30")
    with pytest.raises(Invalid, match=r"sum to 1\.49.*0\.01 is missing"):
        check_manual(Decimal("1.50"), D("1.20", "0.29"), CENT)
    with pytest.raises(Invalid, match="whole number"):
        check_manual(Decimal("1.50"), D("1.205", "0.295"), CENT)


@pytest.mark.parametrize(
    ("total", "weights", "field"),
    [
        ("10.005", ["1"], "number"),
        ("NaN", ["1"], "number"),
        ("Infinity", ["1"], "number"),
        ("10", [], "weights"),
        ("10", ["1", "-1"], "weights"),
        ("10", ["0", "0"], "weights"),
        ("10", ["NaN"], "weights"),
    ],
)
def test_what_cannot_be_divided_is_refused(total: str, weights: list[str], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        spread(Decimal(total), D(*weights), CENT)
    assert [e.field for e in refusal.value.errors] == [field]
