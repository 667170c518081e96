"""Runtime room: a connection that asks prepared statements and hears their answers, and does nothing else.

The driver's cursors register with the event loop for every answer and adapt every parameter: for a statement that takes
a quarter of a millisecond, a third of the time. Here the loop listens for as long as the connection is held, and texts go as
they are. It stands on `psycopg.pq`, the driver's own interface to libpq. One question at a time.

Nobody may wait for ever. uvloop tells of an error on a socket once and then listens no more; a server that goes down
with a question unread leaves its last words, its end and an error together, and libpq takes only the words at the first
look. So whoever waits looks again by the clock, as the driver's own waiting does. And the loop listens on a duplicate of the
socket: libpq closes its own when it finds the end, and a closed number belongs to whoever opens the next file.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import select
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

from runtime.database import Pool

LOOK_AGAIN = 0.1
"""Seconds, the driver's own. It is for what the loop did not tell; answers come without it."""
_numbers = itertools.count(1)
"""A connection may come back as another wire: no name is used twice."""
Row = tuple[str, ...]


class Wire:
    """Holds a connection of the pool's until `give_back`. Whoever was interrupted in a question must give it back."""

    def __init__(self, pool: Pool, connection: AsyncConnection[Any]) -> None:
        self._pool = pool
        self._connection = connection
        self._server = connection.pgconn
        self._encoding = connection.info.encoding
        self._names: dict[str, bytes] = {}
        self._results: list[PGresult] = []
        self._answer: asyncio.Future[PGresult] | None = None
        self._loop = asyncio.get_running_loop()
        self._socket = os.dup(connection.fileno())
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._loop.add_reader(self._socket, self._hear)
        self._listens, self._sends = True, False
        self._next_look: asyncio.TimerHandle | None = None

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
        values = [row.get_value(0, column) for column in range(row.nfields)]
        return tuple([(value or b"").decode(self._encoding) for value in values])

    def has_been_left(self) -> bool:
        """Whether there is something to read that nobody asked for: that is the server's last word, or its end."""
        return not self._listens or self._server.status != ConnStatus.OK or bool(self._poll.poll(0))

    async def give_back(self, *, broken: bool = False) -> None:
        """To the pool, which replaces it where it is broken or in the middle of something."""
        self._stop_listening()
        os.close(self._socket)
        if broken:
            await self._connection.close()
        await self._pool.putconn(self._connection)

    async def _answered(self) -> PGresult:
        if not self._listens:
            raise psycopg.OperationalError("the server has gone away")
        self._results, self._answer = [], self._loop.create_future()
        if self._server.flush():  # the socket takes no more for now
            self._loop.add_writer(self._socket, self._hear)
            self._sends = True
        if self._next_look is None:
            self._next_look = self._loop.call_later(LOOK_AGAIN, self._look)
        return await self._answer

    def _look(self) -> None:
        """One timer serves many questions: it goes on while one is open."""
        self._next_look = None
        if self._answer is not None and not self._answer.done():
            self._next_look = self._loop.call_later(LOOK_AGAIN, self._look)
            self._hear()

    def _hear(self) -> None:
        """Send what is left of the question, read what there is of the answer."""
        answer = self._answer
        if answer is None or answer.done():  # nobody asked: `has_been_left` tells whoever comes next
            self._stop_listening()
            return
        try:
            self._server.consume_input()
            if self._sends and not self._server.flush():
                self._all_sent()
            while not self._server.is_busy():
                result = self._server.get_result()
                if result is None:
                    self._conclude(answer)
                    return
                self._results.append(result)
        except psycopg.Error as lost:
            self._stop_listening()
            answer.set_exception(lost)

    def _conclude(self, answer: asyncio.Future[PGresult]) -> None:
        for result in self._results:
            if result.status == ExecStatus.FATAL_ERROR:
                answer.set_exception(error_from_result(result, self._encoding))
                return
        answer.set_result(self._results[0])

    def _all_sent(self) -> None:
        self._sends = False
        self._loop.remove_writer(self._socket)

    def _stop_listening(self) -> None:
        if self._listens:
            self._listens = False
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            if self._next_look is not None:
                self._next_look.cancel()
