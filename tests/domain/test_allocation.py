"""Who gets something by rule, and the receipt that says so: pure arithmetic over loads, and one format whatever was recorded."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.allocation.least_loaded import Loads, choose, spread
from domain.allocation.receipt import EXCLUDED, FORMAT, AllocationReceipt, Candidate, as_text, from_text
from domain.lead.facts import LeadAllocated
from domain.people.people import RepAllocated
from runtime.codec import decode_fact, encode

LOADS = some.dictionaries(some.uuids(), some.integers(0, 50), min_size=1, max_size=8)
LI, ZHAO, WANG, DEAL = (uuid.UUID(int=n) for n in (0xA1, 0xA2, 0xA3, 0xD1))


@given(LOADS, some.uuids(), some.sets(some.uuids(), max_size=3))
def test_the_chosen_is_among_the_least_loaded_and_never_an_excluded_one(
    open_deals: dict[uuid.UUID, int], deal_id: uuid.UUID, others: set[uuid.UUID]
) -> None:
    excluded = others | {next(iter(open_deals))}
    choice = choose(Loads(7, open_deals), excluded, deal_id)
    left = {id: n for id, n in open_deals.items() if id not in excluded}
    if not left:
        assert choice.rep_id is None
    else:
        assert choice.rep_id in left
        assert left[choice.rep_id] == min(left.values())


@given(LOADS, some.uuids())
def test_the_receipt_is_enough_to_decide_again(open_deals: dict[uuid.UUID, int], deal_id: uuid.UUID) -> None:
    choice = choose(Loads(7, open_deals), {next(iter(open_deals))}, deal_id)
    receipt = choice.receipt
    assert receipt.known_at == 7
    seen = {c.rep_id: int(c.score) for c in receipt.candidates if c.score is not None}
    excluded = {c.rep_id for c in receipt.candidates if c.why_not == EXCLUDED}
    assert choose(Loads(receipt.known_at, seen), excluded, deal_id) == choice


@given(some.lists(some.uuids(), min_size=1, max_size=60, unique=True), some.integers(1, 7))
def test_equal_reps_get_equal_shares_within_one(deals: list[uuid.UUID], reps: int) -> None:
    team = {uuid.UUID(int=n + 1): 4 for n in range(reps)}
    chosen = [choice.rep_id for _, choice in spread(deals, Loads(7, team), uuid.UUID(int=99))]
    got = [chosen.count(rep) for rep in team]
    assert sum(got) == len(deals)
    assert max(got) - min(got) <= 1


def test_with_nobody_there_nobody_is_chosen() -> None:
    ((_, choice),) = spread([uuid.UUID(int=1)], Loads(7, {}), uuid.UUID(int=99))
    assert choice.rep_id is None
    assert choice.receipt.candidates == (Candidate(rep_id=uuid.UUID(int=99), why_not=EXCLUDED),)


RECEIPTS = some.builds(
    AllocationReceipt,
    rule=some.text(min_size=1, max_size=20),
    rule_version=some.integers(1, 9),
    candidates=some.lists(
        some.builds(
            Candidate,
            rep_id=some.uuids(),
            score=some.none() | some.decimals(allow_nan=False, allow_infinity=False),
            why_not=some.text(max_size=5),
        ),
        max_size=3,
    ).map(tuple),
    known_at=some.none() | some.integers(0),
)


@given(RECEIPTS)
def test_a_receipt_comes_back_from_a_workflow_s_history_as_it_was(receipt: AllocationReceipt) -> None:
    assert from_text(as_text(receipt)) == receipt


BY_LOADS = json.dumps(
    {
        "rule": "least-loaded",
        "chosen": str(LI),
        "open_deals": {str(LI): 2, str(ZHAO): 5},
        "excluded": [str(WANG)],
        "as_known_at": 41,
    }
)
EARLIER = [
    ("handover", AllocationReceipt(rule="handover")),
    ("rep-left", AllocationReceipt(rule="rep-left")),
    ("the owner changed teams", AllocationReceipt(rule="the owner changed teams")),
    ("by load v3", AllocationReceipt(rule="by load", rule_version=3)),
    ("by hand v1", AllocationReceipt()),
    (
        BY_LOADS,
        AllocationReceipt(
            rule="least-loaded",
            candidates=(
                Candidate(rep_id=LI, score=Decimal(2)),
                Candidate(rep_id=ZHAO, score=Decimal(5)),
                Candidate(rep_id=WANG, why_not=EXCLUDED),
            ),
            known_at=41,
        ),
    ),
]
"""Every format that a rep's allocation, or a workflow's history, was ever recorded in."""


@pytest.mark.parametrize(("recorded", "receipt"), EARLIER)
def test_each_earlier_format_is_read_as_the_one(recorded: str, receipt: AllocationReceipt) -> None:
    assert from_text(recorded) == receipt
    stored = {"subject": "deal", "subject_id": str(DEAL), "receipt": recorded}
    fact = decode_fact("rep.allocated", 1, msgspec.json.encode(stored))
    assert fact == RepAllocated(subject="deal", subject_id=DEAL, receipt=receipt)


def test_a_lead_s_earlier_receipt_is_read_as_the_one() -> None:
    candidates = [{"rep_id": str(LI), "score": "1.5", "why_not": ""}]
    receipt = {"rule": "by load", "rule_version": 3, "candidates": candidates}
    stored = {"before": None, "after": str(LI), "team_id": str(ZHAO), "receipt": receipt}
    fact = decode_fact("lead.allocated", 1, msgspec.json.encode(stored))
    assert isinstance(fact, LeadAllocated)
    assert fact.receipt == AllocationReceipt(
        rule="by load", rule_version=3, candidates=(Candidate(rep_id=LI, score=Decimal("1.5")),)
    )


def test_the_format_is_recorded_with_the_receipt() -> None:
    told: dict[str, Any] = msgspec.json.decode(encode(AllocationReceipt()))
    assert told["format"] == FORMAT
