"""runtime: one message to one endpoint — over a connection to an address that was looked at, without redirects, proxies or cookies, and
within bounds of time and size.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx

from runtime.webhooks.addresses import Guard, NotSent

CONNECT, WHOLE = 5.0, 15.0
DRAIN, MOST = 1.0, 16 * 1024
"""Seconds and bytes for the rest of an answer that counts already: where it ends within them the connection is used again."""
CONNECTIONS = 4
GONE = 410
AGENT = "salesloop-webhooks"
MISTAKES: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "timeout"),
    (httpx.TimeoutException, "timeout"),
    (httpx.ConnectError, "unreachable"),
    (httpx.RemoteProtocolError, "no-answer"),
    (httpx.TransportError, "reset"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` None: it was taken (2xx). `retry_after`: seconds that the receiver asks for."""

    took_ms: int
    status: int | None = None
    error: str | None = None
    retry_after: float | None = None


@cache
def trust() -> ssl.SSLContext:
    """Reading the authorities takes tens of milliseconds: once."""
    return httpx.create_ssl_context(trust_env=False)


class Sender:
    def __init__(self, guard: Guard, tls: ssl.SSLContext | None = None, whole: float = WHOLE) -> None:
        self._guard = guard
        self._tls = tls
        self._whole = whole

    @asynccontextmanager
    async def line(self, url: str) -> AsyncIterator[Line]:
        """For several messages to one endpoint. Its name is looked up once; its connections are nobody else's, since they are known by
        address, and another name may have the same one.
        """
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        async with httpx.AsyncHTTPTransport(
            verify=self._tls or trust(), trust_env=False, limits=limits
        ) as transport:
            yield Line(httpx.URL(url), self._guard, transport, self._whole)


class Line:
    def __init__(
        self, url: httpx.URL, guard: Guard, transport: httpx.AsyncHTTPTransport, whole: float
    ) -> None:
        self._url = url
        self._guard = guard
        self._transport = transport
        self._whole = whole
        self._looking: asyncio.Task[list[str]] | None = None

    async def send(self, headers: Mapping[str, str], body: str) -> Outcome:
        begun = time.monotonic()

        def took() -> int:
            return round((time.monotonic() - begun) * 1000)

        try:
            async with asyncio.timeout(self._whole):
                answer = await self._posted(headers, body.encode())
        except NotSent as refused:
            return Outcome(took(), error=refused.code)
        except (httpx.TransportError, TimeoutError) as failure:
            return Outcome(took(), error=code_of(failure))
        await _drained(answer)
        return read(answer, took())

    async def _posted(self, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        """The answer's head. An address that nobody answers at gives way to the next."""
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._guard.addresses(self._url))
        *others, last = await asyncio.shield(self._looking)
        for address in others:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._transport.handle_async_request(self._request(address, headers, body))
        return await self._transport.handle_async_request(self._request(last, headers, body))

    def _request(self, address: str, headers: Mapping[str, str], body: bytes) -> httpx.Request:
        """To the address; the host's name stands in `Host` and is what the certificate has to be of."""
        timeout = httpx.Timeout(self._whole, connect=min(CONNECT, self._whole)).as_dict()
        extensions = {"timeout": timeout, "sni_hostname": self._url.raw_host.decode("ascii")}
        sent = {**headers, "host": self._url.netloc.decode("ascii"), "user-agent": AGENT, "accept": "*/*"}
        url = self._url.copy_with(host=address)
        return httpx.Request("POST", url, headers=sent, content=body, extensions=extensions)


async def _drained(answer: httpx.Response) -> None:
    size = 0
    with contextlib.suppress(httpx.TransportError, TimeoutError):
        async with asyncio.timeout(DRAIN):
            async for part in answer.aiter_raw():
                size += len(part)
                if size > MOST:
                    break
    await answer.aclose()


def read(answer: httpx.Response, took_ms: int) -> Outcome:
    status = answer.status_code
    if 200 <= status < 300:
        return Outcome(took_ms, status)
    error = "redirect" if 300 <= status < 400 else "gone" if status == GONE else "refused"
    return Outcome(took_ms, status, error, seconds_of(answer.headers.get("retry-after")))


def seconds_of(retry_after: str | None) -> float | None:
    """Of `Retry-After`, which is seconds or a time; None where it is neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # its numbers may be of any length
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def code_of(failure: BaseException) -> str:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "certificate"
        cause = cause.__cause__ or cause.__context__
    return next(code for kind, code in MISTAKES if isinstance(failure, kind))
