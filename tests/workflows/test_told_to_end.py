"""Told to end at any moment of its start, a program of ours ends, and well: a worker, the API, and a worker that finds no server."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from runtime.programs import free_port, python
from tests.conftest import END_SECONDS, PATIENCE, eventually
from worker import ROLES

ROOT = Path(__file__).parents[2]
WORKER = ("worker", *(part for role in ROLES for part in ("--role", role)))
API = ("cli.main", "api")
NOWHERE = "127.0.0.1:9"


class Told:
    """A program with a log; `moment` is what it says when it is told to end, empty for at once."""

    def __init__(self, command: tuple[str, ...], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as lines:
            self.process = subprocess.Popen(
                python("-m", *command), env=os.environ | environment, cwd=ROOT, stdout=lines, stderr=lines
            )

    async def at(self, moment: str) -> int:
        """What it ended with."""
        await eventually(lambda: moment in self.log.read_text() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def environment(database_url: str, temporal_client: Client, tmp_path: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal_client.service_client.config.target_host,
        "SALESLOOP_DATA": str(tmp_path),
        "SALESLOOP_TASK_QUEUE": f"tests-{tmp_path.name}",
        "SALESLOOP_API_PORT": str(free_port()),
        "SALESLOOP_END_SECONDS": END_SECONDS,
    }


@pytest.fixture
def started(environment: dict[str, str], tmp_path: Path) -> Iterator[list[Told]]:
    every: list[Told] = []
    yield every
    for one in every:
        one.close()


@pytest.mark.parametrize(
    ("command", "moment"),
    [
        *(
            (WORKER, moment)
            for moment in (
                "workflows: starting",
                "everything up to position 0 is delivered",
                "this dispatcher works",
            )
        ),
        *((API, moment) for moment in ("Waiting for application startup", "Application startup complete")),
    ],
)
async def test_at_any_moment_of_its_start_it_ends_well(
    environment: dict[str, str], started: list[Told], tmp_path: Path, command: tuple[str, ...], moment: str
) -> None:
    started.append(Told(command, environment, tmp_path / "log"))
    assert await started[0].at(moment) == 0, started[0].log.read_text()


@pytest.mark.parametrize("command", [WORKER, API])
async def test_before_it_has_begun_it_is_ended_by_the_signal(
    environment: dict[str, str], started: list[Told], tmp_path: Path, command: tuple[str, ...]
) -> None:
    started.append(Told(command, environment, tmp_path / "log"))
    assert await started[0].at("") == -signal.SIGTERM


@pytest.mark.parametrize(
    "away", [{"TEMPORAL_ADDRESS": NOWHERE}, {"DATABASE_URL": f"postgresql://nobody@{NOWHERE}/none"}]
)
@pytest.mark.parametrize("moment", ["follower: starting", "trying again in"])
async def test_while_it_waits_for_a_server_it_ends_well(
    environment: dict[str, str], started: list[Told], tmp_path: Path, away: dict[str, str], moment: str
) -> None:
    started.append(Told(WORKER, environment | away, tmp_path / "log"))
    assert await started[0].at(moment) == 0, started[0].log.read_text()
