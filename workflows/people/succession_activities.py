"""Workflows room: handing over what a person owes the loop — action items, decisions they were asked for, and, where somebody else manages
the team now, a manager's parts in targets, cycles, meetings and adjustments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from uuid import UUID

from temporalio import activity

from domain.action_item.action_item import ActionItem
from domain.action_item.commands import HandOverActionItem
from domain.adjustment.adjustment import Adjustment
from domain.adjustment.commands import HandOverAdjustment
from domain.allocation.least_loaded import spread
from domain.allocation.receipt import AllocationReceipt
from domain.cycle.commands import HandOverCycle, HandOverDecision
from domain.cycle.cycle import Cycle
from domain.cycle.in_force import COMPANY
from domain.cycle.policies import CyclePolicies
from domain.cycle.policy import Step
from domain.engine.command_handler import Command
from domain.figures.scope import rep as rep_scope
from domain.lead import AllocateLead, Lead
from domain.meeting.commands import ChangeChair, HandOverMeetingDecision, SetMeetingSchedule
from domain.meeting.meeting import Meeting
from domain.meeting.schedule import MeetingSchedule
from domain.people.owed import Owed
from domain.people.people import Rep, Team
from domain.target.commands import HandOverTarget
from domain.target.target import Target
from workflows.deal.activities import current_loads
from workflows.engine.activity_context import Cause
from workflows.people.handover_activities import LEFT, MOVED, RULE, RULE_OF_MOVES
from workflows.people.messages import HandoverAsk, HandoverCount, Succession, SuccessionCount
from workflows.ports import RoomContext

REPLACED = "somebody else manages the team"
Saying = tuple[Command, str]
"""What is said, and what makes it happen once."""


class SuccessionActivities:
    def __init__(self, context: RoomContext) -> None:
        self._context = context

    # -- a rep left --------------------------------------------------------------------------

    @activity.defn
    async def hand_over_owed(self, asked: HandoverAsk) -> HandoverCount:
        """Open action items and leads go to the least loaded of the team like deals, or else items to its manager; decisions to
        who reviews. Of a rep who changed teams all of it goes along.
        """
        await self._context.must_know(asked.position)
        owed = await self._context.loads.owed_by(asked.rep_id)
        rep = await self._context.load(Rep, asked.rep_id)
        if rep.active:
            return await self._take_along(asked, rep, owed)
        cause = Cause(asked.position, asked.rep_id, asked.now, LEFT)
        handed = 0
        for command, key in await self._of_items(asked, owed["action-item"]):
            handed += await self._say(command, f"{key}:{asked.rep_id}", cause)
        for command, key in await self._of_leads(asked, owed["lead"]):
            await self._say(command, f"{key}:{asked.rep_id}", cause)
        decisions = [
            *of_cycles(await self._context.load_all(Cycle, owed["cycle"]), asked.rep_id),
            *of_meetings(await self._context.load_all(Meeting, owed["meeting"]), asked.rep_id),
        ]
        for command, key in decisions:
            await self._say(command, f"{key}:{asked.rep_id}", cause)
        return HandoverCount(items=handed)

    async def _take_along(self, asked: HandoverAsk, rep: Rep, owed: Owed) -> HandoverCount:
        cause = Cause(asked.position, asked.rep_id, asked.now, MOVED)
        items = [
            i for i in await self._context.load_all(ActionItem, owed["action-item"]) if i.owner_id == rep.id
        ]
        leads = [lead for lead in await self._context.load_all(Lead, owed["lead"]) if lead.owner_id == rep.id]
        cycles = [
            c for c in await self._context.load_all(Cycle, owed["cycle"]) if c.scope == rep_scope(rep.id)
        ]
        handed = 0
        # What holds now may be said of the same things again once the rep moves on: a key is good for one team.
        for item in items:
            command = HandOverActionItem(item_id=item.id, to=rep.id)
            handed += await self._say(command, f"{item.id}:along:{item.version}:{rep.version}", cause)
        for lead in leads:
            along = AllocateLead(lead_id=lead.id, to=rep.id, receipt=AllocationReceipt(rule=RULE_OF_MOVES))
            await self._say(along, f"{lead.id}:along:{lead.version}:{rep.version}", cause)
        for cycle in cycles:
            changed = HandOverCycle(cycle_id=cycle.id, why=MOVED, manager_id=await self._reviewer(cycle, rep))
            await self._say(changed, f"{cycle.id}:along:{cycle.version}:{rep.version}", cause)
        return HandoverCount(items=handed)

    async def _reviewer(self, cycle: Cycle, rep: Rep) -> UUID | None:
        """Who manages the new team, where who managed the old one reviewed; None: whoever it was stays."""
        people = cycle.people
        if people.team_id is None or people.team_id == rep.team_id or rep.team_id is None:
            return None
        old, new = await self._context.load_all(Team, (people.team_id, rep.team_id))
        return new.manager_id if people.manager_id == old.manager_id else None

    async def _of_leads(self, asked: HandoverAsk, ids: Sequence[UUID]) -> list[Saying]:
        """Where nobody else is in the team they stay, for its manager to allocate."""
        rep = await self._context.load(Rep, asked.rep_id)
        if not ids or rep.team_id is None:
            return []
        loads = await current_loads(self._context, rep.team_id, asked.now, self._context.load)
        return [
            (
                AllocateLead(lead_id=id, to=choice.rep_id, receipt=replace(choice.receipt, rule=RULE)),
                f"{id}:handover",
            )
            for id, choice in spread(ids, loads, asked.rep_id)
            if choice.rep_id is not None
        ]

    async def _of_items(self, asked: HandoverAsk, ids: Sequence[UUID]) -> list[Saying]:
        rep = await self._context.load(Rep, asked.rep_id)
        items = {item.id: item for item in await self._context.load_all(ActionItem, ids) if item.commitment}
        if not items or rep.team_id is None:
            return []
        loads = await current_loads(self._context, rep.team_id, asked.now, self._context.load)
        manager = (await self._context.load(Team, rep.team_id)).manager_id
        chosen = spread(list(items), loads, asked.rep_id)
        heirs = {id: choice.rep_id or manager for id, choice in chosen}
        return [
            (HandOverActionItem(item_id=id, to=heir), f"{id}:handover")
            for id, heir in heirs.items()
            if heir is not None and heir != items[id].owner_id and items[id].owner_id == asked.rep_id
        ]

    # -- another manager ---------------------------------------------------------------------

    @activity.defn
    async def succeed(self, asked: Succession) -> SuccessionCount:
        """Everything of the team that was the one manager's is the other's."""
        await self._context.must_know(asked.position)
        cause = Cause(asked.position, asked.team_id, asked.now, REPLACED)
        handed = 0
        for command, key in await self._of_manager(asked):
            handed += await self._say(command, f"{key}:{asked.position}", cause)
        return SuccessionCount(handed)

    async def _of_manager(self, asked: Succession) -> list[Saying]:
        context, team = self._context, asked.team_id
        owed = await context.loads.owed_by(asked.before)
        cycles = [c for c in await context.load_all(Cycle, owed["cycle"]) if c.people.team_id == team]
        meetings = [m for m in await context.load_all(Meeting, owed["meeting"]) if m.team_id == team]
        items = [
            i
            for i in await context.load_all(ActionItem, owed["action-item"])
            if i.team_id == team and i.commitment
        ]
        adjusted = await context.load_all(Adjustment, owed["adjustment"])
        targets = [
            t for t in await context.load_all(Target, owed["target"]) if t.team_id == team and t.stands
        ]
        schedules = await context.load_all(MeetingSchedule, owed["meeting-schedule"])
        today = (await context.load(CyclePolicies, COMPANY)).current.day(asked.now)
        return [
            *parts_of(cycles, asked),
            *of_cycles(cycles, asked.before, asked.after),
            *chairs_of(meetings, asked),
            *of_meetings(meetings, asked.before, asked.after),
            *((HandOverActionItem(item_id=i.id, to=asked.after), f"{i.id}:handover") for i in items),
            *(
                (HandOverAdjustment(adjustment_id=a.id, to=asked.after), f"{a.id}:handover")
                for a in adjusted
                if a.team_id == team and a.runs
            ),
            *(
                (HandOverTarget(target_id=t.id, owner_id=asked.after), f"{t.id}:handover")
                for t in targets
                if t.period.end >= today
            ),
            *(chaired(s, asked) for s in schedules if s.team_id == team and s.plan is not None),
        ]

    async def _say(self, command: Command, key: str, cause: Cause) -> bool:
        activity.heartbeat()
        return (await self._context.execute(command, key, cause)).recorded > 0


def of_cycles(cycles: Sequence[Cycle], of: UUID, to: UUID | None = None) -> Iterator[Saying]:
    """Decisions that a person was asked for; without an heir to who reviews, or is above that."""
    for cycle in cycles:
        people = cycle.people
        heir = to or (people.manager_id if people.manager_id != of else people.above_id)
        for wait in cycle.waiting:
            id = wait.subject_id
            if wait.what == Step.DECIDE and wait.owner_id == of and id and heir:
                command = HandOverDecision(cycle_id=cycle.id, decision_id=id, to=heir)
                yield command, f"{cycle.id}:{id}:handover"


def of_meetings(meetings: Sequence[Meeting], of: UUID, to: UUID | None = None) -> Iterator[Saying]:
    for meeting in meetings:
        heir = to or (meeting.chair_id if meeting.chair_id != of else meeting.above_id)
        for wait in meeting.waiting:
            id = wait.subject_id
            if wait.what == Step.DECIDE and wait.owner_id == of and id and heir:
                command = HandOverMeetingDecision(meeting_id=meeting.id, decision_id=id, to=heir)
                yield command, f"{meeting.id}:{id}:handover"


def parts_of(cycles: Sequence[Cycle], asked: Succession) -> Iterator[Saying]:
    for cycle in cycles:
        people, theirs = cycle.people, asked.before
        if theirs in (people.owner_id, people.manager_id, people.above_id):
            command = HandOverCycle(
                cycle_id=cycle.id,
                why=REPLACED,
                owner_id=asked.after if people.owner_id == theirs else None,
                manager_id=asked.after if people.manager_id == theirs else None,
                above_id=asked.after if people.above_id == theirs else None,
            )
            yield command, f"{cycle.id}:handover"


def chairs_of(meetings: Sequence[Meeting], asked: Succession) -> Iterator[Saying]:
    for meeting in meetings:
        if meeting.chair_id == asked.before:
            yield ChangeChair(meeting_id=meeting.id, to=asked.after), f"{meeting.id}:chair"


def chaired(schedule: MeetingSchedule, asked: Succession) -> Saying:
    assert schedule.plan is not None
    plan = replace(schedule.plan, chair_id=asked.after)
    return SetMeetingSchedule(scope=schedule.scope, plan=plan), f"{schedule.id}:chair"
