"""api: what people wait for goes before what open pages ask for by themselves — in one process, whose requests share one event loop.

A page that is open asks for its middle again whenever something moved, and so do all others in the same moment. Few of these
*refreshes* are made at once, the others wait in line. All that is done for them is done in steps, from one wait to the next: in a turn of
the event loop one step, and none while a request that writes is in progress. HTTP may not enter.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Generic, TypeVar

T = TypeVar("T")
REFRESH = "salesloop.refresh"
"""Where a request notes that it is one."""
REFRESHES, READS = 2, 2
"""Refreshes, and reads of refreshes, that are in progress at once."""
SLICE = 0.0005
"""Seconds of a page's rendering in one step, about: a request that comes waits for no more than that."""
TURN = 0.00025
"""Seconds of such steps in one turn of the event loop, about: a short one may follow another at once."""
PAUSE = 0.0001
"""Seconds between two steps after which the loop has looked at what came meanwhile."""
PATIENCE = 0.05
"""Seconds of writing that a refresh lets go first, all in all: where something is always being written, pages are still refreshed."""
SOON = 2
"""Turns of the event loop until what has come is in progress: who has connected has sent a request by then, and of a request's head its route is
found.
"""


class Precedence:
    """One a process."""

    def __init__(self) -> None:
        self.refreshes = asyncio.Semaphore(REFRESHES)
        self.reads = asyncio.Semaphore(READS)
        self.rendering = asyncio.Lock()
        """One page at a time is rendered: several would wait for each other alone."""
        self.stepping = False
        self._line: deque[tuple[asyncio.Future[None], Refresh]] = deque()
        self._granted = self._looking = False
        """Somebody of the line is about to make a step; the next turn of the loop looks at the line."""
        self._spent = self._ended = 0.0
        """Seconds of steps in this turn, and when the last one ended."""
        self._left_out = 0
        """Turns in which there is no step, since somebody is coming."""
        self._timer: asyncio.TimerHandle | None = None
        self._writes = 0
        self._written = self._writing_since = 0.0

    @contextmanager
    def writing(self) -> Iterator[None]:
        """For as long as a request that writes is in progress."""
        if not self._writes:
            self._writing_since = time.perf_counter()
        self._writes += 1
        try:
            yield
        finally:
            self._writes -= 1
            if not self._writes:
                self._written += time.perf_counter() - self._writing_since
                self._serve()

    @property
    def is_writing(self) -> bool:
        return self._writes > 0

    @property
    def written(self) -> float:
        """Seconds in which something was written, so far."""
        return self._written + (time.perf_counter() - self._writing_since if self._writes else 0.0)

    def expect(self) -> None:
        """A request that writes has come, or somebody who may send one."""
        self._left_out = SOON

    def turn(self, refresh: Refresh) -> asyncio.Future[None] | None:
        """That of the event loop in which a refresh makes its next step; None: this one. `stepped` must follow the step."""
        if time.perf_counter() - self._ended > PAUSE:
            self._spent = 0.0
        if not (self._line or self._left_out or self._granted or self._spent >= TURN or self._holds(refresh)):
            return None
        mine = asyncio.get_running_loop().create_future()
        self._line.append((mine, refresh))
        self._look_soon()
        return mine

    def stepped(self, began: float, *, granted: bool) -> None:
        self._ended = time.perf_counter()
        self._spent += self._ended - began
        if granted:
            self._granted = False
        if self._line:
            self._look_soon()

    def _holds(self, refresh: Refresh) -> bool:
        return self._writes > 0 and refresh.patience > 0

    def _look_soon(self) -> None:
        if not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._looking, self._spent = False, 0.0
        self._serve()

    def _serve(self) -> None:
        """The next of those who wait; who was patient for long enough does not wait for writes."""
        while self._line and not self._granted:
            mine, refresh = self._line[0]
            if mine.done():  # it was cancelled
                self._line.popleft()
            elif self._left_out:
                self._left_out -= 1
                return self._look_soon()
            elif self._holds(refresh):
                return self._look_again(refresh.patience)
            else:
                self._line.popleft()
                self._granted = True
                mine.set_result(None)
        return None

    def _look_again(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._patient)

    def _patient(self) -> None:
        self._timer = None
        self._serve()


class Refresh:
    """One of them."""

    __slots__ = ("_precedence", "_until")

    def __init__(self, precedence: Precedence) -> None:
        self._precedence, self._until = precedence, precedence.written + PATIENCE

    @property
    def patience(self) -> float:
        """Seconds of writing that it still lets go first."""
        return self._until - self._precedence.written

    async def read(self, reading: Coroutine[Any, Any, T]) -> T:
        """What comes of one of its reads."""
        async with self._precedence.reads:
            return await self.paced(reading)

    def paced(self, work: Coroutine[Any, Any, T]) -> Awaitable[T]:
        """The same, step by step."""
        return Paced(work, self, self._precedence)

    async def joined(self, pieces: Iterable[str]) -> str:
        """All of what is rendered piece by piece, in steps of a `SLICE`."""
        made: list[str] = []
        async with self._precedence.rendering:
            end = time.perf_counter() + SLICE
            for piece in pieces:
                made.append(piece)
                if time.perf_counter() >= end:
                    await asyncio.sleep(0)
                    end = time.perf_counter() + SLICE
        return "".join(made)


class Paced(Generic[T]):
    """Work of a refresh, each of whose steps waits for its turn. What is paced within it is a part of its steps."""

    __slots__ = ("_precedence", "_refresh", "_work")

    def __init__(self, work: Coroutine[Any, Any, T], refresh: Refresh, precedence: Precedence) -> None:
        self._work, self._refresh, self._precedence = work, refresh, precedence

    def __await__(self) -> Generator[Any, None, T]:
        precedence, work = self._precedence, self._work
        step: Callable[[], Any] = partial(work.send, None)
        while True:
            within = precedence.stepping
            turn = None if within else precedence.turn(self._refresh)
            try:
                if turn is not None:
                    yield from turn
            except BaseException as stopped:  # noqa: BLE001 - it is the work's to say what comes of it
                step = partial(work.throw, stopped)
            began, precedence.stepping = time.perf_counter(), True
            try:
                waits = step()
            except StopIteration as done:
                result: T = done.value
                return result
            finally:
                precedence.stepping = within
                if not within:
                    precedence.stepped(began, granted=turn is not None and not turn.cancelled())
            try:
                yield waits
            except BaseException as stopped:  # noqa: BLE001 - the same
                step = partial(work.throw, stopped)
            else:
                step = partial(work.send, None)
