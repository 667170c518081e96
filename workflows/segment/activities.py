"""Workflows room: customers who are due are held against the rules of segments, and what turned is recorded."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.engine.command_handler import Receipt
from domain.segment.membership import RecordMembership
from workflows.engine.activity_context import SOON, ActivityContext, Cause
from workflows.engine.messages import NextDue
from workflows.segment.messages import EvaluateShard

AT_ONCE = 2_000
"""Customers in an activity: some hundred milliseconds of one connection."""
BEAT = 4.0
"""Seconds."""
PATIENCE, STEP = 10.0, 0.02
"""Seconds that the read models are waited for, and between looks."""


class Checks(Protocol):
    """`runtime/segments/checks.py`."""

    async def due(self, shard: int, now: datetime, limit: int) -> Sequence[Any]:
        """Who is due by then, the first first; `news_at` is the last position that each has to be known at."""
        ...

    async def next_due(self, shard: int) -> datetime | None: ...

    async def settle(self, checks: Any, next_turn: Mapping[UUID, datetime], position: int) -> None:
        """They are looked at again when a rule may turn. `position` is of what was recorded of them."""
        ...

    async def late(self, due_before: datetime) -> Mapping[int, int]:
        """By shard, how many were due before then and have not been looked at."""
        ...

    async def look_again(self, start: UUID, many: int, now: datetime) -> set[int]:
        """Have some looked at though nothing is known to have changed: those from an id on. Their shards."""
        ...


class SegmentEvaluator(Protocol):
    """`projections/ports/segments.py`."""

    @property
    def checks(self) -> Checks: ...

    async def reached(self) -> int:
        """Up to which position everything is known that rules ask."""
        ...

    async def evaluate(
        self, shard: int, checks: Any, now: datetime
    ) -> tuple[Sequence[RecordMembership], Mapping[UUID, datetime]]:
        """What is to be recorded, and by customer when a rule may turn next by itself."""
        ...


class SegmentActivities:
    def __init__(self, context: ActivityContext, segments: SegmentEvaluator) -> None:
        self._context = context
        self._segments = segments

    @activity.defn(name="next_segment_check")
    async def next_due(self, shard: int) -> NextDue:
        return NextDue(await self._segments.checks.next_due(shard))

    @activity.defn(name="evaluate_segments")
    async def evaluate(self, asked: EvaluateShard) -> int:
        """How many were looked at. Whoever is killed on the way leaves them due: what is recorded twice is silence."""
        checks = await self._segments.checks.due(asked.shard, asked.now, AT_ONCE)
        if checks:
            async with beating():
                await self._know(max(check.news_at for check in checks))
                commands, next_turn = await self._segments.evaluate(asked.shard, checks, asked.now)
                await self._segments.checks.settle(checks, next_turn, await self._record(commands, asked))
        return len(checks)

    async def _record(self, commands: Sequence[RecordMembership], asked: EvaluateShard) -> int:
        """The position of the last that was recorded; 0: nothing was."""
        if not commands:
            return 0
        info = activity.info()
        cause = Cause(0, UUID(info.workflow_run_id), asked.now)
        calls = [
            (one, f"{info.workflow_run_id}:{info.activity_id}:{one.membership_id}:{n}:{_said(one)}")
            for n, one in enumerate(commands)
        ]
        done = await self._context.execute_many(calls, cause)
        for outcome in done:
            if not isinstance(outcome, Receipt):
                raise ApplicationError(outcome.message, type=outcome.code)
        return max((outcome.position for outcome in done if isinstance(outcome, Receipt)), default=0)

    async def _know(self, position: int) -> None:
        """Wait until what the rules ask is known up to there; a read model that is far behind is asked again later."""
        try:
            async with asyncio.timeout(PATIENCE):
                while await self._segments.reached() < position:  # noqa: ASYNC110 - nothing announces it
                    await asyncio.sleep(STEP)
        except TimeoutError:
            raise ApplicationError(
                f"the read models are not at {position} yet", type="read-models-behind", next_retry_delay=SOON
            ) from None


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """The activity says again and again that it goes on."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(BEAT)

    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()


def _said(command: RecordMembership) -> str:
    """Another attempt may have heard more, and says something else under a key of its own."""
    return hashlib.sha256(repr((command.segment_version, command.turned)).encode()).hexdigest()[:32]
