"""Money is in a currency that there is, or was on its day, and no finer than that is divided."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given as for_any
from hypothesis import strategies as st

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.product import ListProduct
from domain.deal import commands as c
from domain.deal.facts import AmountChanged, QuoteRecorded
from domain.engine import currency
from domain.engine.command import Command
from domain.engine.errors import Invalid
from domain.engine.values import Money, Needs
from domain.figures.metrics import metric
from tests.domain.deal.test_import import row, when
from tests.domain.given_when_then import NOW, given, happened
from tests.domain.words import DAY, DEAL, OFFERED, OPENED, PRICE, STAFF, TODAY, WON, opening, quote, step, win

BAD = [
    ("100.50", "JPY"),
    ("1234.567", "EUR"),
    ("1", "ZZZ"),
    ("1", "XXX"),
    ("1", "XTS"),
    ("1", "XAU"),
    ("1", "eur"),
]
GOOD = [
    ("100", "JPY"),
    ("1234.56", "EUR"),
    ("0.125", "KWD"),
    ("2.5000", "CLF"),
    ("1.500", "XCG"),
    ("7", "ZWG"),
    ("1", "CNY"),
]


def money(amount: str, code: str) -> Money:
    return Money(Decimal(amount), code)


@pytest.mark.parametrize(("amount", "code"), BAD)
def test_a_currency_there_is_not_and_parts_it_has_not_are_refused(amount: str, code: str) -> None:
    assert currency.problem_of(Decimal(amount), code)


@pytest.mark.parametrize(("amount", "code"), GOOD)
def test_every_currency_has_its_own_decimals(amount: str, code: str) -> None:
    assert currency.problem_of(Decimal(amount), code) is None


@for_any(code=st.sampled_from(sorted(currency._DECIMALS)), parts=st.integers(0, 10**15))
def test_whole_parts_are_money_and_a_tenth_of_one_is_not(code: str, parts: int) -> None:
    smallest = currency.smallest(code)
    assert currency.problem_of(parts * smallest, code) is None
    assert currency.problem_of((parts * 10 + 1) * smallest / 10, code) is not None


@pytest.mark.parametrize("code", sorted(currency._WITHDRAWN))
def test_a_withdrawn_currency_is_money_until_its_last_day(code: str) -> None:
    last, after, _ = currency._WITHDRAWN[code]
    assert currency.problem(code) is None
    assert currency.problem(code, last) is None
    assert after in (currency.problem(code, last + timedelta(days=1)) or "")
    assert currency.problem(after, last + timedelta(days=1)) is None, "what took its place is there"


def about(worth: Money) -> list[tuple[Command, str]]:
    """Every command that states an amount, and the field of it."""
    needs = Needs(pain_points="x", budget=worth, decision_process="x", decision_makers=("x",))
    return [
        (opening(amount=worth), "amount"),
        (c.ChangeAmount(deal_id=DEAL, amount=worth), "amount"),
        (quote(amount=worth), "quote.amount"),
        (c.RecordNeeds(deal_id=DEAL, needs=needs), "needs.budget"),
        (win(amount=worth), "amount"),
        (ListProduct(product_id=DEAL, name="Boiler", price=worth), "price"),
        (RegisterCustomer(customer_id=DEAL, profile=Profile(name="x", revenue=worth)), "profile.revenue"),
    ]


@pytest.mark.parametrize(("amount", "code"), BAD[:4])
def test_every_command_that_states_an_amount_holds_it_to_its_currency(amount: str, code: str) -> None:
    for command, field in about(money(amount, code)):
        given(OFFERED).when(command).refused(Invalid, fields=[field])
    correct = c.CorrectClosing(deal_id=DEAL, amount=money(amount, code))
    given(WON).when(correct).refused(Invalid, fields=["amount"])
    when(given(STAFF), row(amount=money(amount, code))).refused(Invalid, fields=["amount"])


def test_an_amount_in_a_currency_withdrawn_since_is_taken_for_its_day_only() -> None:
    kuna = money("10", "HRK")
    past: dict[str, Any] = {"occurred_at": NOW.replace(year=2022)}
    given(STAFF).when(opening(amount=kuna), **past).allowed()
    given(STAFF).when(opening(amount=kuna)).refused(Invalid, fields=["amount"])
    when(given(STAFF), row(amount=kuna, opened_at=NOW.replace(year=2022), stage_at=None)).allowed()


def test_another_currency_than_the_deals_is_taken_and_warned_of() -> None:
    euros = Money(PRICE.amount, "EUR")
    priced = (*OFFERED, c.ChangeAmount(deal_id=DEAL, amount=PRICE))
    for command in (
        quote(reference="Q-8", amount=euros),
        c.ChangeAmount(deal_id=DEAL, amount=euros),
        win(amount=euros),
    ):
        answer = given(priced).when(command).allowed().answer
        assert "EUR" in answer["warnings"][0], command
        assert "CNY" in answer["warnings"][0], command
    corrected = given(WON).when(c.CorrectClosing(deal_id=DEAL, amount=euros)).allowed()
    assert corrected.answer["warnings"]
    assert "warnings" not in given(priced).when(quote(reference="Q-8")).answer


def test_what_was_recorded_before_is_still_read_and_the_deal_goes_on() -> None:
    odd = money("100.50", "JPY")
    old = happened(
        DEAL,
        AmountChanged(before=None, after=odd),
        QuoteRecorded(quote=quote(amount=money("1", "ZZZ")).quote),
    )
    deal = given(OPENED, old)
    deal.when(c.PromiseNext(deal_id=DEAL, next_step=step(NOW + DAY))).allowed().holds(amount=odd)
    deal.when(c.MoveExpectedClose(deal_id=DEAL, expected_close=TODAY)).allowed()


def test_targets_have_the_same_decimals() -> None:
    revenue = metric("revenue-won")
    assert [revenue.smallest(code) for code in ("JPY", "EUR", "KWD", "CLF")] == [
        Decimal(1),
        Decimal("0.01"),
        Decimal("0.001"),
        Decimal("0.0001"),
    ]


def test_the_table_tells_the_withdrawn_from_those_there_are() -> None:
    for code in ("HRK", "BGN", "ANG", "ZWL", "SLL"):
        assert currency.problem(code, date(2026, 11, 29))
    for code in ("XCG", "ZWG", "SLE", "VED", "CHF"):
        assert currency.problem(code, date(2026, 11, 29)) is None
