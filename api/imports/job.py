"""api: the process that carries out one import that was handed in over HTTP: `python -m api.imports.job FOLDER`.

Apart from the API, so that a large file does not slow down a single request. Killed, it is started again and goes on where it was,
a few times.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

import domain.registry  # noqa: F401 - every fact and decision is registered by importing it
from api.imports.jobs import (
    DATA,
    DONE,
    MAPPING,
    REJECTS,
    TROUBLE,
    Order,
    count_tries,
    finish,
    read_order,
    tries_of,
    working_on,
)
from domain.engine.context import Actor
from projections.customer.entering import EnteringCustomers
from projections.engine.throttle import throttled
from runtime import logging as logs
from runtime.database import open_pool
from runtime.failures import where
from runtime.imports.mapping import Mapping
from runtime.imports.mapping_file import load_mapping, shipped_mapping
from runtime.imports.results import ImportProblem
from runtime.imports.run import run_import
from runtime.imports.undo import undo_import
from runtime.settings import Settings

AWAY = (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout)
log = logging.getLogger(__name__)


def data_of(folder: Path) -> Path:
    """One file is a one-file mapping's; several are the folder of one that wants several."""
    files = list((folder / DATA).iterdir())
    return files[0] if len(files) == 1 else folder / DATA


def mapping_of(folder: Path, order: Order) -> Mapping:
    """Raises ImportProblem."""
    return shipped_mapping(order.mapping) if order.mapping else load_mapping(folder / MAPPING)


async def until_told(work: Coroutine[Any, Any, None]) -> None:
    """The work, unless SIGTERM comes first: then raises CancelledError once it has put away what it holds."""
    task = asyncio.ensure_future(work)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


async def run(folder: Path, order: Order, url: str) -> None:
    pool = await open_pool(url, min_size=2, max_size=8)
    try:
        async with throttled(pool) as pace:
            if order.undoes:
                await undo_import(
                    pool,
                    UUID(order.undoes),
                    Actor("user", order.user_id),
                    order.reason,
                    dry_run=order.dry_run,
                    job_id=UUID(order.job_id),
                    pace=pace,
                )
                return
            await run_import(
                pool,
                mapping_of(folder, order),
                data_of(folder),
                Actor("user", order.user_id),
                dry_run=order.dry_run,
                rejects=folder / REJECTS,
                job_id=UUID(order.job_id),
                pace=pace,
                language=order.language,
                find_likely=EnteringCustomers(pool),
            )
    finally:
        await pool.close()


def main(folder: Path) -> int:
    """0: done, or not ours to do. 1: it cannot be done, and the job says why. 3: told to stop, or the database is away: to be taken up
    again. Others: to be tried again.
    """
    settings = Settings.from_env()
    logs.configure(settings.log_level)
    order = read_order(folder)
    if order is None:
        return 2
    with working_on(folder) as ours:
        if not ours or (folder / DONE).exists():
            return 0
        return _carry_out(folder, order, settings.database_url)


def _carry_out(folder: Path, order: Order, url: str) -> int:
    tries = tries_of(folder)
    count_tries(folder, tries + 1)
    problems: list[str] = []
    try:
        asyncio.run(until_told(run(folder, order, url)))
    except ImportProblem as problem:
        problems = list(problem.problems)
        log.warning("an import cannot be done", extra={"job_id": order.job_id, "problems": len(problems)})
    except asyncio.CancelledError:
        count_tries(
            folder, tries
        )  # no fault of the job's: whoever looks for jobs next takes it up where it was
        log.info("an import was told to stop", extra={"job_id": order.job_id})
        return 3
    except AWAY as away:
        count_tries(folder, tries)  # the database's fault: tried again for as long as it takes
        log.warning("an import waits for its database", extra={"error_type": type(away).__name__})
        return 3
    except Exception as wrong:
        (folder / TROUBLE).write_text(where(wrong), encoding="utf-8")  # its text may hold a cell
        raise
    finish(folder, problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
