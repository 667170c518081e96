"""runtime: growing pauses between tries of one thing, the same for programs, roles, the follower and read models."""

from __future__ import annotations


class Backoff:
    """`first` seconds, then twice the last pause each time, `longest` at most; the first again after what counts as success.
    `settled`: what worked for more seconds than that before it failed was a success.
    """

    def __init__(self, first: float, longest: float, settled: float | None = None) -> None:
        self._first = first
        self._longest = longest
        self._settled = settled
        self._next = first

    def pause(self, worked: float = 0.0) -> float:
        """Seconds to wait before the next try, after one that `worked` for so many."""
        if self._settled is not None and worked > self._settled:
            self.succeeded()
        pause = self._next
        self._next = min(2 * pause, self._longest)
        return pause

    def succeeded(self) -> None:
        self._next = self._first
