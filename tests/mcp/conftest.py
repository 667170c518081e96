"""tests/mcp: the house's database behind a second API that lets models in, and the protocol's own client with the house's keys."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import Tool

from runtime.mcp import MCPSettings
from tests.conftest import PATIENCE
from tests.house import House, deal, furnished, serving

__all__ = ["deal"]

Json = dict[str, Any]
house = pytest.fixture(furnished, scope="session")


@dataclass
class Model:
    """A model's program: what it calls, and what comes back."""

    client: Client

    async def tools(self) -> dict[str, Tool]:
        return {tool.name: tool for tool in (await self.client.list_tools()).tools}

    async def call(self, name: str, **arguments: Any) -> Json:
        """What a tool answers that does not refuse."""
        found = await self.client.call_tool(name, arguments)
        assert not found.is_error, found.structured_content
        return self.told(found)

    async def refused(self, name: str, **arguments: Any) -> Json:
        """The problem that it answers instead."""
        found = await self.client.call_tool(name, arguments)
        assert found.is_error, found.structured_content
        return self.told(found)

    def told(self, found: Any) -> Json:
        """The same as text, for programs that show models nothing else."""
        (text,) = found.content
        assert json.loads(text.text) == found.structured_content
        answer: Json = found.structured_content
        return answer


def is_act(tool: Tool) -> bool:
    assert tool.annotations is not None
    return not tool.annotations.read_only_hint


Models = Callable[..., AbstractAsyncContextManager[Model]]


@contextlib.contextmanager
def letting_models_in(house: House, acts: tuple[str, ...] | None = None) -> Iterator[str]:
    """The address of an API on the house's database."""
    with serving(replace(house.settings, mcp=MCPSettings(on=True, acts=acts))) as base:
        yield base


@pytest.fixture(scope="session")
def base(house: House) -> Iterator[str]:
    with letting_models_in(house) as base:
        yield base


@contextlib.asynccontextmanager
async def model_at(
    base: str, token: str, language: str = "", mode: str = "auto", query: str = ""
) -> AsyncIterator[Model]:
    headers = {"Authorization": f"Bearer {token}", **({"Accept-Language": language} if language else {})}
    async with httpx2.AsyncClient(headers=headers, timeout=PATIENCE) as http:
        transport = streamable_http_client(f"{base}/mcp{query}", http_client=http)
        async with Client(transport, mode=mode, cache=None) as client:
            yield Model(client)


@pytest.fixture(params=["auto", "legacy"])
def models(request: pytest.FixtureRequest, house: House, base: str) -> Models:
    """`async with models("north") as model`: with the key of the house that is called so, in the protocol of today and the one before."""

    def of(name: str, language: str = "") -> AbstractAsyncContextManager[Model]:
        return model_at(base, house.tokens[name], language, request.param)

    return of
