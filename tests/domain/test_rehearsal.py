"""A rule rehearsed over a deal's past makes, keeps and misses the promises that it would have made in live work."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.deal import facts as f
from domain.engine.facts import Fact
from domain.engine.values import Activity, ActivityKind, PromiseOutcome
from domain.policy.follow_up import FollowUpPolicy
from domain.policy.rehearsal import Happened, Rehearsed, rehearse_deal, touches
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from tests.domain.words import DEAL, LI, NORTH, PRICE

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
END = START + timedelta(days=60)
KEPT, LATE, EXCUSED = PromiseOutcome.KEPT, PromiseOutcome.LATE, PromiseOutcome.EXCUSED

RULE = FollowUpPolicy(
    name="draft",
    version=1,
    calendar=BusinessCalendar.around_the_clock(),
    due_after=Duration(10, "days"),
    due_after_by_stage={"needs": Duration(6, "days")},
    due_after_by_activity={"call:offer": Duration(3, "days"), "visit": Duration(4, "days")},
    remind_before=Duration(1, "hours"),
    escalate_after=Duration(1, "days"),
    reassign_after=Duration(2, "days"),
)


def on(day: float, fact: Fact) -> Happened:
    return Happened(START + timedelta(days=day), fact)


OPENED = on(
    0,
    f.DealOpened(
        title="Forty boilers",
        customer_id=None,
        owner_id=LI,
        team_id=NORTH,
        process="default",
        process_version=1,
        stage="identify",
        policy="default",
    ),
)


def did(day: float, kind: str, outcome: str = "", begun: float | None = None) -> Happened:
    started = None if begun is None else START + timedelta(days=begun)
    activity = Activity(kind=ActivityKind(kind), outcome=outcome, started_at=started)
    return on(day, f.ActivityLogged(activity_id=UUID(int=1), activity=activity))


def told(
    *history: Happened, until: float = 60
) -> list[tuple[str, float, float | None, PromiseOutcome | None]]:
    """rule, day due, day missed, outcome — of each promise."""
    promises = rehearse_deal(DEAL, history, RULE, START + timedelta(days=until))
    return [(p.rule, day(p.due_at), day(p.missed_at), p.outcome) for p in promises]  # type: ignore[misc]


def day(instant: datetime | None) -> float | None:
    return None if instant is None else (instant - START) / timedelta(days=1)


def test_opening_promises_by_the_default_and_silence_misses_it() -> None:
    assert told(OPENED) == [("default", 10, 10, None)]


def test_what_is_due_at_the_end_or_later_is_not_missed_yet() -> None:
    assert told(OPENED, until=10) == [("default", 10, None, None)]
    assert told(OPENED, until=10.001) == [("default", 10, 10, None)]


def test_work_keeps_what_was_promised_and_sets_the_next_by_its_kind_and_outcome() -> None:
    history = (OPENED, did(2, "call", "offer"), did(4, "visit", "showroom"), did(5, "mail"))
    assert told(*history, until=6) == [
        ("default", 10, None, KEPT),
        ("call:offer", 5, None, KEPT),
        ("visit", 8, None, KEPT),
        ("default", 15, None, None),
    ]


def test_work_at_the_due_time_is_in_time_and_after_it_is_late() -> None:
    called = did(1, "call", "offer")
    assert told(OPENED, called, did(4, "mail"), until=5)[1] == ("call:offer", 4, None, KEPT)
    assert told(OPENED, called, did(4.001, "mail"), until=5)[1] == ("call:offer", 4, 4, LATE)


def test_work_keeps_a_promise_when_it_is_begun() -> None:
    history = (OPENED, did(1, "call", "offer"), did(4.5, "visit", begun=3.9))
    assert told(*history, until=5)[1] == ("call:offer", 4, None, KEPT)


def test_the_order_is_that_of_the_world() -> None:
    history = (OPENED, did(4, "visit"), did(2, "call", "offer"))
    assert told(*history, until=4.5) == told(OPENED, did(2, "call", "offer"), did(4, "visit"), until=4.5)


def test_a_stage_moves_the_promise_to_its_own_time() -> None:
    moved = on(1, f.StageMoved(before="identify", after="needs"))
    assert told(OPENED, moved) == [("stage:needs", 7, 7, None)]


def test_closing_ends_it_and_reopening_starts_anew() -> None:
    won = on(2, f.DealWon(amount=PRICE, closed_on=START.date(), contract_reference="C-1"))
    moved = on(2, f.StageMoved(before="identify", after="won"))
    again = on(20, f.DealReopened(before="won", stage="needs"))
    lost = on(21, f.DealLost(closed_on=START.date(), loss_reason="price"))
    assert told(OPENED, won, moved, again, lost) == [
        ("default", 10, None, KEPT),
        ("stage:needs", 26, None, EXCUSED),
    ]


def test_nothing_after_the_end_is_known() -> None:
    assert told(OPENED, did(20, "call", "offer"), until=15) == [("default", 10, 10, None)]


@pytest.mark.parametrize("days", range(1, 9))
def test_a_longer_rule_never_finds_more_overdue(days: int) -> None:
    history = [OPENED, *(did(n * n / 3, "call", "offer") for n in range(1, 12))]

    def overdue(n: int) -> int:
        rule = FollowUpPolicy(**{**_fields(), "due_after_by_activity": {"call:offer": Duration(n, "days")}})  # type: ignore[arg-type]
        return sum(p.missed_at is not None for p in _offers(rehearse_deal(DEAL, history, rule, END)))

    assert overdue(days) >= overdue(days + 1)
    gaps = [((n + 1) ** 2 - n**2) / 3 for n in range(1, 11)] + [60 - 121 / 3]
    assert overdue(days) == sum(gap > days for gap in gaps)


def _fields() -> dict[str, object]:
    return {name: getattr(RULE, name) for name in RULE.__dataclass_fields__}


def _offers(promises: list[Rehearsed]) -> list[Rehearsed]:
    return [promise for promise in promises if promise.rule == "call:offer"]


class TestWhatWasCorrected:
    def test_counts_as_it_is_known_now(self) -> None:
        as_told, in_truth = did(1, "task"), did(1, "call", "offer")
        before, after = as_told.fact, in_truth.fact
        assert isinstance(before, f.ActivityLogged)
        assert isinstance(after, f.ActivityLogged)
        corrected = f.ActivityCorrected(
            activity_id=before.activity_id, before=before.activity, after=after.activity
        )
        history = [OPENED, as_told, on(30, corrected)]
        assert rehearse_deal(DEAL, history, RULE, END) == rehearse_deal(DEAL, [OPENED, in_truth], RULE, END)
        assert touches(history) == ["call:offer"]

    def test_work_that_was_only_begun_was_done_when_it_is_known_to_have_been(self) -> None:
        whole = did(1, "call", "offer")
        done = whole.fact
        assert isinstance(done, f.ActivityLogged)
        at = whole.at - timedelta(minutes=30)
        begun = replace(done.activity, started_at=at, outcome="started")
        known = replace(begun, outcome="offer", duration_minutes=30)
        corrected = f.ActivityCorrected(activity_id=done.activity_id, before=begun, after=known)
        told = [OPENED, replace(whole, at=at, fact=replace(done, activity=begun)), on(30, corrected)]
        truth = [OPENED, replace(whole, fact=replace(done, activity=known))]
        assert rehearse_deal(DEAL, told, RULE, END) == rehearse_deal(DEAL, truth, RULE, END)

    def test_of_a_closing_moves_it_to_the_day_it_was_on(self) -> None:
        won = f.DealWon(amount=PRICE, closed_on=START.date(), contract_reference="C-1")
        moved = f.StageMoved(before="identify", after="won")
        sooner = f.Closing(closed_on=START.date() + timedelta(days=5), amount=PRICE)
        late = f.Closing(closed_on=START.date() + timedelta(days=20), amount=PRICE)
        corrected = f.ClosingCorrected(before=late, after=sooner)
        [promise] = rehearse_deal(DEAL, [OPENED, on(20, won), on(20, moved), on(30, corrected)], RULE, END)
        assert (promise.outcome, promise.ended_at) == (KEPT, START + timedelta(days=5))
