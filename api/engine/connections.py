"""api: who may hold a connection, and for how long — the book of one process. uvicorn and HTTP may not enter; see api/engine/protocol.py."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Protocol

from runtime.bounds import Bounds

RESERVE = 20
"""One in so many connections is kept for those whose request is not whole yet: among them is whoever asks for health."""


class Connection(Protocol):
    """What the book asks of a connection. Each of the last three ends it; `closed` is told afterwards."""

    address: str | None

    def unsent(self) -> int:
        """Bytes of answers that the other side has not taken."""
        ...

    def close(self) -> None: ...
    def make_way(self) -> None: ...
    def run_out_of_time(self) -> None: ...


class Connections:
    """Every connection is silent (nothing of a request has come), sending (some of one has) or busy (one is in progress).

    When there are too many, in all or from one address, the one that has been silent or sending for longest goes. Busy ones
    stay, and are all but the reserve at most.
    """

    def __init__(
        self,
        bounds: Bounds,
        note: Callable[[str], None] = lambda _: None,
        now: Callable[[], float] = time.monotonic,
        coming: Callable[[], None] = lambda: None,
    ) -> None:
        self.bounds = bounds
        self.coming = coming  # hears that somebody connected, or that a request came that may write
        self._note = note  # hears which bound was met
        self._now = now
        self.sweeping = False
        self._held: Counter[str | None] = Counter()
        self._busy: set[Connection] = set()
        self._busy_from: Counter[str | None] = Counter()
        self._silent: dict[Connection, float] = {}  # since when; the first is the oldest, here and below
        self._sending: dict[Connection, float] = {}
        self._unread: dict[Connection, tuple[float, int]] = {}
        self._crowded: set[str | None] = set()  # addresses with too many

    def __len__(self) -> int:
        return self._held.total()

    def opened(self, connection: Connection) -> bool:
        """Whether there are too many now: then `trim` must follow, once what has already come was read."""
        address = connection.address
        self._held[address] += 1
        self._silent[connection] = self._now()
        crowded = address is not None and self._held[address] > self.bounds.connections_per_address
        if crowded:
            self._crowded.add(address)
        return crowded or len(self) > self.bounds.connections

    def trim(self) -> None:
        """Close those that have waited for longest until there are no more than may be."""
        for address in self._crowded:
            most = self.bounds.connections_per_address
            while self._held[address] > most and self._evicts("connections_per_address", address):
                pass
        self._crowded.clear()
        while len(self) > self.bounds.connections and self._evicts("connections"):
            pass

    def begins(self, connection: Connection) -> None:
        """The first of a request came."""
        if self._silent.pop(connection, None) is not None:
            self._sending[connection] = self._now()

    def asks(self, connection: Connection) -> bool:
        """The head of a request is whole. False where the request has to be refused for others that are in progress."""
        address, bounds = connection.address, self.bounds
        if connection in self._busy:
            return True
        if self._silent.pop(connection, None) is None and self._sending.pop(connection, None) is None:
            return False
        self._busy.add(connection)
        self._busy_from[address] += 1
        if len(self._busy) > _but_for_reserve(bounds.connections):
            self._note("connections")
            return False
        if address is not None and self._busy_from[address] > _but_for_reserve(
            bounds.connections_per_address
        ):
            self._note("connections_per_address")
            return False
        return True

    def answered(self, connection: Connection, *, begun: bool) -> None:
        """`begun`: some of the next request is here already."""
        if self._idles(connection):
            (self._sending if begun else self._silent)[connection] = self._now()

    def closed(self, connection: Connection) -> None:
        """For whatever reason; may be told more than once."""
        self._unread.pop(connection, None)
        idled = self._idles(connection)
        silent, sending = self._silent.pop(connection, None), self._sending.pop(connection, None)
        if idled or silent is not None or sending is not None:
            _less(self._held, connection.address)

    def unread(self, connection: Connection) -> None:
        """An answer waits to be taken."""
        self._unread[connection] = (self._now(), connection.unsent())

    def read(self, connection: Connection) -> None:
        self._unread.pop(connection, None)

    def sweep(self) -> None:
        """Close what has taken too long. Called a few times a second."""
        now = self._now()
        for connection in _older(self._silent, now - self.bounds.idle_seconds):
            self._end(connection, connection.close)
        for connection in _older(self._sending, now - self.bounds.head_seconds):
            self._note("head_seconds")
            self._end(connection, connection.run_out_of_time)
        self._sweep_unread(now)

    def _sweep_unread(self, now: float) -> None:
        """Who takes nothing for too long goes, and who has waited for longest where all leave too much."""
        most = self.bounds.answer_megabytes * 2**20
        waits = sum(connection.unsent() for connection in self._unread)
        for connection, (since, left) in [*self._unread.items()]:
            unsent = connection.unsent()
            if waits > most:
                self._note("answer_megabytes")
                self._end(connection, connection.close)
                waits -= unsent
            elif unsent < left:
                self._unread[connection] = (now, unsent)
            elif since <= now - self.bounds.idle_seconds:
                self._note("idle_seconds")
                self._end(connection, connection.close)

    def _evicts(self, bound: str, address: str | None = None) -> bool:
        """Close the one that has waited for longest, of an address or of all. False where all are busy."""
        found = [
            (since, connection)
            for waiting in (self._silent, self._sending)
            for connection, since in _first(waiting, address)
        ]
        if not found:
            return False
        _, oldest = min(found, key=lambda one: one[0])
        self._note(bound)
        self._end(oldest, oldest.make_way)
        return True

    def _end(self, connection: Connection, how: Callable[[], None]) -> None:
        self.closed(connection)
        how()

    def _idles(self, connection: Connection) -> bool:
        if connection not in self._busy:
            return False
        self._busy.remove(connection)
        _less(self._busy_from, connection.address)
        return True


def _but_for_reserve(most: int) -> int:
    return max(1, most - max(1, most // RESERVE))


def _first(waiting: dict[Connection, float], address: str | None) -> list[tuple[Connection, float]]:
    return [*islice((one for one in waiting.items() if address in (None, one[0].address)), 1)]


def _older(since: dict[Connection, float], instant: float) -> list[Connection]:
    found = []
    for connection, began in since.items():
        if began > instant:
            break
        found.append(connection)
    return found


def _less(counter: Counter[str | None], address: str | None) -> None:
    """One less; who has none is not kept."""
    counter[address] -= 1
    if counter[address] <= 0:
        del counter[address]
