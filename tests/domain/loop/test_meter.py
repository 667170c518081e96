"""The meter against a slow and obvious computation, and the rules it follows one by one."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.merge import MergeCustomers, UnmergeCustomer
from domain.customer.product import ListProduct
from domain.cycle.in_force import InForce
from domain.deal import commands as c
from domain.engine.command import Command
from domain.engine.errors import DomainError
from domain.engine.values import Activity, ActivityKind, Money
from domain.figures import metrics as m
from domain.figures.meter import Meter, MeterState, measured
from domain.figures.meter.tallies import DealTally, Done, Kin, Standing, Win
from domain.figures.scope import COMPANY, Scope, rep, team
from domain.people.people import HireRep
from domain.policy.process import Process, PublishProcess, Stage
from domain.time.periods import PeriodKind, period_of
from tests.domain.given_when_then import NOW
from tests.domain.loop.log import ZONE, Log
from tests.domain.loop.naive import Naive, Row, naive_figure
from tests.domain.words import DAY, LI, NORTH, OPENED, SOUTH, STAFF, TODAY, WANG, ZHAO, approve, ask, to, yuan

DEALS = tuple(UUID(int=0xD0 + n) for n in range(4))
CUSTOMERS = tuple(UUID(int=0xC0 + n) for n in range(3))
PRODUCTS = tuple(UUID(int=0xCA + n) for n in range(2))
REPS, TEAMS = (LI, WANG, ZHAO), (NORTH, SOUTH)
LISTED = (
    *(RegisterCustomer(customer_id=id, profile=Profile(name="Acme")) for id in CUSTOMERS),
    *(ListProduct(product_id=id, name="Boiler") for id in PRODUCTS),
)
ZERO, ONE, HALF = Decimal(0), Decimal(1), Decimal("0.5")
STAGES = ("identify", "contact", "needs", "won", "lost", "after-sales")
PLAIN = PublishProcess(
    process=Process(
        name="default",
        version=1,
        stages=tuple(Stage(name=name, probability=HALF) for name in STAGES),
    )
)
SCOPES = (COMPANY, *map(rep, REPS), *map(team, TEAMS), Scope(kind=COMPANY.kind, product_id=PRODUCTS[0]))
KEYS = [key for key in m.CATALOGUE if key not in ("activities", "action-items-kept")]
KEYS += ["activities:call", "activities:visit", *(f"stage-conversion:{name}" for name in STAGES[:3])]
START, SPAN = TODAY - 120 * DAY, 240
MONTHS = [period_of(PeriodKind.MONTH, START + n * 30 * DAY) for n in range(9)]


def random_command(chance: random.Random) -> Command:
    deal, on = chance.choice(DEALS), TODAY - chance.randrange(100) * DAY
    customer, product = chance.choice([None, *CUSTOMERS]), chance.choice([None, *PRODUCTS])
    owner, amount = chance.choice(REPS), yuan(chance.randrange(1, 10**6))
    activity = Activity(
        kind=chance.choice([ActivityKind.CALL, ActivityKind.VISIT]), rep_id=chance.choice([None, *REPS])
    )
    touch: dict[str, Any] = {
        "deal_id": deal,
        "activity_id": UUID(int=0xE0 + chance.randrange(3)),
        "activity": activity,
    }
    won = partial(c.WinDeal, deal_id=deal, amount=amount, closed_on=on, contract_reference="C")
    options: list[tuple[int, Callable[[], Command]]] = [
        (
            3,
            lambda: c.OpenDeal(
                deal_id=deal, title="t", owner_id=owner, customer_id=customer, product_id=product
            ),
        ),
        (2, lambda: c.LogActivity(**touch)),
        (1, lambda: c.CorrectActivity(**touch)),
        (3, lambda: c.MoveStage(deal_id=deal, to=chance.choice(STAGES))),
        (5, won),
        (2, lambda: c.LoseDeal(deal_id=deal, loss_reason="price", closed_on=on)),
        (2, lambda: c.ReopenDeal(deal_id=deal, stage=chance.choice(STAGES))),
        (1, lambda: c.CorrectClosing(deal_id=deal, closed_on=on)),
        (1, lambda: c.CorrectClosing(deal_id=deal, amount=amount)),
        (2, lambda: c.CorrectDeal(deal_id=deal, customer_id=customer, product_id=product)),
        (2, lambda: c.HandOver(deal_id=deal, to=owner, handover_note="n")),
        (1, lambda: MergeCustomers(customer_id=chance.choice(CUSTOMERS), gone_id=chance.choice(CUSTOMERS))),
        (1, lambda: UnmergeCustomer(customer_id=chance.choice(CUSTOMERS), rest_stays=True)),
        (1, lambda: HireRep(rep_id=owner, name="N", team_id=chance.choice(TEAMS))),
    ]
    return chance.choices([make for _, make in options], [weight for weight, _ in options])[0]()


def some_history(seed: int, commands: int = 150) -> Log:
    chance, log = random.Random(seed), Log()
    for command in (*STAFF, *LISTED, PLAIN):
        log.do(command)
    for _ in range(commands):
        late = {"occurred_at": NOW - chance.randrange(90) * DAY} if chance.random() < 0.2 else {}
        try:
            log.do(random_command(chance), now=NOW + chance.randrange(90) * DAY, **late)
        except DomainError:
            continue
    return log


def belongs(scope: Scope, month: object, row: Row) -> bool:
    whose = {"company": None, "team": row.team, "rep": row.rep}[scope.kind]
    in_month = (row.on.year, row.on.month) == month
    return in_month and whose == scope.id and scope.product_id in (None, row.product)


@settings(max_examples=40)
@given(st.integers(0, 10**6))
def test_every_figure_equals_the_naive_one_at_any_position(seed: int) -> None:
    log = some_history(seed)
    contributions = log.contributions()
    for position in (log.head // 2, log.head):
        rows = Naive(ZoneInfo(ZONE), STAGES).read(log.recorded[:position])
        known = list(m.known(contributions, position))
        for key in KEYS:
            metric = m.metric(key)
            for scope in SCOPES:
                for month in MONTHS:
                    counts = partial(belongs, scope, (month.start.year, month.start.month))
                    slow = naive_figure(rows, key, counts, mean=not metric.adds_up)
                    currency = "CNY" if metric.unit == m.Unit.MONEY else ""
                    fast = m.figure(known, metric, scope, month, currency)
                    places = Decimal("0.000001") if metric.combines == m.Combines.RATIO else Decimal("0.01")
                    assert fast == (slow.quantize(places) if slow is not None else None), (
                        key,
                        scope.key,
                        month,
                    )


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_the_state_survives_being_stored(seed: int) -> None:
    """Stored after every fact as a read model would, the fold contributes the same."""
    log, whole = some_history(seed, 30), Meter()
    stored = msgspec.json.encode(MeterState())
    for recorded in log.recorded:
        state = decode_state(stored)
        assert Meter(state).read(recorded) == whole.read(recorded)
        stored = msgspec.json.encode(state)


def decode_state(stored: bytes) -> MeterState:
    kinds: dict[str, type] = {
        "deals": dict[UUID, DealTally],
        "activities": dict[str, Done],
        "wins": dict[UUID, tuple[Win, ...]],
        "kin": dict[UUID, Kin],
        "segments": dict[UUID, str],
        "teams": dict[UUID, UUID],
        "standings": dict[UUID, Standing],
        "stages": dict[str, tuple[str, ...]],
        "company": InForce,
    }
    tables = msgspec.json.decode(stored)
    return MeterState(
        **{name: msgspec.convert(tables[name], kind, strict=False) for name, kind in kinds.items()}
    )


# -- one rule each -------------------------------------------------------------------------------

DEAL, OTHER = DEALS[:2]
CUSTOMER, PRODUCT = CUSTOMERS[0], PRODUCTS[0]


@pytest.fixture
def log() -> Log:
    log = Log()
    for command in (*STAFF, *LISTED, PLAIN):
        log.do(command)
    return log


def open_(log: Log, deal: UUID = DEAL, **changes: object) -> None:
    log.do(
        c.OpenDeal(deal_id=deal, title="t", owner_id=LI, customer_id=CUSTOMER, product_id=PRODUCT), **changes
    )


def win(log: Log, deal: UUID = DEAL, on: date = TODAY, amount: Money | None = None) -> None:
    log.do(c.WinDeal(deal_id=deal, amount=amount or yuan("100.10"), closed_on=on, contract_reference="C"))


def month(
    key: str, log: Log, scope: Scope = COMPANY, day: date = TODAY, currency: str = ""
) -> Decimal | None:
    return m.figure(log.contributions(), m.metric(key), scope, period_of(PeriodKind.MONTH, day), currency)


def test_a_win_counts_on_the_day_it_was_closed_for_its_owner_then(log: Log) -> None:
    open_(log, occurred_at=NOW - 50 * DAY)
    win(log, on=TODAY - 40 * DAY)
    log.do(c.HandOver(deal_id=DEAL, to=ZHAO, handover_note="after-sales"))
    won_in = TODAY - 40 * DAY
    assert month("deals-won", log) == 0
    assert month("revenue-won", log, rep(LI), won_in, "CNY") == Decimal("100.10")
    assert month("revenue-won", log, team(NORTH), won_in, "CNY") == Decimal("100.10")
    assert month("revenue-won", log, rep(ZHAO), won_in, "CNY") == 0


def test_each_currency_is_counted_by_itself(log: Log) -> None:
    open_(log)
    win(log, amount=Money(Decimal(7), "EUR"))
    assert month("revenue-won", log, currency="EUR") == 7
    assert month("revenue-won", log, currency="CNY") == 0
    assert month("deals-won", log) == 1


def test_reopening_takes_back_exactly_what_the_closing_gave(log: Log) -> None:
    open_(log)
    before = log.contributions()
    win(log)
    closing = log.contributions()[len(before) :]
    log.do(c.ReopenDeal(deal_id=DEAL, stage="identify"))
    taken = [x for x in log.contributions()[len(before) :] if x.weight < 0]
    assert {(x.metric, x.on, x.rep_id, -x.value) for x in taken} == {
        (x.metric, x.on, x.rep_id, x.value) for x in closing if x.metric != m.PROMISE_KEEPING
    }


def test_what_was_known_before_a_reopening_stays_known_as_it_was(log: Log) -> None:
    open_(log)
    win(log)
    then = log.head
    log.do(c.ReopenDeal(deal_id=DEAL, stage="identify"))
    known = list(m.known(log.contributions(), then))
    assert m.figure(known, m.metric("deals-won"), COMPANY, period_of(PeriodKind.MONTH, TODAY)) == 1
    assert month("deals-won", log) == 0


def test_an_earlier_win_entered_late_becomes_the_customers_first(log: Log) -> None:
    open_(log)
    open_(log, OTHER, occurred_at=NOW - 50 * DAY)
    win(log, on=TODAY)
    assert month("new-customers", log) == 1
    win(log, OTHER, on=TODAY - 40 * DAY)
    assert month("new-customers", log) == 0
    assert month("repeat-purchases", log) == 1
    assert month("new-customers", log, day=TODAY - 40 * DAY) == 1


def test_records_that_are_merged_are_one_customer_and_two_again_when_one_is_taken_out(log: Log) -> None:
    other = CUSTOMERS[1]
    open_(log)
    log.do(c.OpenDeal(deal_id=OTHER, title="t", owner_id=LI, customer_id=other))
    win(log, on=TODAY)
    win(log, OTHER, on=TODAY - DAY)
    before = log.head
    counted = [month(key, log) for key in ("new-customers", "repeat-purchases")]
    log.do(MergeCustomers(customer_id=CUSTOMER, gone_id=other))
    assert [month(key, log) for key in ("new-customers", "repeat-purchases")] == [1, 1]
    assert counted == [2, 0]
    known = list(m.known(log.contributions(), before))
    assert m.figure(known, m.metric("new-customers"), COMPANY, period_of(PeriodKind.MONTH, TODAY)) == 2
    log.do(UnmergeCustomer(customer_id=other))
    assert [month(key, log) for key in ("new-customers", "repeat-purchases")] == counted


def test_a_deal_without_a_customer_makes_nobody_a_customer(log: Log) -> None:
    log.do(c.OpenDeal(deal_id=DEAL, title="t", owner_id=LI))
    win(log)
    assert month("new-customers", log) == 0
    assert month("repeat-purchases", log) == 0
    assert month("deals-won", log) == 1


def test_an_activity_counts_where_it_took_place_in_time(log: Log) -> None:
    """00:30 in Shanghai on the first of March is still February in Greenwich."""
    open_(log, occurred_at=NOW - 60 * DAY)
    at = NOW.replace(month=2, day=28, hour=16, minute=30)
    call = Activity(kind=ActivityKind.CALL, rep_id=ZHAO)
    log.do(c.LogActivity(deal_id=DEAL, activity_id=UUID(int=1), activity=call), occurred_at=at)
    assert month("activities:call", log, rep(ZHAO)) == 1
    assert month("activities:call", log, team(SOUTH)) == 1
    assert month("activities", log) == 1
    assert month("activities:call", log, day=date(2026, 2, 28)) == 0


def test_excused_promises_do_not_count(log: Log) -> None:
    open_(log)
    open_(log, OTHER)
    log.do(c.LoseDeal(deal_id=DEAL, loss_reason="price"))
    assert not [x for x in log.contributions() if x.metric == m.PROMISE_KEEPING]
    assert [(x.rep_id, x.value) for x in log.contributions() if x.metric == m.PROMISES_EXCUSED] == [
        (LI, m.ONE)
    ]
    assert month(m.PROMISE_KEEPING, log) is None
    win(log, OTHER)
    assert [x.value for x in log.contributions() if x.metric == m.PROMISE_KEEPING] == [1]


def test_rates_are_of_what_happened_and_none_where_nothing_did(log: Log) -> None:
    assert month("win-rate", log) is None
    for deal in DEALS[:3]:
        open_(log, deal)
    win(log)
    for deal in DEALS[1:3]:
        log.do(c.LoseDeal(deal_id=deal, loss_reason="price"))
    assert month("win-rate", log) == Decimal("0.333333")
    assert month("stage-conversion:identify", log) == Decimal("0.333333")


def test_a_move_that_needed_an_override_is_no_discipline() -> None:
    log = Log()
    for step in (*OPENED, to("needs")):
        log.do(step)
    for asked in (ask("solution"), approve()):
        log.do(asked.command, **asked.context)
    log.do(to("solution"))
    log.do(to("contact"))
    assert [x.value for x in log.contributions() if x.metric == m.GATE_DISCIPLINE] == [1, 0]
    assert month("gate-discipline", log) == HALF
    assert month("stage-conversion:solution", log) == 0


def test_cycle_time_is_at_least_nothing(log: Log) -> None:
    open_(log, occurred_at=NOW - 10 * DAY)
    win(log)
    open_(log, OTHER)
    win(log, OTHER, on=TODAY - DAY)
    assert month("cycle-time", log) == Decimal("5.00")


def test_a_segment_is_the_customers_sector_when_the_deal_closed(log: Log) -> None:
    log.do(RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Acme", sector="steel")))
    open_(log)
    win(log)
    log.do(RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Acme", sector="retail")))
    steel, retail = (Scope(kind=COMPANY.kind, segment=name) for name in ("steel", "retail"))
    assert month("deals-won", log, steel) == 1
    assert month("deals-won", log, retail) == 0


def test_parts_sum_to_the_whole(log: Log) -> None:
    """Any grouping of the contributions gives the figure: by rep, by team, by month."""
    contributions = some_history(7).contributions()
    year = period_of(PeriodKind.YEAR, TODAY)
    for key in KEYS:
        metric, money = m.metric(key), "CNY" if m.metric(key).unit == m.Unit.MONEY else ""
        whole = m.figure(contributions, metric, COMPANY, year, money)
        by_rep = [m.sum_of(m.drill(contributions, metric, rep(id), year, money)) for id in REPS]
        by_month = [
            m.sum_of(m.drill(contributions, metric, COMPANY, p, money)) for p in year.parts(PeriodKind.MONTH)
        ]
        assert sum(by_rep, m.Sum()).figure(metric) == whole
        assert sum(by_month, m.Sum()).figure(metric) == whole


def test_money_has_a_currency_and_nothing_else_has() -> None:
    year = period_of(PeriodKind.YEAR, TODAY)
    for key, currency in (("revenue-won", ""), ("deals-won", "CNY")):
        with pytest.raises(DomainError, match="currency"):
            m.figure([], m.metric(key), COMPANY, year, currency)


@pytest.mark.parametrize(
    "key", ["revenue", "activities:nap", "activities:", "stage-conversion:won", "stage-conversion:", ""]
)
def test_a_metric_that_is_not_in_the_catalogue_is_refused(key: str) -> None:
    with pytest.raises(DomainError, match="there are: revenue-won"):
        m.metric(key)


def test_every_metric_is_told_in_both_languages() -> None:
    every = {one.key: one for one in m.every_metric()}
    assert {*m.CATALOGUE, "activities:call", "stage-conversion:needs"} <= set(every)
    for key, found in every.items():
        assert m.metric(key) == found
        assert all((found.name.en, found.name.zh, found.definition.en, found.definition.zh))


def test_targets_are_whole_units_of_the_currency() -> None:
    money = m.metric("revenue-won")
    assert [money.smallest(code) for code in ("CNY", "JPY", "KWD")] == [
        Decimal(x) for x in ("0.01", "1", "0.001")
    ]


@pytest.mark.parametrize(
    ("key", "currency", "sum_", "written"),
    [
        ("deals-won", "", "2.0000", "2"),
        ("revenue-won", "CNY", "1200.5000", "1200.50"),
        ("revenue-won", "JPY", "1200.0000", "1200"),
        ("revenue-won", "CNY", "0.1255", "0.1255"),
        ("revenue-won", "CNY", "123456789012345678901234567.1000", "123456789012345678901234567.10"),
    ],
)
def test_a_sum_has_the_decimals_of_its_unit_and_loses_none_that_say_something(
    key: str, currency: str, sum_: str, written: str
) -> None:
    assert str(m.metric(key).written(Decimal(sum_), currency)) == written


def test_the_meter_reads_no_fact_for_nothing() -> None:
    assert len(set(measured())) == len(measured())
    assert timedelta(days=SPAN) > MONTHS[-1].end - MONTHS[0].start - timedelta(days=60)
