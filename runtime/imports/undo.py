"""Runtime room: undoing an import, through the one command handler — first as a preview, then for good.

Each stream goes back in one decision, whole or not at all. What was taken back says so in the ledger, so an undo that was cut short is
started again and goes on with the rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from domain.engine.aggregate import KINDS
from domain.engine.command import Call
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import DomainError
from domain.import_undo import UndoImport, name_of
from runtime.database import Pool
from runtime.imports import jobs
from runtime.imports.preview import PreviewStore
from runtime.imports.results import ImportProblem
from runtime.imports.undo_plan import Against, Plan, Stream, keep_what_is_needed, plan_of
from runtime.imports.undo_result import UndoResult, kept_of, told_of
from runtime.ledger import Ledger

BATCH = 200
TOLD_EVERY = 1.0
FORGET_ROWS = """
DELETE FROM app.import_rows WHERE id = ANY(%(ids)s) OR id IN (
    SELECT COALESCE(data->>'note_id', data->>'contact_id', data->>'activity_id')::uuid FROM ledger.events
     WHERE stream_id = ANY(%(ids)s) AND topic ^@ ANY(ARRAY['customer.contact-', 'customer.note-', 'deal.activity-']))
"""
"""What files said of what is taken back, and of contacts, notes and activities of theirs: said again, it is told anew."""
OnProgress = Callable[[UndoResult], None]


def _now() -> datetime:
    return datetime.now(UTC)


async def at_once() -> None:
    """The pace of whoever waits for nobody."""


async def undo_import(
    pool: Pool,
    import_id: UUID,
    actor: Actor,
    reason: str,
    *,
    dry_run: bool = False,
    job_id: UUID | None = None,
    on_progress: OnProgress | None = None,
    clock: Callable[[], datetime] = _now,
    pace: Callable[[], Awaitable[None]] = at_once,
) -> UndoResult:
    """Take back what the import with this id recorded, for a reason that is recorded with it. `dry_run` decides everything and records
    nothing. Without `job_id` an undo of the same import that was cut short goes on. Raises ImportProblem where there is nothing to undo.
    """
    job = await jobs.read_job(pool, import_id)
    if job is None:
        raise ImportProblem("no import has this id")
    if problem := jobs.not_undoable(job):
        raise ImportProblem(problem)
    content = jobs.Content(
        source=job.source,
        mapping=job.mapping,
        file_digest=f"{jobs.UNDO}{import_id}",
        mapping_digest="",
        rows_total=0,
    )
    ledger = Ledger(pool)
    try:
        async with jobs.alone(pool, content, needed=not dry_run) as holder:
            plan = await plan_of(pool, import_id, job.started_at)
            result = UndoResult(import_id, dry_run, total=len(plan.streams) + len(plan.before))
            id, result.resumed = await jobs.begin(pool, content, str(actor), dry_run=dry_run, id=job_id)
            result.job_id = id
            await jobs.work_on(holder, id)
            handler = CommandHandler(PreviewStore(ledger) if dry_run else ledger)
            return await Undo(pool, handler, import_id, actor, reason, result, clock, pace, on_progress).all(
                plan
            )
    finally:
        await ledger.aclose()


@dataclass
class Undo:
    pool: Pool
    handler: CommandHandler
    import_id: UUID
    actor: Actor
    reason: str
    result: UndoResult
    clock: Callable[[], datetime]
    pace: Callable[[], Awaitable[None]]
    on_progress: OnProgress | None
    _told: float = field(default=0.0, init=False)

    async def all(self, plan: Plan) -> UndoResult:
        """The job's row ends as done, interrupted or failed; only a killed process leaves it running."""
        try:
            await self._everything(plan)
        except BaseException as cut:
            state = "failed" if isinstance(cut, Exception) else "interrupted"
            with suppress(Exception):
                await asyncio.shield(self._move(state))
            raise
        await self._move("done")
        return self.result

    async def _everything(self, plan: Plan) -> None:
        if plan.before and not self.result.dry_run:
            await self._forget(plan.before)
        self.result.before = len(plan.before)
        for n, (_, of_kind) in enumerate(groupby(plan.streams, attrgetter("kind"))):
            streams = list(of_kind)
            if n and not self.result.dry_run and any(stream.goes for stream in streams):
                await keep_what_is_needed(self.pool, plan)
            for start in range(0, len(streams), BATCH):
                await self.pace()
                await self._some(streams[start : start + BATCH])

    async def _some(self, streams: Sequence[Stream]) -> None:
        going = [stream for stream in streams if stream.against is None]
        context = self._context()
        answers = await self.handler.execute_many([Call(self._command(stream), context) for stream in going])
        back = []
        for stream, answer in zip(going, answers, strict=True):
            if isinstance(answer, DomainError):
                stream.against = Against(answer.message)
            else:
                back.append(stream.id)
                self.result.add(told_of(stream, answer.answer), answer.recorded)
        await self._refuse([stream for stream in streams if stream.against is not None])
        if back and not self.result.dry_run:
            await self._forget(back)
        if time.monotonic() - self._told > TOLD_EVERY:
            self._told = time.monotonic()
            await self._move("running")
        if self.on_progress is not None:
            self.on_progress(self.result)

    async def _refuse(self, streams: Sequence[Stream]) -> None:
        held = await self.handler.store.load(
            {stream.id: KINDS[stream.kind] for stream in streams if stream.kind in KINDS}
        )
        for stream in streams:
            shown = held[stream.id].shown() if stream.id in held and held[stream.id].UNDONE else None
            self.result.refuse(kept_of(stream, name_of(shown)))

    def _command(self, stream: Stream) -> UndoImport:
        return UndoImport(
            kind=stream.kind, id=stream.id, job_id=self.import_id, since=stream.since, version=stream.version
        )

    def _context(self) -> Context:
        return Context(
            now=self.clock(),
            actor=self.actor,
            channel=Channel.IMPORT,
            reason=self.reason or None,
            correlation_id=self.result.job_id,
        )

    async def _forget(self, ids: Sequence[UUID]) -> None:
        async with self.pool.connection() as connection:
            await connection.execute(FORGET_ROWS, {"ids": list(ids)})

    async def _move(self, state: str) -> None:
        await jobs.move_undo(self.pool, self.result, state)
