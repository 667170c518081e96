"""Where a figure should be by now, how far behind it is, and when the next check-in takes place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.cycle.policies import CyclePolicies, PublishCyclePolicy, cycle_policy_stream
from domain.cycle.policy import DEFAULT_CYCLE_POLICY, Cadence, Step
from domain.engine.errors import Invalid
from domain.figures.metrics import metric
from domain.figures.pace import PaceStatus, elapsed_share, expected, judge, shortfall, step_of
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from domain.time.periods import KINDS, PeriodKind, named_period, period_of
from tests.domain.given_when_then import given as starting_from

WEEKDAYS = BusinessCalendar("Asia/Shanghai", holidays=(date(2026, 4, 6),))
APRIL = named_period("2026-04")
REVENUE, RATE, DAYS = metric("revenue-won"), metric("win-rate"), metric("cycle-time")
TENTH = Decimal("0.1")
POLICY = replace(DEFAULT_CYCLE_POLICY, calendar=WEEKDAYS)


def D(number: int | str) -> Decimal:  # noqa: N802 - what stands beside it is what counts
    return Decimal(number)


class TestThePaceOfAPeriod:
    def test_follows_business_days(self) -> None:
        """April 2026 has 22 weekdays, of which Monday the 6th is a holiday: 21."""
        assert elapsed_share(APRIL, date(2026, 4, 5), WEEKDAYS) == round(D(3) / 21, 6)
        assert elapsed_share(APRIL, date(2026, 4, 6), WEEKDAYS) == round(D(3) / 21, 6)
        assert elapsed_share(APRIL, date(2026, 4, 7), WEEKDAYS) == round(D(4) / 21, 6)

    def test_is_nothing_before_and_all_after(self) -> None:
        assert elapsed_share(APRIL, date(2026, 3, 31), WEEKDAYS) == 0
        assert elapsed_share(APRIL, date(2026, 4, 30), WEEKDAYS) == 1

    def test_follows_the_season_where_one_is_given(self) -> None:
        quarter, shape = named_period("2026-Q2"), (D(1), D(0), D(3))
        assert elapsed_share(quarter, date(2026, 4, 30), WEEKDAYS, shape) == D("0.25")
        assert elapsed_share(quarter, date(2026, 5, 31), WEEKDAYS, shape) == D("0.25")
        assert elapsed_share(quarter, date(2026, 6, 30), WEEKDAYS, shape) == 1

    @pytest.mark.parametrize("shape", [(), (D(0), D(0), D(0)), (D(1), D(1))])
    def test_is_linear_where_the_season_says_nothing(self, shape: tuple[Decimal, ...]) -> None:
        quarter, day = named_period("2026-Q2"), date(2026, 5, 10)
        assert elapsed_share(quarter, day, WEEKDAYS, shape) == elapsed_share(quarter, day, WEEKDAYS)

    def test_counts_all_days_where_none_is_a_business_day(self) -> None:
        sundays = BusinessCalendar("UTC", workdays=(7,))
        week = named_period("2026-W05a")
        assert elapsed_share(week, date(2026, 1, 28), sundays) == D("0.5")

    @settings(max_examples=50)
    @given(
        st.sampled_from(KINDS),
        st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        st.lists(st.integers(0, 9), max_size=12),
    )
    def test_never_goes_back(self, kind: PeriodKind, day: date, weights: list[int]) -> None:
        period = period_of(kind, day)
        shape = [D(w) for w in weights]
        shares = [
            elapsed_share(period, period.start + timedelta(days=n), WEEKDAYS, shape)
            for n in range(-1, period.days + 1)
        ]
        assert shares == sorted(shares)
        assert (shares[0], shares[-1]) == (D(0), D(1))


class TestAJudgement:
    @pytest.mark.parametrize(
        ("actual", "status", "step"),
        [
            (50, PaceStatus.ON_PACE, 0),
            (45, PaceStatus.ON_PACE, 0),
            ("44.99", PaceStatus.BEHIND, 1),
            (40, PaceStatus.BEHIND, 1),
            ("39.99", PaceStatus.BEHIND, 2),
            (0, PaceStatus.BEHIND, 9),
            (55, PaceStatus.ON_PACE, 0),
            (56, PaceStatus.AHEAD, 0),
        ],
    )
    def test_of_what_grows_is_against_the_elapsed_share(
        self, actual: int | str, status: PaceStatus, step: int
    ) -> None:
        judged = judge(REVENUE, D(100), D(actual), D("0.5"), TENTH)
        assert (judged.expected, judged.status, judged.step) == (D(50), status, step)

    def test_of_a_rate_is_against_the_target_on_any_day(self) -> None:
        assert expected(RATE, D("0.4"), D("0.1")) == D("0.4")
        assert judge(RATE, D("0.4"), D("0.35"), D("0.1"), TENTH).step == 1

    def test_of_what_had_better_be_low_turns_round(self) -> None:
        assert judge(DAYS, D(30), D(36), D("0.5"), TENTH).step == 1
        assert judge(DAYS, D(30), D(20), D("0.5"), TENTH).status == PaceStatus.AHEAD

    def test_of_nothing_is_unknown(self) -> None:
        assert judge(RATE, D("0.4"), None, D("0.5"), TENTH).status == PaceStatus.UNKNOWN

    def test_where_nothing_is_expected_yet_lacks_nothing(self) -> None:
        assert judge(REVENUE, D(100), D(0), D(0), TENTH).status == PaceStatus.ON_PACE
        assert judge(REVENUE, D(100), D(1), D(0), TENTH).status == PaceStatus.AHEAD
        assert shortfall(DAYS, D(1), D(0)) == 1

    @given(st.decimals(0, 3, places=6), st.decimals("0.01", 1, places=2))
    def test_counts_whole_thresholds_exceeded(self, lacking: Decimal, threshold: Decimal) -> None:
        step = step_of(lacking, threshold)
        assert step == 0 or lacking > step * threshold
        assert lacking <= (step + 1) * threshold


class TestCheckIns:
    def all_of(self, cadence: Cadence, name: str = "2026-04") -> list[date]:
        period, found = named_period(name), []
        after = POLICY.schedule(period).starts_at
        while (at := POLICY.next_check_in(period, after, cadence)) is not None:
            found.append(POLICY.day(at))
            assert at > after
            after = at
        return found

    def test_weekly_are_on_the_first_business_day_of_each_week(self) -> None:
        assert self.all_of(Cadence.WEEKLY) == [date(2026, 4, d) for d in (7, 13, 20, 27)]

    def test_biweekly_are_every_other_one(self) -> None:
        assert self.all_of(Cadence.BIWEEKLY) == [date(2026, 4, 13), date(2026, 4, 27)]

    def test_monthly_are_on_the_first_business_day_but_the_first_of_the_period(self) -> None:
        assert self.all_of(Cadence.MONTHLY, "2026-Q2") == [date(2026, 5, 1), date(2026, 6, 1)]

    def test_daily_are_on_every_business_day_but_the_first(self) -> None:
        days = self.all_of(Cadence.DAILY)
        assert len(days) == 20
        assert days[0] == date(2026, 4, 2)

    @pytest.mark.parametrize("weekday", range(1, 8))
    def test_planned_for_a_day_off_are_on_the_next_working_day_and_go_on(self, weekday: int) -> None:
        """Friday the 10th is a day off, as are Saturday and Sunday, and Monday the 13th after them."""
        calendar = replace(WEEKDAYS, holidays=(date(2026, 4, 10), date(2026, 4, 13)))
        policy = replace(POLICY, calendar=calendar, weekday=weekday)
        found, after = [], POLICY.schedule(APRIL).starts_at
        while (at := policy.next_check_in(APRIL, after)) is not None:
            found.append(policy.day(at))
            after = at
        planned = [d for n in range(30) if (d := date(2026, 4, 1 + n)).isoweekday() == weekday]
        moved = [calendar.first_business_day(d) for d in planned]
        assert found == [d for d in moved if APRIL.start < d <= APRIL.end]

    def test_begin_when_the_day_opens(self) -> None:
        at = POLICY.next_check_in(APRIL, POLICY.schedule(APRIL).starts_at)
        assert at == datetime(2026, 4, 7, 1, 0, tzinfo=UTC)

    @settings(max_examples=40)
    @given(
        st.sampled_from(KINDS), st.dates(date(2024, 1, 1), date(2028, 1, 1)), st.sampled_from(list(Cadence))
    )
    def test_lie_in_their_period_and_end(self, kind: PeriodKind, day: date, cadence: Cadence) -> None:
        period = period_of(kind, day)
        found = self.all_of(cadence, period.name)
        assert all(period.start < d <= period.end and WEEKDAYS.is_business_day(d) for d in found)
        assert found == sorted(set(found))


class TestTheSchedule:
    def test_is_of_the_calendars_own_days(self) -> None:
        schedule = POLICY.schedule(APRIL)
        assert schedule.starts_at == datetime(2026, 3, 31, 16, 0, tzinfo=UTC)
        assert schedule.ends_at == datetime(2026, 4, 30, 16, 0, tzinfo=UTC)
        assert schedule.review_at > schedule.ends_at

    def test_asks_for_agreement_before_the_period_or_soon_where_that_is_past(self) -> None:
        starts_at = POLICY.schedule(APRIL).starts_at
        early, late = starts_at - timedelta(days=30), starts_at + timedelta(days=1)
        assert POLICY.due_before(Step.AGREE, APRIL, early) < starts_at
        assert POLICY.due_before(Step.AGREE, APRIL, late) > late

    @given(st.integers(0, 366 * 24), st.integers(-720, 720))
    def test_reminds_before_and_escalates_after(self, hours: int, away: int) -> None:
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        awaited = POLICY.awaiting(Step.AGREE, None, now + timedelta(hours=away), now)
        assert awaited.remind_at <= awaited.due_at <= awaited.escalate_at
        assert awaited.remind_at >= min(now, awaited.due_at)


class TestPublishingACyclePolicy:
    def test_numbers_the_versions_and_keeps_them_all(self) -> None:
        publish = PublishCyclePolicy(policy=replace(POLICY, cadence=Cadence.DAILY))
        scenario = starting_from().when(publish).topics("cycle-policy.published")
        scenario.when(publish).silence()
        held = scenario.history.load(CyclePolicies, cycle_policy_stream("default"))
        assert [p.cadence for p in held.versions] == [Cadence.WEEKLY, Cadence.DAILY]
        assert held.at(1) == DEFAULT_CYCLE_POLICY

    def test_refuses_everything_that_is_wrong_at_once(self) -> None:
        wrong = replace(
            POLICY,
            name=" ",
            fiscal_start=13,
            weekday=0,
            threshold=D(0),
            assess_within=Duration(-1, "days"),
            calendar=BusinessCalendar("Nowhere"),
        )
        fields = ["name", "calendar.timezone", "fiscal_start", "weekday", "threshold", "assess_within"]
        starting_from().when(PublishCyclePolicy(policy=wrong)).refused(Invalid, fields=fields)
