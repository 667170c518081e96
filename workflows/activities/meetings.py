"""Workflows room: what the clocks of meetings and their schedules ask and say. A meeting's agenda is made here, as known at one position:
of the newest review pack of the scope, of what is behind in the running periods, and of what the meeting before left undone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from temporalio import activity

from domain.action_item.action_item import ActionItem
from domain.cycle.agenda import Point
from domain.cycle.cycle import Cycle
from domain.cycle.facts import AgendaItem
from domain.cycle.policy import Awaited, Step
from domain.cycle.state import Phase
from domain.engine.values import PromiseOutcome
from domain.meeting import commands as c
from domain.meeting.meeting import Meeting
from domain.meeting.schedule import MeetingSchedule
from workflows.activities.desk import Cause, Desk
from workflows.activities.figures import Figures
from workflows.activities.marks import in_order
from workflows.loop_messages import Due, Kind, Mark, Outlook, Said

DONE = (PromiseOutcome.KEPT, PromiseOutcome.EXCUSED)


class MeetingActivities:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._figures = Figures(desk)

    # -- schedules ---------------------------------------------------------------------------

    @activity.defn
    async def look_at_schedule(self, id: UUID) -> Outlook:
        position = await self._desk.ledger.last_position(id)
        schedule = await self._desk.load(MeetingSchedule, id)
        if schedule.call_at is None:
            return Outlook(position, over=True)
        number = schedule.called + 1
        key = f"{id}:{schedule.arming}:{Kind.CALL}:{number}"
        mark = Mark(Kind.CALL, schedule.call_at, key, schedule.arming, number=number)
        return Outlook(position, marks=(mark,))

    @activity.defn
    async def speak_for_schedule(self, due: Due) -> Said:
        schedule = await self._desk.load(MeetingSchedule, due.id)
        recorded = 0
        if schedule.runs(due.mark.arming) and schedule.called + 1 == due.mark.number:
            cause = Cause(due.position, due.id, due.now)
            recorded = (
                await self._desk.execute(await self._call(due, schedule), due.mark.key, cause)
            ).recorded
        return Said(recorded, await self.look_at_schedule(due.id))

    async def _call(self, due: Due, schedule: MeetingSchedule) -> c.CallMeeting:
        position = await self._figures.position()
        ids = await self._desk.loop.cycles(schedule.scope, position)
        cycles = await self._desk.load_all(Cycle, ids)
        reviewed = next((cycle for cycle in cycles if cycle.review_position), None)
        of_pack = reviewed.agenda if reviewed else ()
        agenda = [*of_pack, *behind(cycles), *await self._left_undone(schedule)]
        return c.CallMeeting(
            schedule_id=schedule.id,
            arming=due.mark.arming,
            number=due.mark.number,
            agenda=tuple(agenda),
            cycle_id=reviewed.id if reviewed else None,
            position=reviewed.review_position if reviewed else 0,
            pack_digest=reviewed.pack_digest if reviewed else "",
        )

    async def _left_undone(self, schedule: MeetingSchedule) -> list[AgendaItem]:
        if schedule.last_id is None:
            return []
        before = await self._desk.load(Meeting, schedule.last_id)
        agreed = before.held.action_items if before.held is not None else ()
        items = await self._desk.load_all(ActionItem, agreed)
        open_ones = [AgendaItem(code=Point.DECISION_OPEN, subject_id=id) for id in before.untaken]
        return [*undone(items), *open_ones]

    # -- meetings ----------------------------------------------------------------------------

    @activity.defn
    async def look_at_meeting(self, id: UUID) -> Outlook:
        position = await self._desk.ledger.last_position(id)
        meeting = await self._desk.load(Meeting, id)
        if meeting.is_over or not meeting.exists:
            return Outlook(position, over=True)
        return Outlook(position, marks=in_order(marks_of_meeting(meeting)))

    @activity.defn
    async def speak_for_meeting(self, due: Due) -> Said:
        mark = due.mark
        kind = c.RemindMeeting if mark.kind is Kind.REMIND else c.EscalateMeeting
        command = kind(meeting_id=due.id, step=Step(mark.step), subject_id=mark.subject_id)
        told = await self._desk.execute(command, mark.key, Cause(due.position, due.id, due.now))
        return Said(told.recorded, await self.look_at_meeting(due.id))


def behind(cycles: Sequence[Cycle]) -> Iterator[AgendaItem]:
    """Of the periods that run: targets that somebody was told to be behind, and by how many thresholds."""
    for cycle in cycles:
        if cycle.phase == Phase.EXECUTE:
            for target_id, steps in sorted(cycle.behind.items()):
                yield AgendaItem(code=Point.TARGET_BEHIND, subject_id=target_id, detail=str(steps))


def undone(items: Sequence[ActionItem]) -> Iterator[AgendaItem]:
    for item in items:
        outcome = item.ended.outcome if item.ended is not None else None
        if outcome not in DONE:
            yield AgendaItem(
                code=Point.ACTION_ITEM_NOT_DONE, subject_id=item.id, detail=str(outcome or "open")
            )


def marks_of_meeting(meeting: Meeting) -> Iterator[Mark]:
    """What was not said yet; a reminder only until it is due."""
    for wait in meeting.waiting:
        owed = wait.awaited
        if not wait.reminded and not wait.escalated:
            yield _owed(meeting, owed, Kind.REMIND, owed.remind_at, owed.due_at)
        if not wait.escalated:
            yield _owed(meeting, owed, Kind.ESCALATE, owed.escalate_at)


def _owed(meeting: Meeting, owed: Awaited, kind: Kind, at: datetime, until: datetime | None = None) -> Mark:
    key = f"{meeting.id}:{kind}:{owed.step}:{owed.subject_id}:{owed.due_at.isoformat()}"
    return Mark(kind, at, key, until=until, step=owed.step, subject_id=owed.subject_id)
