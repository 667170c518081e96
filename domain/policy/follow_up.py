"""Domain room: the follow-up policy — when a promise is due, reminded, escalated and reassigned.

Pure values and arithmetic; no clock, no I/O, no framework. A policy is recorded whole in the event that
publishes it, calendar included, so every deadline ever computed can be computed again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Annotated, Literal

from annotated_types import Ge, Le, MaxLen

from domain.engine.errors import FieldError, Invalid
from domain.engine.fields import RuleName, Version
from domain.time.calendar import HORIZON_DAYS, BusinessCalendar
from domain.time.commitment import Deadlines

Unit = Literal["seconds", "minutes", "hours", "days", "business_hours", "business_days"]

_SUFFIXES: dict[str, Unit] = {
    "s": "seconds",
    "m": "minutes",
    "h": "hours",
    "d": "days",
    "bh": "business_hours",
    "bd": "business_days",
}
_SUFFIX_OF: dict[str, str] = {unit: suffix for suffix, unit in _SUFFIXES.items()}
_SECONDS = {
    "seconds": 1,
    "minutes": 60,
    "hours": 3600,
    "days": 86400,
    "business_hours": 3600,
    "business_days": 86400,
}
_WRITTEN = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?)\s*(bh|bd|s|m|h|d)")
_HINT = "write a number and a unit: 30s, 15m, 2h, 5d, 24bh (business hours) or 3bd (business days)"


@dataclass(frozen=True)
class Duration:
    """A length of time: elapsed (a day is 24 hours) or counted in a calendar's business time."""

    amount: int | Decimal
    unit: Unit

    @classmethod
    def parse(cls, text: str, field: str = "duration") -> Duration:
        """Reads "24bh", "3bd", "5d", "2h", "15m", "30s"; `Invalid` under `field` otherwise."""
        match = _WRITTEN.fullmatch(text.strip())
        if match is None:
            raise Invalid([FieldError(field, f"{text!r} is not a duration; {_HINT}")])
        number, suffix = match.groups()
        duration = cls(Decimal(number) if "." in number else int(number), _SUFFIXES[suffix])
        if problem := duration.problem():
            raise Invalid([FieldError(field, problem)])
        return duration

    def __str__(self) -> str:
        """The short form, which `parse` reads back to an equal duration."""
        return f"{Decimal(self.amount):f}{_SUFFIX_OF[self.unit]}" if _SUFFIX_OF.get(self.unit) else repr(self)

    def problem(self, on: dt.date | None = None) -> str | None:
        """What is wrong with this duration, or None."""
        if self.unit not in _SECONDS:
            return f"unknown unit {self.unit!r}; {_HINT}"
        if not Decimal(self.amount).is_finite() or self.amount < 0:
            return f"{self.amount} is not a length of time; it must be zero or more"
        if self.unit == "business_days" and self.amount != int(self.amount):
            return (
                f"{self.amount} business days: business days are whole; use business hours for parts of a day"
            )
        if self.amount * _SECONDS[self.unit] > HORIZON_DAYS * 86400:
            return f"{self} is longer than ten years"
        return None

    def after(self, start: dt.datetime, calendar: BusinessCalendar) -> dt.datetime:
        """The instant (UTC) this long after `start`; only business units look at `calendar`."""
        if self.unit == "business_hours":
            return calendar.add_business_hours(start, self.amount)
        if self.unit == "business_days":
            return calendar.add_business_days(start, int(self.amount))
        return start.astimezone(dt.UTC) + self._elapsed()

    def before(self, end: dt.datetime, calendar: BusinessCalendar) -> dt.datetime:
        """The instant (UTC) this long before `end`; only business units look at `calendar`."""
        if self.unit == "business_hours":
            return calendar.subtract_business_hours(end, self.amount)
        if self.unit == "business_days":
            return calendar.subtract_business_days(end, int(self.amount))
        return end.astimezone(dt.UTC) - self._elapsed()

    def _elapsed(self) -> dt.timedelta:
        return dt.timedelta(microseconds=int(self.amount * _SECONDS[self.unit] * 1_000_000))


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
        due = due_at.astimezone(dt.UTC)
        remind = max(self.remind_before.before(due, self.calendar), made_at.astimezone(dt.UTC))
        escalate = max(self.escalate_after.after(due, self.calendar), due)
        reassign = max(self.reassign_after.after(due, self.calendar), escalate)
        return Deadlines(min(remind, due), due, escalate, reassign)

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
