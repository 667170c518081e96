"""Strangers: while they hold connections, send slowly, send too much and ask without a pause, health and a user are answered.

In small, with bounds as much smaller; `STRANGERS=full` is 2,500 idle connections, 100 slow senders, three heads of 100 MB and 512
eager clients on the usual bounds, printed as a table (docs/operations.md has one).
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import uvloop

from api.engine.roles import Role
from api.engine.users import NewKey
from tests.breaking.strangers import (
    Place,
    Told,
    ask,
    eager,
    get,
    hold,
    send_a_large_head,
    send_slowly,
)
from tests.conftest import PATIENCE
from tests.house import make_key, migrate_all

FULL = os.environ.get("STRANGERS") == "full"
GROWTH = 100_000_000
"""Bytes that the process may grow by, whatever strangers do."""


@dataclass(frozen=True)
class Many:
    idle: int
    slow: int
    heads: int
    head: int
    eager: int
    least: float
    """Seconds that it lasts at least; it lasts until every slow sender was told."""
    bounds: dict[str, str]


SMALL = Many(
    idle=250,
    slow=10,
    heads=3,
    head=10_000_000,
    eager=50,
    least=0,
    bounds={
        "SALESLOOP_CONNECTIONS": "200",
        "SALESLOOP_CONNECTIONS_PER_ADDRESS": "150",
        "SALESLOOP_HEAD_SECONDS": "2",
        "SALESLOOP_IDLE_SECONDS": "3",
        "SALESLOOP_WRONG_KEYS": "10",
    },
)
LARGE = Many(idle=2_500, slow=100, heads=3, head=100_000_000, eager=512, least=20, bounds={})
MANY = LARGE if FULL else SMALL


@dataclass
class Seen:
    """What each of them was told, and how large the process was."""

    told: dict[str, Told] = field(default_factory=dict)
    head_bytes: list[int] = field(default_factory=list)
    before: int = 0
    peak: int = 0

    def of(self, who: str) -> Told:
        return self.told.setdefault(who, Told())

    def table(self) -> str:
        lines = [f"{'':8}{'answers':>40} {'p50 s':>8} {'p99 s':>8} {'longest':>8}"]
        for who, told in self.told.items():
            times = f"{told.within(0.5):8.3f} {told.within(0.99):8.3f} {told.longest:8.3f}"
            lines.append(f"{who:8}{dict(told.answers)!s:>40} {times}")
        return "\n".join(
            [*lines, f"memory grew by {(self.peak - self.before) / 1e6:.0f} MB from {self.before / 1e6:.0f}"]
        )


@contextmanager
def serving(url: str, data: Path) -> Iterator[tuple[Place, psutil.Process]]:
    """`salesloop api`, a process of its own."""
    env = {
        **os.environ,
        **MANY.bounds,
        "DATABASE_URL": url,
        "SALESLOOP_DATA": str(data),
        "SALESLOOP_API_PORT": "0",
    }
    log = data / "api.log"
    with log.open("wb") as out:
        running = subprocess.Popen([sys.executable, "-m", "cli.main", "api"], env=env, stderr=out)
    try:
        port = _port(running, log)
        httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE).raise_for_status()
        yield Place("127.0.0.1", port), psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait(PATIENCE)


def _port(running: subprocess.Popen[bytes], log: Path) -> int:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and running.poll() is None:
        if found := re.search(r"running on http://127.0.0.1:(\d+)", log.read_text(encoding="utf-8")):
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8"))


async def attacked(place: Place, process: psutil.Process, key: str, asked: list[bytes]) -> Seen:
    seen, stop, held = Seen(), asyncio.Event(), list[asyncio.StreamWriter]()
    mine = get("/deals", key)
    for _ in range(20):
        await ask(place, mine, seen.of("warm-up"))
    seen.before = seen.peak = process.memory_info().rss
    begun = b"GET / HTTP/1.1\r\nHost: stranger\r\nX-Slow: "
    idle = [asyncio.create_task(hold(place, held, seen.of("idle"))) for _ in range(MANY.idle)]
    slow = [asyncio.create_task(send_slowly(place, begun, seen.of("slow"))) for _ in range(MANY.slow)]
    heads = [
        asyncio.create_task(send_a_large_head(place, MANY.head, seen.of("heads"))) for _ in range(MANY.heads)
    ]
    turns = [
        asyncio.create_task(eager(place, asked[n % len(asked)], seen.of("eager"), stop))
        for n in range(MANY.eager)
    ]
    least = time.monotonic() + MANY.least

    def lasts() -> bool:
        seen.peak = max(seen.peak, process.memory_info().rss)
        return time.monotonic() < least or not all(task.done() for task in (*slow, *heads))

    await asyncio.gather(
        _asks(place, mine, seen.of("user"), lasts), _asks(place, get("/healthz"), seen.of("health"), lasts)
    )
    stop.set()
    await asyncio.gather(*turns)
    seen.head_bytes = [task.result() for task in heads]
    for writer in held:
        writer.close()
    await asyncio.gather(*idle)
    return seen


async def _asks(place: Place, request: bytes, told: Told, lasts: Callable[[], bool]) -> None:
    while lasts():
        await ask(place, request, told)
        await asyncio.sleep(0.02)  # a user's pause


EAGER: dict[str, Callable[[list[str]], list[bytes]]] = {
    "one key": lambda keys: [get("/deals", keys[1])],
    "the user's own key": lambda keys: [get("/deals", keys[0])],
    "a key each": lambda keys: [get("/deals", key) for key in keys[1:]],
    "wrong keys": lambda _: [get("/deals", f"sl_{n:016x}_made-up") for n in range(512)],
    "no key": lambda _: [get("/deals")],
}


@pytest.mark.breaks
@pytest.mark.parametrize("who", EAGER if FULL else ["one key", "wrong keys"])
def test_whatever_strangers_do_health_and_a_user_are_answered_and_memory_is_bounded(
    database_url: str, tmp_path: Path, who: str, capsys: Any
) -> None:
    migrate_all(database_url)
    made = 513 if who == "a key each" else 2
    keys = [asyncio.run(make_key(database_url, NewKey(f"u-{n}", Role.ADMIN))) for n in range(made)]
    with serving(database_url, tmp_path) as (place, process):
        seen = uvloop.run(attacked(place, process, keys[0], EAGER[who](keys)))
        again = Told()
        assert uvloop.run(ask(place, get("/deals", keys[0]), again)) == 200
    if FULL:
        with capsys.disabled():
            print(f"\n{who}\n{seen.table()}")
    holds(seen)
    if FULL:
        is_fast(seen)


def holds(seen: Seen) -> None:
    assert set(seen.of("health").answers) == {200}
    assert set(seen.of("user").answers) == {200}
    assert seen.peak - seen.before < GROWTH
    assert seen.of("slow").answers == {408: MANY.slow}
    assert seen.of("idle").answers == {0: MANY.idle}  # closed, by either side, without a word
    assert set(seen.of("heads").answers) <= {431, 0}
    assert all(taken < MANY.head for taken in seen.head_bytes)
    refusals = seen.of("eager").kinds
    assert set(seen.of("eager").answers) <= {200, 401, 429, 503, 0}
    assert all("application/problem+json" in kind for kind in refusals)
    assert all(kind.split()[-1].isdigit() for kind in refusals if kind.startswith(("429", "503")))


def is_fast(seen: Seen) -> None:
    assert seen.of("health").longest < 1
    assert seen.of("user").within(0.99) < 2
    assert max(seen.of(who).longest for who in ("eager", "user", "health", "slow")) < 10
