"""Review meetings: called by a schedule with an agenda, held with decisions and action items, and followed up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.action_item.action_item import ActionItem
from domain.cycle.facts import AgendaItem
from domain.cycle.policy import DEFAULT_CYCLE_POLICY, Cadence, Step
from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.figures.scope import COMPANY, team
from domain.meeting import commands as c
from domain.meeting import facts as f
from domain.meeting.meeting import Meeting
from domain.meeting.plan import Plan, call_at, meeting_id, next_meeting, schedule_id
from domain.meeting.schedule import MeetingScheduleSet, ScheduledMeetingCalled
from domain.people.people import FormTeam, HireRep
from tests.domain.given_when_then import NOW, Scenario, given, later, like
from tests.domain.words import DAY, LI, MANAGER, NORTH, SOUTH, STAFF, WANG, ZHAO

POLICY = DEFAULT_CYCLE_POLICY
HEAD = UUID(int=0xB7)
SCOPE = team(NORTH)
WEEKLY = Plan(cadence=Cadence.WEEKLY, day=3, at="09:30", above_id=HEAD)
MONTHLY = replace(WEEKLY, cadence=Cadence.MONTHLY, day=5)
SCHEDULE = schedule_id(SCOPE, Cadence.WEEKLY)
FIRST, SECOND = meeting_id(SCHEDULE, 1), meeting_id(SCHEDULE, 2)
DECISION, ITEM = UUID(int=0xDEC), UUID(int=0xA17E)


def shanghai(month: int, day: int, hour: int = 9, minute: int = 30) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


STARTS = shanghai(3, 4)
SET = c.SetMeetingSchedule(scope=SCOPE, plan=WEEKLY)
MISSED = AgendaItem(code="target-missed", detail="activities:call")
CALL = c.CallMeeting(
    schedule_id=SCHEDULE, arming=1, number=1, agenda=(MISSED,), position=99, pack_digest="ab" * 32
)
CALLED = (*STAFF, SET, later(CALL, now=shanghai(3, 3)))
ASK = c.Question(decision_id=DECISION, question="one price list?", of=LI, due_at=STARTS + 2 * DAY)
AGREED = c.Agreed(item_id=ITEM, what="ask ten customers", owner_id=WANG, due_at=STARTS + 5 * DAY)
HOLD = c.HoldMeeting(
    meeting_id=FIRST,
    held_by=MANAGER,
    present=(LI, WANG),
    notes="short",
    decisions=(ASK,),
    action_items=(AGREED,),
)
HELD = (*CALLED, later(HOLD, now=STARTS))
TAKE = c.TakeMeetingDecision(meeting_id=FIRST, decision_id=DECISION, taken_by=LI, choice="one for all")


def meeting_of(scenario: Scenario, id: UUID = FIRST) -> Meeting:
    return scenario.history.load(Meeting, id)


def timers(step: Step, decision: UUID | None = None) -> tuple[Any, Any]:
    about: dict[str, Any] = {"meeting_id": FIRST, "step": step, "subject_id": decision}
    return c.RemindMeeting(**about), c.EscalateMeeting(**about)


class TestWhen:
    @pytest.mark.parametrize(
        ("plan", "after", "expected"),
        [
            (WEEKLY, shanghai(3, 2), shanghai(3, 4)),
            (WEEKLY, shanghai(3, 4), shanghai(3, 11)),
            (MONTHLY, shanghai(3, 2), shanghai(3, 5)),
            (MONTHLY, shanghai(3, 5), shanghai(4, 6)),  # the fifth of April is a Sunday
            (replace(MONTHLY, day=28), shanghai(12, 29), shanghai(1, 28).replace(year=2027)),
        ],
    )
    def test_is_the_first_planned_day_that_is_open(
        self, plan: Plan, after: datetime, expected: datetime
    ) -> None:
        assert next_meeting(plan, POLICY, after) == expected

    def test_two_never_fall_together_however_long_the_holidays(self) -> None:
        fair = tuple(date(2026, 5, 1) + n * DAY for n in range(16))
        policy = replace(POLICY, calendar=replace(POLICY.calendar, holidays=fair))
        at, times = shanghai(1, 1), []
        for _ in range(60):
            at = next_meeting(WEEKLY, policy, at)
            times.append(at)
        assert times == sorted(set(times))
        assert max(b - a for a, b in pairwise(times)) <= timedelta(weeks=3)


class TestAScheduleOfMeetings:
    def test_says_when_the_next_is_and_when_it_is_called(self) -> None:
        scenario = given(STAFF).when(SET)
        scenario.then(
            like(
                MeetingScheduleSet,
                scope=SCOPE,
                team_id=NORTH,
                before=None,
                after=WEEKLY,
                next_at=STARTS,
                call_at=call_at(STARTS, POLICY),
            )
        )
        scenario.when(SET).silence()

    def test_can_be_changed_and_cancelled_and_set_again(self) -> None:
        changed = replace(SET, plan=replace(WEEKLY, day=4))
        scenario = given(STAFF, SET).when(changed)
        scenario.then(like(MeetingScheduleSet, before=WEEKLY, arming=2, next_at=shanghai(3, 5)))
        scenario.when(replace(CALL, arming=1), now=shanghai(3, 4)).silence()
        cancel = c.CancelMeetingSchedule(schedule_id=SCHEDULE, why="one is enough")
        scenario.when(cancel).topics("meeting-schedule.cancelled")
        scenario.when(cancel).silence()
        scenario.when(replace(CALL, arming=2), now=shanghai(3, 4)).silence()
        scenario.when(changed).then(like(MeetingScheduleSet, before=None, arming=3))

    @pytest.mark.parametrize(
        ("field", "value"),
        [("cadence", Cadence.DAILY), ("day", 8), ("day", 0), ("at", "25:00"), ("at", "noon")],
    )
    def test_is_refused_where_it_makes_no_sense(self, field: str, value: Any) -> None:
        plan = replace(WEEKLY, **{field: value})
        given(STAFF).when(replace(SET, plan=plan)).refused(Invalid, fields=[field])

    def test_is_its_own_teams(self) -> None:
        there, rep = Reach(team_id=SOUTH), Reach(team_id=NORTH, rep_id=LI)
        staff = (*STAFF, HireRep(rep_id=HEAD, name="Gu Xin", team_id=SOUTH))
        given(staff).when(SET, reach=there).refused(Forbidden)
        given(staff).when(SET, reach=rep).refused(Forbidden)
        given(staff).when(SET, reach=Reach(team_id=NORTH)).allowed()
        given(staff, SET).when(replace(SET, plan=replace(WEEKLY, day=1)), reach=there).refused(NotFound)
        given(staff).when(replace(SET, scope=COMPANY), reach=there).refused(Forbidden)


class TestAMeetingThatIsCalled:
    def test_has_an_agenda_and_is_owed_by_who_manages_the_team_then(self) -> None:
        scenario = given(STAFF, SET, FormTeam(team_id=NORTH, name="North", manager_id=ZHAO))
        scenario.when(CALL, now=shanghai(3, 3)).then(
            like(ScheduledMeetingCalled, number=1, meeting_id=FIRST, next_at=shanghai(3, 11)),
            like(f.MeetingCalled, chair_id=ZHAO, starts_at=STARTS, agenda=(MISSED,), position=99),
            like(f.MeetingAwaiting),
        )
        (wait,) = meeting_of(scenario).waiting
        assert (wait.what, wait.owner_id) == (Step.HOLD, ZHAO)
        assert wait.deadlines.due_at == POLICY.feedback_within.after(STARTS, POLICY.calendar)
        scenario.when(CALL, now=shanghai(3, 3)).silence()

    def test_nobody_records_is_told_to_who_is_above_and_lapses_when_the_next_is_called(self) -> None:
        scenario = given(CALLED)
        remind, escalate = timers(Step.HOLD)
        scenario.when(remind).then(f.MeetingReminded(step=Step.HOLD, told=MANAGER))
        scenario.when(remind).silence()
        scenario.when(escalate).then(f.MeetingEscalated(step=Step.HOLD, told=HEAD))
        scenario.when(replace(CALL, number=2), now=shanghai(3, 10)).topics(
            "meeting-schedule.called", "meeting.lapsed", "meeting.called", "meeting.awaiting"
        )
        assert meeting_of(scenario).is_over
        scenario.when(HOLD, now=shanghai(3, 10)).refused(Refused)

    def test_while_nobody_called_any_those_that_passed_are_left_out(self) -> None:
        scenario = given(STAFF, SET).when(CALL, now=shanghai(4, 1, 12))
        called = scenario.facts[0]
        assert isinstance(called, ScheduledMeetingCalled)
        assert called.next_at > shanghai(4, 1, 12)

    def test_can_be_cancelled_and_chaired_by_another(self) -> None:
        scenario = given(CALLED).when(c.ChangeChair(meeting_id=FIRST, to=WANG))
        scenario.then(f.MeetingChairChanged(before=MANAGER, after=WANG))
        assert [w.owner_id for w in meeting_of(scenario).waiting] == [WANG]
        scenario.when(HOLD, now=STARTS).refused(Forbidden)
        scenario.when(c.CancelMeeting(meeting_id=FIRST, why="a fair")).topics("meeting.cancelled")
        assert meeting_of(scenario).is_over


class TestAMeetingThatIsHeld:
    def test_opens_its_action_items_and_asks_for_its_decisions_in_one_commit(self) -> None:
        scenario = given(CALLED).when(HOLD, now=STARTS)
        scenario.topics("meeting.held", "meeting.decision-asked", "meeting.awaiting", "action-item.opened")
        item = scenario.history.load(ActionItem, ITEM)
        assert (item.owner_id, item.manager_id, item.team_id) == (WANG, MANAGER, NORTH)
        scenario.when(HOLD, now=STARTS).silence()
        scenario.when(replace(HOLD, notes="long"), now=STARTS).refused(Refused)
        more = replace(HOLD, decisions=(ASK, replace(ASK, decision_id=UUID(int=77))))
        scenario.when(more, now=STARTS).refused(Refused)

    def test_is_recorded_whole_or_not_at_all(self) -> None:
        wrong = replace(HOLD, action_items=(replace(AGREED, what=" "),))
        scenario = given(CALLED).when(wrong, now=STARTS).refused(Invalid, fields=["action_items[0].what"])
        assert not meeting_of(scenario).is_over
        past = replace(HOLD, decisions=(replace(ASK, due_at=STARTS),))
        scenario.when(past, now=STARTS).refused(Invalid, fields=["decisions[0].due_at"])

    def test_may_have_decided_at_once(self) -> None:
        decided = replace(HOLD, decisions=(replace(ASK, choice="yes"),))
        scenario = given(CALLED).when(decided, now=STARTS)
        assert meeting_of(scenario).untaken == ()
        assert meeting_of(scenario).is_over

    def test_is_for_its_chair_to_record(self) -> None:
        given(CALLED).when(replace(HOLD, held_by=LI), now=STARTS).refused(Forbidden)


class TestADecision:
    def test_is_taken_by_whom_it_was_asked_of(self) -> None:
        scenario = given(HELD).when(replace(TAKE, taken_by=WANG)).refused(Forbidden)
        scenario.when(TAKE).then(
            f.MeetingDecisionTaken(decision_id=DECISION, taken_by=LI, choice="one for all")
        )
        assert meeting_of(scenario).is_over
        scenario.when(TAKE).silence()
        scenario.when(replace(TAKE, choice="two")).refused(Refused)

    def test_that_is_late_is_told_to_the_chair_who_may_then_take_it(self) -> None:
        scenario = given(HELD)
        scenario.when(replace(TAKE, taken_by=MANAGER)).refused(Forbidden)
        _, late = timers(Step.DECIDE, DECISION)
        scenario.when(late).then(f.MeetingEscalated(step=Step.DECIDE, told=MANAGER, subject_id=DECISION))
        scenario.when(replace(TAKE, taken_by=MANAGER)).topics("meeting.decision-taken")

    def test_is_theirs_to_take_however_far_they_are(self) -> None:
        scenario = given(CALLED, later(replace(HOLD, decisions=(replace(ASK, of=ZHAO),)), now=STARTS))
        far = Reach(team_id=SOUTH, rep_id=ZHAO)
        scenario.when(replace(TAKE, taken_by=ZHAO), reach=far).allowed()
        scenario.when(c.CancelMeeting(meeting_id=FIRST, why="no"), reach=far).refused(NotFound)

    def test_can_be_asked_of_another(self) -> None:
        scenario = given(HELD).when(
            c.HandOverMeetingDecision(meeting_id=FIRST, decision_id=DECISION, to=WANG)
        )
        scenario.then(f.MeetingDecisionHandedOver(decision_id=DECISION, before=LI, after=WANG))
        scenario.when(TAKE).refused(Forbidden)
        scenario.when(replace(TAKE, taken_by=WANG)).allowed()
        again = c.HandOverMeetingDecision(meeting_id=FIRST, decision_id=DECISION, to=LI)
        scenario.when(again).refused(Refused)
        scenario.when(c.ChangeChair(meeting_id=FIRST, to=WANG)).refused(Refused)

    def test_has_an_id_of_its_own(self) -> None:
        ask = c.AskMeetingDecision(meeting_id=FIRST, question=ASK)
        given(HELD).when(ask, now=STARTS).silence()
        given(HELD).when(replace(ask, question=replace(ASK, question="which?")), now=STARTS).refused(
            AlreadyExists
        )


def test_a_schedule_starts_from_now_and_not_from_its_beginning() -> None:
    assert next_meeting(WEEKLY, POLICY, NOW) == STARTS


class TestACompanysMeetings:
    """No team has a manager who could chair them."""

    schedule = schedule_id(COMPANY, Cadence.WEEKLY)
    call = replace(CALL, schedule_id=schedule)

    def test_are_waited_for_of_who_is_above_where_nobody_chairs(self) -> None:
        scenario = given(STAFF).when(replace(SET, scope=COMPANY))
        assert "whom above_id names" in scenario.answer["warnings"][0]
        scenario.when(self.call, now=shanghai(3, 3))
        (wait,) = meeting_of(scenario, meeting_id(self.schedule, 1)).waiting
        assert (wait.what, wait.owner_id) == (Step.HOLD, HEAD)
        late = c.EscalateMeeting(meeting_id=meeting_id(self.schedule, 1), step=Step.HOLD)
        scenario.when(late).then(f.MeetingEscalated(step=Step.HOLD, told=None))

    def test_say_where_nobody_is(self) -> None:
        scenario = given(STAFF).when(replace(SET, scope=COMPANY, plan=replace(WEEKLY, above_id=None)))
        assert "of nobody" in scenario.answer["warnings"][0]

    def test_have_nothing_to_say_where_somebody_chairs(self) -> None:
        scenario = given(STAFF).when(replace(SET, scope=COMPANY, plan=replace(WEEKLY, chair_id=LI)))
        assert "warnings" not in scenario.answer
