"""Projections room: what the workflows of segments ask — who is due to be held against the rules, and what came of it.

The shape is that of `SegmentEvaluator` in the workflows' room; this room does not know that one.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from domain.segment.membership import RecordMembership, Turned, membership_stream
from domain.segment.segment import Segment
from projections.engine.positions import reached
from projections.segment import evaluating
from projections.segment.asking import NEEDED
from projections.segment.published import rules
from runtime.database import Pool
from runtime.pace import rested
from runtime.segments.checks import Check, SegmentChecks

AT_ONCE = 1
"""Shards that are worked on at a time: live writes come first."""
IN_A_PIECE = 500
"""Customers that are asked about in one statement, before the next piece waits: a hundred milliseconds or less."""
EARLIEST = datetime.min.replace(tzinfo=UTC)


class SegmentEvaluation:
    """Of one process."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._turn = asyncio.Semaphore(AT_ONCE)
        self.checks = SegmentChecks(pool)

    async def reached(self) -> int:
        """Up to which position everything is known that rules ask."""
        return await reached(self._pool, list(NEEDED))

    async def evaluate(
        self, shard: int, checks: Sequence[Check], now: datetime
    ) -> tuple[list[RecordMembership], Mapping[UUID, datetime]]:
        """What is to be recorded of these customers, and by customer when a rule may turn next by itself."""
        by_rule: defaultdict[int | None, list[Check]] = defaultdict(list)
        async with self._turn:
            published = {one.position: one.segment for one in await rules(self._pool)}
            for check in checks:
                by_rule[check.by_rule if check.by_rule in published else None].append(check)
            commands: list[RecordMembership] = []
            turns: dict[UUID, datetime] = {}
            for position, some in by_rule.items():
                asked = [*published.values()] if position is None else [published[position]]
                turns |= await self._ask(asked, shard, some, now, commands, alone=position is not None)
        return commands, turns

    async def _ask(
        self,
        segments: Sequence[Segment],
        shard: int,
        checks: Sequence[Check],
        now: datetime,
        commands: list[RecordMembership],
        *,
        alone: bool,
    ) -> dict[UUID, datetime]:
        """What turned is added to the commands. Where a rule is asked `alone`, the others may turn when they were known to."""
        inside: dict[UUID, frozenset[str]] = {}
        turns: dict[UUID, datetime] = {}
        members: dict[UUID, frozenset[str]] = {}
        for start in range(0, len(checks), IN_A_PIECE):
            ids = [check.customer_id for check in checks[start : start + IN_A_PIECE]]
            async with rested():
                held = await evaluating.held(self._pool, segments, ids, now)
                members |= await evaluating.members(self._pool, ids)
            inside |= held.inside
            turns |= held.next_turn
        found = (_command(segment, shard, checks, inside, members) for segment in segments)
        commands += [command for command in found if command is not None]
        known = [(c.customer_id, c.turn_at) for c in checks if alone and c.turn_at is not None]
        return turns | {id: min(at, turns.get(id, at)) for id, at in known}


def _command(
    segment: Segment,
    shard: int,
    checks: Iterable[Check],
    inside: Mapping[UUID, frozenset[str]],
    members: Mapping[UUID, frozenset[str]],
) -> RecordMembership | None:
    """None where nobody turned. Each turned when it fell due, or what it is asked by was recorded."""
    turned: defaultdict[int, _Second] = defaultdict(_Second)
    for check in checks:
        id = check.customer_id
        if (is_in := segment.name in inside[id]) != (segment.name in members[id]):
            turned[int(check.due_at.timestamp())].add(id, check.due_at, is_in=is_in)
    if not turned:
        return None
    return RecordMembership(
        membership_id=membership_stream(segment.name, shard),
        segment=segment.name,
        segment_version=segment.version,
        shard=shard,
        turned=tuple(turned[second].value() for second in sorted(turned)),
    )


@dataclass
class _Second:
    """Who turned within a second: told together, at the last of their times."""

    at: datetime = EARLIEST
    inside: list[UUID] = field(default_factory=list)
    outside: list[UUID] = field(default_factory=list)

    def add(self, id: UUID, at: datetime, *, is_in: bool) -> None:
        (self.inside if is_in else self.outside).append(id)
        self.at = max(self.at, at)

    def value(self) -> Turned:
        return Turned(self.at, tuple(self.inside), tuple(self.outside))
