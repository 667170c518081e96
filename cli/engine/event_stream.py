"""cli: the feed's stream from afar: server-sent events, taken up again after the last one wherever it breaks off."""

from __future__ import annotations

import asyncio
import http.client
import socket
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from cli.engine.common import note
from cli.engine.refusals import OK, refuse
from cli.engine.remote import Away

if TYPE_CHECKING:
    from cli.engine.remote import Remote

Events = list[dict[str, Any]]
PIECE = 65_536
"""Bytes that are taken at once."""
PAUSE = 2.0
"""Seconds until it is asked for again, where the server says nothing else."""
NOT_NOW = (429, 503)


class EventStream:
    """`position`: up to there all is told. A server that is away, or has no room just now, is asked again where it answered before."""

    def __init__(self, remote: Remote, after: int) -> None:
        self.position = after
        self._remote = remote
        self._pause = PAUSE
        self._begun = False

    async def events(self) -> AsyncGenerator[Events]:
        """For as long as they are taken. Raises Failure for what is refused."""
        noted = False
        while True:
            try:
                async with aclosing(self._connected()) as found:
                    async for events in found:
                        noted = False
                        yield events
            except Away as away:
                if not self._begun:
                    raise
                if not noted:
                    note(str(away))
                noted = True
            await asyncio.sleep(self._pause)

    async def _connected(self) -> AsyncGenerator[Events]:
        """What one connection brings. Each read waits in a thread, and ends with the connection when nobody wants it any more."""
        connection = self._remote.connection()
        try:
            connection.connect()
            wire = connection.sock
            headers = {"Accept": "text/event-stream", "Last-Event-ID": str(self.position)}
            try:
                answer = await asyncio.to_thread(self._remote.asked, connection, "/events", headers)
                if answer.status >= OK:
                    self._refused(answer)
                    return
                self._begun, rest = True, b""
                while piece := await asyncio.to_thread(answer.read1, PIECE):
                    *whole, rest = (rest + piece).split(b"\n\n")
                    if events := [*self._read(whole)]:
                        yield events
            finally:
                with suppress(OSError):
                    wire.shutdown(socket.SHUT_RDWR)
        except (OSError, http.client.HTTPException) as away:
            raise self._remote.away(away) from away
        finally:
            connection.close()

    def _refused(self, answer: http.client.HTTPResponse) -> None:
        if not (self._begun and answer.status in NOT_NOW):
            refuse(answer.status, answer.read())
        said = answer.headers.get("Retry-After", "")
        self._pause = float(said) if said.isascii() and said.isdigit() else PAUSE

    def _read(self, messages: Sequence[bytes]) -> Iterator[dict[str, Any]]:
        import msgspec

        for message in messages:
            fields = dict(line.partition(b": ")[::2] for line in message.split(b"\n"))
            if b"data" in fields and b"event" not in fields:
                yield msgspec.json.decode(fields[b"data"])
            self.position = int(fields.get(b"id", self.position))
            self._pause = int(fields[b"retry"]) / 1_000 if b"retry" in fields else self._pause
