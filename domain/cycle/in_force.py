"""Domain room: the company's cycle policy over time, and with it whose day it is (docs/adr/0017-whose-day.md).

The company is what the cycle policy "default" says: its calendar has the company's time zone, and days, weeks and months
of every figure begin and end in that. A version is in force from the instant it was published for; what lies before the
first is judged by the first, and where none was published by the one that is built in. No clock, no I/O.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.cycle.policies import CyclePolicyPublished, cycle_policy_stream
from domain.cycle.policy import DEFAULT_CYCLE_POLICY, CyclePolicy
from domain.engine.facts import Fact
from domain.time.zones import day_begins

COMPANY = cycle_policy_stream("default")
"""The stream whose facts say what the company's policy is."""
DAY = timedelta(days=1)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
FIRST, LAST = date(2, 1, 1), date(9998, 12, 31)
"""Days that have an instant before and after them in every zone."""


@dataclass(frozen=True, slots=True)
class InForce:
    """`policies` in the order of `since`, the instants (UTC) from which each counts."""

    since: tuple[datetime, ...] = ()
    policies: tuple[CyclePolicy, ...] = ()

    @classmethod
    def only(cls, policy: CyclePolicy) -> InForce:
        """One policy, whatever the time: that of a cycle, which keeps the version it was opened under."""
        return cls((EARLIEST,), (policy,))

    def heard(self, stream_id: UUID, fact: Fact, at: datetime) -> InForce:
        """After one more fact of the ledger. Facts that are not the company's policy change nothing."""
        if stream_id != COMPANY or not isinstance(fact, CyclePolicyPublished):
            return self
        return self.publish(fact.policy, at)

    def publish(self, policy: CyclePolicy, at: datetime) -> InForce:
        """What is published last counts from its instant on, also instead of what was said for a later one."""
        kept = sum(since < at for since in self.since)
        return InForce((*self.since[:kept], at), (*self.policies[:kept], policy))

    def at(self, instant: datetime) -> CyclePolicy:
        if not self.policies:
            return DEFAULT_CYCLE_POLICY
        return self.policies[max(bisect_right(self.since, instant) - 1, 0)]

    def zone(self, instant: datetime) -> ZoneInfo:
        return ZoneInfo(self.at(instant).calendar.timezone)

    def day(self, instant: datetime) -> date:
        """The company's day at an instant."""
        return instant.astimezone(self.zone(instant)).date()

    def on(self, day: date) -> CyclePolicy:
        """The version in force when a day ended."""
        return self.at(self.begins(min(max(day, FIRST), LAST) + DAY) - timedelta.resolution)

    def begins(self, day: date) -> datetime:
        """The first instant (UTC) of a day: before it the company has not come to that day."""
        for n, policy in enumerate(self.policies or (DEFAULT_CYCLE_POLICY,)):
            begin = day_begins(ZoneInfo(policy.calendar.timezone), day)
            starts = self.since[n] if n else EARLIEST
            ends = self.since[n + 1] if n + 1 < len(self.since) else LATEST
            if begin < ends:
                return max(begin, starts)
        return LATEST
