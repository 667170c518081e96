"""runtime: whether a process still does its work, as a container's health check asks it.

A role's event loop writes a file every few seconds (`beat`): nothing while it is well, else what ails it in a sentence.
`python -m runtime.health ROLE` ends with 0 while the file is fresh and empty, and else says why not. For `api` it asks the API itself.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import psycopg

from runtime.database import NotUsable, connect, explain, verify
from runtime.settings import api_place, data_directory

EVERY = 5.0  # seconds between beats
STALE = 30.0  # seconds without one until the process counts as stuck
PATIENCE = 4.0  # seconds for the database to answer
Ask = Callable[[], Awaitable[str | None]]
"""What ails it, in a sentence; None: nothing."""


async def unreachable(url: str) -> str | None:
    """Why the database cannot be worked with; None where it can. One connection, asked and closed."""
    try:
        async with asyncio.timeout(PATIENCE), await connect(url) as connection:
            await verify(connection)
    except TimeoutError:
        return f"the database does not answer within {PATIENCE:.0f} s"
    except psycopg.Error as failure:
        return explain(failure)
    except NotUsable as reason:
        return str(reason)
    return None


def beat_file(data_dir: Path, role: str) -> Path:
    return data_dir / "health" / role


async def beat(data_dir: Path, role: str, ask: Ask, every: float = EVERY) -> None:
    """Write the role's file until cancelled; run it as a task beside the role's work, on the same loop."""
    file = beat_file(data_dir, role)
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        ailing = await ask()
        fresh = file.with_name(f".{file.name}")
        fresh.write_text(ailing or "", encoding="utf-8")
        fresh.replace(file)
        await asyncio.sleep(every)


def ails(data_dir: Path, role: str, now: float) -> str | None:
    """What ails a role at `now` (seconds since the epoch), as its last beat says; None while it is well."""
    file = beat_file(data_dir, role)
    try:
        age = now - file.stat().st_mtime
        told = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return f"{role} has not started on {data_dir}"
    if age >= STALE:
        return f"{role} gave its last sign of life {age:.0f} s ago"
    return f"{role}: {told}" if told else None


def api_ails() -> str | None:
    _, port = api_place()
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
    except httpx.TransportError as failure:
        return f"the API does not answer on port {port} ({type(failure).__name__})"
    return None if answer.is_success else f"the API is not ready: {answer.text[:500]}"


def main(role: str) -> int:
    ailing = api_ails() if role == "api" else ails(data_directory(), role, time.time())
    if ailing is not None:
        sys.stderr.write(f"{ailing}\n")
    return 0 if ailing is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
