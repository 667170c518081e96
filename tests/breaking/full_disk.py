"""tests: the system with its database on a disk of its own that is filled — run as a program inside a mount namespace.

`python -m tests.breaking.full_disk DATA` expects a small filesystem mounted on DATA/postgres and ends with 0 when all held.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import NoReturn

import httpx
import psycopg

from runtime.supervisor import ROLES, Supervisor
from tests.breaking import invariants
from tests.breaking.conftest import environment_of, office
from tests.breaking.load import Desk
from tests.conftest import PATIENCE, eventually

DESKS = 4
NEEDED = ("api", "projections")
"""What works on the database; that workflows and the follower take its absence is seen in test_kill_everything.py."""
A_SEGMENT = 16 * 1024 * 1024
"""Of the write-ahead log: with less room than that the next one cannot be made."""
PIECE = 64 * 1024


class Ballast:
    """A file that takes what room there is on a filesystem."""

    def __init__(self, disk: Path) -> None:
        self.file = disk / "ballast"

    def fill(self, leaving: int = 0) -> None:
        """Down to `leaving` bytes of room, or to none where others take some meanwhile."""
        with self.file.open("wb", buffering=0) as out, contextlib.suppress(OSError):
            while self._room() > leaving:
                out.write(bytes(PIECE))

    def _room(self) -> int:
        found = os.statvfs(self.file.parent)
        return found.f_bavail * found.f_frsize

    def make_room(self) -> None:
        self.file.unlink()


async def scenario(system: Supervisor, ballast: Ballast) -> None:
    async with office(system, DESKS, "default") as desks:
        stop = asyncio.Event()
        working = asyncio.gather(*(desk.work(stop) for desk in desks))
        await answered(desks)
        ballast.fill()  # no room for another page of a table
        await refused(desks[0].http)
        ballast.make_room()
        await answered(desks)
        ballast.fill(leaving=A_SEGMENT // 4)  # room for pages, none for the log: the server itself goes down
        await the_server_ends(system)
        await refused(desks[0].http)
        ballast.make_room()
        await answered(desks)
        stop.set()
        await working
    await invariants.hold_in_the_database(system, [said for desk in desks for said in desk.told], eventually)


async def answered(desks: list[Desk]) -> None:
    before = [len(desk.told) for desk in desks]
    await eventually(lambda: all(len(d.told) > n + 3 for d, n in zip(desks, before, strict=True)))


async def refused(http: httpx.AsyncClient) -> None:
    """A write is answered with what it is: not recorded, and to be tried again."""

    async def told_to_come_back() -> bool:
        try:
            answer = await http.post("/teams", json={"name": "No room"})
        except httpx.TimeoutException:
            return False
        return answer.status_code == 503 and answer.json()["code"] == "database-away"

    await eventually(told_to_come_back)


async def the_server_ends(system: Supervisor) -> None:
    """A new segment of the write-ahead log is asked for until the server goes down for want of room."""
    assert system.postgres is not None
    url = system.postgres.url

    def gone() -> bool:
        try:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("SELECT pg_switch_wal()")
        except psycopg.OperationalError as error:
            return error.sqlstate is None  # no answer at all: it went down
        return False

    await eventually(lambda: asyncio.to_thread(gone))


def main(data: Path) -> NoReturn:
    environment = {**environment_of(data), "TEMPORAL_ADDRESS": "127.0.0.1:1"}
    with Supervisor(data, env=environment, roles={name: ROLES[name] for name in NEEDED}) as system:
        system.wait_for_api(PATIENCE)
        asyncio.run(scenario(system, Ballast(data / "postgres")))
    sys.exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
