"""api: imports that were handed in over HTTP. Files lie in a folder a job; a process of its own reads them, one job at a time.

The import itself is `runtime.imports`; here is only its waiting room. A job that was cut short is taken up again at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import shutil
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

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
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]{0,99}\.(csv|xes|xlsx|gz)")

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What was asked for. `mapping` is a shipped one's name; empty where the order brought its own."""

    job_id: str
    mapping: str
    dry_run: bool
    user_id: str


class ImportDesk:
    """One per API process. `open` and `close` belong to the application's lifespan."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.home = settings.data_dir / UPLOADS
        self._line: asyncio.Queue[UUID] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        for job in sorted(self.home.glob(f"*/{JOB}"), key=lambda found: found.stat().st_mtime):
            if not (job.parent / DONE).exists():
                self._line.put_nowait(UUID(job.parent.name))
        self._task = asyncio.create_task(self._work())

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def folder(self, job_id: UUID) -> Path:
        return self.home / str(job_id)

    def prepare(self, job_id: UUID) -> Path | None:
        """A fresh place for a job's files; None when the job was ordered before."""
        folder = self.folder(job_id)
        if (folder / JOB).exists():
            return None
        shutil.rmtree(folder, ignore_errors=True)
        self.home.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)  # people's names are nobody else's business
        (folder / DATA).mkdir()
        return folder

    def order(self, order: Order) -> None:
        """The files are in place: import them when it is their turn."""
        folder = self.folder(UUID(order.job_id))
        fresh = folder / f"{JOB}.new"
        fresh.write_text(json.dumps(asdict(order)), encoding="utf-8")
        fresh.replace(folder / JOB)
        self._line.put_nowait(UUID(order.job_id))

    def ordered(self, job_id: UUID) -> Order | None:
        return read_order(self.folder(job_id))

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
            job_id = await self._line.get()
            try:
                await self._run(self.folder(job_id))
            except OSError:
                log.exception("an import could not be started", extra={"job_id": str(job_id)})

    async def _run(self, folder: Path) -> None:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api.import_job", str(folder)),
            env={**os.environ, "DATABASE_URL": self._settings.database_url},
            start_new_session=True,
        )
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
            await child.wait()
            raise
        log.info("an import ended", extra={"job_id": folder.name, "exit_code": code})


def read_order(folder: Path) -> Order | None:
    try:
        return Order(**json.loads((folder / JOB).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
