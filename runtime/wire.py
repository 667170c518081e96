"""Runtime room: a connection that asks prepared statements and hears their answers, and does nothing else.

The driver's cursors register with the event loop for every answer and adapt every parameter: for a statement that takes
a quarter of a millisecond, a third of the time. Here the loop listens for as long as the connection is held, and texts go as
they are. It stands on `psycopg.pq`, the driver's own interface to libpq. One question at a time.
"""

from __future__ import annotations

import asyncio
import itertools
import select
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

from runtime.database import Pool

_numbers = itertools.count(1)
"""A connection may come back as another wire: no name is used twice."""
Row = tuple[str, ...]


class Wire:
    """Holds a connection of the pool's until `give_back`. Whoever was interrupted in a question must give it back."""

    def __init__(self, pool: Pool, connection: AsyncConnection[Any]) -> None:
        self._pool = pool
        self._connection = connection
        self._server = connection.pgconn
        self._socket = connection.fileno()
        self._encoding = connection.info.encoding
        self._names: dict[str, bytes] = {}
        self._results: list[PGresult] = []
        self._answer: asyncio.Future[None] | None = None
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._heard)
        self._listens = True

    async def ask(self, query: str, texts: Sequence[str]) -> Row:
        """The one row that the query (with $1, $2, …) answers, as texts. In autocommit: durable by then."""
        name = self._names.get(query)
        if name is None:
            name = b"wire_%d" % next(_numbers)
            self._server.send_prepare(name, query.encode(self._encoding))
            await self._answered()
            self._names[query] = name
        self._server.send_query_prepared(name, [text.encode(self._encoding) for text in texts])
        row = await self._answered()
        values = (row.get_value(0, column) for column in range(row.nfields))
        return tuple([(value or b"").decode(self._encoding) for value in values])

    def has_been_left(self) -> bool:
        """Whether there is something to read that nobody asked for: that is the server's last word, or its end."""
        return not self._listens or self._server.status != ConnStatus.OK or bool(self._poll.poll(0))

    async def give_back(self, *, broken: bool = False) -> None:
        """To the pool, which replaces it where it is broken or in the middle of something."""
        self._stop_listening()
        if broken:
            await self._connection.close()
        await self._pool.putconn(self._connection)

    async def _answered(self) -> PGresult:
        self._results, self._answer = [], self._loop.create_future()
        while self._server.flush():
            await self._writable()
        await self._answer
        for result in self._results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result, self._encoding)
        return self._results[0]

    async def _writable(self) -> None:
        writable = self._loop.create_future()
        self._loop.add_writer(self._socket, _resolve, writable)
        try:
            await writable
        finally:
            self._loop.remove_writer(self._socket)

    def _heard(self) -> None:
        answer = self._answer
        if answer is None or answer.done():  # nobody asked: `has_been_left` tells whoever comes next
            self._stop_listening()
            return
        try:
            self._server.consume_input()
            while not self._server.is_busy():
                result = self._server.get_result()
                if result is None:
                    answer.set_result(None)
                    return
                self._results.append(result)
        except psycopg.Error as lost:
            self._stop_listening()
            answer.set_exception(lost)

    def _stop_listening(self) -> None:
        if self._listens:
            self._listens = False
            self._loop.remove_reader(self._socket)


def _resolve(writable: asyncio.Future[None]) -> None:
    if not writable.done():
        writable.set_result(None)
