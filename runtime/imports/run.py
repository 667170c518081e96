"""Runtime room, file import: the run itself — files to commands, through the one command handler, in batches.

Nothing is remembered of a run that the ledger does not hold: cut short at any moment, it is started again from the first
row, and what landed is found unchanged. Reading and planning go on in a thread while the database works.
"""

from __future__ import annotations

import asyncio
import codecs
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Mapping as Map
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

import domain.registry  # noqa: F401 - every fact and decision is registered by importing it
from domain.custom_field.declaration import FieldSet
from domain.cycle.in_force import COMPANY
from domain.cycle.policies import CyclePolicies
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor
from runtime.database import Pool, explain
from runtime.garbage import seldom_collected
from runtime.imports import jobs
from runtime.imports.ids import external_id, installation_secret
from runtime.imports.kinds.deals import DEALS
from runtime.imports.kinds.listed import IDS, KINDS, ONE
from runtime.imports.landing import FindLikely, Landing, Outcome
from runtime.imports.mapping import Mapping
from runtime.imports.naming import is_importable, unread
from runtime.imports.plan import Planned
from runtime.imports.preview import ALL_DEALS, MOST_DEALS, PreviewStore
from runtime.imports.readiness import check_ready
from runtime.imports.references import References
from runtime.imports.rejects import RejectFile
from runtime.imports.results import (
    KEPT_REFUSALS,
    ImportProblem,
    ImportResult,
    Notice,
    Progress,
    Refusal,
    Tally,
)
from runtime.imports.sniff import TABLE, may_be_utf_8
from runtime.imports.sources import Found, Source, locate, source_of
from runtime.language import EN
from runtime.ledger import Ledger

UTF_8_TOO = (
    "is read as {named}, and may be UTF-8: where names look wrong, leave `encoding` out of the mapping"
)
OLDER = "tells of nothing after {until:%Y-%m-%d %H:%M}, and an earlier file told until {before:%Y-%m-%d %H:%M}: is this the older one?"
BATCH = 500
IN_FLIGHT = 3
"""Batches on their way at once, of kinds whose rows do not refer to each other."""
TOLD_EVERY = 1.0
"""Seconds between updates of the job's row."""
OnProgress = Callable[[Progress], None]
Pace = Callable[[], Awaitable[None]]


def _now() -> datetime:
    return datetime.now(UTC)


async def at_once() -> None:
    """The pace of whoever waits for nobody."""


async def run_import(
    pool: Pool,
    mapping: Mapping,
    data: Path,
    actor: Actor,
    *,
    dry_run: bool = False,
    rejects: Path | None = None,
    on_progress: OnProgress | None = None,
    job_id: UUID | None = None,
    clock: Callable[[], datetime] = _now,
    pace: Pace = at_once,
    language: str = EN,
    find_likely: FindLikely | None = None,
) -> ImportResult:
    """Import `data`: the folder with the mapping's files, or one of them, or the one file of a one-file mapping.

    `actor` must be a user where the mapping approves gate overrides. `rejects` is the folder for reject files (`<file stem>.rejects.csv`),
    `language` that of their reasons. `dry_run` decides everything against the ledger and records nothing. `job_id` names the row in
    app.import_jobs; without it, a run of the same files and mapping that was cut short is taken up. `pace` is awaited before more is recorded.
    `find_likely` finds the customers that those of the files may be already.
    Raises ImportProblem when nothing can be imported at all, or not on; refused rows are in the result.
    """
    found = await asyncio.to_thread(locate, mapping, Path(data))
    ledger = Ledger(pool)
    try:
        mapping = await at_home(ledger, mapping)
        content = jobs.content_of(mapping, found)
        async with jobs.alone(pool, content, needed=not dry_run) as holder:
            declared = await check_ready(ledger, mapping)
            id, resumed = await jobs.begin(pool, content, str(actor), dry_run=dry_run, id=job_id)
            await jobs.work_on(holder, id)
            result = ImportResult(id, dry_run, resumed, notices=passed_over(mapping, Path(data)))
            handler = CommandHandler(_preview(ledger, mapping) if dry_run else ledger)
            run = Run(
                pool,
                handler,
                mapping,
                found,
                actor,
                rejects,
                on_progress,
                clock,
                result,
                at_once if dry_run else pace,
                language,
                find_likely,
            )
            with seldom_collected():
                return await run.to_the_end(await installation_secret(pool), declared)
    finally:
        await ledger.aclose()


async def at_home(ledger: Ledger, mapping: Mapping) -> Mapping:
    """With the company's time zone where the mapping states none."""
    if mapping.timezone:
        return mapping
    policies = (await ledger.load({COMPANY: CyclePolicies}))[COMPANY]
    assert isinstance(policies, CyclePolicies)
    return replace(mapping, timezone=policies.current.calendar.timezone)


def _preview(ledger: Ledger, mapping: Mapping) -> PreviewStore:
    refers = any(DEALS in KINDS[kind].refers.values() for kind in mapping.sheets)
    return PreviewStore(ledger, ALL_DEALS if refers else MOST_DEALS)


def passed_over(mapping: Mapping, data: Path) -> list[Notice]:
    """What lies in the folder, looks like a file to import, and is read by no table."""
    if not data.is_dir():
        return []
    files = [path.name for path in data.iterdir() if path.is_file() and is_importable(path.name)]
    return [
        Notice(name, "", "no table of the mapping reads it: passed over") for name in unread(mapping, files)
    ]


def problems_of(cut: BaseException) -> list[str]:
    """Why an import could not go on, for whoever asks for its job."""
    if isinstance(cut, ImportProblem):
        return list(cut.problems)
    if not isinstance(cut, Exception):
        return ["it was stopped before its end"]
    return [
        f"it could not go on: {explain(cut)}" if isinstance(cut, psycopg.Error) else f"it broke off: {cut!r}"
    ]


@dataclass
class Run:
    pool: Pool
    handler: CommandHandler
    mapping: Mapping
    found: Sequence[Found]
    actor: Actor
    rejects: Path | None
    on_progress: OnProgress | None
    clock: Callable[[], datetime]
    result: ImportResult
    pace: Pace = at_once
    language: str = EN
    find_likely: FindLikely | None = None

    async def to_the_end(self, secret: str, declared: Map[str, FieldSet]) -> ImportResult:
        """The job's row ends as done, interrupted or failed; only a killed process leaves it running."""
        self._started, self._told = time.perf_counter(), 0.0

        references = References(
            partial(external_id, secret, self.mapping.source), ONE, IDS, declared=declared
        )
        try:
            for found in self.found:
                await self._file(found, references)
        except BaseException as cut:
            state = "failed" if isinstance(cut, Exception) else "interrupted"
            self.result.problems = problems_of(cut)
            with suppress(Exception):
                await asyncio.shield(jobs.move(self.pool, self._timed(), state))
            raise
        await jobs.move(self.pool, self._timed(), "done")
        return self.result

    def _timed(self) -> ImportResult:
        self.result.seconds = time.perf_counter() - self._started
        return self.result

    async def _file(self, found: Found, references: References) -> None:
        tally = Tally(found.path.name, found.sheet.kind, found.rows)
        self.result.tallies.append(tally)
        await self._look_at_its_encoding(found)
        source = await asyncio.to_thread(source_of, found, self.mapping, references)
        landing = Landing(
            self.handler,
            self.pool,
            self.mapping,
            found,
            source.header,
            references,
            self._context(),
            self.result.dry_run,
            self.find_likely,
        )
        refused = RejectFile(self.rejects, found.path, source.layout, self.language)
        try:
            await self._batches(source, landing, tally, refused)
        except BaseException:
            refused.abandon()
            raise
        await self._look_at_its_age(tally, landing)
        written = await asyncio.to_thread(refused.finish)
        if written is not None:
            self.result.rejects.append(str(written))

    async def _look_at_its_encoding(self, found: Found) -> None:
        named = self.mapping.encoding
        if found.kind != TABLE or codecs.lookup(named).name.startswith("utf-8"):
            return
        if await asyncio.to_thread(may_be_utf_8, found.path):
            self.result.notices.append(Notice(found.path.name, "", UTF_8_TOO.format(named=named)))

    async def _look_at_its_age(self, tally: Tally, landing: Landing) -> None:
        """A file that changes deals and tells of nothing so late as an earlier one did may be the older of the two."""
        until = landing.tells_until
        if until is None:
            return
        self.result.told_until = max(until, self.result.told_until or until)
        before = await jobs.told_until(self.pool, self.mapping.source, self.result.job_id)
        if landing.changed and before is not None and before > until:
            zone = ZoneInfo(self.mapping.timezone)
            told = OLDER.format(until=until.astimezone(zone), before=before.astimezone(zone))
            self.result.notices.append(Notice(tally.file, "", told))

    def _context(self) -> Callable[[], tuple[datetime, Actor, UUID]]:
        return lambda: (self.clock(), self.actor, self.result.job_id)

    async def _batches(self, source: Source, landing: Landing, tally: Tally, refused: RejectFile) -> None:
        """Read and plan the next batch while earlier ones land; outcomes are taken in the order of the file."""
        flying: deque[asyncio.Task[list[Outcome]]] = deque()
        most = 1 if KINDS[tally.kind].in_order else IN_FLIGHT
        try:
            while part := await asyncio.to_thread(source.take, BATCH):
                await landing.settle(source.names(part))
                planned: list[Planned] = await asyncio.to_thread(source.plan, part)
                await self.pace()
                flying.append(asyncio.create_task(landing.land(planned)))
                if len(flying) >= most:
                    await self._landed(await flying.popleft(), tally, refused)
            while flying:
                await self._landed(await flying.popleft(), tally, refused)
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _landed(self, outcomes: list[Outcome], tally: Tally, refused: RejectFile) -> None:
        for outcome in outcomes:
            self._count(outcome, tally, refused)
        self._tell(tally)
        if time.perf_counter() - self._told > TOLD_EVERY:
            self._told = time.perf_counter()
            await jobs.move(self.pool, self._timed(), "running")

    def _count(self, outcome: Outcome, tally: Tally, refused: RejectFile) -> None:
        rows = len(outcome.rows)
        tally.rows += rows
        tally.records += 1
        tally.events += outcome.events
        for note in outcome.notes:
            self.result.note(tally.file, outcome.rows[0].line, note)
        if outcome.reasons:
            tally.refused += rows
            for row, reasons in outcome.refused():
                refused.add(row, reasons)
                if len(self.result.refusals) < KEPT_REFUSALS:
                    self.result.refusals.append(Refusal(tally.file, row.line, reasons, row.first))
        elif outcome.events and not outcome.agreed:
            tally.accepted += rows
        else:
            tally.unchanged += rows

    def _tell(self, tally: Tally) -> None:
        if self.on_progress is None:
            return
        seconds = time.perf_counter() - self._started
        told = Progress(
            file=tally.file,
            kind=tally.kind,
            done=tally.rows,
            total=max(tally.expected, tally.rows),
            events=tally.events,
            refused=tally.refused,
            seconds=seconds,
            rate=self.result.rows / seconds if seconds > 0 else 0.0,
        )
        self.on_progress(told)
