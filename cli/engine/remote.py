"""cli: the API at an address, with a key's rights. The standard library's client and nothing of ours but errors."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cli.engine.failure import UNREACHABLE, USAGE, Failure, fail
from cli.engine.language import accepted

if TYPE_CHECKING:
    from cli.engine.exporting import Take

PATIENCE = 30.0
"""Seconds for an answer."""
LONG = 300.0
"""For the first line of a file, and between two pieces of it."""
ASKS = {"Salesloop-Asks": "duplicates"}
"""Whoever types can be asked whether a customer is another than the one that it looks like."""
REFUSED_FROM, PIECE = 300, 256 * 1024


def _has_port(url: str) -> bool:
    """A number, or none at all."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


class Away(Failure):
    """Nobody answers there."""


class Remote:
    def __init__(self, url: str, key: str) -> None:
        self._place = urlsplit(url.rstrip("/"))
        if self._place.scheme not in ("http", "https") or not self._place.hostname or not _has_port(url):
            fail(f"SALESLOOP_URL must be an address such as https://sales.example.com, not {url!r}", USAGE)
        if not (key.isascii() and key.isprintable()):
            fail("SALESLOOP_KEY is no key: keys begin with sl_", USAGE)
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json", **ASKS, **accepted()}

    async def ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        body: bytes | None,
        user: str,
        take: Take | None = None,
    ) -> tuple[int, bytes]:
        """Asked again once where the connection broke and that does no harm: a write has a key for that, and of a file a part may be here.
        `take` is given the headers and the content of what was not refused, piece by piece, in place of whom this is answered to.
        """
        if take is not None:
            return self._once(method, address, dict(headers), body, take)
        more = dict(headers) if body is None else {"Content-Type": "application/json", **headers}
        try:
            return self._once(method, address, more, body)
        except Away:
            if method != "GET" and "Idempotency-Key" not in headers:
                raise
            return self._once(method, address, more, body)

    def _once(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        body: bytes | None,
        take: Take | None = None,
    ) -> tuple[int, bytes]:
        connection = self.connection(PATIENCE if take is None else LONG)
        try:
            answer = self.asked(connection, address, headers, method, body)
            if take is None or answer.status >= REFUSED_FROM:
                return answer.status, answer.read()
            told = {name.lower(): value for name, value in answer.getheaders()}
            while piece := answer.read1(PIECE) if answer.chunked else answer.read(PIECE):
                take(told, piece)
            return answer.status, b""
        except (OSError, http.client.HTTPException) as away:
            raise self.away(away) from away
        finally:
            connection.close()

    def asked(
        self,
        connection: http.client.HTTPConnection,
        address: str,
        headers: Mapping[str, str],
        method: str = "GET",
        body: bytes | None = None,
    ) -> http.client.HTTPResponse:
        connection.request(method, self._place.path + address, body, {**self._headers, **headers})
        return connection.getresponse()

    def away(self, error: Exception) -> Away:
        reason = str(error) or type(error).__name__
        return Away(f"{self._place.geturl()} does not answer: {reason}", UNREACHABLE)

    def connection(self, patience: float = PATIENCE) -> http.client.HTTPConnection:
        host, port = self._place.hostname or "", self._place.port
        if self._place.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=patience)
        import ssl

        return http.client.HTTPSConnection(host, port, timeout=patience, context=ssl.create_default_context())
