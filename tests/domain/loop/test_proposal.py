"""The next target: an argument from what happened, the same for the same past, and never beyond the possible."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.figures.metrics import metric
from domain.target.proposal import Effect, Evidence, PastPeriod, Proposal, propose_next
from domain.target.proposal_sentences import argued

REVENUE, RATE, DAYS, WINS = (metric(k) for k in ("revenue-won", "win-rate", "cycle-time", "deals-won"))


def D(number: int | str) -> Decimal:  # noqa: N802 - what stands beside it is what counts
    return Decimal(number)


def past(*pairs: tuple[Any, Any]) -> list[PastPeriod]:
    numbers = [(None if n is None else D(n), None if a is None else D(a)) for n, a in pairs]
    return [PastPeriod(f"2026-{month:02}", n, a) for month, (n, a) in enumerate(numbers, 1)]


def proposed(of: Any, *pairs: tuple[Any, Any], **more: Any) -> Proposal:
    currency = "CNY" if of is REVENUE else ""
    made = propose_next(Evidence(of=of, past=past(*pairs), currency=currency, **more))
    assert made is not None
    return made


def codes(made: Proposal) -> list[str]:
    return [r.code for r in made.reasons]


def test_starts_from_what_came_or_from_what_was_aimed_at() -> None:
    assert codes(proposed(REVENUE, (None, 100))) == ["from-actual", "rounded"]
    assert codes(proposed(REVENUE, (100, None))) == ["from-target", "rounded"]
    assert propose_next(Evidence(of=REVENUE, past=past((None, None)), currency="CNY")) is None
    assert propose_next(Evidence(of=REVENUE, past=[], currency="CNY")) is None


def test_a_missed_target_is_followed_half_way_back() -> None:
    made = proposed(REVENUE, (200, 100))
    assert codes(made) == ["from-actual", "missed", "rounded"]
    assert made.number == 150


def test_a_met_target_is_followed_by_no_easier_one() -> None:
    assert proposed(REVENUE, (100, 120)).number == 120
    assert proposed(REVENUE, (None, 500), (100, 110)).number == 100


def test_of_what_had_better_be_low_the_turn_is_round() -> None:
    assert proposed(DAYS, (30, 40)).number == 35
    assert proposed(DAYS, (30, 20)).number == 20


def test_a_trend_counts_within_a_tenth() -> None:
    made = proposed(REVENUE, (None, 100), (None, 200))
    assert made.number == 220
    assert {v.name: v.value for v in made.reasons[1].values}["change"] == "1"
    assert proposed(RATE, (None, "0.2"), (None, "0.4")).number == D("0.45")


def test_a_thin_pipeline_is_met_half_way() -> None:
    assert proposed(REVENUE, (None, 100), pipeline=D(60)).number == 80
    assert codes(proposed(REVENUE, (None, 100), pipeline=D(160)))[1] == "pipeline-covers"
    assert "pipeline-thin" not in codes(proposed(RATE, (None, "0.4"), pipeline=D(0)))


def test_decisions_and_kept_adjustments_count_and_others_are_named() -> None:
    effects = [
        Effect("decision", "d1", D(10)),
        Effect("adjustment", "a1", D(5), "keep"),
        Effect("adjustment", "a2", D(50), "stop"),
    ]
    made = proposed(REVENUE, (None, 100), effects=effects)
    assert made.number == 115
    assert codes(made)[1:4] == ["decision-counts", "adjustment-counts", "adjustment-ends"]


def test_a_number_is_round_and_a_whole_number_of_units() -> None:
    assert proposed(REVENUE, (None, "1234567.89")).number == 1_230_000
    assert proposed(WINS, (7, 6)).number == 6
    assert str(proposed(REVENUE, (None, "1234567.89")).number) == "1230000"


amounts = st.decimals(0, 10**12, places=2)
periods = st.lists(st.tuples(st.none() | amounts, st.none() | amounts), min_size=1, max_size=6)


def test_a_decision_may_change_it_by_a_share_of_itself() -> None:
    share = Effect("decision", "d1", D("-0.05"), as_share=True)
    made = proposed(REVENUE, (None, 1000), effects=[Effect("decision", "d2", D(20)), share])
    assert codes(made) == ["from-actual", "decision-counts", "decision-shifts", "rounded"]
    assert made.number == 969
    sentences = argued(made.reasons, "revenue-won", "CNY", "en")
    assert "A decision of the review changes it by -5%, that is by -51.00 CNY: 969.00 CNY." in sentences


def test_figures_are_told_in_their_unit_and_kept_exact() -> None:
    made = proposed(REVENUE, (None, "1540220"), ("1700000", "1618750.11"))
    assert argued(made.reasons, "revenue-won", "CNY", "en") == (
        "In 2026-02 it came to 1,618,750.11 CNY.",
        "Over 2 periods it changed by 5.1% a period on average; 5.1% counts: 1,701,283.70 CNY.",
        (
            "The target of 1,700,000.00 CNY was missed with 1,618,750.11 CNY; half way back to it is "
            "1,659,375.06 CNY: 1,701,283.70 CNY."
        ),
        "In whole units of 10,000.00 CNY that is 1,700,000.00 CNY.",
    )
    trend = next(step for step in made.reasons if step.code == "trend")
    assert trend.number == D("1701283.703108"), "what is on record has every digit"
    rates = proposed(RATE, (None, "0.2"), (None, "0.2123"))
    assert (
        argued(rates.reasons, "win-rate", "", "zh")[1]
        == "最近 2 期平均每期变化 1.23 个百分点，计入 1.23 个百分点：22.46%。"
    )
    days = proposed(DAYS, (None, "30.25"))
    assert argued(days.reasons, "cycle-time", "", "en")[0] == "In 2026-01 it came to 30.25 days."
    assert argued(proposed(WINS, (8, 7)).reasons, "deals-won", "", "en")[1].endswith(
        "half way back to it is 7.5: 7.5."
    )


effects_of = st.lists(
    st.builds(Effect, st.just("decision"), st.just("d"), st.decimals(-(10**12), 10**12, places=2)), max_size=3
)


@pytest.mark.parametrize("of", [REVENUE, WINS, DAYS])
@given(periods, st.none() | amounts, effects_of)
def test_is_possible_repeatable_and_told_in_full(of: Any, pairs: Any, pipeline: Any, effects: Any) -> None:
    evidence = Evidence(of=of, past=past(*pairs), currency="CNY", pipeline=pipeline, effects=effects)
    made = propose_next(evidence)
    assert made == propose_next(evidence)
    if made is None:
        assert pairs[-1] == (None, None)
        return
    assert made.number >= 0
    assert made.number % of.smallest("CNY") == 0
    assert made.reasons[-1].number == made.number
    for language in ("en", "zh"):
        sentences = argued(made.reasons, of.key, "CNY", "en" if language == "en" else "zh")
        assert len(sentences) == len(made.reasons)
        assert all("{" not in s for s in sentences)


@given(st.lists(st.tuples(st.none(), st.decimals(0, 1, places=4)), min_size=1, max_size=6))
def test_a_rate_stays_one(pairs: Any) -> None:
    assert 0 <= proposed(RATE, *pairs).number <= 1
