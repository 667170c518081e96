"""runtime: whether a process still does its work, as a container's health check asks it.

A role's event loop touches a file every few seconds (`beat`); `python -m runtime.health ROLE` ends with 0 while the file is
fresh. For `api` it asks the API itself.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import httpx

from runtime.settings import api_place, data_directory

EVERY = 5.0  # seconds between beats
STALE = 30.0  # seconds without one until the process counts as stuck


def beat_file(data_dir: Path, role: str) -> Path:
    return data_dir / "health" / role


async def beat(data_dir: Path, role: str, every: float = EVERY) -> None:
    """Touch the role's file until cancelled; run it as a task beside the role's work, on the same loop."""
    file = beat_file(data_dir, role)
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file.touch()
        await asyncio.sleep(every)


def fresh(data_dir: Path, role: str, now: float) -> bool:
    """Whether the role's last beat is less than STALE seconds before `now` (seconds since the epoch)."""
    try:
        return now - beat_file(data_dir, role).stat().st_mtime < STALE
    except FileNotFoundError:
        return False


def api_ready() -> bool:
    _, port = api_place()
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).is_success
    except httpx.TransportError:
        return False


def main(role: str) -> int:
    well = api_ready() if role == "api" else fresh(data_directory(), role, time.time())
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
