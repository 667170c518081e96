"""An override is an approval on record: asked for with a reason, given by somebody else, good once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.deal import commands as c
from domain.deal.facts import OverrideDecided, OverrideRequested, StageMoved
from domain.engine.context import Actor, Channel, Reach
from domain.engine.errors import Forbidden, GateNotPassed, Invalid, NotFound, Refused
from domain.engine.values import Money, Needs
from tests.domain.given_when_then import given, happened, like
from tests.domain.words import (
    BOSS,
    DEAL,
    LI,
    LOST,
    NORTH,
    OFFERED,
    OPENED,
    OVERRIDE,
    PRICE,
    QUALIFIED,
    REP,
    SECOND_OVERRIDE,
    WON,
    approve,
    ask,
    lose,
    needs,
    quote,
    reopen,
    to,
    win,
    yuan,
)

NEEDS = ("pain-points", "budget", "decision-process", "decision-makers")
REQUEST = c.RequestOverride(deal_id=DEAL, override_id=OVERRIDE, to="solution")
DECIDE = c.DecideOverride(deal_id=DEAL, override_id=OVERRIDE, approved=True)
DENY = c.DecideOverride(deal_id=DEAL, override_id=OVERRIDE, approved=False)
PRICED = (*OFFERED, c.ChangeAmount(deal_id=DEAL, amount=PRICE))


def priced(amount: int) -> c.ChangeAmount:
    return c.ChangeAmount(deal_id=DEAL, amount=yuan(amount))


class TestAsking:
    def test_is_recorded_with_what_is_missing_and_who_asked(self) -> None:
        given(OPENED).when(REQUEST, reason="the fair is tomorrow").then(
            OverrideRequested(override_id=OVERRIDE, to="solution", missing=NEEDS, requested_by="user:rep-li")
        )

    def test_needs_a_reason(self) -> None:
        given(OPENED).when(REQUEST).refused(Invalid, fields=["reason"])
        given(OPENED).when(REQUEST, reason=" ").refused(Invalid, fields=["reason"])

    def test_for_a_gate_that_is_passed_anyway_is_refused(self) -> None:
        given(QUALIFIED).when(REQUEST, reason="just in case").refused(Refused)

    def test_again_under_the_same_id_is_silence(self) -> None:
        given(OPENED, ask("solution")).when(REQUEST, reason="the fair is tomorrow").silence()

    def test_for_something_else_under_the_same_id_is_refused(self) -> None:
        given(OPENED, ask("negotiation")).when(REQUEST, reason="the fair is tomorrow").refused(Refused)

    def test_for_an_unknown_stage_is_refused(self) -> None:
        unknown = c.RequestOverride(deal_id=DEAL, override_id=OVERRIDE, to="nirvana")
        given(OPENED).when(unknown, reason="why not").refused(Invalid, fields=["to"])

    def test_for_a_closed_deal_is_refused(self) -> None:
        given(LOST).when(REQUEST, reason="once more").refused(Refused)

    def test_never_covers_what_a_closing_itself_states(self) -> None:
        to_lose = c.RequestOverride(deal_id=DEAL, override_id=OVERRIDE, to="lost")
        given(OPENED).when(to_lose, reason="no idea why").refused(Refused)
        to_win = c.RequestOverride(deal_id=DEAL, override_id=OVERRIDE, to="won")
        given(PRICED).when(to_win, reason="signed on Monday").then(
            like(OverrideRequested, missing=("contract-reference",))
        )


class TestDeciding:
    def test_is_recorded_with_who_decided(self) -> None:
        given(OPENED, ask("solution")).when(DECIDE, actor=BOSS).then(
            OverrideDecided(override_id=OVERRIDE, approved=True, decided_by="user:boss")
        )

    def test_is_for_somebody_else_than_who_asked(self) -> None:
        given(OPENED, ask("solution")).when(DECIDE, actor=REP).refused(Refused)

    def test_is_for_people(self) -> None:
        for actor in (Actor("workflow", "night-shift", "run"), Actor("service", "importer")):
            given(OPENED, ask("solution")).when(DECIDE, actor=actor).refused(Forbidden)

    def test_of_what_nobody_asked_for_is_not_found(self) -> None:
        given(OPENED).when(DECIDE, actor=BOSS).refused(NotFound)

    def test_again_the_same_way_is_silence(self) -> None:
        given(OPENED, ask("solution"), approve()).when(DECIDE, actor=BOSS).silence()
        given(OPENED, ask("solution"), approve(approved=False)).when(DENY, actor=BOSS).silence()

    def test_the_other_way_round_is_refused_and_says_who_decided(self) -> None:
        refused = given(OPENED, ask("solution"), approve(approved=False)).when(DECIDE, actor=BOSS)
        assert "refused already, by user:boss" in str(refused.refused(Refused).refusal)
        approved = given(OPENED, ask("solution"), approve()).when(DENY, actor=BOSS)
        assert "approved already, by user:boss" in str(approved.refused(Refused).refusal)

    def test_of_a_deal_that_changed_since_is_refused(self) -> None:
        changed = given(OPENED, priced(10_000), ask("solution"), priced(1_000_000))
        changed.when(DECIDE, actor=BOSS).refused(Refused)
        assert changed.refusal is not None
        assert changed.refusal.details["changed"] == ["amount"]
        changed.when(DENY, actor=BOSS).allowed()

    @pytest.mark.parametrize("decide", [DECIDE, DENY])
    def test_of_a_gate_that_was_passed_since_is_refused(self, decide: c.DecideOverride) -> None:
        passed = given(OPENED, ask("solution"), needs(), to("solution"))
        refused = passed.when(decide, actor=BOSS).refused(Refused)
        assert "passed this gate already" in str(refused.refusal)
        passed.given(to("identify")).when(DENY, actor=BOSS).allowed()

    @pytest.mark.parametrize("decide", [DECIDE, DENY])
    def test_of_a_closed_deal_is_refused(self, decide: c.DecideOverride) -> None:
        refused = given(OPENED, ask("solution"), lose()).when(decide, actor=BOSS).refused(Refused)
        assert "reopen it first" in str(refused.refusal)

    def test_that_was_recorded_of_a_closed_deal_still_counts_as_it_did(self) -> None:
        """Of a release that took it."""
        decided = OverrideDecided(override_id=OVERRIDE, approved=False, decided_by="user:boss")
        before = given(OPENED, ask("solution"), lose(), happened(DEAL, decided))
        before.when(DENY, actor=BOSS).silence()


class TestAnApproval:
    def test_lets_the_deal_pass_and_the_move_says_what_was_missing(self) -> None:
        scenario = given(OPENED, ask("solution"), approve()).when(to("solution"), channel=Channel.IMPORT)
        moved = StageMoved(before="identify", after="solution", override_id=OVERRIDE, missing=NEEDS)
        assert scenario.allowed().facts[0] == moved

    def test_is_not_there_before_it_is_given(self) -> None:
        given(OPENED, ask("solution")).when(to("solution")).refused(GateNotPassed, missing=NEEDS)

    def test_that_was_denied_lets_nothing_pass(self) -> None:
        given(OPENED, ask("solution"), approve(approved=False)).when(to("solution")).refused(
            GateNotPassed, missing=NEEDS
        )

    def test_is_good_for_the_stage_it_was_given_for(self) -> None:
        given(OPENED, ask("solution"), approve()).when(to("negotiation")).refused(
            GateNotPassed, missing=(*NEEDS, "quote-or-demonstration")
        )

    def test_is_good_once(self) -> None:
        used = given(OPENED, ask("solution"), approve(), to("solution"), to("identify"))
        used.when(to("solution")).refused(GateNotPassed, missing=NEEDS)

    def test_that_was_used_is_not_asked_for_or_decided_anew(self) -> None:
        used = given(OPENED, ask("solution"), approve(), to("solution"), to("identify"))
        used.when(REQUEST, reason="again").silence()
        used.when(DECIDE, actor=BOSS).silence()
        used.when(DENY, actor=BOSS).refused(Refused)
        used.when(to("solution")).refused(GateNotPassed, missing=NEEDS)

    def test_is_not_used_up_by_a_move_that_needs_none(self) -> None:
        scenario = given(
            OPENED, ask("solution"), approve(), needs(), to("solution"), to("identify"), needs(Needs())
        )
        scenario.when(to("solution")).allowed()

    def test_covers_no_more_than_was_shown_to_who_gave_it(self) -> None:
        only_budget = needs(
            Needs(pain_points="cold", decision_process="board", decision_makers=("the director",))
        )
        approved = given(OPENED, only_budget, ask("solution"), approve())
        approved.given(needs(Needs())).when(to("solution")).refused(GateNotPassed, missing=NEEDS)
        approved.given(only_budget).when(to("solution")).allowed()

    def test_ends_with_the_deal(self) -> None:
        reopened = given(OPENED, ask("solution"), approve(), lose(), reopen())
        reopened.when(to("solution")).refused(GateNotPassed, missing=NEEDS)

    def test_asked_for_and_undecided_ends_with_the_deal_too(self) -> None:
        reopened = given(OPENED, ask("solution"), lose(), reopen())
        reopened.when(DECIDE, actor=BOSS).refused(Refused)

    def test_lets_a_deal_be_won_before_its_contract_has_a_number(self) -> None:
        scenario = given(PRICED, ask("won"), approve()).when(win(contract_reference=""))
        scenario.topics("deal.won", "deal.stage-moved", "promise.ended")
        assert scenario.facts[1] == StageMoved(
            before="negotiation", after="won", override_id=OVERRIDE, missing=("contract-reference",)
        )

    def test_to_win_is_asked_for_with_the_amount(self) -> None:
        to_win = c.RequestOverride(deal_id=DEAL, override_id=OVERRIDE, to="won")
        given(OFFERED).when(to_win, reason="signed on Monday").refused(Refused)

    def test_does_not_replace_the_day(self) -> None:
        scenario = given(PRICED, ask("won"), approve())
        scenario.when(win(closed_on=None)).refused(GateNotPassed, missing=["close-date"])

    @pytest.mark.parametrize("worth", [yuan(1_000_000), yuan(1), Money(PRICE.amount, "EUR")])
    def test_is_good_for_the_amount_it_was_asked_with(self, worth: Money) -> None:
        approved = given(PRICED, ask("won"), approve())
        unsigned = win(contract_reference="", amount=worth)
        approved.when(unsigned).refused(GateNotPassed, missing=["contract-reference"])
        assert approved.refusal is not None
        assert approved.refusal.details["changed"] == ["amount"]
        same = Money(PRICE.amount.normalize(), PRICE.currency)
        approved.when(win(contract_reference="", amount=same)).allowed()

    def test_is_not_got_round_by_setting_the_amount_right_afterwards(self) -> None:
        correction = c.CorrectClosing(deal_id=DEAL, amount=yuan(1_000_000))
        as_rep, as_manager = Reach(team_id=NORTH, rep_id=LI), Reach(team_id=NORTH)
        won = given(PRICED, ask("won"), approve(), win(contract_reference=""))
        won.when(correction, reach=as_rep).refused(Forbidden)
        signed = c.CorrectClosing(deal_id=DEAL, contract_reference="C-7")
        won.when(signed, reach=as_rep).topics("deal.closing-corrected")
        won.when(correction, reach=as_manager).topics("deal.closing-corrected")

        by_its_gates = given(WON).when(correction, reach=as_rep)
        by_its_gates.topics("deal.closing-corrected")
        won.given(reopen(), needs(), win())
        won.when(correction, reach=as_rep).topics("deal.closing-corrected")

    def test_is_asked_for_again_where_the_amount_changed_on_the_way(self) -> None:
        dearer = given(OPENED, priced(10_000), ask("solution"), approve(), priced(1_000_000))
        dearer.when(to("solution")).refused(GateNotPassed, missing=NEEDS)
        dearer.given(ask("solution", SECOND_OVERRIDE), approve(SECOND_OVERRIDE))
        dearer.when(to("solution")).allowed()

    def test_is_asked_for_again_where_what_the_gate_looks_at_changed(self) -> None:
        partly = needs(Needs(pain_points="cold", budget=yuan(10_000)))
        dearer = needs(Needs(pain_points="cold", budget=yuan(1_000_000)))
        changed = given(OPENED, partly, ask("solution"), approve(), dearer).when(to("solution"))
        changed.refused(GateNotPassed, missing=NEEDS[2:])

    def test_stays_good_where_more_is_met_or_the_gate_does_not_look(self) -> None:
        partly = Needs(pain_points="cold", budget=yuan(10_000))
        more = needs(replace(partly, decision_process="board"))
        approved = given(OPENED, needs(partly), ask("solution"), approve(), more, quote())
        approved.when(to("solution")).allowed()

    def test_one_of_two_is_enough(self) -> None:
        scenario = given(OPENED, ask("solution"), approve(approved=False))
        scenario.given(ask("solution", SECOND_OVERRIDE), approve(SECOND_OVERRIDE))
        scenario.when(to("solution")).allowed()
        assert scenario.facts[0] == StageMoved(
            before="identify", after="solution", override_id=SECOND_OVERRIDE, missing=NEEDS
        )


def test_an_override_cannot_bring_an_open_deal_to_after_sales() -> None:
    request = c.RequestOverride(deal_id=DEAL, override_id=OVERRIDE, to="after-sales")
    given(WON).when(request, reason="soon").refused(Refused)
    given(QUALIFIED, quote()).when(request, reason="soon").refused(Refused)
