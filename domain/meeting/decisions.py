"""Domain room: what the commands about meeting schedules and meetings decide. Rules and state are in `schedule.py` and `meeting.py`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.action_item.commands import OpenActionItem, open_action_item
from domain.cycle.policies import cycle_policy
from domain.cycle.policy import Step
from domain.engine.command import answers, decides, handles
from domain.engine.errors import FieldError, Invalid, Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.meeting import commands as c
from domain.meeting import facts as f
from domain.meeting.meeting import Meeting
from domain.meeting.plan import Plan
from domain.meeting.schedule import MeetingSchedule
from domain.people.people import Team
from domain.target.decisions import team_of
from domain.time.commitment import Commitment

Json = dict[str, Any]


@answers(MeetingSchedule)
def schedule_answer(schedule: MeetingSchedule) -> Json:
    """What every command about a schedule answers."""
    return {
        "schedule_id": str(schedule.id),
        "scope": schedule.scope.key,
        "runs": schedule.plan is not None,
        "next_at": schedule.next_at.isoformat() if schedule.next_at else None,
        "called": schedule.called,
        "last_meeting_id": str(schedule.last_id) if schedule.last_id else None,
    }


@answers(Meeting)
def answer_of(meeting: Meeting) -> Json:
    """What every command about a meeting answers: where it stands, and what it waits for."""
    return {
        "meeting_id": str(meeting.id),
        "status": meeting.status,
        "chair_id": str(meeting.chair_id) if meeting.chair_id else None,
        "action_items": [str(id) for id in meeting.held.action_items] if meeting.held else [],
        "waiting": [
            {
                "step": w.what,
                "of": str(w.owner_id) if w.owner_id else None,
                "due_at": w.deadlines.due_at.isoformat(),
                "subject_id": str(w.subject_id) if w.subject_id else None,
            }
            for w in meeting.waiting
        ],
    }


# -- schedules -----------------------------------------------------------------------------------


@handles(c.SetMeetingSchedule)
def set_schedule(command: c.SetMeetingSchedule, work: UnitOfWork) -> Json:
    schedule = work.find(MeetingSchedule, command.stream()[1])
    policy = cycle_policy(command.plan.policy, work)
    team_id = team_of(command.scope, work)
    if _chair(command.plan, team_id, work) is None:
        work.warn(
            "nobody chairs these meetings, as no chair_id is named and nobody manages a team here: that they are held is waited for of "
            + ("whom above_id names" if command.plan.above_id else "nobody, and any manager may hold them")
        )
    schedule.set(command.scope, team_id, command.plan, policy, work.context.now)
    return schedule_answer(schedule)


@decides(c.CancelMeetingSchedule)
def cancel_schedule(schedule: MeetingSchedule, command: c.CancelMeetingSchedule, _work: UnitOfWork) -> None:
    schedule.cancel(command.why)


@decides(c.CallMeeting)
def call_meeting(schedule: MeetingSchedule, command: c.CallMeeting, work: UnitOfWork) -> None:
    """The schedule, the meeting before and the new one, in one commit."""
    now = work.context.now
    if not schedule.runs(command.arming) or command.number != schedule.called + 1:
        return
    assert schedule.plan is not None
    policy = cycle_policy(schedule.plan.policy, work, schedule.policy_version)
    if schedule.last_id is not None:
        work.get(Meeting, schedule.last_id).lapse()
    called = _called(command, schedule, work)
    meeting = work.find(Meeting, schedule.call(policy, now))
    meeting.record(called)
    due = policy.feedback_within.after(called.starts_at, policy.calendar)
    meeting.wait_for(policy, Step.HOLD, called.chair_id or called.above_id, due, now)


def _chair(plan: Plan, team_id: UUID | None, work: UnitOfWork) -> UUID | None:
    if plan.chair_id is not None or team_id is None:
        return plan.chair_id
    return work.find(Team, team_id).manager_id


def _called(command: c.CallMeeting, schedule: MeetingSchedule, work: UnitOfWork) -> f.MeetingCalled:
    plan, starts_at = schedule.plan, schedule.next_at
    assert plan is not None
    assert starts_at is not None
    chair_id = _chair(plan, schedule.team_id, work)
    return f.MeetingCalled(
        schedule_id=schedule.id,
        number=command.number,
        scope=schedule.scope,
        team_id=schedule.team_id,
        starts_at=starts_at,
        chair_id=chair_id,
        above_id=plan.above_id,
        policy=plan.policy,
        policy_version=schedule.policy_version,
        agenda=command.agenda,
        cycle_id=command.cycle_id,
        position=command.position,
        pack_digest=command.pack_digest,
        previous_id=schedule.last_id,
    )


# -- meetings ------------------------------------------------------------------------------------


@decides(c.HoldMeeting)
def hold_meeting(meeting: Meeting, command: c.HoldMeeting, work: UnitOfWork) -> None:
    """The meeting and its action items, in one commit."""
    held = f.MeetingHeld(
        held_by=command.held_by,
        present=command.present,
        notes=command.notes,
        action_items=tuple(item.item_id for item in command.action_items),
    )
    if not meeting.hold(held):
        unknown = [
            str(one.decision_id) for one in command.decisions if one.decision_id not in meeting.decisions
        ]
        if unknown:
            raise Refused("the meeting is held already: ask for decisions one by one", decisions=unknown)
    else:
        for n, one in enumerate(command.decisions):
            _check_time(one, f"decisions[{n}]", work.context.now)
        for one in command.decisions:
            _ask(meeting, one, work)
        for item in command.action_items:
            open_action_item(_opening(item, meeting), work)


def _opening(item: c.Agreed, meeting: Meeting) -> OpenActionItem:
    return OpenActionItem(
        item_id=item.item_id,
        what=item.what,
        owner_id=item.owner_id,
        due_at=item.due_at,
        manager_id=item.manager_id or (meeting.chair_id if item.owner_id != meeting.chair_id else None),
    )


def _check_time(one: c.Question, field: str, now: datetime) -> None:
    """What is still to be decided. Raises Invalid."""
    if not one.choice.strip() and one.due_at <= now:
        raise Invalid([FieldError(f"{field}.due_at", "is past")])


def _ask(meeting: Meeting, one: c.Question, work: UnitOfWork) -> None:
    policy = cycle_policy(meeting.policy, work, meeting.policy_version)
    asked = f.MeetingDecisionAsked(decision_id=one.decision_id, question=one.question, of=one.of)
    meeting.ask(asked, one.due_at.astimezone(UTC), policy, work.context.now)
    if one.choice.strip():
        meeting.take(f.MeetingDecisionTaken(decision_id=one.decision_id, taken_by=one.of, choice=one.choice))


@handles(c.AskMeetingDecision)
def ask_decision(command: c.AskMeetingDecision, work: UnitOfWork) -> Json:
    _check_time(command.question, "question", work.context.now)
    meeting = work.get(Meeting, command.meeting_id)
    _ask(meeting, command.question, work)
    return answer_of(meeting)


@decides(c.TakeMeetingDecision)
def take_decision(meeting: Meeting, command: c.TakeMeetingDecision, _work: UnitOfWork) -> None:
    meeting.take(
        f.MeetingDecisionTaken(
            decision_id=command.decision_id, taken_by=command.taken_by, choice=command.choice
        )
    )


@decides(c.HandOverMeetingDecision)
def hand_over_decision(meeting: Meeting, command: c.HandOverMeetingDecision, _work: UnitOfWork) -> None:
    meeting.hand_over_decision(command.decision_id, command.to)


@decides(c.ChangeChair)
def change_chair(meeting: Meeting, command: c.ChangeChair, _work: UnitOfWork) -> None:
    meeting.chair(command.to)


@decides(c.CancelMeeting)
def cancel_meeting(meeting: Meeting, command: c.CancelMeeting, _work: UnitOfWork) -> None:
    meeting.cancel(command.why)


# -- timers --------------------------------------------------------------------------------------


def _owed(command: c.MeetingTimer, work: UnitOfWork) -> tuple[Meeting, Commitment | None]:
    meeting = work.get(Meeting, command.meeting_id)
    return meeting, meeting.waits_for(command.step, command.subject_id)


@handles(c.RemindMeeting)
def remind_meeting(command: c.RemindMeeting, work: UnitOfWork) -> Json:
    meeting, wait = _owed(command, work)
    if wait is not None:
        meeting.remind(wait)
    return answer_of(meeting)


@handles(c.EscalateMeeting)
def escalate_meeting(command: c.EscalateMeeting, work: UnitOfWork) -> Json:
    meeting, wait = _owed(command, work)
    if wait is not None:
        meeting.escalate(wait)
    return answer_of(meeting)
