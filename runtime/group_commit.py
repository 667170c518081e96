"""Runtime room: commands that arrive together commit together.

While one transaction is on its way to the disk, the commands that arrive wait in a line; the
next transaction takes them all. Each command is checked alone inside `ledger.append`, so one
stale command fails alone. A caller is answered only after the commit is durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.engine.command_handler import Decision, Receipt
from domain.engine.errors import Conflict, KeyReused
from runtime.append import append, receipts
from runtime.codec import fingerprint
from runtime.database import Pool
from runtime.wire import Wire

MAX_COMMANDS = 1_000
MAX_FACTS = 8_000
IN_FLIGHT = 2
FEW = 8
"""So few are never halved."""


@dataclass(slots=True)
class Waiting:
    decision: Decision
    done: asyncio.Future[Receipt]


class GroupCommit:
    """Appends decisions; one instance per process and ledger. It keeps the connections it took from
    the pool: going through the pool for each batch costs as much as the append itself.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._line: list[Waiting] = []
        self._on_way = self._aloft = 0
        """Flights, and the commands in those that have boarded."""
        self._crowded = False
        self._flights: set[asyncio.Task[None]] = set()
        self._quiet: asyncio.Future[None] | None = None
        self._parked: list[Wire] = []

    async def append(self, decision: Decision) -> Receipt:
        """The receipt, once durable. Raises Conflict or KeyReused for this decision alone."""
        waiting = Waiting(decision, asyncio.get_running_loop().create_future())
        if self._on_way or self._line or self._crowded:
            self._line.append(waiting)
            self._take_off()
        else:  # alone: it goes at once, and needs no task of its own
            self._on_way += 1
            await self._fly([waiting])
        return await waiting.done

    def _take_off(self) -> None:
        """A few do not follow a full flight: they would only wait for its lock, and land alone ever after."""
        if self._line and self._on_way < IN_FLIGHT and 2 * len(self._line) >= self._aloft:
            self._on_way += 1
            flight = asyncio.create_task(self._fly_with_the_next())
            self._flights.add(flight)
            flight.add_done_callback(self._flights.discard)

    async def _fly_with_the_next(self) -> None:
        await self._fly(self._board())

    async def _fly(self, batch: Sequence[Waiting]) -> None:
        self._aloft += len(batch)
        try:
            if batch:  # an earlier flight may have taken everyone before this one's turn came
                await self._commit(batch)
        except Exception as failure:  # noqa: BLE001 - every waiting caller gets it
            for waiting in batch:
                _resolve(waiting, failure)
        except BaseException:
            for waiting in batch:
                waiting.done.cancel()
            raise
        finally:
            self._on_way -= 1
            self._aloft -= len(batch)
            self._take_off()
            if self._quiet is not None and not self._on_way:
                self._quiet.set_result(None)
                self._quiet = None

    def _board(self) -> list[Waiting]:
        """Take from the head of the line, leaving what depends on something written before it. With nobody else on the
        way it is half of the line: while the other half is being written, the first may decide again.
        """
        self._crowded = len(self._line) > 1
        most = MAX_COMMANDS if self._aloft else min(MAX_COMMANDS, max(FEW, (len(self._line) + 1) // 2))
        batch: list[Waiting] = []
        left: list[Waiting] = []
        written: set[int | str] = set()
        seen: set[int | str] = set()
        facts = 0
        for n, waiting in enumerate(self._line):
            if len(batch) >= most or facts >= MAX_FACTS:
                left.extend(self._line[n:])
                break
            writes, reads = _marks(waiting.decision)
            clashes = not (writes.isdisjoint(seen) and reads.isdisjoint(written))
            (left if clashes else batch).append(waiting)
            facts += len(waiting.decision.facts)
            written |= writes
            seen |= reads
        self._line = left
        return batch

    async def _commit(self, batch: Sequence[Waiting]) -> None:
        wire = await self._wire()
        try:
            head, seen, stale = await append(wire, [waiting.decision for waiting in batch])
            first = await _first_answers(wire, batch, seen) if seen else {}
        except BaseException:
            await wire.give_back(broken=True)
            raise
        self._parked.append(wire)
        settle(batch, head, first, set(stale))

    async def _wire(self) -> Wire:
        """A parked one that is still good, else one of the pool's: a server that went away fails no batch twice."""
        while self._parked:
            wire = self._parked.pop()
            if not wire.has_been_left():
                return wire
            await wire.give_back(broken=True)
        return Wire(self._pool, await self._pool.getconn())

    async def close(self) -> None:
        """Give the connections back, once nothing is on its way."""
        if self._on_way:
            self._quiet = self._quiet or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._quiet)
        while self._parked:
            await self._parked.pop().give_back()


async def _first_answers(wire: Wire, batch: Sequence[Waiting], seen: Sequence[int]) -> dict[int, Any]:
    keys = [batch[n - 1].decision.key for n in seen]
    by_key = await receipts(wire, [key for key in keys if key is not None])
    return {n: by_key[batch[n - 1].decision.key] for n in seen}


def _marks(decision: Decision) -> tuple[set[int | str], set[int | str]]:
    """What a decision writes, and all it depends on (what it writes, too). Ids as numbers: those are hashed in C."""
    writes: set[int | str] = {p.originator_id.int for p in decision.facts}
    if decision.key is not None:
        writes.add(decision.key)
    return writes, writes | {e.stream_id.int for e in decision.expectations}


def settle(batch: Sequence[Waiting], head: int, first: dict[int, Any], stale: set[int]) -> None:
    """Give every waiting caller its receipt or its refusal."""
    position = head
    for n, waiting in enumerate(batch, 1):
        if n in first:
            _resolve(waiting, seen_before(first[n], waiting.decision))
        elif n in stale:
            _resolve(waiting, Conflict("something was recorded on the same stream in between: retry"))
        else:
            decision = waiting.decision
            position += len(decision.facts)
            _resolve(waiting, Receipt(position, len(decision.facts), decision.version, decision.answer))


def seen_before(row: Any, decision: Decision) -> Receipt | KeyReused:
    """The first answer under a key, or the refusal where the key came with another command."""
    return first_answer(row, fingerprint(decision.command, decision.said))


def first_answer(row: Any, digest: str) -> Receipt | KeyReused:
    key, first_digest, answer, version, position = row
    if first_digest != digest:
        return KeyReused(f"the idempotency key {key!r} was used before with another command", key=key)
    return Receipt(position, 0, version, answer, replayed=True)


def _resolve(waiting: Waiting, outcome: Receipt | Exception) -> None:
    if waiting.done.done():
        return
    if isinstance(outcome, Exception):
        waiting.done.set_exception(outcome)
    else:
        waiting.done.set_result(outcome)
