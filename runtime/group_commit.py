"""Runtime room: commands that arrive together commit together.

While one transaction is on its way to the disk, the commands that arrive wait in a line; the
next transaction takes them all. Each command is checked alone inside `ledger.append`, so one
stale command fails alone. A caller is answered only after the commit is durable.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from domain.door import Decision, Receipt
from domain.errors import Conflict, KeyReused
from domain.recorded import Pending
from runtime.codec import encode, fingerprint
from runtime.database import Pool, left

MAX_COMMANDS = 1_000
MAX_FACTS = 8_000
IN_FLIGHT = 2
LINES = "string_to_array(%s, E'\\n')"
INTS, IDS, NAMES = ("string_to_array(%s, ',')::" + kind + "[]" for kind in ("int", "uuid", "text"))
TIMES = "string_to_array(%s, ',')::timestamptz[]"
APPEND = (
    f"SELECT head, seen, stale FROM ledger.append({LINES}, {INTS}, {LINES}, {NAMES}, {LINES}, {INTS},"
    f" {INTS}, {IDS}, {INTS}, {INTS}, {IDS}, {IDS}, {INTS}, {NAMES}, {INTS}, {LINES}, {TIMES})"
)
"""Columns travel as joined text: several times faster than the driver's quoting of arrays."""
RECEIPTS = (
    "SELECT key, fingerprint, answer, stream_version, position FROM ledger.receipts WHERE key = ANY(%s)"
)


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
        self._flights: set[asyncio.Task[None]] = set()
        self._parked: list[AsyncConnection[Any]] = []

    async def append(self, decision: Decision) -> Receipt:
        """The receipt, once durable. Raises Conflict or KeyReused for this decision alone."""
        waiting = Waiting(decision, asyncio.get_running_loop().create_future())
        self._line.append(waiting)
        self._take_off()
        return await waiting.done

    def _take_off(self) -> None:
        if self._line and len(self._flights) < IN_FLIGHT:
            flight = asyncio.create_task(self._fly())
            self._flights.add(flight)
            flight.add_done_callback(self._landed)

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._flights.discard(flight)
        self._take_off()

    async def _fly(self) -> None:
        batch = self._board()
        if not batch:  # an earlier flight took everyone before this one's turn came
            return
        try:
            await self._commit(batch)
        except BaseException as failure:
            for waiting in batch:
                if not waiting.done.done():
                    waiting.done.set_exception(failure)
            if not isinstance(failure, Exception):
                raise

    def _board(self) -> list[Waiting]:
        """Take from the head of the line, leaving what depends on something written before it."""
        batch: list[Waiting] = []
        left: list[Waiting] = []
        written: set[int | str] = set()
        seen: set[int | str] = set()
        facts = 0
        for n, waiting in enumerate(self._line):
            if len(batch) >= MAX_COMMANDS or facts >= MAX_FACTS:
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
        connection = await self._connection()
        try:
            cursor = await connection.execute(APPEND, columns([w.decision for w in batch]))
            [(head, seen, stale)] = await cursor.fetchall()
            first = await self._first_answers(connection, batch, seen)
        except BaseException:
            await self._pool.putconn(connection)  # the pool replaces it where it is broken
            raise
        self._parked.append(connection)
        settle(batch, head, first, set(stale))

    async def _connection(self) -> AsyncConnection[Any]:
        """A parked one that is still good, else one of the pool's: a server that went away fails no batch twice."""
        while self._parked:
            connection = self._parked.pop()
            if not left(connection):
                return connection
            await connection.close()
            await self._pool.putconn(connection)
        return await self._pool.getconn()

    async def close(self) -> None:
        """Give the connections back, once nothing is on its way."""
        await asyncio.gather(*self._flights, return_exceptions=True)
        while self._parked:
            await self._pool.putconn(self._parked.pop())

    async def _first_answers(
        self, connection: Any, batch: Sequence[Waiting], seen: list[int]
    ) -> dict[int, Any]:
        if not seen:
            return {}
        keys = [batch[n - 1].decision.key for n in seen]
        cursor = await connection.execute(RECEIPTS, [keys])
        by_key = {row[0]: row for row in await cursor.fetchall()}
        return {n: by_key[batch[n - 1].decision.key] for n in seen}


def _marks(decision: Decision) -> tuple[set[int | str], set[int | str]]:
    """What a decision writes, and all it depends on (what it writes, too). Ids as numbers: those are hashed in C."""
    writes: set[int | str] = {p.originator_id.int for p in decision.facts}
    if decision.key is not None:
        writes.add(decision.key)
    return writes, writes | {e.stream_id.int for e in decision.expectations}


def columns(decisions: Sequence[Decision]) -> list[str]:
    """The arguments of `ledger.append` for these decisions, column by column, as joined text."""
    keyed = [(n, d, d.key) for n, d in enumerate(decisions, 1) if d.key is not None]
    facts = [fact for decision in decisions for fact in decision.facts]
    expected = [expectation for decision in decisions for expectation in decision.expectations]
    return [
        documents([decision.meta for decision in decisions]),
        commas([n for n, _, _ in keyed]),
        "\n".join([key for _, _, key in keyed]),
        ",".join([fingerprint(decision.command, decision.said) for _, decision, _ in keyed]),
        documents([decision.answer for _, decision, _ in keyed]),
        commas([decision.version for _, decision, _ in keyed]),
        commas([n for n, decision in enumerate(decisions, 1) for _ in decision.expectations]),
        ",".join([expectation.stream_id.hex for expectation in expected]),
        commas([expectation.version for expectation in expected]),
        commas([n for n, decision in enumerate(decisions, 1) for _ in decision.facts]),
        event_ids(len(facts)),
        ",".join([fact.originator_id.hex for fact in facts]),
        commas([fact.originator_version for fact in facts]),
        ",".join([fact.fact.TOPIC for fact in facts]),
        commas([fact.fact.SCHEMA for fact in facts]),
        documents([fact.fact for fact in facts]),
        ",".join(moments(facts)),
    ]


def event_ids(count: int) -> str:
    """That many random ids, as hex text: asking the system once is what keeps this cheap."""
    digits = os.urandom(16 * count).hex()
    return ",".join([digits[n : n + 32] for n in range(0, 32 * count, 32)])


def moments(facts: Sequence[Pending]) -> Iterator[str]:
    """When each happened. A decision's facts mostly share one moment, the very object."""
    last, text = None, ""
    for fact in facts:
        if fact.occurred_at is not last:
            last, text = fact.occurred_at, fact.occurred_at.isoformat()
        yield text


def commas(values: Iterable[object]) -> str:
    return ",".join(map(str, values))


def documents(values: Iterable[object]) -> str:
    """JSON texts joined by newlines, which JSON text does not contain."""
    return b"\n".join(map(encode, values)).decode()


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
