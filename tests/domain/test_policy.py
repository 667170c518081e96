"""Rules of the follow-up policy, each a sentence; 2026-03-02 is a Monday."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engine.checking import check, problems
from domain.engine.errors import Invalid
from domain.policy.follow_up import DEFAULT_POLICY, FollowUpPolicy, short_fuse
from domain.time.calendar import BusinessCalendar
from domain.time.commitment import Deadlines
from domain.time.duration import Duration, Unit

OFFICE = BusinessCalendar("Asia/Shanghai", (1, 2, 3, 4, 5), "09:00", "17:00")
UNITS: list[Unit] = ["seconds", "minutes", "hours", "days", "business_hours", "business_days"]
YEAR = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
instants = st.timedeltas(dt.timedelta(0), dt.timedelta(days=334)).map(lambda passed: YEAR + passed)


@st.composite
def durations(draw: st.DrawFn, least: int = 0) -> Duration:
    unit = draw(st.sampled_from(UNITS))
    if unit == "business_days" or draw(st.booleans()):
        return Duration(draw(st.integers(least, 60)), unit)
    return Duration(draw(st.decimals(least, 60, places=2)), unit)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(dt.UTC)


def policy(**changes: Any) -> FollowUpPolicy:
    return replace(FollowUpPolicy("sales", 1, OFFICE, Duration(3, "business_days")), **changes)


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "amount", "unit"),
        [
            ("24bh", 24, "business_hours"),
            ("3bd", 3, "business_days"),
            ("5d", 5, "days"),
            ("2h", 2, "hours"),
            ("15m", 15, "minutes"),
            ("30s", 30, "seconds"),
            (" 1.5 h ", Decimal("1.5"), "hours"),
        ],
    )
    def test_a_duration_is_a_number_and_a_unit(self, text: str, amount: int, unit: Unit) -> None:
        assert Duration.parse(text) == Duration(amount, unit)

    @pytest.mark.parametrize("text", ["", "h", "5", "-5d", "5 weeks", "1e3h", "٣d", "1.5bd", "3661d", "NaNh"])
    def test_anything_else_is_refused_under_its_field_name(self, text: str) -> None:
        with pytest.raises(Invalid) as refusal:
            Duration.parse(text, "escalate_after")
        assert [error.field for error in refusal.value.errors] == ["escalate_after"]

    @given(durations())
    def test_the_short_form_reads_back_to_the_same_duration(self, duration: Duration) -> None:
        assert Duration.parse(str(duration)) == duration

    def test_a_day_is_24_hours_and_ignores_weekends(self) -> None:
        assert Duration(2, "days").after(at("2026-03-06 16:00"), OFFICE) == at("2026-03-08 16:00")

    def test_business_units_follow_the_calendar_both_ways(self) -> None:
        assert Duration(2, "business_hours").after(at("2026-03-06 16:00"), OFFICE) == at("2026-03-09 10:00")
        assert Duration(2, "business_hours").before(at("2026-03-09 10:00"), OFFICE) == at("2026-03-06 16:00")
        assert Duration(2, "business_days").after(at("2026-03-06 16:00"), OFFICE) == at("2026-03-10 16:00")
        assert Duration(2, "business_days").before(at("2026-03-10 16:00"), OFFICE) == at("2026-03-06 16:00")

    @given(durations(), instants)
    def test_after_is_never_before_the_start_and_before_never_after_the_end(
        self, duration: Duration, instant: dt.datetime
    ) -> None:
        assert duration.before(instant, OFFICE) <= instant <= duration.after(instant, OFFICE)


class TestWhenTheNextPromiseIsDue:
    specific = policy(
        due_after=Duration(5, "days"),
        due_after_by_stage={"negotiation": Duration(4, "days")},
        due_after_by_activity={"call": Duration(3, "days"), "call:no answer": Duration(2, "days")},
    )
    now = at("2026-03-02 10:00")

    @pytest.mark.parametrize(
        ("stage", "activity", "days"),
        [
            ("needs", None, 5),
            ("negotiation", None, 4),
            ("negotiation", "mail", 4),
            ("negotiation", "mail:no answer", 4),
            ("negotiation", "call", 3),
            ("negotiation", "call:reached", 3),
            ("negotiation", "call:no answer", 2),
            ("needs", "call:no answer", 2),
        ],
    )
    def test_the_most_specific_duration_wins(self, stage: str, activity: str | None, days: int) -> None:
        assert self.specific.due_at(self.now, stage, activity) == self.now + dt.timedelta(days=days)


class TestDeadlines:
    def test_a_missed_promise_goes_to_the_manager_after_24_and_away_after_72_business_hours(self) -> None:
        due = at("2026-03-02 17:00")
        deadlines = policy().deadlines(due, made_at=at("2026-02-27 10:00"))
        assert deadlines == Deadlines(
            remind_at=at("2026-03-02 13:00"),
            due_at=due,
            escalate_at=at("2026-03-05 17:00"),
            reassign_at=at("2026-03-13 17:00"),
        )

    def test_the_reminder_is_never_before_the_promise_was_made(self) -> None:
        made = at("2026-03-02 15:00")
        assert policy().deadlines(at("2026-03-02 16:00"), made).remind_at == made

    def test_a_promise_recorded_after_its_due_time_is_reminded_at_its_due_time(self) -> None:
        due = at("2026-03-02 16:00")
        assert policy().deadlines(due, made_at=at("2026-06-01 10:00")).remind_at == due

    @given(durations(), durations(), durations(), instants, instants)
    def test_the_four_times_are_in_order_and_utc_whatever_the_policy(
        self, remind: Duration, escalate: Duration, reassign: Duration, due: dt.datetime, made: dt.datetime
    ) -> None:
        unchecked = policy(remind_before=remind, escalate_after=escalate, reassign_after=reassign)
        times = unchecked.deadlines(due, made)
        assert times.remind_at <= times.due_at == due
        assert times.due_at <= times.escalate_at <= times.reassign_at
        assert times.remind_at >= min(made, due)
        zones = {t.tzinfo for t in (times.remind_at, times.due_at, times.escalate_at, times.reassign_at)}
        assert zones == {dt.UTC}


class TestCheckingAPolicy:
    def test_the_shipped_policies_may_be_published(self) -> None:
        assert problems(DEFAULT_POLICY) == []
        assert problems(short_fuse(seconds=3)) == []

    def test_every_bad_field_is_named_at_once(self) -> None:
        bad = policy(
            name=" ",
            version=0,
            calendar=BusinessCalendar("X"),
            due_after=Duration(0, "days"),
            due_after_by_stage={"needs": Duration(Decimal("NaN"), "hours")},
            due_after_by_activity={"call:": Duration(Decimal("1.5"), "business_days")},
            remind_before=Duration(-1, "hours"),
            escalate_after=Duration(10**9, "days"),
            max_reassignments=-1,
        )
        assert [error.field for error in problems(bad)] == [
            "name",
            "version",
            "calendar.timezone",
            "due_after_by_stage.needs",
            "due_after_by_activity.call:",
            "remind_before",
            "escalate_after",
            "max_reassignments",
            "due_after",
            "due_after_by_activity",
        ]

    def test_checking_refuses_with_all_problems_and_says_nothing_of_a_good_policy(self) -> None:
        check(DEFAULT_POLICY)
        bad = policy(name="", calendar=BusinessCalendar("X"))
        with pytest.raises(Invalid) as refusal:
            check(bad)
        assert list(refusal.value.errors) == problems(bad)

    @pytest.mark.parametrize(
        ("escalate", "reassign", "fine"),
        [
            ("24bh", "72bh", True),
            ("24bh", "24bh", False),
            ("72bh", "24bh", False),
            ("1h", "1bh", False),  # in the middle of the day they are the same instant
            ("30m", "1bh", True),
            ("8bh", "2d", False),  # over a weekend eight business hours are longer
            ("8bh", "5d", True),
        ],
    )
    def test_escalation_must_come_before_reassignment_on_every_day(
        self, escalate: str, reassign: str, fine: bool
    ) -> None:
        checked = policy(escalate_after=Duration.parse(escalate), reassign_after=Duration.parse(reassign))
        assert [error.field for error in problems(checked)] == ([] if fine else ["reassign_after"])


class TestRecording:
    @given(
        st.dictionaries(st.text(min_size=1), durations(1), max_size=3),
        durations(1),
        st.lists(st.dates(), max_size=3, unique=True),
    )
    def test_a_policy_decoded_from_json_is_equal(
        self, by_key: dict[str, Duration], due: Duration, holidays: list[dt.date]
    ) -> None:
        written = policy(
            calendar=replace(OFFICE, holidays=tuple(holidays)),
            due_after=due,
            due_after_by_stage=by_key,
            due_after_by_activity=by_key,
        )
        assert msgspec.json.decode(msgspec.json.encode(written), type=FollowUpPolicy) == written

    def test_deadlines_decoded_from_json_are_equal(self) -> None:
        times = short_fuse().deadlines(at("2026-03-02 16:00"), at("2026-03-02 15:00"))
        assert msgspec.json.decode(msgspec.json.encode(times), type=Deadlines) == times

    def test_a_plain_number_in_json_stays_a_whole_number(self) -> None:
        duration = msgspec.json.decode(b'{"amount": 24, "unit": "business_hours"}', type=Duration)
        assert isinstance(duration.amount, int)


class TestShortFuse:
    def test_each_step_follows_the_one_before_by_the_given_seconds_even_on_a_sunday(self) -> None:
        sunday = dt.datetime(2026, 3, 8, 3, tzinfo=dt.UTC)
        fuse = short_fuse(seconds=4)
        times = fuse.deadlines(fuse.due_at(sunday, "needs"), made_at=sunday)
        steps = [times.remind_at, times.due_at, times.escalate_at, times.reassign_at]
        assert [(step - sunday).total_seconds() for step in steps] == [4, 8, 12, 16]
