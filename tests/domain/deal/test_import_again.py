"""A later file: for every field, what it says is recorded or refused by name; what it leaves empty, or only assumes, changes
nothing; and what is known need not be told again.
"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.product import ListProduct
from domain.deal import commands as c
from domain.deal import facts as f
from domain.deal.completing import COMPOSED
from domain.deal.deal import Deal
from domain.engine.aggregate import Aggregate
from domain.engine.command import Call, Together
from domain.engine.command_handler import attempt
from domain.engine.errors import GateNotPassed, Invalid, Refused
from domain.engine.unit_of_work import NotLoaded, UnitOfWork, nothing_remembered
from domain.engine.values import NO_NEEDS, Money, Needs, NextStep, Quote
from domain.imports import AsImported
from domain.people.people import FormTeam, HireRep, RepLeaves
from runtime.snapshots import frozen, thawed
from tests.domain.deal.test_import import (
    CLOSED_AT,
    CLOSED_ON,
    FIRST,
    OPENED_AT,
    by_file,
    call,
    imported,
    row,
    when,
)
from tests.domain.given_when_then import NOW, Scenario, context_of, given, later
from tests.domain.words import ALL_NEEDS, DAY, DEAL, LI, PRICE, STAFF, WANG, leaves, yuan

ACME, BOLT, BOILER, PUMP = (UUID(int=n) for n in (0xC1, 0xC2, 0xC3, 0xC4))
QUOTE = Quote(reference="Q-1", amount=PRICE, valid_until=date(2026, 9, 1))
FULL: dict[str, Any] = {
    "customer_id": ACME,
    "product_id": BOILER,
    "opening_amount": yuan(30_000),
    "expected_close": date(2026, 6, 1),
    "needs": ALL_NEEDS,
    "quote": QUOTE,
    "next_step": NextStep("call", NOW + 9 * DAY),
    "activities": (call(FIRST, OPENED_AT),),
}
CLOSING: dict[str, Any] = {
    "closed_on": CLOSED_ON,
    "closed_at": CLOSED_AT,
    "next_step": None,
    "stage_at": None,
}
ROWS = {
    "open": row(**FULL),
    "won": row(**(FULL | CLOSING), stage="won", contract_reference="C-1"),
    "lost": row(**(FULL | CLOSING), stage="lost", loss_reason="price", competitor="Rival"),
}
CHANGES: dict[str, Any] = {
    "title": "Fifty boilers",
    "owner_id": WANG,
    "opened_at": OPENED_AT + timedelta(hours=2),
    "stage_at": OPENED_AT + 2 * DAY,
    "customer_id": BOLT,
    "product_id": PUMP,
    "amount": yuan(50_000),
    "opening_amount": yuan(20_000),
    "expected_close": date(2026, 7, 1),
    "needs": replace(ALL_NEEDS, pain_points="noise"),
    "quote": replace(QUOTE, amount=yuan(7)),
    "closed_on": CLOSED_ON + DAY,
    "contract_reference": "C-2",
    "loss_reason": "silence",
    "competitor": "Nobody",
    "next_step": NextStep("write", NOW + 8 * DAY),
    "activities": (call(FIRST, OPENED_AT, outcome="reached"),),
}
OF = {
    "won": {"closed_on", "contract_reference"},
    "lost": {"closed_on", "loss_reason", "competitor"},
    "open": {"stage_at"},
}
"""What only a row of this kind tells: another kind's planner does not pass it on."""
NOT_TOLD_BY_A_ROW = {
    "deal_id", "source", "reference", "process", "policy", "override_reason", "assumed", "asked", "stage", "closed_at", "timezone",
    "stage_history", "custom",
}  # fmt: skip
"""Which deal it is, what new deals follow, how the row is to be taken; `stage`, `stage_history` and `custom` have tests of their own."""


def changed(scenario: Scenario) -> list[str]:
    return [fact.TOPIC for fact in scenario.facts if not isinstance(fact, f.ImportNoted)]


def named(scenario: Scenario) -> set[str]:
    assert isinstance(scenario.refusal, Invalid), scenario.refusal
    return {error.field for error in scenario.refusal.errors}


def cases() -> list[tuple[str, str]]:
    every = set().union(*OF.values())
    return [(kind, name) for kind in ROWS for name in CHANGES if name not in every - OF[kind]]


def state(scenario: Scenario) -> dict[str, Any]:
    left_out = {"version", "imported", "_recorded"}
    return {name: value for name, value in vars(scenario.deal).items() if name not in left_out}


def test_every_field_of_a_row_is_tried() -> None:
    assert {field.name for field in fields(c.ImportDeal)} == set(CHANGES) | NOT_TOLD_BY_A_ROW


@pytest.mark.parametrize(("kind", "name"), cases())
def test_what_a_later_file_says_is_recorded_or_refused_by_name(kind: str, name: str) -> None:
    before = ROWS[kind]
    scenario = when(imported(before), replace(before, **{name: CHANGES[name]}))
    if scenario.refusal is None:
        assert changed(scenario), "accepted, and nothing of it is recorded"
    else:
        assert {field.partition(".")[0] for field in named(scenario)} & {name, name.removesuffix("_id")}


@pytest.mark.parametrize(("kind", "name"), [case for case in cases() if case[1] != "activities"])
def test_what_a_later_file_leaves_empty_stays(kind: str, name: str) -> None:
    empty: Any = {"title": "made up", "owner_id": c.NOBODY, "needs": NO_NEEDS}
    before = ROWS[kind]
    text = isinstance(CHANGES[name], str)
    assumed = frozenset({"title"}) if name == "title" else frozenset()
    emptied = replace(before, **{name: empty.get(name, "" if text else None)}, assumed=assumed)
    if name == "closed_on":
        emptied = replace(emptied, closed_at=None)
    held = state(imported(before))
    scenario = when(imported(before), emptied).silence()
    assert state(scenario) == held


ASSUMED = {
    "title": "title", "owner_id": "owner", "customer_id": "customer", "product_id": "product", "amount": "amount",
    "opening_amount": "opening_amount", "expected_close": "expected_close", "opened_at": "opened_at",
    "contract_reference": "contract_reference", "loss_reason": "loss_reason", "competitor": "competitor",
    "stage_at": "stage_at", "closed_on": "closed_on",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "name"), [case for case in cases() if case[1] in ASSUMED])
def test_what_stands_in_for_an_empty_cell_replaces_nothing(kind: str, name: str) -> None:
    before = ROWS[kind]
    told = replace(before, **{name: CHANGES[name]}, assumed=frozenset({ASSUMED[name]}))
    held = state(imported(before))
    assert state(when(imported(before), told).silence()) == held


@pytest.mark.parametrize("part", ["pain_points", "budget", "decision_process", "decision_makers"])
def test_needs_that_are_told_in_part_keep_the_rest(part: str) -> None:
    before = ROWS["open"]
    less = Needs(**{n: getattr(ALL_NEEDS, n) for n in Needs.__dataclass_fields__ if n != part})
    assert when(imported(before), replace(before, needs=less)).silence().deal.needs == ALL_NEEDS


def test_a_quote_whose_amount_was_taken_from_the_deal_keeps_its_own() -> None:
    before = ROWS["open"]
    told = replace(
        before, amount=yuan(9), quote=replace(QUOTE, amount=yuan(9)), assumed=frozenset({"quote_amount"})
    )
    scenario = when(imported(before), told)
    assert (scenario.deal.amount, scenario.deal.quotes["Q-1"]) == (yuan(9), QUOTE)


def test_a_quote_changed_here_and_in_the_file_is_refused() -> None:
    here = c.RecordQuote(deal_id=DEAL, quote=replace(QUOTE, amount=yuan(1)))
    told = replace(ROWS["open"], quote=replace(QUOTE, amount=yuan(2)))
    when(imported(ROWS["open"], here), told).refused(Refused)


def test_an_amount_whose_row_names_no_currency_stays_in_its_own() -> None:
    euros = row(amount=Money(Decimal(10), "EUR"))
    in_usual = row(amount=Money(Decimal(12), "USD"), assumed=frozenset({"currency"}))
    assert when(imported(euros), in_usual).deal.amount == Money(Decimal(12), "EUR")


def test_a_title_made_of_fewer_names_replaces_none() -> None:
    before = row(title="Boiler for Acme", customer_id=ACME, assumed=frozenset({COMPOSED}))
    less = row(title="Boiler OPP-1", assumed=frozenset({COMPOSED}))
    when(imported(before), less).silence()
    more = row(title="Boiler for Bolt", customer_id=BOLT, assumed=frozenset({COMPOSED}))
    assert changed(when(imported(before), more)) == ["deal.title-corrected", "deal.customer-corrected"]


def test_an_open_deal_is_worth_what_its_row_says_now() -> None:
    assert when(given(STAFF), ROWS["open"]).deal.amount == PRICE


@pytest.mark.parametrize("kind", ["won", "lost"])
def test_a_file_that_closes_known_deals_need_not_tell_them_again(kind: str) -> None:
    closing = replace(
        ROWS[kind],
        owner_id=c.NOBODY, opened_at=None, title="OPP-1", customer_id=None, product_id=None, opening_amount=None,
        expected_close=None, needs=NO_NEEDS, quote=None, activities=(), amount=None,
        closed_on=(NOW + DAY).date(), closed_at=NOW + DAY,
        assumed=frozenset({COMPOSED}), asked=frozenset({"opened_at"}),
    )  # fmt: skip
    scenario = when(imported(ROWS["open"]), closing).holds(
        status=kind, owner_id=LI, amount=PRICE, customer_id=ACME
    )
    assert scenario.deal.title == "Forty boilers"


def test_what_nobody_ever_told_of_a_closing_may_be_assumed() -> None:
    lost = replace(
        ROWS["lost"], assumed=frozenset({"loss_reason"}), closed_on=NOW.date(), closed_at=NOW + DAY
    )
    assert when(imported(ROWS["open"]), lost).deal.loss_reason == "price"


def test_a_new_deal_must_tell_whose_it_is_and_when_it_was_opened() -> None:
    told = row(owner_id=c.NOBODY, opened_at=None, stage_at=None, asked=frozenset({"opened_at"}))
    when(given(STAFF), told).refused(Invalid, fields=["owner", "opened_at"])


def test_a_deal_opened_by_its_import_says_that_its_day_is_not_taken() -> None:
    first = row(stage="identify", opened_at=None, stage_at=None)
    scenario = when(imported(first), row(stage="needs"))
    assert changed(scenario) == ["deal.stage-moved", "promise.rearmed"]
    assert [field for field, _ in scenario.answer["notes"]] == ["opened_at"]
    assert named(when(imported(first), row(stage="identify", stage_at=None))) == {"opened_at"}


@pytest.mark.parametrize("kind", ["won", "lost"])
def test_a_deal_opened_by_its_import_may_have_been_over_before(kind: str) -> None:
    """A list of leads that tells no days, and then one of what was closed that tells no openings."""
    lead = row(stage="identify", opened_at=None, stage_at=None)
    over = replace(ROWS[kind], opened_at=None, asked=frozenset({"opened_at"}), activities=(), next_step=None)
    when(imported(lead), over).holds(status=kind, closed_on=CLOSED_ON)
    told = replace(over, opened_at=CLOSED_AT + DAY)
    when(imported(lead), told).refused(Invalid, fields=["closed_at"])


def test_a_file_that_opens_a_closed_deal_again_is_told_that_it_may_be_older() -> None:
    scenario = when(imported(ROWS["won"]), ROWS["open"])
    assert scenario.holds(status="open").answer["notes"][0][0] == "stage"


def test_another_currency_is_taken_and_named() -> None:
    euros = Money(Decimal(50_000), "EUR")
    rows = {
        "amount": replace(ROWS["open"], amount=euros),
        "needs.budget": replace(ROWS["open"], needs=replace(ALL_NEEDS, budget=euros)),
        "quote.amount": replace(ROWS["open"], quote=replace(QUOTE, amount=euros)),
    }
    for field, said in rows.items():
        scenario = when(imported(ROWS["open"]), said)
        assert scenario.answer["notes"] == [(field, "is in EUR, the deal was in CNY")]
    won = replace(ROWS["won"], amount=euros)
    assert when(imported(ROWS["open"]), won).answer["notes"] == [("amount", "is in EUR, the deal was in CNY")]
    assert when(imported(ROWS["open"]), ROWS["won"]).answer["notes"] == []


def test_a_note_of_an_older_release_knows_no_times_and_refuses_none() -> None:
    scenario = imported(ROWS["open"])
    noted = scenario.deal.imported
    assert noted is not None
    old = replace(noted, marks=replace(noted.marks, opened_at=None, stage_at=None, opening_amount=None))
    scenario.history.streams[DEAL].append(old)
    later_row = replace(
        ROWS["open"], title="Fifty boilers", stage_at=OPENED_AT + 2 * DAY, opening_amount=yuan(1)
    )
    assert changed(when(scenario, later_row)) == ["deal.title-corrected"]


def test_an_owner_who_left_is_refused_by_name() -> None:
    assert named(when(imported(ROWS["open"], leaves(WANG)), replace(ROWS["open"], owner_id=WANG))) == {
        "owner"
    }


# -- customers, products, reps and teams --------------------------------------------------------------------------------

NORTH_TEAM, HAN = UUID(int=0x51), UUID(int=0x52)
PROFILE = Profile(
    name="Acme", sector="steel", country="DE", employees=7, revenue=yuan(1), founded=1990, parent="Group"
)
CUSTOMER = RegisterCustomer(customer_id=ACME, profile=PROFILE)
PRODUCT = ListProduct(product_id=BOILER, name="Boiler", series="B", price=yuan(5))
TEAM = FormTeam(team_id=NORTH_TEAM, name="North", region="N", manager_id=LI)
REP = HireRep(rep_id=HAN, name="Han", team_id=NORTH_TEAM)
OTHER: dict[str, Any] = {
    "name": "Other", "sector": "iron", "country": "FR", "employees": 8, "revenue": yuan(2), "founded": 1991,
    "parent": "Holding", "series": "C", "price": yuan(6), "region": "S", "manager_id": WANG,
}  # fmt: skip


def said_of(command: Any, name: str, value: Any) -> Any:
    if isinstance(command, RegisterCustomer):
        return replace(command, profile=replace(command.profile, **{name: value}))
    return replace(command, **{name: value})


def names_of(command: Any) -> list[str]:
    of = command.profile if isinstance(command, RegisterCustomer) else command
    return [field.name for field in fields(of) if field.name in OTHER]


KINDS: list[Any] = [CUSTOMER, PRODUCT, TEAM, REP]
EACH = [(command, name) for command in KINDS for name in names_of(command)]


def known(command: Any) -> Scenario:
    making = [TEAM] if isinstance(command, HireRep) else []
    return given(STAFF, *making, command)


@pytest.mark.parametrize(("command", "name"), EACH)
def test_what_a_file_says_of_a_name_is_recorded(command: Any, name: str) -> None:
    scenario = known(command).when(AsImported(said=said_of(command, name, OTHER[name])))
    assert len(scenario.facts) == 1


@pytest.mark.parametrize(("command", "name"), EACH)
def test_what_a_file_leaves_empty_of_a_name_stays(command: Any, name: str) -> None:
    empty = "" if isinstance(OTHER[name], str) else None
    if name != "name":  # a key stands in for it
        known(command).when(AsImported(said=said_of(command, name, empty))).silence()
    if name != "manager_id":
        assumed = AsImported(said=said_of(command, name, OTHER[name]), assumed=frozenset({name}))
        known(command).when(assumed).silence()


def test_a_price_without_a_currency_stays_in_its_own() -> None:
    said = replace(PRODUCT, price=Money(Decimal(6), "USD"))
    scenario = known(PRODUCT).when(AsImported(said=said, assumed=frozenset({"currency"})))
    assert [fact.price for fact in scenario.facts] == [yuan(6)]  # type: ignore[attr-defined]


def test_a_rep_moves_and_one_who_left_is_refused_by_name() -> None:
    elsewhere = replace(REP, team_id=UUID(int=0x53))
    south = FormTeam(team_id=UUID(int=0x53), name="South")
    given(STAFF, TEAM, south, REP).when(AsImported(said=elsewhere)).topics("rep.moved")
    left = given(STAFF, TEAM, south, REP, RepLeaves(rep_id=HAN))
    left.when(AsImported(said=elsewhere)).refused(Invalid, fields=["key"])
    left.when(AsImported(said=REP)).silence()


@pytest.mark.parametrize("command", KINDS)
def test_what_is_only_needed_is_made_once_and_never_changed(command: Any) -> None:
    needed = AsImported(said=said_of(command, "name", "Other"), if_missing=True)
    known(command).when(needed).silence()


def test_what_a_refused_row_needs_is_not_made() -> None:
    needed = (("owner", TEAM), ("owner", REP), ("customer", CUSTOMER))
    unmet = Together(needed=needed, command=row(owner_id=HAN, customer_id=ACME, stage="solution"))
    scenario = given(STAFF)
    before = dict(scenario.history.streams)
    scenario.when(unmet, **by_file(row())).refused(
        GateNotPassed, missing=("pain-points", "budget", "decision-process", "decision-makers")
    )
    assert scenario.history.streams == before
    met = Together(needed=needed, command=row(owner_id=HAN, customer_id=ACME))
    made = [fact.TOPIC for fact in scenario.when(met, **by_file(row())).facts]
    assert made[:4] == ["team.formed", "rep.hired", "customer.registered", "deal.opened"]


def test_a_row_whose_need_cannot_be_made_is_refused_under_its_field() -> None:
    nameless = replace(CUSTOMER, profile=replace(PROFILE, name="x" * 301))
    needs = Together(needed=(("customer", nameless),), command=row(customer_id=ACME))
    given(STAFF).when(needs, **by_file(row())).refused(Invalid, fields=["customer"])


def test_the_rows_of_a_later_file_were_told_by_the_first() -> None:
    """The rows that are compared here do land."""
    for told in ROWS.values():
        assert given(STAFF, later(told, **by_file(told))).deal.imported is not None


@pytest.mark.parametrize("told_again", [True, False])
def test_a_closing_is_never_moved_before_the_opening(told_again: bool) -> None:
    long_ago: dict[str, Any] = {"closed_on": date(1995, 2, 2), "closed_at": OPENED_AT.replace(year=1995)}
    told = replace(ROWS["won"], **long_ago, opened_at=OPENED_AT if told_again else None)
    assert named(when(imported(ROWS["won"]), told)) == {"closed_at"}


def test_a_file_that_comes_to_say_what_is_so_here_agrees() -> None:
    here = c.ChangeAmount(deal_id=DEAL, amount=yuan(2))
    assert when(imported(row(), here), row(amount=yuan(2))).answer["agreed"] is True
    assert when(imported(row()), row(amount=yuan(2))).answer["agreed"] is False


GUESSED = frozenset({"amount", "opening_amount"})


def test_a_new_won_deal_is_never_worth_its_opening() -> None:
    guess = replace(ROWS["won"], amount=None, assumed=GUESSED)
    when(given(STAFF), guess).refused(GateNotPassed, missing=("amount",))


def test_an_amount_that_stood_in_for_one_is_no_price_to_win_at() -> None:
    """The list price of an open deal whose file told no amount; won by a later one that tells none either."""
    opened = replace(ROWS["open"], assumed=GUESSED)
    closes: dict[str, Any] = {"closed_on": (NOW + DAY).date(), "closed_at": NOW + DAY, "amount": None}
    closes["assumed"] = GUESSED
    won = replace(ROWS["won"], **closes)
    when(imported(opened), won).refused(GateNotPassed, missing=("amount",))
    said_here = c.ChangeAmount(deal_id=DEAL, amount=yuan(7))
    when(imported(opened, said_here), won).holds(status="won", amount=yuan(7))
    when(imported(ROWS["open"]), won).holds(status="won", amount=PRICE)
    when(imported(opened), replace(won, amount=yuan(8), assumed=frozenset())).holds(amount=yuan(8))


def test_an_amount_told_after_a_guess_is_no_change_on_both_sides() -> None:
    opened = replace(ROWS["open"], assumed=GUESSED)
    when(imported(opened), replace(ROWS["open"], amount=yuan(9))).holds(amount=yuan(9))


def from_its_snapshot(scenario: Scenario) -> Deal:
    whole = scenario.deal
    held = thawed(Deal(whole.id), frozen(whole), whole.version)
    assert isinstance(held, Deal)
    return held


def asks_for(scenario: Scenario, command: c.ImportDeal) -> tuple[set[UUID], bool]:
    """Of what the decision wants more than a snapshot, and whether it wants all of it."""
    context = context_of(**by_file(command, now=NOW + DAY))
    loaded: dict[UUID, Aggregate] = {DEAL: from_its_snapshot(scenario)}
    while True:
        try:
            attempt(Call(command, context), UnitOfWork(context, loaded, nothing_remembered))
        except NotLoaded as missing:
            if missing.complete:
                return set(missing.wanted), True
            loaded |= {id: scenario.history.load(kind, id) for id, kind in missing.wanted.items()}
        else:
            return set(), False


def test_work_that_is_known_is_compared_with_the_whole_deal_and_other_work_with_its_snapshot() -> None:
    """A snapshot holds marks of what was logged, which do not say what it was before it is set right."""
    told_of_work = row(**FULL)
    scenario = imported(told_of_work)
    otherwise = replace(told_of_work, activities=CHANGES["activities"])
    assert asks_for(scenario, otherwise) == ({DEAL}, True)
    more = replace(told_of_work, activities=(call(UUID(int=0x99), OPENED_AT + DAY),))
    assert asks_for(scenario, more) == (set(), False)
