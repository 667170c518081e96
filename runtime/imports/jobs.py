"""Runtime room, file import: import jobs as rows of app.import_jobs, for a front desk to follow a run.

The row tells how far a run is; what was imported is in the ledger alone. A run that was cut short is started again from
the first row: what landed is found unchanged.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import class_row

from runtime.database import Pool, connect
from runtime.imports.mapping import Mapping
from runtime.imports.results import KEPT_REFUSALS, ImportProblem, ImportResult
from runtime.imports.sources import Found
from runtime.imports.undo_result import UndoResult

UNDO = "undo "
"""Before the id of the import that a job undoes, in place of the digest of files."""
HELD = """
    EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database() AND l.objsubid = 1
               AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended(j.id::text, 7205006))
"""
COLUMNS = (
    f"id, source, mapping, dry_run, actor, CASE WHEN state = 'running'"
    f" AND updated_at < now() - interval '5 seconds' AND NOT {HELD} THEN 'interrupted' ELSE state END"
    " AS state, runs, rows_total, rows_done, accepted, unchanged, refused, events, result, started_at, updated_at,"
    f" finished_at, CASE WHEN file_digest ^@ '{UNDO}' THEN substr(file_digest, {len(UNDO) + 1})::uuid END AS undoes,"
    f" (SELECT u.id FROM app.import_jobs u WHERE u.file_digest = '{UNDO}' || j.id AND NOT u.dry_run"
    " ORDER BY u.started_at DESC LIMIT 1) AS undone_by"
)
CUT_SHORT = """
    UPDATE app.import_jobs SET state = 'running', runs = runs + 1, actor = %(actor)s, rows_total = %(rows_total)s,
           rows_done = 0, result = NULL, updated_at = now(), finished_at = NULL
     WHERE id = (SELECT id FROM app.import_jobs
                  WHERE file_digest = %(file_digest)s AND mapping_digest = %(mapping_digest)s
                    AND NOT dry_run AND state <> 'done'
                  ORDER BY started_at DESC LIMIT 1)
    RETURNING id
"""
BEGIN = """
    INSERT INTO app.import_jobs (id, source, mapping, file_digest, mapping_digest, dry_run, actor, state, rows_total)
    VALUES (%(id)s, %(source)s, %(mapping)s, %(file_digest)s, %(mapping_digest)s, %(dry_run)s, %(actor)s, 'running',
            %(rows_total)s)
    ON CONFLICT (id) DO UPDATE SET state = 'running', runs = import_jobs.runs + 1, rows_done = 0, result = NULL,
            updated_at = now(), finished_at = NULL
    RETURNING runs
"""
TOLD_UNTIL = """
    SELECT max((result->>'told_until')::timestamptz) FROM app.import_jobs
     WHERE source = %s AND id <> %s AND state = 'done' AND NOT dry_run
"""
LET_GO = "SELECT pg_advisory_unlock_all()"
HOLD = "SELECT pg_try_advisory_lock(hashtextextended(%s, 7205004))"
WORK_ON = "SELECT pg_advisory_lock_shared(hashtextextended(%s, 7205006))"
GIVE_UP = """
    UPDATE app.import_jobs SET state = 'failed', updated_at = now(), finished_at = now(),
           result = (COALESCE(result::jsonb, '{}') || jsonb_build_object('problems', %s::jsonb))::json
     WHERE id = %s AND state <> 'done'
"""
MOVE = """
    UPDATE app.import_jobs SET state = %(state)s, rows_done = %(rows)s, accepted = %(accepted)s,
           unchanged = %(unchanged)s, refused = %(refused)s, events = %(events)s, result = %(result)s::json,
           updated_at = now(), finished_at = CASE WHEN %(state)s = 'running' THEN NULL ELSE now() END
     WHERE id = %(id)s
"""

MOVE_UNDO = MOVE.replace("rows_done =", "rows_total = %(total)s, rows_done =")


TOLD_MEANWHILE = 20


@dataclass(frozen=True, slots=True)
class Job:
    """`state` is running, done, failed or interrupted. `result` is an `ImportResult` as JSON: so far, while it is running. One that `undoes`
    an import has an `UndoResult`; an import that was undone names the newest job that did.

    Whoever works on a job holds a lock for as long as they live: one that says it is running without is interrupted. The next
    run of the same file takes it over.
    """

    id: UUID
    source: str
    mapping: str
    dry_run: bool
    actor: str
    state: str
    runs: int
    rows_total: int
    rows_done: int
    accepted: int
    unchanged: int
    refused: int
    events: int
    result: dict[str, Any] | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    undoes: UUID | None = None
    undone_by: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a job imports: equal content is the same job, to be resumed. An undo has the import that it undoes (`UNDO`)."""

    source: str
    mapping: str
    file_digest: str
    mapping_digest: str
    rows_total: int


async def read_job(pool: Pool, id: UUID) -> Job | None:
    async with pool.connection() as connection, connection.cursor(row_factory=class_row(Job)) as cursor:
        await cursor.execute(f"SELECT {COLUMNS} FROM app.import_jobs j WHERE id = %s", [id])
        return await cursor.fetchone()


async def list_jobs(pool: Pool, limit: int = 50) -> list[Job]:
    """Newest first."""
    async with pool.connection() as connection, connection.cursor(row_factory=class_row(Job)) as cursor:
        query = f"SELECT {COLUMNS} FROM app.import_jobs j ORDER BY started_at DESC, id LIMIT %s"
        await cursor.execute(query, [limit])
        return await cursor.fetchall()


def not_undoable(job: Job) -> str:
    """Why there is nothing to undo of it now; empty where there is."""
    if job.dry_run or job.undoes is not None:
        return "this job recorded nothing of a file: there is nothing to undo"
    if job.state == "running":
        return "this import is at work: wait for it to end, or stop it, and undo it then"
    return ""


def content_of(mapping: Mapping, found: Sequence[Found]) -> Content:
    together = hashlib.sha256("\n".join(f"{f.sheet.kind} {f.digest}" for f in found).encode()).hexdigest()
    return Content(
        source=mapping.source,
        mapping=mapping.name,
        file_digest=together,
        mapping_digest=mapping.digest,
        rows_total=sum(f.rows for f in found),
    )


@asynccontextmanager
async def alone(pool: Pool, content: Content, *, needed: bool) -> AsyncIterator[AsyncConnection[Any]]:
    """Hold this content while the block runs, where that is `needed`. Raises ImportProblem when another run holds it. A
    connection of its own holds it, so that it is let go when the process dies.
    """
    name = f"{content.file_digest}:{content.mapping_digest}"
    holder = await connect(str(pool.conninfo))
    try:
        row = await (await holder.execute(HOLD, [name])).fetchone() if needed else (True,)
        if row is None or not row[0]:
            raise ImportProblem(
                "the same files are being imported at this moment: wait for that import to end"
            )
        yield holder
    finally:
        with suppress(psycopg.Error):
            await holder.execute(
                LET_GO
            )  # closing alone lets go a moment later, when the server has heard of it
        await holder.close()


async def work_on(holder: AsyncConnection[Any], id: UUID) -> None:
    """Let everybody see that somebody works on the job, for as long as this connection lasts."""
    await holder.execute(WORK_ON, [str(id)])


async def give_up(url: str, id: UUID, problems: Sequence[str]) -> None:
    """The job has failed, for these reasons. Nothing where it was never begun."""
    async with await connect(url) as connection:
        await connection.execute(GIVE_UP, [msgspec.json.encode(problems).decode(), id])


async def begin(
    pool: Pool, content: Content, actor: str, *, dry_run: bool, id: UUID | None
) -> tuple[UUID, bool]:
    """The job to work under, and whether it is an earlier one that was cut short."""
    given = {**_plain(content), "actor": actor, "dry_run": dry_run, "id": id or uuid4()}
    async with pool.connection() as connection:
        if id is None and not dry_run:
            row = await (await connection.execute(CUT_SHORT, given)).fetchone()
            if row is not None:
                return UUID(str(row[0])), True
        row = await (await connection.execute(BEGIN, given)).fetchone()
        return given["id"], row is not None and row[0] > 1


async def told_until(pool: Pool, source: str, but: UUID) -> datetime | None:
    """The latest past instant that the finished imports of this source told of, but for one job."""
    async with pool.connection() as connection:
        row = await (await connection.execute(TOLD_UNTIL, [source, but])).fetchone()
    return row[0] if row else None


async def move(pool: Pool, result: ImportResult, state: str) -> None:
    """Write how far the run is, with its result so far; while it is running that tells few of the refusals."""
    told = result.as_dict(refusals=TOLD_MEANWHILE if state == "running" else KEPT_REFUSALS)
    values = {name: told[name] for name in ("rows", "accepted", "unchanged", "refused", "events")}
    ended = msgspec.json.encode(told).decode()
    async with pool.connection() as connection:
        await connection.execute(MOVE, {**values, "id": result.job_id, "state": state, "result": ended})


async def move_undo(pool: Pool, result: UndoResult, state: str) -> None:
    """The same of an undo: rows are streams, accepted what was taken back."""
    values = {"rows": result.done, "total": result.total, "events": result.events}
    values |= {"accepted": result.taken_back, "refused": sum(result.refused.values())}
    told = msgspec.json.encode(result.as_dict()).decode()
    async with pool.connection() as connection:
        await connection.execute(
            MOVE_UNDO, {**values, "unchanged": 0, "id": result.job_id, "state": state, "result": told}
        )


def _plain(content: Content) -> dict[str, Any]:
    return {name: getattr(content, name) for name in Content.__slots__}
