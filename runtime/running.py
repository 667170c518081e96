"""runtime: the note that a running `salesloop dev` leaves for other terminals — addresses, ports and process ids.

Holds no secret: a database address of the user's own is never written. Knows files and processes only.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

NAME = "run.json"


@dataclass(frozen=True)
class Running:
    """What one supervisor runs; the addresses of servers only where it runs those servers itself."""

    supervisor: int
    supervisor_started: float  # seconds since the epoch, with the id a name that is never reused
    api_host: str
    api_port: int
    database_url: str | None = None
    admin_database_url: str | None = None
    temporal_address: str | None = None
    temporal_ui: str | None = None
    pids: dict[str, int] = field(default_factory=dict)

    @property
    def api_url(self) -> str:
        return f"http://{self.api_host}:{self.api_port}"


def started_at(pid: int) -> float:
    return float(psutil.Process(pid).create_time())


def write(data_dir: Path, running: Running) -> None:
    """Replace the note in one step, readable by this user only."""
    fresh = data_dir / f"{NAME}.{os.getpid()}"
    fresh.write_text(json.dumps(asdict(running), indent=2) + "\n", encoding="utf-8")
    fresh.chmod(0o600)
    fresh.replace(data_dir / NAME)


def read(data_dir: Path) -> Running | None:
    """The note, or None when there is none or its supervisor is gone."""
    try:
        note: dict[str, Any] = json.loads((data_dir / NAME).read_text(encoding="utf-8"))
        running = Running(**note)
        same = started_at(running.supervisor) == running.supervisor_started
    except (FileNotFoundError, json.JSONDecodeError, TypeError, psutil.NoSuchProcess):
        return None
    return running if same else None


def remove(data_dir: Path) -> None:
    (data_dir / NAME).unlink(missing_ok=True)
