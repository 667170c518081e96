"""Domain room: what is promised of service cases, by their severity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Le

from domain.engine.errors import FieldError
from domain.engine.facts import Fact, fact
from domain.engine.fields import RuleName, Version
from domain.engine.versions import Versions
from domain.policy.follow_up import DEFAULT_POLICY
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration

NO_TIME, SECOND = timedelta(), timedelta(seconds=1)
FIVE_DAYS = Duration(5, "business_days")


class Severity(StrEnum):
    MINOR = "minor"
    NORMAL = "normal"
    SEVERE = "severe"


class Clock(StrEnum):
    ANSWER = "answer"
    SOLVE = "solve"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class Promised:
    """Within which time a customer has the first answer, and the solution."""

    answer: Duration
    solve: Duration


@dataclass(frozen=True)
class ServicePolicy:
    """What is promised of cases, by their severity. `feedback_after` a solution the customer is asked no more how it went; for
    `reopen_days` it can be reopened.
    """

    name: RuleName
    calendar: BusinessCalendar
    severe: Promised
    normal: Promised
    minor: Promised
    feedback_after: Duration = FIVE_DAYS
    reopen_days: Annotated[int, Ge(0), Le(3_650)] = 14
    version: Version = 1

    def wrong(self) -> Iterator[FieldError]:
        for severity in Severity:
            for name in ("answer", "solve"):
                if not getattr(self.of(severity), name).amount:
                    yield FieldError(
                        f"{severity}.{name}", "what is due at once is never kept; give it some time"
                    )

    def of(self, severity: Severity) -> Promised:
        promised: Promised = getattr(self, severity)
        return promised

    def due(
        self, clock: Clock, severity: Severity, start: datetime, waited: int = 0, stood: timedelta = NO_TIME
    ) -> datetime:
        """When a clock that began at `start` runs out. Left out are `waited` seconds of business time of one that counts that, and of
        one that counts every hour all that it `stood` still.
        """
        length: Duration = getattr(self.of(severity), clock)
        due = length.after(start, self.calendar)
        if not length.counts_business_time:
            return due + stood
        return self.calendar.add_business_hours(due, waited * SECOND) if waited else due


DEFAULT_SERVICE = ServicePolicy(
    name="default",
    calendar=DEFAULT_POLICY.calendar,
    severe=Promised(Duration(1, "business_hours"), Duration(8, "business_hours")),
    normal=Promised(Duration(4, "business_hours"), Duration(3, "business_days")),
    minor=Promised(Duration(1, "business_days"), Duration(10, "business_days")),
)


@fact("service-policy.published")
class ServicePolicyPublished(Fact):
    policy: ServicePolicy


class ServicePolicies(Versions[ServicePolicy]):
    """All versions of one named service policy."""

    KIND = CALLED = "service policy"
    FACT, BUILT_IN = ServicePolicyPublished, DEFAULT_SERVICE
