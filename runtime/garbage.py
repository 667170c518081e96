"""Runtime room: collect garbage seldom while there is much work that leaves no cycles behind.

The collector looks at everything that is alive each time a few thousand objects were made; with thousands of
aggregates remembered that was a third of an import's time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (50_000, 20, 100)
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
