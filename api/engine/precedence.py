"""api: what people wait for goes before what open pages ask for by themselves — in one process, whose requests share one event loop.

A page that is open asks for its middle again whenever something moved, and so do all others in the same moment. Few of these
*refreshes* are made at once, the others wait in line; and between their reads they let requests that write go first. HTTP may not enter.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

REFRESH = "salesloop.refresh"
"""Where a request notes that it is one."""
REFRESHES, READS = 3, 3
"""Refreshes, and reads of refreshes, that are in progress at once."""
SLICE = 0.0005
"""Seconds of a page's rendering in one step of the event loop, about: a request that comes waits for no more than that."""
PATIENCE = 0.05
"""Seconds that a refresh lets writes go first, all in all: where something is always being written, pages are still refreshed."""


class Precedence:
    """One a process."""

    def __init__(self) -> None:
        self.refreshes = asyncio.Semaphore(REFRESHES)
        self.reads = asyncio.Semaphore(READS)
        self.rendering = asyncio.Lock()
        """One page at a time is rendered: several would wait for each other alone."""
        self._step = asyncio.Lock()
        self._writes = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """For as long as a request that writes is in progress."""
        self._writes += 1
        self._quiet.clear()
        try:
            yield
        finally:
            self._writes -= 1
            if not self._writes:
                self._quiet.set()

    @property
    def is_writing(self) -> bool:
        return self._writes > 0

    async def after_writes(self, seconds: float) -> None:
        """When nothing is being written, or after so many seconds. Those who wait go on one after the other, each in a turn of the event
        loop: what came meanwhile is read in between.
        """
        if self._quiet.is_set() and not self._step.locked():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._step:
                await self._quiet.wait()


class Refresh:
    """One of them."""

    __slots__ = ("_left", "_precedence")

    def __init__(self, precedence: Precedence) -> None:
        self._precedence, self._left = precedence, PATIENCE

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """One of its reads."""
        async with self._precedence.reads:
            await self._give_way()
            yield
        await self._give_way()

    async def joined(self, pieces: Iterable[str]) -> str:
        """All of what is rendered piece by piece, in steps of a `SLICE`, between which others have their turn and writes go first."""
        made: list[str] = []
        async with self._precedence.rendering:
            end = time.perf_counter() + SLICE
            for piece in pieces:
                made.append(piece)
                if time.perf_counter() >= end:
                    await asyncio.sleep(0)
                    await self._give_way()
                    end = time.perf_counter() + SLICE
        return "".join(made)

    async def _give_way(self) -> None:
        if self._left > 0:
            loop = asyncio.get_running_loop()
            began = loop.time()
            await self._precedence.after_writes(self._left)
            self._left -= loop.time() - began
