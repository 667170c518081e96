"""cli: the house from afar — the API at an address, with a key's rights. The standard library's client and nothing of ours but errors."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from urllib.parse import urlsplit

from cli.engine.common import UNREACHABLE, USAGE, Failure, fail
from cli.engine.language import accepted

PATIENCE = 30.0
"""Seconds for an answer."""
LOOK_AGAIN = 1.0
"""Seconds until the feed is looked at again."""


def _has_port(url: str) -> bool:
    """A number, or none at all."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


class Remote:
    def __init__(self, url: str, key: str) -> None:
        self._place = urlsplit(url.rstrip("/"))
        if self._place.scheme not in ("http", "https") or not self._place.hostname or not _has_port(url):
            fail(f"SALESLOOP_URL must be an address such as https://sales.example.com, not {url!r}", USAGE)
        if not (key.isascii() and key.isprintable()):
            fail("SALESLOOP_KEY is no key: keys begin with sl_", USAGE)
        self._headers = {"Authorization": f"Bearer {key}", "Accept": "application/json", **accepted()}

    async def news(self) -> None:
        """The feed has nothing to wait with: it is looked at again."""
        import asyncio

        await asyncio.sleep(LOOK_AGAIN)

    async def ask(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None, user: str
    ) -> tuple[int, bytes]:
        """Asked again once where the connection broke and that does no harm: a write has a key for that."""
        more = dict(headers) if body is None else {"Content-Type": "application/json", **headers}
        try:
            return self._once(method, address, more, body)
        except Failure:
            if method != "GET" and "Idempotency-Key" not in headers:
                raise
            return self._once(method, address, more, body)

    def _once(
        self, method: str, address: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[int, bytes]:
        connection = self._connection()
        try:
            connection.request(method, self._place.path + address, body, {**self._headers, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as away:
            reason = str(away) or type(away).__name__
            raise Failure(f"{self._place.geturl()} does not answer: {reason}", UNREACHABLE) from away
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._place.hostname or "", self._place.port
        if self._place.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=PATIENCE)
        import ssl

        return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=ssl.create_default_context())
