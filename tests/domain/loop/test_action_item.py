"""Action items: promises of something else than a deal, under the same deadlines and the same ears for timers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.action_item import commands as c
from domain.action_item.action_item import (
    ActionItem,
    ActionItemEnded,
    ActionItemEscalated,
    ActionItemHandedOver,
    ActionItemMissed,
    ActionItemMoved,
    ActionItemOpened,
    ActionItemReminded,
)
from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.engine.values import PromiseOutcome
from domain.figures.metrics import figure, metric
from domain.figures.scope import rep, team
from domain.people.people import FormTeam
from domain.policy.follow_up import DEFAULT_POLICY
from domain.time.periods import PeriodKind, period_of
from tests.domain.given_when_then import NOW, Scenario, given, later, like
from tests.domain.loop.log import Log
from tests.domain.words import DAY, LI, MANAGER, MINUTE, NORTH, SOUTH, STAFF, WANG, ZHAO

ITEM = UUID(int=0xA17E)
DUE = NOW + 2 * DAY
KEPT, LATE, BROKEN, EXCUSED = PromiseOutcome
OPEN = c.OpenActionItem(item_id=ITEM, what="offers within two days", owner_id=LI, due_at=DUE)
OPENED = (*STAFF, OPEN)
DONE = c.FinishActionItem(item_id=ITEM, note="since Monday")
EXCUSE = c.ExcuseActionItem(item_id=ITEM, why="the plant burnt down")
BREAK = c.BreakActionItem(item_id=ITEM, why="no time")
TIMERS = (c.RemindActionItem, c.MissActionItem, c.EscalateActionItem)


def timer(kind: type[Any], arming: int = 1, **more: Any) -> Any:
    return kind(item_id=ITEM, arming=arming, **more)


def item_of(scenario: Scenario) -> ActionItem:
    return scenario.history.load(ActionItem, ITEM)


class TestOpening:
    def test_gives_it_the_deadlines_of_the_follow_up_policy(self) -> None:
        scenario = given(STAFF).when(OPEN)
        deadlines = DEFAULT_POLICY.deadlines(DUE, NOW)
        scenario.then(like(ActionItemOpened, deadlines=deadlines, team_id=NORTH, manager_id=None, arming=1))
        scenario.when(OPEN).silence()
        for other in ({"what": "something else"}, {"owner_id": WANG}, {"due_at": DUE + DAY}):
            scenario.when(replace(OPEN, **other)).refused(AlreadyExists)

    def test_for_a_manager_is_possible(self) -> None:
        given(STAFF).when(replace(OPEN, owner_id=MANAGER)).then(like(ActionItemOpened, team_id=None))

    def test_by_a_manager_for_themselves_belongs_to_their_team(self) -> None:
        own, reach = replace(OPEN, owner_id=MANAGER), Reach(team_id=NORTH)
        scenario = given(STAFF).when(own, reach=reach)
        scenario.then(like(ActionItemOpened, owner_id=MANAGER, team_id=NORTH))
        scenario.when(timer(c.EscalateActionItem)).then(ActionItemEscalated(arming=1, told=None))
        given(STAFF).when(own, reach=Reach(team_id=SOUTH)).refused(NotFound)

    @pytest.mark.parametrize(
        ("field", "value"), [("what", " "), ("due_at", NOW), ("due_at", DUE.replace(tzinfo=None))]
    )
    def test_says_what_and_by_when(self, field: str, value: Any) -> None:
        given(STAFF).when(replace(OPEN, **{field: value})).refused(Invalid, fields=[field])


class TestTimers:
    def test_remind_then_miss_then_escalate_each_once(self) -> None:
        scenario = given(OPENED)
        scenario.when(timer(c.RemindActionItem)).then(ActionItemReminded(arming=1, told=LI))
        scenario.when(timer(c.MissActionItem)).then(ActionItemMissed(arming=1, told=LI, due_at=DUE))
        scenario.when(timer(c.EscalateActionItem)).then(ActionItemEscalated(arming=1, told=MANAGER))
        again = timer(c.EscalateActionItem, again=True)
        scenario.when(again).then(ActionItemEscalated(arming=1, told=MANAGER))
        for command in (*(timer(kind) for kind in TIMERS), again):
            scenario.when(command).silence()

    def test_tell_who_manages_the_team_then(self) -> None:
        boss = UUID(int=0xB8)
        changed = FormTeam(team_id=NORTH, name="North", manager_id=boss)
        given(OPENED, changed).when(timer(c.EscalateActionItem)).then(
            ActionItemEscalated(arming=1, told=boss)
        )
        named = replace(OPEN, manager_id=WANG)
        given(STAFF, named, changed).when(timer(c.EscalateActionItem)).then(
            ActionItemEscalated(arming=1, told=WANG)
        )

    @pytest.mark.parametrize("kind", TIMERS)
    def test_too_late_are_silence(self, kind: type[Any]) -> None:
        given(OPENED, DONE).when(timer(kind)).silence()
        given(OPENED, c.MoveActionItem(item_id=ITEM, due_at=DUE + DAY)).when(timer(kind)).silence()


class TestEnding:
    @pytest.mark.parametrize(("moment", "outcome"), [(DUE, KEPT), (DUE + MINUTE, LATE)])
    def test_kept_up_to_the_due_time_and_late_after(self, moment: Any, outcome: PromiseOutcome) -> None:
        scenario = given(OPENED).when(DONE, now=moment)
        scenario.then(
            like(ActionItemEnded, outcome=outcome, owner_id=LI, team_id=NORTH, due_at=DUE, done_at=moment)
        )
        scenario.when(DONE, now=moment).silence()

    def test_done_in_time_and_entered_late_is_kept(self) -> None:
        given(OPENED).when(DONE, now=DUE + 5 * DAY, occurred_at=DUE).then(like(ActionItemEnded, outcome=KEPT))

    def test_broken_or_excused_with_a_reason(self) -> None:
        given(OPENED).when(BREAK).then(like(ActionItemEnded, outcome=BROKEN, note="no time"))
        given(OPENED).when(EXCUSE).then(like(ActionItemEnded, outcome=EXCUSED))
        given(OPENED).when(replace(BREAK, why=" ")).refused(Invalid, fields=["why"])
        given(OPENED, EXCUSE).when(BREAK).refused(Refused)
        given(OPENED, EXCUSE).when(EXCUSE).silence()

    def test_leaves_nothing_to_change(self) -> None:
        move = c.MoveActionItem(item_id=ITEM, due_at=DUE + DAY)
        for command in (
            move,
            c.RewordActionItem(item_id=ITEM, what="x"),
            c.HandOverActionItem(item_id=ITEM, to=WANG),
        ):
            given(OPENED, DONE).when(command).refused(Refused)


class TestChanging:
    def test_the_due_time_arms_the_timer_anew(self) -> None:
        move = c.MoveActionItem(item_id=ITEM, due_at=DUE + DAY)
        scenario = given(OPENED, timer(c.RemindActionItem)).when(move)
        scenario.then(like(ActionItemMoved, arming=2, overdue=False))
        scenario.when(timer(c.RemindActionItem, 2)).topics("action-item.reminded")
        scenario.when(move).silence()

    def test_the_due_time_of_an_overdue_one_does_not_make_it_kept(self) -> None:
        move = c.MoveActionItem(item_id=ITEM, due_at=DUE + 5 * DAY)
        scenario = given(OPENED, later(move, now=DUE + MINUTE)).when(DONE, now=DUE + DAY)
        scenario.then(like(ActionItemEnded, outcome=LATE))

    def test_the_wording(self) -> None:
        reword = c.RewordActionItem(item_id=ITEM, what="offers within a day")
        given(OPENED).when(reword).topics("action-item.reworded")
        given(OPENED, reword).when(reword).silence()

    def test_hands(self) -> None:
        hand = c.HandOverActionItem(item_id=ITEM, to=ZHAO)
        scenario = given(OPENED).when(hand)
        scenario.then(ActionItemHandedOver(before=LI, after=ZHAO, manager_id=None, team_id=SOUTH))
        scenario.when(hand).silence()
        scenario.when(timer(c.RemindActionItem)).then(ActionItemReminded(arming=1, told=ZHAO))

    def test_is_for_the_owner_and_the_team(self) -> None:
        given(OPENED).when(DONE, reach=Reach(team_id=NORTH, rep_id=LI)).allowed()
        given(OPENED).when(DONE, reach=Reach(team_id=NORTH, rep_id=WANG)).refused(Forbidden)
        given(OPENED).when(DONE, reach=Reach(team_id=SOUTH)).refused(NotFound)


def test_its_outcome_counts_where_it_was_due() -> None:
    log, kept = Log(), metric("action-items-kept")
    for command in STAFF:
        log.do(command)
    for n, (owner, ending) in enumerate([(LI, DONE), (LI, BREAK), (WANG, EXCUSE), (MANAGER, BREAK)]):
        id = UUID(int=0xA170 + n)
        log.do(replace(OPEN, item_id=id, owner_id=owner))
        log.do(replace(ending, item_id=id), now=NOW + timedelta(hours=1))
    month, contributions = period_of(PeriodKind.MONTH, DUE.date()), log.contributions()
    assert (
        figure(contributions, kept, rep(LI), month) == figure(contributions, kept, team(NORTH), month) == 0.5
    )
    assert figure(contributions, kept, rep(WANG), month) is None
    assert figure(contributions, kept, rep(MANAGER), month) == 0
