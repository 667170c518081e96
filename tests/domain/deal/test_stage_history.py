"""An imported deal goes through the stages of its past, each at its time; of a known one only what is new is recorded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.deal import commands as c
from domain.deal import facts as f
from domain.deal.past_stage import PastStage
from domain.deal.row import digest_of, marks_of
from domain.engine.errors import GateNotPassed, Invalid, Refused
from domain.engine.values import Quote
from tests.domain.deal.test_import import CLOSED_ON, OPENED_AT, WHY, imported, row, when, won
from tests.domain.given_when_then import NOW, Scenario, given, later, like
from tests.domain.words import ALL_NEEDS, DAY, DEAL, LI, PRICE, STAFF, leaves, yuan

IDENTIFY = PastStage("identify", OPENED_AT, yuan(100))
NEEDS = PastStage("needs", OPENED_AT + DAY, yuan(150))
OFFER = PastStage("negotiation", OPENED_AT + 9 * DAY, PRICE, approved=True)
CLOSED = PastStage("won", OPENED_AT + 20 * DAY, PRICE, closed_on=CLOSED_ON, approved=True)
LOST = PastStage("lost", OPENED_AT + 20 * DAY, yuan(100), closed_on=CLOSED_ON, loss_reason="price")


def told(*past: PastStage, **changes: Any) -> c.ImportDeal:
    """The row that stands where its history ends."""
    last = past[-1]
    if last.closed_on is not None:
        closing = {
            "stage": last.stage,
            "stage_at": None,
            "closed_on": last.closed_on,
            "closed_at": last.at,
            "loss_reason": last.loss_reason,
        }
    else:
        closing = {"stage": last.stage, "stage_at": last.at}
    reason = WHY if any(one.approved for one in past) else ""
    return row(
        **({**closing, "amount": last.amount, "stage_history": past, "override_reason": reason} | changes)
    )


def moves(scenario: Scenario) -> list[tuple[str, str]]:
    return [(m.before, m.after) for m in (p.fact for p in scenario.pending) if isinstance(m, f.StageMoved)]


def test_a_new_deal_goes_its_whole_way() -> None:
    scenario = when(given(STAFF), told(IDENTIFY, NEEDS, OFFER, CLOSED))
    assert moves(scenario) == [("identify", "needs"), ("needs", "negotiation"), ("negotiation", "won")]
    at = [p.occurred_at for p in scenario.pending if isinstance(p.fact, f.StageMoved)]
    assert at == [one.at for one in (NEEDS, OFFER, CLOSED)]
    assert scenario.pending[0].fact == like(f.DealOpened, stage="identify", amount=yuan(100))
    amounts = [p for p in scenario.pending if isinstance(p.fact, f.AmountChanged)]
    assert [(p.fact, p.occurred_at) for p in amounts] == [
        (f.AmountChanged(before=yuan(100), after=yuan(150)), NEEDS.at),
        (f.AmountChanged(before=yuan(150), after=PRICE), OFFER.at),
    ]
    assert (scenario.deal.status, scenario.deal.amount) == ("won", PRICE)


def test_what_a_gate_asks_for_is_recorded_when_it_was_known() -> None:
    offer = replace(OFFER, needs=ALL_NEEDS, quote=Quote(reference="Q-1", amount=PRICE), approved=False)
    whole = told(IDENTIFY, NEEDS, offer, needs=ALL_NEEDS, quote=offer.quote)
    scenario = when(given(STAFF), whole).allowed()
    known = [p.occurred_at for p in scenario.pending if isinstance(p.fact, f.NeedsRecorded | f.QuoteRecorded)]
    assert known == [OFFER.at, OFFER.at]
    assert moves(scenario)[-1] == ("needs", "negotiation")


def test_a_gate_says_at_which_row_it_was_not_passed() -> None:
    scenario = when(given(STAFF), told(IDENTIFY, NEEDS, replace(OFFER, approved=False), CLOSED))
    assert isinstance(scenario.refusal, GateNotPassed)
    assert scenario.refusal.details["row"] == 2


def test_a_later_file_records_what_comes_after() -> None:
    scenario = when(imported(told(IDENTIFY, NEEDS)), told(IDENTIFY, NEEDS, OFFER, CLOSED))
    assert moves(scenario) == [("needs", "negotiation"), ("negotiation", "won")]
    at = {p.occurred_at for p in scenario.pending if isinstance(p.fact, f.StageMoved)}
    assert at == {NOW}, "not before the import that did not know of it"


def test_the_same_history_is_silence() -> None:
    when(imported(told(IDENTIFY, NEEDS, OFFER)), told(IDENTIFY, NEEDS, OFFER)).silence()


def test_a_deal_that_was_imported_without_its_history_goes_on_from_there() -> None:
    scenario = when(imported(row(amount=yuan(150))), told(IDENTIFY, NEEDS, OFFER))
    assert moves(scenario) == [("needs", "negotiation")]


AGAIN = replace(OFFER, at=OPENED_AT + 21 * DAY)
CLOSED_AGAIN = replace(CLOSED, at=OPENED_AT + 35 * DAY, closed_on=CLOSED_ON + 7 * DAY)


def test_a_deal_may_be_closed_opened_and_closed_again() -> None:
    whole = told(IDENTIFY, LOST, AGAIN, CLOSED_AGAIN)
    way = [("identify", "lost"), ("identify", "negotiation"), ("negotiation", "won")]
    assert moves(when(given(STAFF), whole).allowed()) == way
    later_file = when(imported(told(IDENTIFY, LOST)), whole).allowed()
    assert moves(later_file) == way[1:]
    assert later_file.deal.status == "won"


def test_won_again_is_another_closing() -> None:
    before = told(IDENTIFY, OFFER, CLOSED)
    scenario = when(imported(before), told(IDENTIFY, OFFER, CLOSED, AGAIN, CLOSED_AGAIN)).allowed()
    assert moves(scenario) == [("negotiation", "won")], "it was reopened in the stage that it was won from"
    scenario.holds(status="won", closed_on=CLOSED_AGAIN.closed_on)


def test_a_file_without_the_known_row_moves_nothing() -> None:
    for past in ((IDENTIFY,), (IDENTIFY, OFFER)):
        scenario = when(imported(told(IDENTIFY, NEEDS)), told(*past)).refused(Refused)
        assert "whole history" in str(scenario.refusal)


def test_what_was_moved_here_too_is_refused() -> None:
    here = later(c.MoveStage(deal_id=DEAL, to="identify"))
    scenario = when(imported(told(IDENTIFY, NEEDS), here), told(IDENTIFY, NEEDS, OFFER)).refused(Refused)
    assert scenario.refusal is not None
    assert scenario.refusal.details["changed_here"] == ["standing"]


def test_an_owner_who_left_since_keeps_closed_deals_only() -> None:
    when(given(STAFF, leaves(LI)), told(IDENTIFY, NEEDS)).refused(Refused)
    assert when(given(STAFF, leaves(LI)), told(IDENTIFY, CLOSED)).deal.status == "won"


@pytest.mark.parametrize(
    ("past", "field"),
    [
        ((IDENTIFY, replace(NEEDS, at=NOW + 9 * DAY), OFFER), "stage_history[1].stage_at"),
        ((replace(IDENTIFY, at=OPENED_AT - timedelta(days=1)), NEEDS), "stage_history[0].stage_at"),
        ((NEEDS, replace(OFFER, at=OPENED_AT)), "stage_history[1].stage_at"),
        ((IDENTIFY, replace(LOST, closed_on=None), NEEDS), "stage_history[1].closed_on"),
        ((IDENTIFY, replace(NEEDS, stage="nowhere"), OFFER), "stage_history[1].stage"),
    ],
)
def test_a_wrong_row_is_named(past: tuple[PastStage, ...], field: str) -> None:
    refusal = when(given(STAFF), told(*past)).refusal
    assert isinstance(refusal, Invalid)
    assert field in {e.field for e in refusal.errors}


def test_rows_without_history_are_remembered_as_ever() -> None:
    """Digests that ledgers hold: what releases before this one noted of such rows."""
    assert digest_of(row()) == "9801ca8ddd5bda6533be871c348854499069e8287801649dffcf1e1a1dd0b268"
    assert digest_of(won()) == "3e93dd22eeee7468a3067618f058b79c8a0d87e69e41bb6e4a9f3b4edba67393"
    alone = told(NEEDS)
    assert digest_of(alone) == digest_of(replace(alone, stage_history=()))
    assert marks_of(told(IDENTIFY, NEEDS)) == marks_of(alone)
    assert digest_of(told(IDENTIFY, NEEDS)) != digest_of(alone)
