"""Domain room: the cycle policy — when a cycle's steps are due, and when its check-ins and its review take place.

Pure values and arithmetic; no clock. A policy is recorded whole in the fact that publishes it, calendar included, and
every time that it leads to stands in the facts of a cycle, so timers need no policy.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from annotated_types import Ge, Gt, Le

from domain.engine.fields import Digits, RuleName, Version
from domain.figures.pace import Pace
from domain.policy.follow_up import DEFAULT_POLICY
from domain.time.calendar import BusinessCalendar
from domain.time.commitment import Commitment, Deadlines
from domain.time.duration import Duration
from domain.time.periods import Period
from domain.time.zones import day_begins

DAY = timedelta(days=1)
WEEK = 7


class Cadence(StrEnum):
    DAILY = "daily"
    WEEKLY = "weekly"
    BIWEEKLY = "biweekly"
    MONTHLY = "monthly"


class Step(StrEnum):
    """What a cycle can be waiting for, from a person. That it is held is what a review meeting waits for."""

    PROPOSE = "propose"
    AGREE = "agree"
    SELF_ASSESS = "self-assess"
    ASSESS = "assess"
    DECIDE = "decide"
    GIVE_FEEDBACK = "give-feedback"
    ACKNOWLEDGE = "acknowledge"
    DECIDE_APPEAL = "decide-appeal"
    HOLD = "hold"


OWNERS_STEPS = (Step.AGREE, Step.SELF_ASSESS, Step.ACKNOWLEDGE)
"""The others are the manager's, and decisions are of whom was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A step somebody owes the cycle: of whom (None: nobody has that part), and its three times, all UTC and in
    order. `subject_id` tells decisions apart.
    """

    step: Step
    of: UUID | None
    remind_at: datetime
    due_at: datetime
    escalate_at: datetime
    subject_id: UUID | None = None

    def commitment(self, generation: int = 1, since: datetime | None = None) -> Commitment:
        """Nothing follows when who is above was told."""
        times = Deadlines(self.remind_at, self.due_at, self.escalate_at, self.escalate_at)
        return Commitment(
            owner_id=self.of,
            what=self.step,
            deadlines=times,
            generation=generation,
            subject_id=self.subject_id,
            made_at=since,
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a period begins and ends in the calendar's zone, and its review opens; all UTC."""

    starts_at: datetime
    ends_at: datetime
    review_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Every time at which a cycle goes on by itself, UTC; None: there is none (yet). What people owe has its own times.

    A pause puts off each (`Cycle.resume`): no time of a cycle is kept anywhere else.
    """

    executes_at: datetime | None = None
    next_check_in_at: datetime | None = None
    review_at: datetime | None = None
    next_by: datetime | None = None
    appeal_until: datetime | None = None


TIMES = tuple(one.name for one in fields(Times))
_1, _2, _3, _5, _6, _10 = (Duration(n, "business_days") for n in (1, 2, 3, 5, 6, 10))


@dataclass(frozen=True, kw_only=True)
class CyclePolicy:
    """`opens_before`, `propose_before` and `agree_before` count back from the period's first instant, `review_after` from
    its end; each `…_within` from when the step before is done. `agree_within` is for cycles opened too late for
    `agree_before`; `next_within` is how long after the review opened the next target is proposed at the latest. `threshold` is the shortfall that is told, as a share of what was
    expected; `weekday` is the ISO weekday of weekly check-ins.
    """

    name: RuleName
    version: Version = 1
    calendar: BusinessCalendar = DEFAULT_POLICY.calendar
    fiscal_start: Annotated[int, Ge(1), Le(12)] = 1
    cadence: Cadence = Cadence.WEEKLY
    weekday: Annotated[int, Ge(1), Le(WEEK)] = 1
    pace: Pace = Pace.LINEAR
    threshold: Annotated[Decimal, Gt(0), Le(1), Digits(5, 4)] = Decimal("0.10")
    opens_before: Duration = _10
    propose_before: Duration = _6
    agree_before: Duration = _2
    agree_within: Duration = _2
    review_after: Duration = _1
    self_assess_within: Duration = _2
    assess_within: Duration = _3
    feedback_within: Duration = _2
    acknowledge_within: Duration = _2
    appeal_within: Duration = _5
    next_within: Duration = _10
    remind_before: Duration = _1
    escalate_after: Duration = _1

    # -- times -------------------------------------------------------------------------------

    def instant(self, day: date) -> datetime:
        """The first instant of a day in the calendar's zone."""
        return day_begins(ZoneInfo(self.calendar.timezone), day)

    def day(self, instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(self.calendar.timezone)).date()

    def schedule(self, period: Period) -> Schedule:
        ends_at = self.instant(period.end + DAY)
        return Schedule(self.instant(period.start), ends_at, self.review_after.after(ends_at, self.calendar))

    def opens_at(self, period: Period) -> datetime:
        """When a cycle for this period should be opened."""
        return self.opens_before.before(self.instant(period.start), self.calendar)

    def due_before(self, step: Step, period: Period, now: datetime) -> datetime:
        """When a step of the target phase is due: so long before the period, or after now where that is past."""
        before = {Step.PROPOSE: self.propose_before, Step.AGREE: self.agree_before}[step]
        due = before.before(self.instant(period.start), self.calendar)
        return due if due > now else self.agree_within.after(now, self.calendar)

    def due_after(self, step: Step, now: datetime) -> datetime:
        """When a step of review or feedback is due, counted from when it became possible."""
        within = {
            Step.SELF_ASSESS: self.self_assess_within,
            Step.ASSESS: self.assess_within,
            Step.GIVE_FEEDBACK: self.feedback_within,
            Step.ACKNOWLEDGE: self.acknowledge_within,
            Step.DECIDE_APPEAL: self.assess_within,
        }[step]
        return within.after(now, self.calendar)

    def awaiting(
        self, step: Step, of: UUID | None, due_at: datetime, now: datetime, subject_id: UUID | None = None
    ) -> Awaited:
        """Reminded before it is due but not before now, escalated after; what is overdue already is escalated from
        its due time on.
        """
        due = due_at.astimezone(UTC)
        remind = min(max(self.remind_before.before(due, self.calendar), now.astimezone(UTC)), due)
        escalate = max(self.escalate_after.after(due, self.calendar), due)
        return Awaited(
            step=step, of=of, remind_at=remind, due_at=due, escalate_at=escalate, subject_id=subject_id
        )

    # -- check-ins ---------------------------------------------------------------------------

    def next_check_in(
        self, period: Period, after: datetime, cadence: Cadence | None = None
    ) -> datetime | None:
        """The next check-in of the period later than `after`: at opening on a day of the cadence, or on the first business
        day after it, and never on the period's first day, when no day is over yet. None when there is none left.
        """
        for n in range(period.days):
            planned = period.start + n * DAY
            if self._planned(cadence or self.cadence, period, planned):
                day = self.calendar.first_business_day(planned)
                opens_at = self.calendar.next_open(self.instant(day))
                if opens_at > after and period.start < self.day(opens_at) <= period.end:
                    return opens_at
        return None

    # -- pauses ------------------------------------------------------------------------------

    def put_off(self, owed: Commitment, since: datetime, now: datetime) -> Awaited:
        """What is owed, when a pause that counts from `since` ends: what was overdue stays so, and is told as much later as
        the pause took.
        """
        due = self.calendar.put_off(owed.deadlines.due_at, since, now)
        usual = self.awaiting(Step(owed.what), owed.owner_id, due, now, owed.subject_id)
        if due > since:
            return usual
        return replace(
            usual,
            remind_at=owed.deadlines.remind_at,
            escalate_at=self.calendar.put_off(owed.deadlines.escalate_at, since, now),
        )

    def _planned(self, cadence: Cadence, period: Period, day: date) -> bool:
        """Whether the cadence names this day, open or not."""
        if cadence == Cadence.DAILY:
            return True
        if cadence == Cadence.MONTHLY:
            return day.day == 1
        weeks = (day - (period.start - period.start.weekday() * DAY)).days // WEEK
        skipped = cadence == Cadence.BIWEEKLY and weeks % 2
        return not skipped and day.isoweekday() == self.weekday


DEFAULT_CYCLE_POLICY = CyclePolicy(name="default")
