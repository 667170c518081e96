"""Runtime room, file import: the run itself — rows to commands, through the one door, in batches.

Signatures first; the body follows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from domain.context import Actor
from runtime.database import Pool
from runtime.imports.mapping import Mapping
from runtime.imports.results import ImportResult, Progress


async def run_import(
    pool: Pool,
    mapping: Mapping,
    data: Path,
    actor: Actor,
    *,
    dry_run: bool = False,
    rejects: Path | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    job_id: UUID | None = None,
) -> ImportResult:
    """Import `data` (the folder with the mapping's files, or the one file of a one-file mapping).

    `actor` must be a user where the mapping approves gate overrides. `rejects` is the folder for reject files
    (`<file stem>.rejects.csv`). `dry_run` decides everything against the ledger and records nothing. `job_id`
    names the row in app.import_jobs; without it a run of the same file and mapping that was cut short is resumed.
    Raises ImportProblem when nothing can be imported at all; refused rows are in the result.
    """
    raise NotImplementedError
