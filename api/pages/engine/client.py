"""api: what a page reads and writes by the API's routes, for one request of who is signed in. Each that a route refuses raises Refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fastapi import Request

from api.pages.engine.asking import Answer, Json, Refusal, ask

AFTER = "Salesloop-After"
PAGE_OF, MOST = 200, 2_000


class ApiClient:
    __slots__ = ("request", "turned", "written")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.written = ""
        """The position of what was written for this request: what is read afterwards has it."""
        self.turned: tuple[str, Mapping[str, Any]] | None = None
        """The list that is shown, and may be had as a file: its route, and what that was asked for."""

    async def read(self, path: str, **query: Any) -> Any:
        """What a GET of the API answers there, to who is signed in. `query` without what is None or empty. Raises Refusal."""
        if "cursor" in query:
            self.turned = path, query
        return await self._read(path, query)

    async def _read(self, path: str, query: Mapping[str, Any]) -> Any:
        after = self.written or self.request.headers.get(AFTER) or self.request.query_params.get("after")
        asked = {AFTER: after} if after else {}
        try:
            return (await ask(self.request, "GET", path, query, headers=asked)).json()
        except Refusal as refused:
            if after and refused.code == "not-caught-up":  # better a moment old than not at all
                return (await ask(self.request, "GET", path, query)).json()
            raise

    async def read_all(self, *asked: tuple[str, Mapping[str, Any]]) -> list[Any]:
        """Several at once; each a path and its query."""
        return await asyncio.gather(*(self.read(path, **query) for path, query in asked))

    async def listed(self, path: str, **query: Any) -> list[Any]:
        """All of a list that people choose from, whatever it takes; of a longer one the first `MOST`."""
        found: list[Any] = []
        cursor: str | None = None
        while len(found) < MOST:
            read = await self._read(path, {**query, "limit": PAGE_OF, "cursor": cursor})
            found += read["items"]
            cursor = read.get("next_cursor")
            if cursor is None:
                break
        return found

    async def find(self, path: str, **query: Any) -> Any | None:
        """The same, or None for what is not there or not for this person."""
        try:
            return await self.read(path, **query)
        except Refusal as refused:
            if refused.status in (403, 404):
                return None
            raise

    async def fetch(self, path: str) -> Answer:
        """What a GET answers that is no JSON: a file. Raises Refusal."""
        return await ask(self.request, "GET", path)

    async def send(
        self, path: str, query: Mapping[str, Any], kind: str, pieces: AsyncIterator[bytes], language: str
    ) -> Answer:
        """A body of another kind than JSON, as it is read; what is made of it is in that language. Raises Refusal."""
        headers = {"content-type": kind, "accept-language": language}
        return await ask(self.request, "POST", path, query, headers=headers, pieces=pieces)

    async def write(
        self, path: str, body: Json | None = None, *, key: str = "", version: str = "", method: str = "POST"
    ) -> Answer:
        """A write of the API. `key` makes a repeat harmless; `version` is what was seen, as If-Match has it. Raises Refusal."""
        headers = {"Idempotency-Key": key} if key else {}
        if version:
            headers["If-Match"] = f'"{version}"'
        answer = await ask(self.request, method, path, body=body, headers=headers)
        self.written = answer.headers.get("salesloop-position", self.written)
        return answer
