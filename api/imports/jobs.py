"""api: imports that were handed in over HTTP. Files lie in a folder a job; a process of its own reads them, one job at a time.

The import itself is `runtime.imports`; here is only its waiting room, which every API process on the same data directory
looks through again and again: a job whose process was ended, or whose API was, is taken up by whoever comes by first.
Whoever works on one holds its lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID

import psycopg

from runtime.imports.jobs import give_up
from runtime.imports.naming import ENDINGS
from runtime.language import EN
from runtime.programs import python
from runtime.settings import Settings

UPLOADS = "uploads"
JOB, DONE, DATA, REJECTS, MAPPING, PROBLEMS = (
    "job.json",
    "done",
    "data",
    "rejects",
    "mapping.toml",
    "problems.txt",
)
LOCK, TRIES, TROUBLE = "lock", "tries", "trouble.txt"
SIGNS = r"[\w. ()+,&-]"
"""Of a file's name, in any script: an export is called as its users speak. Never with a folder."""
FILE_NAME = re.compile(rf"(?=.{{1,100}}$)\w{SIGNS}*\.(?i:{ENDINGS}|gz)")
LONGEST_NAME = 200
"""Bytes; reject files add to it, and a file system has 255."""
LOOK_EVERY = 15.0
"""Seconds between two looks for jobs that nobody works on."""
MOST_TRIES = 5
TOLD = (0, 3)
"""What a process ends with that has done its part, or waits for its database."""
ABANDONED = 86_400.0
"""Seconds after which what was being received is not received any more."""

log = logging.getLogger(__name__)

RECEIVING = "receiving-"
"""How the names of folders begin that hold what is not handed over whole yet."""


@dataclass(frozen=True)
class Order:
    """What was asked for. `mapping` is a shipped one's name; empty where the order brought its own. `content` is a digest of
    all that was handed over. One that `undoes` an import brings nothing but a reason.
    """

    job_id: str
    mapping: str
    dry_run: bool
    user_id: str
    content: str = ""
    undoes: str = ""
    reason: str = ""
    language: str = EN
    """Of the reasons in reject files: that of whoever asked."""


class ImportJobs:
    """One per API process. `open` and `close` belong to the application's lifespan."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.home = settings.data_dir / UPLOADS
        self._ordered = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        self._task = asyncio.create_task(self._work())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def folder(self, job_id: UUID) -> Path:
        return self.home / str(job_id)

    def receive(self) -> Path:
        """A place for what is handed over, until it is known what it is."""
        self.home.mkdir(parents=True, exist_ok=True)
        place = Path(mkdtemp(prefix=RECEIVING, dir=self.home))  # for our eyes only: it holds people's names
        (place / DATA).mkdir()
        return place

    def order(self, received: Path, order: Order) -> Order:
        """Import what was received when it is its turn. Under a job's id that is known it is thrown away: what was ordered
        first is the answer.
        """
        held = self.ordered(UUID(order.job_id))
        if held is None:
            (received / JOB).write_text(json.dumps(asdict(order)), encoding="utf-8")
            try:
                received.rename(self.folder(UUID(order.job_id)))
            except OSError:  # somebody ordered it at this very moment
                held = self.ordered(UUID(order.job_id))
                if held is None:  # or an earlier release was cut short while it received
                    shutil.rmtree(self.folder(UUID(order.job_id)))
                    received.rename(self.folder(UUID(order.job_id)))
        if held is not None:
            shutil.rmtree(received, ignore_errors=True)
        self._ordered.set()
        return held or order

    def ordered(self, job_id: UUID) -> Order | None:
        return read_order(self.folder(job_id))

    def _ordered_jobs(self) -> Iterator[Path]:
        """What is still being received is no job yet, also where its order is written already."""
        found = self.home.glob(f"*/{JOB}")
        return (job for job in found if not job.parent.name.startswith(RECEIVING))

    def unbegun(self) -> list[Order]:
        """Those that wait for their turn or could not be done, newest first. Some of them may have been begun."""
        jobs = sorted(self._ordered_jobs(), key=_age, reverse=True)
        left = (
            job.parent for job in jobs if not (job.parent / DONE).exists() or (job.parent / PROBLEMS).exists()
        )
        return [order for folder in left if (order := read_order(folder)) is not None]

    def waits(self, job_id: UUID) -> bool:
        """Whether it is ordered and not over."""
        folder = self.folder(job_id)
        return (folder / JOB).exists() and not (folder / DONE).exists()

    def rejects(self, job_id: UUID) -> list[str]:
        return sorted(file.name for file in (self.folder(job_id) / REJECTS).glob("*.csv"))

    def reject_file(self, job_id: UUID, name: str) -> Path | None:
        return self.folder(job_id) / REJECTS / name if name in self.rejects(job_id) else None

    def problems(self, job_id: UUID) -> list[str]:
        """Why the import could not be done at all."""
        told = self.folder(job_id) / PROBLEMS
        return told.read_text(encoding="utf-8").splitlines() if told.exists() else []

    async def _work(self) -> None:
        while True:
            self._ordered.clear()
            for folder in await asyncio.to_thread(self._left):
                try:
                    await self._run(folder)
                except (OSError, psycopg.Error):
                    log.exception("an import could not be started", extra={"job_id": folder.name})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._ordered.wait()

    def _left(self) -> list[Path]:
        """The jobs that nobody works on, in the order in which they came."""
        for place in self.home.glob(f"{RECEIVING}*"):
            if time.time() - _age(place) > ABANDONED:
                shutil.rmtree(place, ignore_errors=True)
        jobs = sorted(self._ordered_jobs(), key=_age)
        return [job.parent for job in jobs if self.waits(UUID(job.parent.name)) and is_free(job.parent)]

    async def _run(self, folder: Path) -> None:
        tries = tries_of(folder)
        if tries >= MOST_TRIES:
            await self._give_up(folder)
            return
        child = await asyncio.create_subprocess_exec(
            *python("-m", "api.imports.job", str(folder)),
            env={**os.environ, "DATABASE_URL": self._settings.database_url},
            start_new_session=True,
        )
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
            if await child.wait() < 0:  # before it came so far as to end well
                count_tries(folder, tries)  # it is no fault of the job's
            raise
        if code == -signal.SIGTERM:  # told to stop before it could listen, or when it had ended its work
            count_tries(folder, tries)
        elif code < 0:
            (folder / TROUBLE).write_text(f"its process was ended by {signal.Signals(-code).name}")
        elif code not in TOLD and tries_of(folder) == tries:  # it did not come so far as to count itself
            (folder / TROUBLE).write_text(f"its process ended with {code} before it began")
            count_tries(folder, tries + 1)
        log.info("an import ended", extra={"job_id": folder.name, "exit_code": code})

    async def _give_up(self, folder: Path) -> None:
        trouble = folder / TROUBLE
        why = trouble.read_text(encoding="utf-8") if trouble.exists() else "its process was ended"
        problems = [f"given up after {MOST_TRIES} tries, each of which ended before its end; the last: {why}"]
        await give_up(self._settings.database_url, UUID(folder.name), problems)
        finish(folder, problems)
        log.error("an import was given up", extra={"job_id": folder.name})


def _age(path: Path) -> float:
    """Of what may be gone by now."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def read_order(folder: Path) -> Order | None:
    try:
        return Order(**json.loads((folder / JOB).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def working_on(folder: Path) -> Iterator[bool]:
    """Hold a job while the block runs. False: somebody else holds it. The system lets go of it for whoever dies."""
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def is_free(folder: Path) -> bool:
    with working_on(folder) as free:
        return free


def tries_of(folder: Path) -> int:
    told = folder / TRIES
    return int(told.read_text() or 0) if told.exists() else 0


def count_tries(folder: Path, tries: int) -> None:
    (folder / TRIES).write_text(str(max(tries, 0)))


def finish(folder: Path, problems: list[str]) -> None:
    """The job is over, well or badly."""
    if problems:
        (folder / PROBLEMS).write_text("\n".join(problems), encoding="utf-8")
    (folder / DONE).touch()
    shutil.rmtree(folder / DATA, ignore_errors=True)  # people's names have no business lying about


def content_of(received: Path, mapping: str, *, dry_run: bool) -> str:
    """A digest of all that was handed over: files with their names, mapping, and what is to be done with them."""
    told = [f"{mapping} {dry_run}"]
    for path in sorted(path for path in received.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        told.append(f"{path.relative_to(received)} {digest}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()
