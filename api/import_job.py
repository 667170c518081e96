"""api: the process that carries out one import that was handed in over HTTP: `python -m api.import_job FOLDER`.

Apart from the API, so that a large file does not slow down a single request. Killed, it is started again and goes on where it was.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import shutil
import sys
from pathlib import Path
from uuid import UUID

import domain.registry  # noqa: F401 - every fact and decision is registered by importing it
from api.import_jobs import DATA, DONE, MAPPING, PROBLEMS, REJECTS, Order, read_order
from domain.context import Actor
from runtime import logging as logs
from runtime.database import open_pool
from runtime.imports.mapping import Mapping, load_mapping, shipped_mapping
from runtime.imports.results import ImportProblem
from runtime.imports.run import run_import
from runtime.settings import Settings

log = logging.getLogger(__name__)


def data_of(folder: Path) -> Path:
    """One file is a one-file mapping's; several are the folder of one that wants several."""
    files = list((folder / DATA).iterdir())
    return files[0] if len(files) == 1 else folder / DATA


def mapping_of(folder: Path, order: Order) -> Mapping:
    """Raises ImportProblem."""
    return shipped_mapping(order.mapping) if order.mapping else load_mapping(folder / MAPPING)


async def run(folder: Path, order: Order, url: str) -> None:
    pool = await open_pool(url, min_size=2, max_size=8)
    try:
        await run_import(
            pool,
            mapping_of(folder, order),
            data_of(folder),
            Actor("user", order.user_id),
            dry_run=order.dry_run,
            rejects=folder / REJECTS,
            job_id=UUID(order.job_id),
        )
    finally:
        await pool.close()


def main(folder: Path) -> int:
    settings = Settings.from_env()
    logs.configure(settings.log_level)
    order = read_order(folder)
    if order is None:
        return 2
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of the run before, which may outlive its API
        if (folder / DONE).exists():
            return 0
        code = 0
        try:
            asyncio.run(run(folder, order, settings.database_url))
        except ImportProblem as problem:
            log.warning(
                "an import cannot be done", extra={"job_id": order.job_id, "problems": len(problem.problems)}
            )
            (folder / PROBLEMS).write_text("\n".join(problem.problems), encoding="utf-8")
            code = 1
        (folder / DONE).touch()
        shutil.rmtree(folder / DATA, ignore_errors=True)  # people's names have no business lying about
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
