"""Runtime room: what the garbage collector looks at, and how often.

It looks at everything that is alive each time a few thousand objects were made: with thousands of aggregates remembered that
was a third of an import's time, and a pause of a quarter of a second for whoever waited.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

SELDOM = (50_000, 20, 100)
OLDEST = 2
SOON = 2
"""Younger collections between two full ones, where these look only at what was made since: each is the shorter."""
COUNT_EVERY = 64
"""Full collections between two counts of what is out of sight: counting walks along all of it."""
_before: list[tuple[int, int, int]] = []
"""One entry for each who asked, first the collector's own settings; whoever leaves last restores them."""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """May be entered by several at once, who may leave in any order."""
    _before.append(gc.get_threshold())
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        own, *others = _before
        _before[:] = [own, *others[1:]] if others else []
        if not _before:
            gc.set_threshold(*own)


class Survivors:
    """For a process that serves for long, for as long as it is entered: what survived a full collection is looked at no more,
    so that the next one looks at what was made since. What nobody refers to is freed as ever.

    Only what is out of sight and becomes part of a cycle later would stay. So when there is twice as much as after the last
    look at everything, the next collection looks at everything.
    """

    def __init__(self, count_every: int = COUNT_EVERY) -> None:
        self._count_every = count_every
        self._collections = 0
        self._most = 0
        self._own = gc.get_threshold()

    def __enter__(self) -> Self:
        gc.freeze()
        self._most = 2 * gc.get_freeze_count()
        self._own = gc.get_threshold()
        gc.set_threshold(*self._own[:2], SOON)
        gc.callbacks.append(self._collected)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._collected)
        gc.set_threshold(*self._own)
        gc.unfreeze()

    def _collected(self, phase: str, about: dict[str, Any]) -> None:
        if phase == "start" or about["generation"] != OLDEST:
            return
        gc.freeze()
        self._collections += 1
        if self._most == 0:  # it has looked at everything
            self._most = 2 * gc.get_freeze_count()
        elif self._collections % self._count_every == 0 and gc.get_freeze_count() > self._most:
            self._most = 0
            gc.unfreeze()
