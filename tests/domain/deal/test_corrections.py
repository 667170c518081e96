"""Nothing is edited: what was entered wrongly is set right by a fact that says before and after."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.product import ArchiveProduct, ListProduct
from domain.deal import commands as c
from domain.deal.facts import (
    ActivityCorrected,
    AmountChanged,
    Closing,
    ClosingCorrected,
    CustomerCorrected,
    ExpectedCloseMoved,
    NeedsRecorded,
    ProductCorrected,
    QuoteRecorded,
    TitleCorrected,
)
from domain.engine.errors import Invalid, NotFound, Refused
from domain.engine.values import Activity, ActivityKind, Direction, Money, Needs, Quote
from tests.domain.given_when_then import given
from tests.domain.words import (
    ALL_NEEDS,
    CALL,
    DAY,
    DEAL,
    LOST,
    OPENED,
    PRICE,
    TODAY,
    WON,
    needs,
    quote,
    reopen,
    touch,
    yuan,
)

CUSTOMER, PRODUCT = UUID(int=0xC1), UUID(int=0xC2)
SOLD = (
    RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Harbin Heating")),
    ListProduct(product_id=PRODUCT, name="Boiler 40"),
)
ARCHIVED = ArchiveProduct(product_id=PRODUCT)
VISIT = Activity(kind=ActivityKind.VISIT, direction=Direction.INBOUND)


class TestActivities:
    def test_are_corrected_with_before_and_after(self) -> None:
        correct = c.CorrectActivity(deal_id=DEAL, activity_id=CALL, activity=VISIT)
        given(OPENED, touch()).when(correct).then(
            ActivityCorrected(activity_id=CALL, before=Activity(kind=ActivityKind.CALL), after=VISIT)
        )

    def test_are_corrected_once(self) -> None:
        correct = c.CorrectActivity(deal_id=DEAL, activity_id=CALL, activity=VISIT)
        given(OPENED, touch(), correct).when(correct).silence()

    def test_are_corrected_after_the_closing_too(self) -> None:
        correct = c.CorrectActivity(deal_id=DEAL, activity_id=CALL, activity=VISIT)
        given(LOST, touch()).when(correct).topics("deal.activity-corrected")

    def test_that_are_not_there_are_not_found(self) -> None:
        given(OPENED).when(c.CorrectActivity(deal_id=DEAL, activity_id=CALL, activity=VISIT)).refused(
            NotFound
        )

    def test_are_corrected_to_something_possible(self) -> None:
        wrong = Activity(kind=ActivityKind.CALL, duration_minutes=-1)
        given(OPENED, touch()).when(
            c.CorrectActivity(deal_id=DEAL, activity_id=CALL, activity=wrong)
        ).refused(Invalid, fields=["activity.duration_minutes"])


class TestTheDeal:
    def test_is_corrected_field_by_field(self) -> None:
        everything = c.CorrectDeal(
            deal_id=DEAL, title="Fifty boilers", customer_id=CUSTOMER, product_id=PRODUCT
        )
        given(OPENED, SOLD).when(everything).then(
            TitleCorrected(before="Forty boilers", after="Fifty boilers"),
            CustomerCorrected(before=None, after=CUSTOMER),
            ProductCorrected(before=None, after=PRODUCT),
        )

    def test_is_about_customers_and_products_that_are_there(self) -> None:
        given(OPENED).when(c.CorrectDeal(deal_id=DEAL, customer_id=CUSTOMER)).refused(NotFound)
        given(OPENED).when(c.CorrectDeal(deal_id=DEAL, product_id=PRODUCT)).refused(NotFound)
        given(OPENED, SOLD).when(c.CorrectDeal(deal_id=DEAL, customer_id=PRODUCT)).refused(NotFound)

    def test_is_not_made_to_be_about_an_archived_product_but_may_stay_so(self) -> None:
        about = c.CorrectDeal(deal_id=DEAL, product_id=PRODUCT)
        given(OPENED, SOLD, ARCHIVED).when(about).refused(Refused)
        given(OPENED, SOLD, about, ARCHIVED).when(about).silence()

    def test_is_corrected_once(self) -> None:
        title = c.CorrectDeal(deal_id=DEAL, title="Fifty boilers")
        given(OPENED, title).when(title).silence()

    def test_is_corrected_after_the_closing_too(self) -> None:
        given(WON).when(c.CorrectDeal(deal_id=DEAL, title="Fifty boilers")).topics("deal.title-corrected")

    def test_keeps_a_title(self) -> None:
        given(OPENED).when(c.CorrectDeal(deal_id=DEAL, title=" ")).refused(Invalid, fields=["title"])

    def test_without_a_field_is_silence(self) -> None:
        given(OPENED).when(c.CorrectDeal(deal_id=DEAL)).silence()


class TestWhatChanges:
    def test_amounts_say_before_and_after_also_in_another_currency(self) -> None:
        first = c.ChangeAmount(deal_id=DEAL, amount=yuan(10))
        dollars = Money(yuan(10).amount, "USD")
        given(OPENED, first).when(c.ChangeAmount(deal_id=DEAL, amount=dollars)).then(
            AmountChanged(before=yuan(10), after=dollars)
        )
        given(OPENED, first).when(c.ChangeAmount(deal_id=DEAL, amount=None)).then(
            AmountChanged(before=yuan(10), after=None)
        )

    def test_the_same_amount_written_otherwise_is_silence(self) -> None:
        given(OPENED, c.ChangeAmount(deal_id=DEAL, amount=yuan("10.00"))).when(
            c.ChangeAmount(deal_id=DEAL, amount=yuan(10))
        ).silence()

    def test_the_expected_close_says_before_and_after(self) -> None:
        may, june = date(2026, 5, 1), date(2026, 6, 1)
        move = c.MoveExpectedClose(deal_id=DEAL, expected_close=may)
        given(OPENED, move).when(c.MoveExpectedClose(deal_id=DEAL, expected_close=june)).then(
            ExpectedCloseMoved(before=may, after=june)
        )
        given(OPENED, move).when(move).silence()

    def test_needs_are_recorded_whole_and_once(self) -> None:
        given(OPENED).when(needs()).then(NeedsRecorded(before=Needs(), after=ALL_NEEDS))
        given(OPENED, needs()).when(needs()).silence()

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            (Needs(pain_points="x" * 10_001), "needs.pain_points"),
            (Needs(decision_process="\x00"), "needs.decision_process"),
            (Needs(budget=yuan(-1)), "needs.budget"),
            (Needs(decision_makers=("x",) * 51), "needs.decision_makers"),
            (Needs(decision_makers=("the director", " ")), "needs.decision_makers[1]"),
        ],
    )
    def test_needs_that_cannot_be_are_refused(self, wrong: Needs, field: str) -> None:
        given(OPENED).when(needs(wrong)).refused(Invalid, fields=[field])

    def test_needs_and_quotes_in_another_currency_are_warned_of(self) -> None:
        priced = given(OPENED, c.ChangeAmount(deal_id=DEAL, amount=PRICE))
        euros = Money(PRICE.amount, "EUR")
        told = priced.when(needs(Needs(budget=euros))).answer["warnings"]
        assert told == ["the budget is in EUR, the deal was in CNY"]
        quoted = c.RecordQuote(deal_id=DEAL, quote=Quote(reference="Q-9", amount=euros))
        assert priced.when(quoted).answer["warnings"] == ["the quote is in EUR, the deal was in CNY"]
        assert "warnings" not in priced.when(needs()).answer

    def test_a_quote_is_recorded_once(self) -> None:
        given(OPENED).when(quote()).then(QuoteRecorded(quote=Quote(reference="Q-7", amount=PRICE)))
        given(OPENED, quote()).when(quote()).silence()

    def test_a_quote_under_the_same_reference_says_what_it_replaces(self) -> None:
        given(OPENED, quote()).when(quote(amount=yuan(1))).then(
            QuoteRecorded(
                quote=Quote(reference="Q-7", amount=yuan(1)), before=Quote(reference="Q-7", amount=PRICE)
            )
        )

    def test_a_quote_that_cannot_be_is_refused(self) -> None:
        given(OPENED).when(quote("", yuan(-1), date(9999, 1, 1))).refused(
            Invalid, fields=["quote.reference", "quote.amount", "quote.valid_until"]
        )


def correct(**changes: Any) -> c.CorrectClosing:
    return c.CorrectClosing(deal_id=DEAL, **changes)


class TestAClosing:
    def test_of_a_won_deal_is_set_right_with_before_and_after(self) -> None:
        before = Closing(closed_on=TODAY, amount=PRICE, contract_reference="C-1")
        after = Closing(closed_on=TODAY - DAY, amount=yuan(9), contract_reference="C-2")
        said = correct(closed_on=TODAY - DAY, amount=yuan(9), contract_reference="C-2")
        scenario = given(WON).when(said).then(ClosingCorrected(before=before, after=after))
        scenario.holds(status="won", amount=yuan(9), contract_reference="C-2", closed_on=TODAY - DAY)
        scenario.when(said).silence()

    def test_of_a_lost_deal_too(self) -> None:
        said = correct(loss_reason="timing", competitor="Acme")
        given(LOST).when(said).topics("deal.closing-corrected").holds(
            status="lost", loss_reason="timing", competitor="Acme"
        )

    def test_keeps_what_is_not_said(self) -> None:
        given(WON, correct(contract_reference="C-2")).holds(amount=PRICE, closed_on=TODAY)

    def test_is_forgotten_when_the_deal_is_reopened(self) -> None:
        given(LOST, correct(competitor="Acme"), reopen()).holds(competitor="", loss_reason="")

    @pytest.mark.parametrize(
        ("closed", "field", "value"),
        [
            (WON, "loss_reason", "price"),
            (WON, "competitor", "Acme"),
            (LOST, "amount", PRICE),
            (LOST, "contract_reference", "C-1"),
            (WON, "contract_reference", " "),
            (WON, "amount", yuan(-1)),
            (LOST, "loss_reason", ""),
            (LOST, "closed_on", TODAY + 2 * DAY),
        ],
    )
    def test_takes_nothing_that_does_not_belong_there(
        self, closed: tuple[c.DealCommand, ...], field: str, value: Any
    ) -> None:
        given(closed).when(correct(**{field: value})).refused(Invalid, fields=[field])

    def test_is_not_there_while_the_deal_is_open(self) -> None:
        given(OPENED).when(correct(contract_reference="C-1")).refused(Refused)
