"""Domain room: when somebody is told — at once, every hour or once a day, outside quiet hours and days off. Pure, no clock.

Times of the day are in the person's time zone: one that the clock skips is the instant of the jump, one that it shows twice its first
(`domain/time/zones.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.time.calendar import BusinessCalendar
from domain.time.zones import first_instant

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MORNING = time(8)
MOST = 400
"""Times that a notice is put off at most: a calendar without working days puts off nothing any more."""


class Cadence(StrEnum):
    AT_ONCE = "at-once"
    HOURLY = "hourly"
    DAILY = "daily"
    OFF = "off"


@dataclass(frozen=True)
class Hours:
    """`quiet_from` until `quiet_until`, perhaps of the next day, nothing is sent; None: at any time. `calendar` None: on any day, else
    on its working days alone. Daily digests, and what comes on a day off, go at `daily_at`.
    """

    timezone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None
    daily_at: time = MORNING
    calendar: BusinessCalendar | None = None

    @property
    def always(self) -> bool:
        return self.quiet_from is None and self.calendar is None

    def due(self, cadence: Cadence, at: datetime) -> datetime:
        """When to tell of what was recorded `at`, UTC."""
        at = at.astimezone(UTC)  # wherever it is shown: hours are added to the instant
        if cadence is Cadence.HOURLY:
            at = self._next_hour(at)
        elif cadence is Cadence.DAILY:
            at = self._next_daily(at)
        return self.put_off(at)

    def put_off(self, at: datetime) -> datetime:
        """The first instant from `at` on at which something may be sent."""
        at = at.astimezone(UTC)
        if self.always:
            return at
        for _ in range(MOST):
            later = self._after_days_off(self._after_quiet(at))
            if later == at:
                return at
            at = later
        return at

    def _next_hour(self, at: datetime) -> datetime:
        local = at.astimezone(self._zone)
        return (
            at + HOUR - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        )

    def _next_daily(self, at: datetime) -> datetime:
        today = at.astimezone(self._zone).date()
        times = (self._on(today + n * DAY, self.daily_at) for n in range(3))
        return next(one for one in times if one > at)

    def _after_quiet(self, at: datetime) -> datetime:
        begins, ends = self.quiet_from, self.quiet_until
        if begins is None or ends is None or begins == ends:
            return at
        local = at.astimezone(self._zone)
        now, today = local.time(), local.date()
        if begins < ends:
            return self._later(at, today, ends) if begins <= now < ends else at
        if now >= begins:
            return self._later(at, today + DAY, ends)
        return self._later(at, today, ends) if now < ends else at

    def _later(self, at: datetime, day: date, ends: time) -> datetime:
        """The end of the quiet hours; in an hour that the clock shows again it has passed once already."""
        found = self._on(day, ends)
        return found if found > at else self._on(day, ends, again=True)

    def _after_days_off(self, at: datetime) -> datetime:
        if self.calendar is None:
            return at
        day = at.astimezone(self._zone).date()
        if self.calendar.is_business_day(day):
            return at
        return self._on(self.calendar.first_business_day(day), self.daily_at)

    def _on(self, day: date, at: time, *, again: bool = False) -> datetime:
        local = datetime.combine(day, at)
        return (
            local.replace(tzinfo=self._zone, fold=1).astimezone(UTC)
            if again
            else first_instant(self._zone, local)
        )

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def chosen(rules: dict[tuple[str, str], Cadence], kind: str, channel: str) -> tuple[str, Cadence]:
    """Which of somebody's rules for a channel counts for a kind of notice, and how often by it: that which names most. Without any it
    is mail, at once. `rules` by what they are of, and the channel.
    """
    for what in (kind, kind.partition(".")[0], "*"):
        cadence = rules.get((what, channel))
        if cadence is not None:
            return what, cadence
    return "*", Cadence.AT_ONCE if channel == "mail" else Cadence.OFF
