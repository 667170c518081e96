"""Runtime room, file import: import jobs as rows of app.import_jobs, for a front desk to follow a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from runtime.database import Pool


@dataclass(frozen=True, slots=True)
class Job:
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


async def read_job(pool: Pool, id: UUID) -> Job | None:
    raise NotImplementedError


async def list_jobs(pool: Pool, limit: int = 50) -> list[Job]:
    """Newest first."""
    raise NotImplementedError
