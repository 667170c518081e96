"""Domain room: the follow-up policy — when a promise is due, reminded, escalated and reassigned.

Pure values and arithmetic; no clock, no I/O, no framework. A policy is recorded whole in the event that
publishes it, calendar included, so every deadline ever computed can be computed again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Annotated

from annotated_types import Ge, Le, MaxLen

from domain.engine.errors import FieldError
from domain.engine.fields import RuleName, Version
from domain.time.calendar import BusinessCalendar
from domain.time.commitment import Deadlines
from domain.time.duration import Duration


@dataclass(frozen=True)
class FollowUpPolicy:
    """How long a promise may take and what happens when it is missed.

    `due_after` is the time to the next promise after a touch, unless the stage or the touch itself says
    otherwise: the most specific wins, "kind:outcome" over "kind" over stage over default. `remind_before`,
    `escalate_after` and `reassign_after` count from the due time. What a deal's owner may do alone has limits: move a
    promise that somebody named to a later time `owner_moves` times, promise `owner_ahead` of now at most, and excuse
    `owner_excuses` promises of one deal; beyond them a leader may.
    """

    name: RuleName
    version: Version
    calendar: BusinessCalendar
    due_after: Duration
    due_after_by_stage: Annotated[dict[str, Duration], MaxLen(200)] = field(default_factory=dict)
    due_after_by_activity: Annotated[dict[str, Duration], MaxLen(200)] = field(default_factory=dict)
    remind_before: Duration = Duration(4, "business_hours")
    escalate_after: Duration = Duration(24, "business_hours")
    reassign_after: Duration = Duration(72, "business_hours")
    max_reassignments: Annotated[int, Ge(0), Le(100)] = 3
    owner_moves: Annotated[int, Ge(0), Le(1_000)] = 3
    owner_ahead: Duration = Duration(90, "days")
    owner_excuses: Annotated[int, Ge(0), Le(1_000)] = 0

    def due_after_for(self, stage: str, activity: str | None = None) -> Duration:
        """The duration that applies; `activity` is "kind" or "kind:outcome" of the touch just made."""
        if activity is not None:
            for key in (activity, activity.partition(":")[0]):
                if key in self.due_after_by_activity:
                    return self.due_after_by_activity[key]
        return self.due_after_by_stage.get(stage, self.due_after)

    def due_at(self, now: dt.datetime, stage: str, activity: str | None = None) -> dt.datetime:
        """When the next promise is due (UTC) for a deal in `stage` touched at `now`."""
        return self.due_after_for(stage, activity).after(now, self.calendar)

    def deadlines(self, due_at: dt.datetime, made_at: dt.datetime) -> Deadlines:
        """The times of a promise made at `made_at` and due at `due_at`.

        The reminder is never before the promise was made, unless the promise was recorded after its own due
        time (a late import): then everything counts from the due time.
        """
        due, made, calendar = due_at.astimezone(dt.UTC), made_at.astimezone(dt.UTC), self.calendar
        remind = self.remind_before.before(due, calendar)
        escalate = self.escalate_after.after(due, calendar)
        reassign = self.reassign_after.after(due, calendar)
        if not made <= remind <= due <= escalate <= reassign:
            remind, escalate = min(max(remind, made), due), max(escalate, due)
            reassign = max(reassign, escalate)
        return Deadlines(remind, due, escalate, reassign)

    def wrong(self) -> Iterator[FieldError]:
        if not self.owner_ahead.amount:
            yield FieldError("owner_ahead", "nothing could be promised; give it some time")
        for name, duration in self._due_durations():
            if not duration.amount:
                yield FieldError(name, "a promise due at once can never be kept; give it some time")
        for activity in self.due_after_by_activity:
            if not 1 <= len(parts := activity.split(":")) <= 2 or not all(part.strip() for part in parts):
                message = f"{activity!r} must be an activity kind or 'kind:outcome'"
                yield FieldError("due_after_by_activity", message)
        if not _always_shorter(self.escalate_after, self.reassign_after, self.calendar):
            message = (
                f"{self.reassign_after} must always be longer than escalate_after ({self.escalate_after})"
            )
            yield FieldError("reassign_after", message)

    def _due_durations(self) -> Iterator[tuple[str, Duration]]:
        yield "due_after", self.due_after
        for stage, duration in self.due_after_by_stage.items():
            yield f"due_after_by_stage.{stage}", duration
        for activity, duration in self.due_after_by_activity.items():
            yield f"due_after_by_activity.{activity}", duration


def _always_shorter(a: Duration, b: Duration, calendar: BusinessCalendar) -> bool:
    """Whether `a` ends before `b`; different units are compared from each hour of a week without holidays."""
    if a.unit == b.unit:
        return a.amount < b.amount
    plain = replace(calendar, holidays=(), extra_workdays=())
    week = [dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=hour) for hour in range(168)]
    return all(a.after(start, plain) < b.after(start, plain) for start in week)


DEFAULT_POLICY = FollowUpPolicy(
    name="default",
    version=1,
    calendar=BusinessCalendar("Asia/Shanghai", (1, 2, 3, 4, 5), "09:00", "18:00"),
    due_after=Duration(3, "business_days"),
    due_after_by_stage={
        "identify": Duration(5, "business_days"),
        "negotiation": Duration(2, "business_days"),
    },
)


def short_fuse(seconds: int | Decimal = 5) -> FollowUpPolicy:
    """For demonstrations: reminder, due, escalation and reassignment follow `seconds` apart, at any hour."""
    step = Duration(seconds, "seconds")
    two_steps = Duration(seconds * 2, "seconds")
    return FollowUpPolicy(
        name="short-fuse",
        version=1,
        calendar=BusinessCalendar.around_the_clock("UTC"),
        due_after=two_steps,
        remind_before=step,
        escalate_after=step,
        reassign_after=two_steps,
        max_reassignments=1,
    )
