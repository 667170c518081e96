"""The database's disk is full, twice: nothing acknowledged is lost, and once there is room the service goes on by itself.

The disk is a small one in memory, mounted where only the tested system sees it. That takes no root where the kernel lets
users make namespaces of their own; elsewhere the test is skipped.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

pytestmark = pytest.mark.breaks

ROOT = Path(__file__).parents[2]
SIZE = "192m"
SECONDS = 1_200
MOUNT = 'mount -t tmpfs -o size="$SIZE",mode=0755 tmpfs "$DISK" && exec "$@"'


def apart(command: Sequence[str]) -> list[str]:
    """The command, run with a small disk mounted on $DISK that nobody else sees, as the user who asks."""
    mount = ["sh", "-c", MOUNT, "mount"]
    if os.geteuid() == 0:
        return ["unshare", "--mount", "--propagation", "private", *mount, *command]
    back = ["unshare", "--user", f"--map-user={os.geteuid()}", f"--map-group={os.getegid()}"]
    return ["unshare", "--user", "--map-root-user", "--mount", *mount, *back, *command]


def run(disk: Path, *command: str, timeout: float) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "DISK": str(disk), "SIZE": SIZE}
    return subprocess.run(
        apart(command), env=env, cwd=ROOT, capture_output=True, text=True, check=False, timeout=timeout
    )


@pytest.fixture
def data(scratch: Path) -> Path:
    """A data directory whose `postgres` can have a disk of its own; else the test is skipped."""
    disk = scratch / "data" / "postgres"
    disk.mkdir(parents=True)
    tried = run(disk, "true", timeout=60)
    if tried.returncode != 0:
        pytest.skip(f"no disk of its own may be mounted here: {tried.stderr.strip()}")
    return disk.parent


def test_a_full_disk_loses_nothing_that_was_acknowledged_and_service_resumes_when_there_is_room(
    data: Path,
) -> None:
    done = run(
        data / "postgres", sys.executable, "-m", "tests.breaking.full_disk", str(data), timeout=SECONDS
    )
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-6_000:]
    log = (data / "logs" / "postgres.log").read_text()
    assert "could not extend file" in log, "a table met the full disk"
    assert 'could not write to file "pg_wal' in log, "the write-ahead log met the full disk"
