"""cli: the one way to the API. With an address and a key everything goes through the API with that key's rights. Without, the same
requests are answered in this process, as the operator's; what is read often asks the database's read models straight, which is faster.

Nothing heavy may be imported at the top: each way imports its own.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote, urlencode
from uuid import UUID

from cli.engine.common import settings
from cli.engine.export_options import to_write
from cli.engine.exporting import downloading
from cli.engine.failure import UNREACHABLE, USAGE, Failure, fail
from cli.engine.language import accepted
from cli.engine.refusals import OK, refuse

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

    from cli.engine.export_options import Wanted
    from cli.engine.exporting import Take
    from cli.engine.remote import Remote
    from projections.engine.paging import Source

URL, KEY = "SALESLOOP_URL", "SALESLOOP_KEY"
OPERATOR = "cli"
PAGES = ("cursor", "limit")
PAGE = 200
"""Events of a page of the feed."""
Query = Mapping[str, Any]
Direct = Callable[["Source", Query], Awaitable[Any]]


def remote() -> bool:
    return bool(os.environ.get(URL))


def operators_only(command: str) -> None:
    """Fails for what works on the database itself, where an API is named."""
    if remote():
        fail(f"{command} is the operator's, beside the database: unset {URL}", USAGE)


@asynccontextmanager
async def backend(*, operator: bool = False) -> AsyncIterator[Backend]:
    """`operator`: what is answered in this process is answered with the rights of whoever migrates the database."""
    async with AsyncExitStack() as stack:
        if not remote():
            yield Backend(Local(stack, operator=operator))
            return
        from cli.engine.remote import Remote

        key = os.environ.get(KEY) or fail(f"{URL} needs {KEY} beside it: the key of who asks", USAGE)
        yield Backend(Remote(os.environ[URL], key))


class Backend:
    def __init__(self, way: Local | Remote) -> None:
        self._way = way
        self.remote = not isinstance(way, Local)

    async def read(
        self,
        path: str,
        shape: Any,
        query: Query | None = None,
        direct: Direct | None = None,
        *,
        filed: bool = False,
    ) -> Any:
        """What a GET answers, as `shape`; `filed`: it may be had as a file, though it comes whole. `direct` answers the same from the database.
        Raises Failure.
        """
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        if (file := to_write()) is not None and (
            filed or getattr(shape, "__origin__", shape).__name__ == "Page"
        ):
            await self._listed(path, asked, file)
        if direct is not None and isinstance(self._way, Local):
            return await direct(await self._way.source(), asked)
        status, content = await self._way.ask("GET", _address(path, asked), {}, None, OPERATOR)
        return answered(content, shape) if status < OK else refuse(status, content)

    async def _listed(self, path: str, asked: Query, wanted: Wanted) -> NoReturn:
        """All of the list into the file; that was all that was wanted. Raises Failure."""
        from typer import Exit

        query = {**asked, **wanted.query}
        query = {name: value for name, value in query.items() if name not in PAGES}
        await self.save(path, query, wanted.file, listed=True)
        raise Exit

    async def save(
        self, path: str, query: Query, file: Path, *, listed: bool = False, told: bool = True
    ) -> None:
        """What a GET answers into the file, which is there when all has come; `listed`: CSV, of which a workbook may be wanted; `told`: and say
        so. Raises Failure.
        """
        address = _address(path, {name: value for name, value in query.items() if value is not None})
        with downloading(file, listed=listed, told=told) as take:
            status, content = await self._way.ask("GET", address, {}, None, OPERATOR, take)
            if status >= OK:
                refuse(status, content)

    async def act(
        self,
        method: str,
        path: str,
        body: Query | None = None,
        *,
        key: str = "",
        user: str = OPERATOR,
        options: Mapping[str, str] | None = None,
    ) -> bytes:
        """Raises Failure, with `options` in place of the body's fields."""
        import msgspec

        headers = {"Idempotency-Key": key} if key else {}
        sent = None if body is None else msgspec.json.encode(body)
        status, content = await self._way.ask(method, _address(path, {}), headers, sent, user)
        return content if status < OK else refuse(status, content, options)

    async def upload(self, path: str, query: Query, kind: str, body: bytes) -> dict[str, Any]:
        """A body of files. A broken connection is not tried again on."""
        asked = {name: value for name, value in query.items() if value is not None}
        status, content = await self._way.ask(
            "POST", _address(path, asked), {"Content-Type": kind}, body, OPERATOR
        )
        job: dict[str, Any] = answered(content, dict[str, Any]) if status < OK else refuse(status, content)
        return job

    async def raw(self, path: str) -> bytes:
        status, content = await self._way.ask("GET", _address(path, {}), {}, None, OPERATOR)
        return content if status < OK else refuse(status, content)

    async def events(self, after: int, *, follow: bool) -> AsyncGenerator[list[dict[str, Any]]]:
        """What is recorded after a position; then, following, what comes."""
        way = self._way
        if follow and not isinstance(way, Local):
            from cli.engine.event_stream import EventStream

            async with aclosing(EventStream(way, after).events()) as found:
                async for events in found:
                    yield events
            return
        while True:
            page = await self.read("/events", dict[str, Any], {"after": after, "limit": PAGE})
            after = page["next"]
            if page["events"]:
                yield page["events"]
            elif not page["more"] and not follow:
                return
            elif not page["more"] and isinstance(way, Local):
                await way.news()

    async def listed(self, path: str, query: Query | None = None) -> list[dict[str, Any]]:
        """All of a list, page by page."""
        found: list[dict[str, Any]] = []
        asked = {**(query or {}), "limit": 200}
        while True:
            page = await self.read(path, dict[str, Any], asked)
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            asked["cursor"] = page["next_cursor"]

    async def names(self, ids: Iterable[UUID | None]) -> dict[UUID, str]:
        """What ids stand for, as far as they are people, teams or deals that may be seen."""
        wanted = {id for id in ids if id is not None}
        if isinstance(self._way, Local):
            from cli.engine.names import names

            return await names(await self._way.source(), wanted)
        known: dict[UUID, str] = {}
        for path in ("/reps", "/teams"):
            if wanted - known.keys():
                known |= {UUID(one["id"]): one["name"] for one in await self.listed(path)}
        for id in wanted - known.keys():
            status, content = await self._way.ask("GET", f"/deals/{id}", {}, None, OPERATOR)
            known |= {id: _title(content)} if status < OK else {}
        return {id: name for id, name in known.items() if id in wanted}


def answered(content: bytes, shape: Any) -> Any:
    """Raises Failure for what is no answer of ours."""
    import msgspec

    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.MsgspecError as strange:
        raise Failure(
            f"what answers there is no salesloop, or of another release: {strange}", UNREACHABLE
        ) from None


def _title(content: bytes) -> str:
    import msgspec

    return str(msgspec.json.decode(content)["title"])


class Local:
    """The operator's: whoever may reach the database."""

    def __init__(self, stack: AsyncExitStack, *, operator: bool = False) -> None:
        self._stack = stack
        self._operator = operator
        self._source: Source | None = None
        self._app: FastAPI | None = None

    async def source(self) -> Source:
        if self._source is None:
            from runtime.database import connect

            self._source = await self._stack.enter_async_context(await connect(settings().database_url))
        return self._source

    async def news(self) -> None:
        source: Any = await self.source()
        await source.execute("LISTEN ledger")
        async for _ in source.notifies(timeout=5, stop_after=1):
            pass

    async def ask(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str],
        body: bytes | None,
        user: str,
        take: Take | None = None,
    ) -> tuple[int, bytes]:
        from api.engine.inside import call, inside

        if self._app is None:
            await self.source()  # a pool would go on trying; a person wants to know now
            found = settings()
            if self._operator:
                found = replace(found, database_url=found.admin_database_url)
            self._app = await self._stack.enter_async_context(inside(found))
        kind = {"content-type": "application/json"} if body is not None else {}
        said = {**headers, **kind, **accepted()}
        return await call(self._app, user, method, address, said, body or b"", take)


def _address(path: str, query: Query) -> str:
    return quote(path, safe="/") + (f"?{urlencode({n: _text(v) for n, v in query.items()})}" if query else "")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    return value.isoformat() if isinstance(value, datetime) else str(value)
