"""Domain room: a schedule of review meetings — weekly or monthly ones of a scope.

Facts: it was set (again: changed), a meeting was called, it was cancelled. State: what is planned and which meeting is next.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.cycle.policy import CyclePolicy
from domain.engine.aggregate import Aggregate, when
from domain.engine.context import Reach
from domain.engine.facts import Fact, FreeText, fact
from domain.figures.scope import COMPANY, Scope
from domain.meeting.plan import Plan, call_at, meeting_id, next_meeting


@fact("meeting-schedule.set")
class MeetingScheduleSet(Fact):
    """`before` None: there was none, or it had been cancelled. The next meeting is at `next_at`, and called at `call_at`. `arming`
    counts the times it was set; a timer names the one it was set for.
    """

    scope: Scope
    team_id: UUID | None
    before: Plan | None
    after: Plan
    policy_version: int
    arming: int
    next_at: datetime
    call_at: datetime


@fact("meeting-schedule.called")
class ScheduledMeetingCalled(Fact):
    """The schedule's `number`-th meeting has its agenda; the one after it is at `next_at`."""

    number: int
    meeting_id: UUID
    next_at: datetime
    call_at: datetime


@fact("meeting-schedule.cancelled")
class MeetingScheduleCancelled(Fact):
    why: FreeText


class MeetingSchedule(Aggregate):
    KIND: ClassVar[str] = "meeting schedule"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.scope = COMPANY
        self.team_id: UUID | None = None
        self.plan: Plan | None = None
        self.policy_version = 0
        self.arming = 0
        self.called = 0
        self.last_id: UUID | None = None
        self.next_at: datetime | None = None
        self.call_at: datetime | None = None

    def within(self, reach: Reach) -> bool:
        return reach.team_id in (None, self.team_id)

    def changeable(self, reach: Reach) -> bool:
        return self.within(reach) and reach.rep_id is None

    def runs(self, arming: int) -> bool:
        """Whether a timer set for this arming may still speak for it."""
        return self.plan is not None and arming == self.arming

    def set(self, scope: Scope, team_id: UUID | None, plan: Plan, policy: CyclePolicy, now: datetime) -> None:
        if (plan, scope, team_id) == (self.plan, self.scope, self.team_id):
            return
        at = next_meeting(plan, policy, now)
        self.record(
            MeetingScheduleSet(
                scope=scope,
                team_id=team_id,
                before=self.plan,
                after=plan,
                policy_version=policy.version,
                arming=self.arming + 1,
                next_at=at,
                call_at=call_at(at, policy),
            )
        )

    def call(self, policy: CyclePolicy, now: datetime) -> UUID:
        """The next meeting's id. Those that passed while nobody called them are left out."""
        assert self.plan is not None
        assert self.next_at is not None
        number = self.called + 1
        id, at = meeting_id(self.id, number), next_meeting(self.plan, policy, max(now, self.next_at))
        called = ScheduledMeetingCalled(number=number, meeting_id=id, next_at=at, call_at=call_at(at, policy))
        self.record(called)
        return id

    def cancel(self, why: str) -> None:
        if self.plan is not None:
            self.record(MeetingScheduleCancelled(why=why))

    @when(MeetingScheduleSet)
    def _set(self, fact: MeetingScheduleSet) -> None:
        self.adopt(fact)
        self.plan = fact.after

    @when(ScheduledMeetingCalled)
    def _called(self, fact: ScheduledMeetingCalled) -> None:
        self.adopt(fact)
        self.called, self.last_id = fact.number, fact.meeting_id

    @when(MeetingScheduleCancelled)
    def _cancelled(self, fact: MeetingScheduleCancelled) -> None:
        self.plan = self.next_at = self.call_at = None
