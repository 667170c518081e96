"""Whose day it is: the company's, as its cycle policy says it; what was counted before another zone was said stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.adjustment.adjustment import AdjustmentStarted
from domain.adjustment.commands import StartAdjustment
from domain.cycle.in_force import InForce
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import DEFAULT_CYCLE_POLICY, CyclePolicy
from domain.deal import commands as c
from domain.engine.errors import Invalid
from domain.engine.values import Activity, ActivityKind
from domain.figures.scope import COMPANY
from domain.people.people import FormTeam, HireRep
from domain.target.commands import ReviseTarget
from domain.target.facts import TargetRevised
from domain.time.periods import Window
from tests.domain.loop.log import Log
from tests.domain.loop.words import id_of, proposal

ZONES = sorted(available_timezones() - {"localtime"})
SPAN = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2032, 1, 1, tzinfo=UTC))
INSTANTS = st.datetimes(*(bound.replace(tzinfo=None) for bound in SPAN)).map(
    lambda at: at.replace(tzinfo=UTC)
)
DEAL, REP, TEAM = UUID(int=1), UUID(int=2), UUID(int=3)
BERLIN, ANGELES, KIRITIMATI = "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati"


def policy_in(zone: str, name: str = "default") -> CyclePolicy:
    calendar = replace(DEFAULT_CYCLE_POLICY.calendar, timezone=zone)
    return replace(DEFAULT_CYCLE_POLICY, name=name, calendar=calendar)


def of(*stated: tuple[datetime, str]) -> InForce:
    held = InForce()
    for at, zone in stated:
        held = held.publish(policy_in(zone), at)
    return held


@given(st.sampled_from(ZONES), INSTANTS)
def test_a_day_is_what_the_calendar_on_the_companys_wall_says(zone: str, instant: datetime) -> None:
    assert of((SPAN[1], zone)).day(instant) == instant.astimezone(ZoneInfo(zone)).date()


@given(st.lists(st.tuples(INSTANTS, st.sampled_from(ZONES)), max_size=4), INSTANTS)
def test_a_day_begins_at_the_first_instant_that_is_in_it_or_later(
    stated: list[tuple[datetime, str]], instant: datetime
) -> None:
    days, day = of(*stated), of(*stated).day(instant)
    begin = days.begins(day)
    assert begin <= instant
    assert days.day(begin) >= day
    assert days.day(begin - timedelta.resolution) < day


@given(st.lists(st.tuples(INSTANTS, st.sampled_from(ZONES)), min_size=1, max_size=5), INSTANTS)
def test_what_is_said_now_moves_no_day_that_is_past(
    stated: list[tuple[datetime, str]], instant: datetime
) -> None:
    before = of(*stated)
    at = max(at for at, _ in stated) + timedelta(days=1)
    for after in (before.publish(policy_in(zone), at) for zone in (BERLIN, KIRITIMATI)):
        if instant < at:
            assert after.at(instant) == before.at(instant)
        else:
            assert after.at(instant).calendar.timezone in (BERLIN, KIRITIMATI)


def test_before_anything_is_said_the_built_in_calendar_counts_and_then_the_first_that_is_said() -> None:
    night = datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert InForce().day(night) == date(2026, 11, 1), "in Shanghai"
    assert of((night + timedelta(days=30), ANGELES)).day(night) == date(2026, 10, 31)


def test_a_day_is_judged_by_the_policy_in_force_when_it_ended() -> None:
    changed = datetime(2026, 3, 10, 12, tzinfo=UTC)
    held = of((changed - timedelta(days=60), BERLIN), (changed, ANGELES))
    zones = [held.on(date(2026, 3, day)).calendar.timezone for day in (9, 10, 11)]
    assert zones == [BERLIN, ANGELES, ANGELES]


def test_any_day_at_all_has_a_policy() -> None:
    held = of((NIGHT, BERLIN), (NIGHT + timedelta(days=9), KIRITIMATI))
    zones = [held.on(day).calendar.timezone for day in (date.min, date.max)]
    assert zones == [BERLIN, KIRITIMATI]


# -- figures -------------------------------------------------------------------------------------


def company(zone: str | None) -> Log:
    log = Log()
    log.do(FormTeam(team_id=TEAM, name="North"))
    log.do(HireRep(rep_id=REP, name="Zhang Min", team_id=TEAM))
    if zone is not None:
        log.do(PublishCyclePolicy(policy=policy_in(zone)))
    log.do(c.OpenDeal(deal_id=DEAL, title="Forty boilers", owner_id=REP))
    return log


def visited(log: Log, at: datetime, number: int = 1) -> None:
    visit = Activity(kind=ActivityKind.VISIT)
    log.do(
        c.LogActivity(deal_id=DEAL, activity_id=UUID(int=100 + number), activity=visit),
        now=at,
        occurred_at=at,
    )


def visits(log: Log) -> list[date]:
    return [given.on for given in log.contributions() if given.metric == "activities:visit"]


@given(st.sampled_from(ZONES), INSTANTS)
def test_an_activity_counts_on_the_companys_day_in_every_zone(zone: str, instant: datetime) -> None:
    log = company(zone)
    visited(log, instant)
    assert visits(log) == [instant.astimezone(ZoneInfo(zone)).date()]


def test_another_zone_moves_nothing_that_was_counted_and_late_entries_count_as_they_would_have() -> None:
    log, night = company(BERLIN), datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    visited(log, night, 1)
    moved = night + timedelta(days=9)
    log.do(PublishCyclePolicy(policy=policy_in(ANGELES)), now=moved)
    visited(log, night, 2)
    visited(log, moved + timedelta(hours=1), 3)
    april = date(2026, 4, 1)
    assert visits(log) == [april, april, date(2026, 4, 9)]


def test_a_policy_of_another_name_is_not_the_companys() -> None:
    log = company(None)
    log.do(PublishCyclePolicy(policy=policy_in(ANGELES, "american")))
    visited(log, datetime(2026, 10, 31, 17, tzinfo=UTC))
    assert visits(log) == [date(2026, 11, 1)], "in Shanghai, which is built in"


# -- what is left out is the company's today -------------------------------------------------------

NIGHT = datetime(2026, 3, 3, 2, tzinfo=UTC)
"""The second of March in Los Angeles, the third in Berlin."""


@pytest.mark.parametrize(("zone", "day"), [(ANGELES, date(2026, 3, 2)), (BERLIN, date(2026, 3, 3))])
def test_a_deal_is_lost_on_the_companys_today(zone: str, day: date) -> None:
    log = company(zone)
    lost = log.do(c.LoseDeal(deal_id=DEAL, loss_reason="price"), now=NIGHT)
    assert [fact.closed_on for fact in lost if hasattr(fact, "closed_on")] == [day]


def test_a_target_is_revised_from_the_companys_today() -> None:
    log = company(ANGELES)
    log.do(proposal())
    revised = log.do(ReviseTarget(target_id=id_of(), number=Decimal(2_000_000), why="x"), now=NIGHT)
    assert [fact.from_day for fact in revised if isinstance(fact, TargetRevised)] == [date(2026, 3, 2)]
    past = ReviseTarget(target_id=id_of(), number=Decimal(1), why="x", from_day=date(2026, 3, 1))
    with pytest.raises(Invalid, match="the company has 2026-03-02"):
        log.do(past, now=NIGHT)


def test_an_adjustment_starts_on_the_companys_today() -> None:
    log = company(ANGELES)
    adjustment = StartAdjustment(
        adjustment_id=UUID(int=7),
        hypothesis="more visits bring more deals",
        scope=COMPANY,
        metric="deals-won",
        baseline=Window(date(2026, 2, 1), date(2026, 3, 1)),
        horizon=date(2026, 4, 1),
        owner_id=REP,
    )
    started = log.do(adjustment, now=NIGHT)
    assert [f.horizon.start for f in started if isinstance(f, AdjustmentStarted)] == [date(2026, 3, 2)]
