"""Domain room: when the next meeting of a schedule is called, and when those who owe a meeting something are told.

A meeting's agenda is made here, as known at one position: of the newest review pack of the scope, of what is behind in the running
periods, and of what the meeting before left undone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from domain.action_item.action_item import ActionItem
from domain.cycle.agenda import Point
from domain.cycle.cycle import Cycle
from domain.cycle.facts import AgendaItem
from domain.cycle.policy import Step
from domain.cycle.state import Phase
from domain.engine.deadlines import DeadlineRules, Near
from domain.engine.values import PromiseOutcome
from domain.figures.reads import Reads
from domain.meeting import commands as c
from domain.meeting.facts import MeetingCancelled
from domain.meeting.meeting import Meeting
from domain.meeting.schedule import MeetingSchedule, MeetingScheduleCancelled
from domain.time.commitment import DueStep, Kind

CALL = "call"
DONE = (PromiseOutcome.KEPT, PromiseOutcome.EXCUSED)


# -- schedules -----------------------------------------------------------------------------------


def calls(schedule: MeetingSchedule, _near: Near) -> Iterator[DueStep]:
    if schedule.call_at is not None:
        number = schedule.called + 1
        key = f"{schedule.id}:{schedule.arming}:{CALL}:{number}"
        yield DueStep(CALL, schedule.call_at, key, schedule.arming, number=number)


async def call(schedule: MeetingSchedule, due: DueStep, _now: datetime, reads: Reads) -> c.CallMeeting:
    position = await reads.position()
    cycles = await reads.load_all(Cycle, await reads.figures.cycles(schedule.scope, position))
    reviewed = next((cycle for cycle in cycles if cycle.review_position), None)
    of_pack = reviewed.agenda if reviewed else ()
    agenda = [*of_pack, *behind(cycles), *await _left_undone(schedule, reads)]
    return c.CallMeeting(
        schedule_id=schedule.id,
        arming=due.arming,
        number=due.number,
        agenda=tuple(agenda),
        cycle_id=reviewed.id if reviewed else None,
        position=reviewed.review_position if reviewed else 0,
        pack_digest=reviewed.pack_digest if reviewed else "",
    )


async def _left_undone(schedule: MeetingSchedule, reads: Reads) -> list[AgendaItem]:
    if schedule.last_id is None:
        return []
    before = await reads.load(Meeting, schedule.last_id)
    agreed = before.held.action_items if before.held is not None else ()
    open_ones = [AgendaItem(code=Point.DECISION_OPEN, subject_id=id) for id in before.untaken]
    return [*undone(await reads.load_all(ActionItem, agreed)), *open_ones]


def behind(cycles: Sequence[Cycle]) -> Iterator[AgendaItem]:
    """Of the periods that run: targets that somebody was told to be behind, and by how many thresholds."""
    for cycle in cycles:
        if cycle.phase == Phase.EXECUTE:
            for target_id, thresholds in sorted(cycle.behind.items()):
                yield AgendaItem(code=Point.TARGET_BEHIND, subject_id=target_id, detail=str(thresholds))


def undone(items: Sequence[ActionItem]) -> Iterator[AgendaItem]:
    for item in items:
        outcome = item.ended.outcome if item.ended is not None else None
        if outcome not in DONE:
            yield AgendaItem(
                code=Point.ACTION_ITEM_NOT_DONE, subject_id=item.id, detail=str(outcome or "open")
            )


# -- meetings ------------------------------------------------------------------------------------


def steps(meeting: Meeting, _near: Near) -> Iterator[DueStep]:
    for owed in meeting.waiting:
        if not owed.escalated:
            yield from owed.due_steps(meeting.id, Kind.REMIND, Kind.ESCALATE, step=owed.what)


def command(meeting_id: UUID, due: DueStep) -> c.MeetingTimer:
    tell = c.RemindMeeting if due.kind == Kind.REMIND else c.EscalateMeeting
    return tell(meeting_id=meeting_id, step=Step(due.step), subject_id=due.subject_id)


OF_SCHEDULES = DeadlineRules(
    "meeting-schedule",
    MeetingSchedule,
    goes_on=lambda schedule: schedule.call_at is not None,
    steps=calls,
    computed={CALL: call},
    ends=(MeetingScheduleCancelled,),
    activities="schedule",
)
OF_MEETINGS = DeadlineRules(
    "meeting",
    Meeting,
    goes_on=lambda meeting: meeting.exists and not meeting.is_over,
    steps=steps,
    command=command,
    ends=(MeetingCancelled,),
)
DEADLINES = (OF_SCHEDULES, OF_MEETINGS)
