"""With load running, every program is killed in turn, several rounds; then the invariants are checked."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from runtime.supervisor import Supervisor
from tests.breaking import invariants
from tests.breaking.conftest import office
from tests.breaking.load import Desk

pytestmark = pytest.mark.breaks

PROGRAMS = ("api", "workflows", "projections", "follower", "postgres", "temporal")
ROUNDS = int(os.environ.get("BREAK_ROUNDS", "3"))
DESKS = 6


async def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice(
    system: Supervisor, eventually: Callable[..., Any]
) -> None:
    async with office(system, DESKS, "default") as desks:
        stop = asyncio.Event()
        working = asyncio.gather(*(desk.work(stop) for desk in desks))
        for number in range(ROUNDS):
            for name in PROGRAMS:
                await kill_and_see_it_work_again(system, name, desks, number, eventually)
        stop.set()
        await working

    told = [said for desk in desks for said in desk.told]
    assert system.restarts == dict.fromkeys(PROGRAMS, ROUNDS)
    assert sum(desk.repeated for desk in desks) > 0, "no kill was noticed: the load was not running"
    assert len(told) > 100

    await invariants.hold(system, told, eventually)


async def kill_and_see_it_work_again(
    system: Supervisor, name: str, desks: list[Desk], number: int, eventually: Callable[..., Any]
) -> None:
    """Kill it in the middle of the load; go on when it runs again and the desks are answered again."""
    before = sum(len(desk.told) for desk in desks)
    await eventually(lambda: sum(len(desk.told) for desk in desks) > before + DESKS)
    os.kill(system.pids[name], signal.SIGKILL)
    await eventually(lambda: system.restarts[name] == number + 1)
    after = sum(len(desk.told) for desk in desks)
    await eventually(lambda: sum(len(desk.told) for desk in desks) > after + DESKS)
