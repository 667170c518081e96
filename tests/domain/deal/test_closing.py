"""Winning and losing: what it takes, what it records, and what becomes of the promise."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.deal import commands as c
from domain.deal.facts import AmountChanged, DealLost, DealWon, PromiseEnded, StageMoved
from domain.engine.errors import GateNotPassed, Invalid, Refused
from domain.engine.values import Money, PromiseOutcome
from tests.domain.given_when_then import NOW, given, later, like
from tests.domain.words import (
    DAY,
    DEAL,
    LOST,
    OFFERED,
    OPENED,
    PRICE,
    QUALIFIED,
    STAFF,
    TODAY,
    WON,
    lose,
    needs,
    opening,
    quote,
    step,
    to,
    touch,
    win,
    yuan,
)

NEEDS = ("pain-points", "budget", "decision-process", "decision-makers")
CONTRACT = ("amount", "close-date", "contract-reference")
NOTHING = c.WinDeal(deal_id=DEAL, amount=None, closed_on=None)


class TestWinning:
    def test_records_amount_contract_and_stage_and_ends_the_promise(self) -> None:
        given(OFFERED).when(win()).then(
            AmountChanged(before=None, after=PRICE),
            DealWon(amount=PRICE, closed_on=TODAY, contract_reference="C-1"),
            StageMoved(before="negotiation", after="won"),
            like(PromiseEnded, outcome=PromiseOutcome.KEPT),
        ).holds(status="won", promise=None)

    def test_takes_the_deals_own_amount_where_none_is_given(self) -> None:
        priced = given(OFFERED, c.ChangeAmount(deal_id=DEAL, amount=yuan(7)))
        priced.when(win(amount=None)).then(
            like(DealWon, amount=yuan(7)), like(StageMoved), like(PromiseEnded)
        ).holds(amount=yuan(7))

    def test_may_be_for_another_currency_than_was_thought(self) -> None:
        euros = Money(PRICE.amount, "EUR")
        given(OFFERED, c.ChangeAmount(deal_id=DEAL, amount=PRICE)).when(win(amount=euros)).then(
            AmountChanged(before=PRICE, after=euros),
            like(DealWon, amount=euros),
            like(StageMoved),
            like(PromiseEnded),
        )

    def test_names_everything_that_is_missing_at_once(self) -> None:
        given(OFFERED).when(NOTHING).refused(GateNotPassed, missing=CONTRACT)
        given(OPENED).when(NOTHING).refused(
            GateNotPassed, missing=(*NEEDS, "quote-or-demonstration", *CONTRACT)
        )

    @pytest.mark.parametrize(
        ("part", "nothing", "missing"),
        [
            ("amount", None, "amount"),
            ("closed_on", None, "close-date"),
            ("contract_reference", "", "contract-reference"),
            ("contract_reference", "  ", "contract-reference"),
        ],
    )
    def test_asks_for_each_of_the_three(self, part: str, nothing: object, missing: str) -> None:
        given(OFFERED).when(win(**{part: nothing})).refused(GateNotPassed, missing=[missing])

    def test_passes_every_gate_on_the_way(self) -> None:
        given(OPENED).when(win()).refused(GateNotPassed, missing=(*NEEDS, "quote-or-demonstration"))
        given(QUALIFIED).when(win()).refused(GateNotPassed, missing=["quote-or-demonstration"])
        given(OPENED, needs(), quote()).when(win()).allowed().holds(status="won")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("closed_on", TODAY + 2 * DAY),
            ("amount", yuan(-1)),
            ("contract_reference", "x" * 301),
        ],
    )
    def test_is_refused_with_a_field_that_is_wrong(self, field: str, value: object) -> None:
        given(OFFERED).when(win(**{field: value})).refused(Invalid, fields=[field])

    def test_on_a_day_that_has_begun_further_east_is_fine(self) -> None:
        evening = NOW.replace(hour=23)
        given(OFFERED).when(win(closed_on=TODAY + DAY), now=evening).allowed()

    def test_late_is_late(self) -> None:
        soon = given(OFFERED, c.PromiseNext(deal_id=DEAL, next_step=step(NOW + DAY)))
        soon.when(win(), now=NOW + 2 * DAY).allowed()
        assert soon.facts[-1] == like(PromiseEnded, outcome=PromiseOutcome.LATE)

    def test_entered_late_but_done_in_time_is_kept(self) -> None:
        soon = given(OFFERED, c.PromiseNext(deal_id=DEAL, next_step=step(NOW + DAY)))
        soon.when(win(), now=NOW + 2 * DAY, occurred_at=NOW + timedelta(hours=20)).allowed()
        assert soon.facts[-1] == like(PromiseEnded, outcome=PromiseOutcome.KEPT)

    def test_is_done_once(self) -> None:
        given(WON).when(win()).refused(Refused)
        given(LOST).when(win()).refused(Refused)


class TestLosing:
    def test_records_reason_competitor_and_stage_and_excuses_the_promise(self) -> None:
        given(OPENED).when(lose(competitor="Acme", closed_on=TODAY - DAY)).then(
            DealLost(closed_on=TODAY - DAY, loss_reason="price", competitor="Acme"),
            StageMoved(before="identify", after="lost"),
            like(PromiseEnded, outcome=PromiseOutcome.EXCUSED),
        ).holds(status="lost", stage="lost", promise=None)

    def test_is_today_where_no_day_is_given(self) -> None:
        given(OPENED).when(lose()).then(like(DealLost, closed_on=TODAY), like(StageMoved), like(PromiseEnded))

    def test_is_on_the_day_it_happened_when_entered_late(self) -> None:
        opened = given(STAFF, later(opening(), occurred_at=NOW - 9 * DAY))
        scenario = opened.when(lose(), occurred_at=NOW - 3 * DAY)
        assert scenario.facts[0] == like(DealLost, closed_on=TODAY - timedelta(days=3))

    @pytest.mark.parametrize("reason", ["", " "])
    def test_needs_a_reason(self, reason: str) -> None:
        given(OPENED).when(lose(loss_reason=reason)).refused(GateNotPassed, missing=["loss-reason"])

    def test_before_it_was_opened_is_refused_at_each_closing_and_its_correction(self) -> None:
        long_ago = date(1995, 6, 30)
        given(OPENED).when(lose(closed_on=long_ago)).refused(Invalid, fields=["closed_on"])
        given(OFFERED).when(win(closed_on=long_ago)).refused(Invalid, fields=["closed_on"])
        correct = c.CorrectClosing(deal_id=DEAL, closed_on=long_ago)
        given(WON).when(correct).refused(Invalid, fields=["closed_on"])
        given(LOST).when(correct).refused(Invalid, fields=["closed_on"])

    def test_is_bounded_by_the_day_it_was_opened_in_the_world_not_entered(self) -> None:
        opened = given(STAFF, later(opening(), occurred_at=NOW - 9 * DAY))
        opened.when(lose(closed_on=TODAY - 11 * DAY)).refused(Invalid, fields=["closed_on"])
        opened.when(lose(closed_on=TODAY - 9 * DAY)).allowed()

    def test_asks_no_other_gate_from_any_stage(self) -> None:
        given(OPENED).when(lose()).allowed()
        given(OPENED, to("needs")).when(lose()).allowed().holds(status="lost")
        given(OFFERED).when(lose()).allowed()

    def test_in_the_future_is_refused(self) -> None:
        given(OPENED).when(lose(closed_on=TODAY + 2 * DAY)).refused(Invalid, fields=["closed_on"])

    def test_is_done_once(self) -> None:
        given(LOST).when(lose()).refused(Refused)
        given(WON).when(lose()).refused(Refused)


class TestAClosedDeal:
    @pytest.mark.parametrize("closed", [WON, LOST])
    @pytest.mark.parametrize(
        "command",
        [
            needs(),
            quote(),
            c.ChangeAmount(deal_id=DEAL, amount=yuan(1)),
            c.MoveExpectedClose(deal_id=DEAL, expected_close=TODAY),
            c.PromiseNext(deal_id=DEAL, next_step=step(NOW + DAY)),
            to("contact"),
        ],
        ids=lambda x: type(x).__name__,
    )
    def test_refuses_what_only_an_open_deal_does(
        self, closed: tuple[object, ...], command: c.DealCommand
    ) -> None:
        given(closed).when(command).refused(Refused)  # type: ignore[arg-type]

    def test_still_takes_activities_and_makes_no_promise_of_them(self) -> None:
        given(WON).when(touch()).topics("deal.activity-logged").holds(promise=None)

    def test_never_gets_a_promise(self) -> None:
        given(LOST).when(c.EnsurePromise(deal_id=DEAL)).silence()
        given(WON).when(c.RearmPromise(deal_id=DEAL)).silence()


def test_a_late_timer_after_the_closing_is_silence() -> None:
    opened = given(OPENED)
    promise = opened.deal.promise
    assert promise is not None
    spoken = c.MissPromise(deal_id=DEAL, promise_id=promise.id, arming=promise.generation)
    opened.given(later(lose(), now=NOW + DAY)).when(spoken, now=NOW + 9 * DAY).silence()
