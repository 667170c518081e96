"""Runtime room: a draft follow-up rule, rehearsed over the recorded history of every deal. It reads and records nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from domain.engine.checking import check
from domain.engine.values import PromiseOutcome
from domain.policy.follow_up import FollowUpPolicy
from domain.policy.rehearsal import REHEARSED, Happened, Rehearsed, matches, rehearse_deal, touches
from runtime.codec import decode_fact
from runtime.database import Pool

PAGE = 5_000
KEPT_EXAMPLES = 100
TOPICS = [fact.TOPIC for fact in REHEARSED]
HISTORIES = (
    "SELECT stream_id, topic, schema_version, data::text, occurred_at FROM ledger.events"
    " WHERE topic = ANY(%s) ORDER BY stream_id, version"
)
COUNT = "SELECT count(*) FROM ledger.events WHERE topic = ANY(%s)"
LAST_WORK = "SELECT max(occurred_at) FROM ledger.events WHERE topic = 'deal.activity-logged'"
Row = tuple[UUID, str, int, str, datetime]
OnProgress = Callable[[int, int], None]
"""How many of how many events were played."""


@dataclass(slots=True)
class RuleTally:
    """The promises that one part of the policy set the time of. `overdue`: the due time passed before anything was
    done, whatever came later; `live`: nothing has ended them at the end of the history.
    """

    made: int = 0
    overdue: int = 0
    kept: int = 0
    late: int = 0
    excused: int = 0
    live: int = 0

    def count(self, promise: Rehearsed) -> None:
        self.made += 1
        self.overdue += promise.missed_at is not None
        self.live += promise.outcome is None
        self.kept += promise.outcome is PromiseOutcome.KEPT
        self.late += promise.outcome is PromiseOutcome.LATE
        self.excused += promise.outcome is PromiseOutcome.EXCUSED


@dataclass(slots=True)
class Rehearsal:
    """What a policy would have done. `by_rule` tells it for "call:offer", "stage:needs", "default" and so on;
    `examples` are the first overdue promises; `touches` counts the work there was, as what it touched its deal.
    """

    policy: FollowUpPolicy
    as_of: datetime
    deals: int = 0
    by_rule: dict[str, RuleTally] = field(default_factory=dict)
    examples: list[Rehearsed] = field(default_factory=list)
    touches: Counter[str] = field(default_factory=Counter)

    @property
    def unmatched(self) -> list[str]:
        """The rules for work that no work matches: their times were never used."""
        rules = self.policy.due_after_by_activity
        return [rule for rule in rules if not any(matches(rule, touch) for touch in self.touches)]

    @property
    def promises(self) -> int:
        return sum(tally.made for tally in self.by_rule.values())

    @property
    def overdue(self) -> int:
        return sum(tally.overdue for tally in self.by_rule.values())

    def add(self, promises: list[Rehearsed]) -> None:
        self.deals += 1
        for promise in promises:
            self.by_rule.setdefault(promise.rule, RuleTally()).count(promise)
            if promise.missed_at is not None and len(self.examples) < KEPT_EXAMPLES:
                self.examples.append(promise)


async def rehearse(
    pool: Pool,
    policies: Sequence[FollowUpPolicy],
    as_of: datetime | None = None,
    on_progress: OnProgress = lambda done, total: None,
) -> list[Rehearsal]:
    """One result per policy: the promises it would have made, and how each ended. Raises Invalid for a bad policy.

    `as_of` is where history ends (default: the last recorded activity; with none there is no result). Memory holds a
    few deals at a time.
    """
    for policy in policies:
        check(policy)
    end = as_of or await _last_work(pool)
    if end is None:
        return []
    results, done, total = [Rehearsal(policy, end) for policy in policies], 0, await _count(pool)
    async for rows in _whole_deals(pool):
        await asyncio.to_thread(_play, rows, results)
        done += len(rows)
        on_progress(done, max(done, total))
    return results


def _play(rows: list[Row], results: list[Rehearsal]) -> None:
    for id, deal in groupby(rows, key=lambda row: row[0]):
        history = [Happened(at, decode_fact(topic, schema, data)) for _, topic, schema, data, at in deal]
        worked = touches(history)
        for result in results:
            result.touches.update(worked)
            result.add(rehearse_deal(id, history, result.policy, result.as_of))


async def _count(pool: Pool) -> int:
    async with pool.connection() as connection:
        row = await (await connection.execute(COUNT, [TOPICS])).fetchone()
    return row[0] if row else 0


async def _last_work(pool: Pool) -> datetime | None:
    async with pool.connection() as connection:
        row = await (await connection.execute(LAST_WORK)).fetchone()
    return row[0] if row else None


async def _whole_deals(pool: Pool) -> AsyncIterator[list[Row]]:
    """All that is rehearsed, deal by deal; a deal is never cut."""
    held: list[Row] = []
    async with (
        pool.connection() as connection,
        connection.transaction(),
        connection.cursor(name="rehearsal") as cursor,
    ):
        await cursor.execute(HISTORIES, [TOPICS])
        while page := await cursor.fetchmany(PAGE):
            held.extend(page)
            cut = _last_beginning(held)
            if cut:
                yield held[:cut]
                held = held[cut:]
    if held:
        yield held


def _last_beginning(rows: list[Any]) -> int:
    """Where the last deal of the rows begins."""
    cut = len(rows)
    while cut and rows[cut - 1][0] == rows[-1][0]:
        cut -= 1
    return cut
