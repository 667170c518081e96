"""api: so many a second, and a burst at once — of requests by key, of wrong keys by address. HTTP may not enter."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

KEPT = 50_000
"""Names remembered at once; who has been silent for longest is forgotten first, and has most of a burst again anyway."""


class Rate:
    """A bucket for each name that holds `burst` and fills by `per_second` (the generic cell rate algorithm, ITU-T I.371).

    What is kept of a name is the instant at which its bucket will be full.
    """

    def __init__(self, per_second: float, burst: int, now: Callable[[], float] = time.monotonic) -> None:
        self._every = 1 / per_second
        self._tolerance = (burst - 1) * self._every
        self._now = now
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, name: str) -> float:
        """Seconds until there is one to take; 0 where there is one now."""
        return max(0.0, self._full_at.get(name, 0.0) - self._now() - self._tolerance)

    def take(self, name: str) -> float:
        """Take one: 0. Where there is none nothing is taken, and the answer is the seconds until there is."""
        now = self._now()
        full_at = max(now, self._full_at.get(name, 0.0))
        if (wait := full_at - now - self._tolerance) > 0:
            return wait
        self._full_at[name] = full_at + self._every
        self._full_at.move_to_end(name)
        if len(self._full_at) > KEPT:
            self._full_at.popitem(last=False)
        return 0.0
