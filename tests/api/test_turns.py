"""Turns: as many at once as may be, then by key in rotation; who cannot be served soon is told at once, or in time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.engine.turns import Crowded, Turns
from tests.conftest import PATIENCE


@dataclass
class Room:
    """Requests that stay in progress until they are let go, in the order in which they began."""

    turns: Turns
    began: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    inside: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def asks(self, *keys: str) -> None:
        for key in keys:
            self.tasks.add(asyncio.create_task(self._asks(key)))
            await settled()

    async def _asks(self, key: str) -> None:
        try:
            await self.turns.take(key)
        except Crowded:
            self.refused.append(key)
            return
        self.began.append(key)
        self.inside += 1
        await self.go_on.wait()
        self.inside -= 1
        self.turns.give()

    async def all_end(self) -> None:
        self.go_on.set()
        await asyncio.gather(*self.tasks)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def room(at_once: int, waiting: int, seconds: float = PATIENCE) -> AsyncIterator[Room]:
    made = Room(Turns(at_once, waiting, seconds))
    yield made
    await made.all_end()
    assert (made.inside, made.turns.waiting) == (0, 0)


async def test_who_asks_much_waits_behind_the_own_requests_and_not_before_others() -> None:
    async with room(1, 10) as office:
        await office.asks("much", "much", "much", "much", "little", "other")
        assert office.began == ["much"]
    assert office.began == ["much", "much", "little", "other", "much", "much"]


async def test_when_no_place_to_wait_is_left_the_longest_line_gives_one_up() -> None:
    async with room(1, 3) as office:
        await office.asks("much", "much", "much", "much")
        await office.asks("much")
        assert office.refused == ["much"]
        await office.asks("little")
        assert office.refused == ["much", "much"]
    assert office.began == ["much", "much", "little", "much"]


async def test_a_turn_that_does_not_come_in_time_is_given_up(eventually: Callable[..., Any]) -> None:
    async with room(1, 3, seconds=0) as office:
        await office.asks("first", "late")
        await eventually(lambda: office.refused == ["late"])
    assert office.began == ["first"]


async def test_a_turn_that_came_to_a_caller_who_goes_at_that_moment_goes_to_the_next() -> None:
    turns = Turns(1, 3, PATIENCE)
    await turns.take("first")
    gone, after = (asyncio.create_task(turns.take(key)) for key in ("gone", "after"))
    await settled()
    turns.give()
    gone.cancel()
    await asyncio.wait_for(after, PATIENCE)
    assert gone.cancelled()
    turns.give()
    assert turns.waiting == 0


async def test_who_waits_outside_lets_others_work_and_takes_a_turn_again() -> None:
    async with room(1, 3) as office:
        await office.turns.take("waits")
        async with office.turns.outside():
            await office.asks("works")
            assert office.began == ["works"]
            await office.all_end()
        with pytest.raises(ValueError, match="late"):
            async with office.turns.outside():
                raise ValueError("late")
        office.turns.give()


@given(
    st.integers(1, 4),
    st.integers(1, 6),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["ask", "end", "leave"])), max_size=60),
)
def test_never_more_at_once_than_may_be_nobody_forgotten_and_no_place_lost(
    at_once: int, waiting: int, acts: list[tuple[str, str]]
) -> None:
    asyncio.run(_any_order(at_once, waiting, acts))


async def _any_order(at_once: int, waiting: int, acts: list[tuple[str, str]]) -> None:
    turns = Turns(at_once, waiting, PATIENCE)
    tasks: dict[asyncio.Task[None], str] = {}
    for key, act in acts:
        in_progress = [t for t in tasks if t.done() and not t.cancelled() and t.exception() is None]
        if act == "ask":
            tasks[asyncio.create_task(turns.take(key))] = key
        elif act == "end" and in_progress:
            del tasks[in_progress[0]]
            turns.give()
        elif act == "leave" and (pending := [t for t in tasks if not t.done()]):
            pending[0].cancel()
        await settled()
        granted = sum(t.done() and not t.cancelled() and t.exception() is None for t in tasks)
        pending_now = sum(not t.done() for t in tasks)
        assert granted <= at_once
        assert pending_now == turns.waiting <= waiting
        assert granted == at_once or not pending_now
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
