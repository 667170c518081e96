"""runtime: how tasks and processes end. Every program of ours that is told to end does, whatever stands still in it."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

AGAIN = 2.0  # seconds until a task that was cancelled and goes on is cancelled again

log = logging.getLogger(__name__)


async def cancelled(*tasks: asyncio.Task[Any]) -> list[Any]:
    """Cancel the tasks and return when all of them are over: their results, or what they ended by.

    Cancels them again where they go on: a statement that fails in the moment in which it is cancelled raises its own error, and
    whoever tries again after such an error would try for ever.
    """
    ours: BaseException | None = None
    while going := [task for task in tasks if not task.done()]:
        for task in going:
            task.cancel()
        try:
            await asyncio.wait(going, timeout=AGAIN)
        except asyncio.CancelledError as told:
            ours = told
    if ours is not None:
        raise ours
    return await asyncio.gather(*tasks, return_exceptions=True)


class Ending:
    """One per process that is told to end by signals: `within` so many seconds it does in any case."""

    def __init__(self, within: float) -> None:
        self._within = within
        self._told = False

    def told(self, number: int) -> None:
        """A signal came; called on the loop. After the first the process may finish what it does, and ends with 1 where that takes
        too long; the second ends it at once. Nothing is lost by either: what is promised is recorded, and what was not
        finished is done again.
        """
        if self._told:
            log.warning("told to end a second time: at once")
            os._exit(128 + number)
        self._told = True
        watch = threading.Timer(self._within, self._give_up, [asyncio.get_running_loop()])
        watch.daemon = True
        watch.start()

    def _give_up(self, loop: asyncio.AbstractEventLoop) -> None:
        """From a thread of its own: the loop may be what stands still."""
        still = "; ".join(sorted(map(described, asyncio.all_tasks(loop)))) or "no task of its own"
        log.error("told to end %.0f s ago, ending without what still runs: %s", self._within, still)
        os._exit(1)


def described(task: asyncio.Task[Any]) -> str:
    """A task's name and the line of each coroutine that it stands in, outermost first."""
    return f"{task.get_name()} in " + " > ".join(_lines(task.get_coro()))


def _lines(coroutine: Any) -> Iterator[str]:
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        yield f"{coroutine.__qualname__}:{frame.f_lineno}"
        coroutine = coroutine.cr_await
