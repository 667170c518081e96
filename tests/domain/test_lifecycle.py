"""The lifecycle: by the days of purchases and a policy, each stage from its first day on; and the tables that are made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given as each
from hypothesis import strategies as st

from domain.engine.errors import Invalid
from domain.lifecycle import tables
from domain.lifecycle.policy import LifecyclePolicies, LifecyclePolicy, LifecycleStage, PublishLifecyclePolicy
from domain.lifecycle.stages import Standing, course, standing
from tests.domain.given_when_then import given

POLICY = LifecyclePolicy(name="default", loyal_purchases=3, loyal_within_days=100, dormant_after_days=60)
DAY = timedelta(days=1)
START = date(2026, 1, 1)
LATEST = START + 500 * DAY


def on(*numbers: int) -> list[date]:
    return [START + n * DAY for n in numbers]


def story(*numbers: int, until: int = 500) -> list[tuple[LifecycleStage, int]]:
    found = course(on(*numbers), POLICY, START + until * DAY)
    return [(one.stage, (one.since - START).days) for one in found if one.since is not None]


class TestStages:
    def test_who_has_bought_nothing_is_a_prospect(self) -> None:
        assert standing([], POLICY, LATEST) == Standing(LifecycleStage.PROSPECT)
        assert standing(on(10), POLICY, START) == Standing(LifecycleStage.PROSPECT), (
            "what is bought later is not known of"
        )

    def test_purchases_lead_from_the_first_to_loyalty(self) -> None:
        assert story(0, 20, 40, until=50) == [
            (LifecycleStage.FIRST_PURCHASE, 0),
            (LifecycleStage.REPEAT, 20),
            (LifecycleStage.LOYAL, 40),
        ]

    def test_two_purchases_on_a_day_are_two(self) -> None:
        assert story(0, 0, 0, until=1) == [
            (LifecycleStage.FIRST_PURCHASE, 0),
            (LifecycleStage.REPEAT, 0),
            (LifecycleStage.LOYAL, 0),
        ]

    def test_loyal_is_by_the_purchases_within_the_time_and_no_longer(self) -> None:
        assert story(0, 59, 99, until=100)[-1] == (LifecycleStage.LOYAL, 99)
        assert story(0, 59, 100, until=101)[-1] == (LifecycleStage.REPEAT, 59)
        assert story(0, 10, 20, 75, 130, until=135)[-1] == (LifecycleStage.REPEAT, 130), (
            "it is earned anew by each purchase"
        )

    def test_silence_ends_on_the_day_on_which_it_has_lasted_long_enough(self) -> None:
        assert story(0, until=59) == [(LifecycleStage.FIRST_PURCHASE, 0)]
        assert story(0, until=60) == [(LifecycleStage.FIRST_PURCHASE, 0), (LifecycleStage.DORMANT, 60)]

    def test_a_purchase_after_the_silence_wins_back_also_on_its_first_day(self) -> None:
        assert story(0, 60, until=60) == [
            (LifecycleStage.FIRST_PURCHASE, 0),
            (LifecycleStage.DORMANT, 60),
            (LifecycleStage.WON_BACK, 60),
        ]
        assert story(0, 200, 210, until=215)[-2:] == [
            (LifecycleStage.WON_BACK, 200),
            (LifecycleStage.REPEAT, 210),
        ]


DAYS = st.lists(st.integers(0, 400), max_size=12).map(lambda numbers: on(*sorted(numbers)))


def plainly(days: Sequence[date], day: date) -> LifecycleStage:
    """The same without any cleverness: from day to day, with what was bought on each."""
    stage, last, today = LifecycleStage.PROSPECT, date.min, START
    while today <= day:
        if stage is not LifecycleStage.PROSPECT and today - last >= timedelta(days=POLICY.dormant_after_days):
            stage = LifecycleStage.DORMANT
        for n, bought in enumerate(days):
            if bought == today:
                recent = [d for d in days[: n + 1] if today - d < timedelta(days=POLICY.loyal_within_days)]
                loyal = (
                    LifecycleStage.LOYAL if len(recent) >= POLICY.loyal_purchases else LifecycleStage.REPEAT
                )
                stage = {
                    LifecycleStage.PROSPECT: LifecycleStage.FIRST_PURCHASE,
                    LifecycleStage.DORMANT: LifecycleStage.WON_BACK,
                }.get(stage, loyal)
                last = today
        today += DAY
    return stage


@each(DAYS, st.integers(0, 450))
def test_the_stage_is_what_going_from_day_to_day_comes_to(days: list[date], number: int) -> None:
    day = START + number * DAY
    held = standing(days, POLICY, day)
    assert held.stage == plainly(days, day)
    if held.since is not None:
        assert plainly(days, held.since) == held.stage
        assert held.since == START or held.since in days or plainly(days, held.since - DAY) != held.stage


@each(st.lists(DAYS, max_size=15), st.integers(40, 450))
def test_churn_is_counted_as_from_month_to_month(purchases: list[list[date]], number: int) -> None:
    day = START + number * DAY
    active = {
        LifecycleStage.FIRST_PURCHASE,
        LifecycleStage.REPEAT,
        LifecycleStage.LOYAL,
        LifecycleStage.WON_BACK,
    }
    counted = Counter(cell for days in purchases for cell in tables.of_churn(days, POLICY, day, 6))
    for one in tables.churn(counted, day, 6):
        before = [standing(days, POLICY, one.month - DAY).stage for days in purchases]
        assert one.active == sum(stage in active for stage in before)
        ends = min(tables.month_of(one.month, 1) - DAY, day)
        entered = Counter(
            stage
            for days, held in zip(purchases, before, strict=True)
            for stage in {
                one_of.stage
                for one_of in course(days, POLICY, day)
                if one_of.since is not None and one.month <= one_of.since <= ends
            }
            if stage is not LifecycleStage.DORMANT or held in active
        )
        assert one.rate is None or one.rate <= 1
        assert (one.lost, one.won_back, one.new) == (
            entered[LifecycleStage.DORMANT],
            entered[LifecycleStage.WON_BACK],
            entered[LifecycleStage.FIRST_PURCHASE],
        )


def test_a_cohort_is_watched_month_by_month_and_no_further_than_the_day() -> None:
    purchases = [on(0, 40), on(5, 70, 75), on(30), on(45)]  # 1 January + 45 days is 15 February
    january, february = cohorts(purchases, date(2026, 3, 10))
    assert (january.month, january.customers) == (date(2026, 1, 1), 3)
    assert january.bought == (1, 0, None), "on 12 and 17 March nothing had happened yet"
    assert january.again == (1, 1, None)
    assert (february.customers, february.again) == (1, (0, None, None))
    assert cohorts(purchases, date(2026, 4, 1))[0].bought == (1, 1, 0)


def cohorts(purchases: list[list[date]], day: date) -> list[tables.Cohort]:
    counted = Counter(cell for days in purchases for cell in tables.of_cohort(days, day, 3))
    return tables.cohorts(counted, day, 3)


def test_everybody_is_in_one_place_of_the_matrix() -> None:
    purchases = [on(0), on(0, 20), on(300), []]
    days = START + 30 * DAY, START + 310 * DAY
    found = tables.transitions(Counter(tables.moved(one, (POLICY, POLICY), *days) for one in purchases))
    assert [(one.before, one.after, one.customers) for one in found] == [
        (LifecycleStage.PROSPECT, LifecycleStage.PROSPECT, 1),
        (LifecycleStage.PROSPECT, LifecycleStage.FIRST_PURCHASE, 1),
        (LifecycleStage.FIRST_PURCHASE, LifecycleStage.DORMANT, 1),
        (LifecycleStage.REPEAT, LifecycleStage.DORMANT, 1),
    ]


def test_a_policy_is_published_in_versions_and_held_to_its_limits() -> None:
    scenario = given().when(PublishLifecyclePolicy(policy=POLICY))
    assert scenario.answer == {"policy": "default", "version": 2}
    history = scenario.history.load(LifecyclePolicies, LifecyclePolicies.stream_of("default"))
    assert history.at(1).loyal_within_days == 365, "the built-in one stays the first"
    one = LifecyclePolicy(name="default", loyal_purchases=1)
    scenario.when(PublishLifecyclePolicy(policy=one)).refused(Invalid, fields=["loyal_purchases"])
