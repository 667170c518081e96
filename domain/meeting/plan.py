"""Domain room: when a scope's review meetings take place. Pure values and arithmetic; no clock.

Weekly meetings are on a weekday, monthly ones on a day of the month; where that is no business day, on the first one after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from annotated_types import Ge, Le

from domain.cycle.policy import Cadence, CyclePolicy
from domain.engine import reading
from domain.engine.errors import FieldError
from domain.engine.fields import OneOf, RuleName, TimeOfDay
from domain.engine.references import PersonId
from domain.engine.values import named_id
from domain.figures.scope import Scope
from domain.time.zones import first_instant

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
LAST_DAY = 28
"""Every month has it."""

MeetingCadence = Annotated[Cadence, OneOf((Cadence.WEEKLY, Cadence.MONTHLY))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`day` is the ISO weekday of weekly meetings, the day of the month of monthly ones; `at` the time of day in the zone of the
    cycle policy's calendar, such as 09:30. `chair_id` None: whoever manages the team then. `above_id` is told when the chair is late.
    """

    cadence: MeetingCadence
    day: Annotated[int, Ge(1), Le(LAST_DAY)]
    at: TimeOfDay
    chair_id: PersonId | None = None
    above_id: PersonId | None = None
    policy: RuleName = "default"

    def wrong(self) -> Iterator[FieldError]:
        if self.cadence == Cadence.WEEKLY and self.day > 7:
            yield FieldError("day", "must be 1 to 7")


def schedule_id(scope: Scope, cadence: Cadence) -> UUID:
    """The stream of the one schedule of this scope's weekly, or monthly, meetings."""
    return named_id("meeting-schedule", f"{scope.key}|{cadence}")


def meeting_id(schedule: UUID, number: int) -> UUID:
    return named_id("meeting", f"{schedule}|{number}")


def next_meeting(plan: Plan, policy: CyclePolicy, after: datetime) -> datetime:
    """The first one later than `after`."""
    zone, at = ZoneInfo(policy.calendar.timezone), _time(plan.at) or time()
    times = (
        first_instant(zone, datetime.combine(policy.calendar.first_business_day(day), at))
        for day in _days(plan, policy.day(after))
    )
    return next(instant for instant in times if instant > after)


def call_at(starts_at: datetime, policy: CyclePolicy) -> datetime:
    """When its agenda is made and its people are told: as long before as a step is reminded of."""
    return policy.remind_before.before(starts_at, policy.calendar)


def _days(plan: Plan, day: date) -> Iterator[date]:
    """As planned, in order, from the week or month before this day on."""
    if plan.cadence == Cadence.WEEKLY:
        monday = day - day.weekday() * DAY
        return (monday + n * WEEK + (plan.day - 1) * DAY for n in count(-1))
    month = day.year * 12 + day.month - 2
    return (date(n // 12, n % 12 + 1, plan.day) for n in count(month))


def _time(text: str) -> time | None:
    try:
        return reading.clock(text)
    except ValueError:
        return None
