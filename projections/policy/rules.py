"""Projections room: the rules — every published version of the sales processes, follow-up policies and cycle policies.

Version 1 of each one named "default" is built in and not in the table; the queries know it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from domain.cycle.policies import CyclePolicyPublished
from domain.cycle.policy import DEFAULT_CYCLE_POLICY, CyclePolicy
from domain.policy.follow_up import DEFAULT_POLICY, FollowUpPolicy
from domain.policy.policies import PolicyPublished
from domain.policy.process import DEFAULT_PROCESS, Process, ProcessPublished
from domain.time.known_days import said_of
from projections.engine.fold import Folded, on
from projections.engine.paging import Source, fetch
from projections.engine.projection import Entry
from projections.engine.tables import Table
from runtime.codec import encode


class RuleRow(msgspec.Struct, gc=False):
    """`kind` is process, policy or cycle-policy; `body` is the published value as JSON."""

    kind: str
    name: str
    version: int
    body: str
    published_at: datetime
    position: int


RULES = Table("rules", RuleRow, key=("kind", "name", "version"))


class Rules(Folded):
    name = "rules"
    tables = (RULES,)
    revision = 2

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.rules = self.rows(RULES)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries = await self.read(connection, after, upto)
        for entry in entries:
            handler: Callable[..., None] = self.handlers[type(entry.fact)]
            handler(self, entry)
        await self.rules.save(connection)

    @on(ProcessPublished)
    def _process_published(self, entry: Entry[ProcessPublished]) -> None:
        self._add("process", entry.fact.process, entry)

    @on(PolicyPublished)
    def _policy_published(self, entry: Entry[PolicyPublished]) -> None:
        self._add("policy", entry.fact.policy, entry)

    @on(CyclePolicyPublished)
    def _cycle_policy_published(self, entry: Entry[CyclePolicyPublished]) -> None:
        self._add("cycle-policy", entry.fact.policy, entry)

    def _add(self, kind: str, rule: Process | FollowUpPolicy | CyclePolicy, entry: Entry[Any]) -> None:
        body = encode(rule).decode()
        self.rules.add(RuleRow(kind, rule.name, rule.version, body, entry.occurred_at, entry.position))


# -- queries --------------------------------------------------------------------------------------


class PublishedProcess(msgspec.Struct):
    """`published_at` and `position` are None for the one that is built in."""

    process: Process
    published_at: datetime | None = None
    position: int | None = None


class PublishedPolicy(msgspec.Struct):
    """`published_at` and `position` are None for the one that is built in."""

    policy: FollowUpPolicy
    published_at: datetime | None = None
    position: int | None = None


VERSIONS = """
SELECT body, published_at, position FROM read.rules
 WHERE kind = %(kind)s AND (name = %(name)s OR %(name)s::text IS NULL) ORDER BY name, version
"""
read_process = msgspec.json.Decoder(Process).decode
read_policy = msgspec.json.Decoder(FollowUpPolicy).decode


async def processes(source: Source, name: str | None = None) -> list[PublishedProcess]:
    """Every version of every process, or of one; oldest first."""
    found = await fetch(source, VERSIONS, {"kind": "process", "name": name})
    built_in = [PublishedProcess(DEFAULT_PROCESS)] if name in (None, DEFAULT_PROCESS.name) else []
    return [*built_in, *(PublishedProcess(read_process(body), at, position) for body, at, position in found)]


async def policies(source: Source, name: str | None = None) -> list[PublishedPolicy]:
    """Every version of every follow-up policy, or of one; oldest first."""
    found = await fetch(source, VERSIONS, {"kind": "policy", "name": name})
    built_in = [PublishedPolicy(DEFAULT_POLICY)] if name in (None, DEFAULT_POLICY.name) else []
    return [*built_in, *(PublishedPolicy(read_policy(body), at, position) for body, at, position in found)]


# -- how far their calendars can be trusted -------------------------------------------------------


class CalendarKnown(msgspec.Struct, kw_only=True):
    """The calendar of a policy's newest version: until when its days off are known (None: nothing is said of any year), which
    years are estimates, and what should be done about it, if anything.
    """

    kind: str
    policy: str
    version: int
    known_until: date | None
    estimated_years: tuple[int, ...]
    warnings: list[str]


WITH_CALENDAR: Mapping[str, Callable[[str], FollowUpPolicy | CyclePolicy]] = {
    "cycle-policy": msgspec.json.Decoder(CyclePolicy).decode,
    "policy": read_policy,
}
BUILT_IN: dict[tuple[str, str], FollowUpPolicy | CyclePolicy] = {
    ("cycle-policy", DEFAULT_CYCLE_POLICY.name): DEFAULT_CYCLE_POLICY,
    ("policy", DEFAULT_POLICY.name): DEFAULT_POLICY,
}
NEWEST = """
SELECT DISTINCT ON (kind, name) kind, name, body FROM read.rules WHERE kind IN ('policy', 'cycle-policy')
 ORDER BY kind, name, version DESC
"""


async def calendars(source: Source, now: datetime) -> list[CalendarKnown]:
    """Of every follow-up and cycle policy, in the order of their kinds and names."""
    published = {
        (kind, name): WITH_CALENDAR[kind](body) for kind, name, body in await fetch(source, NEWEST, [])
    }
    newest = sorted((BUILT_IN | published).items(), key=lambda one: one[0])
    return [_known("follow-up" if kind == "policy" else "cycle", policy, now) for (kind, _), policy in newest]


def _known(kind: str, policy: FollowUpPolicy | CyclePolicy, now: datetime) -> CalendarKnown:
    calendar = policy.calendar
    return CalendarKnown(
        kind=kind,
        policy=policy.name,
        version=policy.version,
        known_until=calendar.known_until,
        estimated_years=calendar.estimated_years,
        warnings=list(said_of(calendar, now)),
    )
