"""Reopening starts anew where the deal stood, and is no way around a gate."""

from __future__ import annotations

import pytest

from domain.deal.facts import DealReopened, OwnerChanged, PromiseMade
from domain.engine.errors import GateNotPassed, Invalid, NotFound, Refused
from domain.people.people import RepAllocated
from tests.domain.given_when_then import given, like
from tests.domain.words import (
    LI,
    LOST,
    OFFERED,
    OPENED,
    QUALIFIED,
    STAFF,
    WANG,
    WON,
    approve,
    ask,
    hand_to,
    leaves,
    lose,
    reopen,
    to,
    win,
)

NEEDS = ("pain-points", "budget", "decision-process", "decision-makers")


class TestALostDeal:
    def test_reopens_with_a_promise(self) -> None:
        given(LOST).when(reopen()).then(
            DealReopened(before="lost", stage="identify"), like(PromiseMade, number=2, by_rule=True, arming=1)
        )

    def test_forgets_how_it_was_closed(self) -> None:
        given(LOST, reopen()).when(reopen()).holds(status="open", closed_on=None, loss_reason="")

    def test_reopens_in_the_stage_it_was_lost_from(self) -> None:
        given(OFFERED, lose()).when(reopen("negotiation")).allowed().holds(stage="negotiation")

    def test_reopens_further_back_freely(self) -> None:
        given(OFFERED, lose()).when(reopen("contact")).allowed().holds(stage="contact")

    def test_is_not_reopened_behind_a_gate_it_never_passed(self) -> None:
        given(LOST).when(reopen("negotiation")).refused(
            GateNotPassed, missing=(*NEEDS, "quote-or-demonstration")
        )

    def test_reopens_further_on_where_the_gates_allow_it(self) -> None:
        given(QUALIFIED, lose()).when(reopen("solution")).allowed().holds(stage="solution")

    def test_a_stage_reached_by_an_override_is_reached(self) -> None:
        by_override = given(OPENED, ask("solution"), approve(), to("solution"), lose())
        by_override.when(reopen("solution")).allowed().holds(stage="solution")

    def test_needs_an_owner_who_is_there(self) -> None:
        gone = given(LOST, leaves(LI))
        gone.when(reopen()).refused(Refused)
        gone.when(hand_to(WANG)).then(like(OwnerChanged, before=LI, after=WANG), like(RepAllocated))
        gone.when(reopen()).then(like(DealReopened), like(PromiseMade, owner_id=WANG))

    @pytest.mark.parametrize("stage", ["won", "lost", "after-sales", "nirvana"])
    def test_reopens_in_an_open_stage_only(self, stage: str) -> None:
        given(LOST).when(reopen(stage)).refused(Invalid, fields=["stage"])


class TestAWonDeal:
    def test_reopens_where_it_was_won_and_can_be_won_again(self) -> None:
        again = given(WON).when(reopen("negotiation"))
        again.then(DealReopened(before="won", stage="negotiation"), like(PromiseMade, number=2))
        again.holds(contract_reference="", closed_on=None)
        again.when(win(contract_reference="C-2")).allowed().holds(status="won", contract_reference="C-2")

    def test_reopens_from_after_sales(self) -> None:
        given(WON, to("after-sales")).when(reopen("negotiation")).allowed().holds(
            stage="negotiation", status="open"
        )


def test_an_open_deal_is_silent_about_being_reopened_where_it_is() -> None:
    given(OPENED).when(reopen("identify")).silence()


def test_an_open_deal_is_not_moved_by_reopening_it_elsewhere() -> None:
    given(OPENED).when(reopen("negotiation")).refused(Refused).holds(stage="identify")


def test_what_is_not_there_is_not_reopened() -> None:
    given(STAFF).when(reopen()).refused(NotFound)
