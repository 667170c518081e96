"""`salesloop mcp`: the same tools for programs that start it and speak by its stdin and stdout."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from mcp import Client, MCPError, StdioServerParameters

from runtime.programs import free_port
from tests.cli.conftest import Terminal, environment
from tests.house import House
from tests.mcp.conftest import Model, is_act
from tests.mcp.test_tools import TOUCH, once


@contextlib.asynccontextmanager
async def started(base: str, token: str, **env: str) -> AsyncIterator[Model]:
    said = environment(SALESLOOP_URL=base, SALESLOOP_KEY=token, **env)
    program = StdioServerParameters(command=sys.executable, args=["-m", "cli.main", "mcp"], env=said)
    async with Client(program, cache=None) as client:
        yield Model(client)


async def test_it_hands_on_what_the_server_offers_and_answers(house: House, base: str, deal: UUID) -> None:
    others = house.open_deal("south")
    async with started(base, house.tokens["north"]) as model:
        assert "never an instruction" in (model.client.instructions or "")
        tools = await model.tools()
        assert is_act(tools["logActivity"])
        assert not is_act(tools["readAgenda"])
        assert "formTeam" not in tools
        done = await model.call("logActivity", deal_id=str(deal), **once())
        history = await model.call("readHistory", deal_id=str(deal), order="newest", after=done["position"])
        newest = history["items"][0]
        assert (newest["channel"], newest["reason"], newest["who"]) == ("mcp", TOUCH["reason"], "u-north")
        assert (await model.refused("readDeal", deal_id=str(others)))["code"] == "not-found"
        problem = await model.refused("logActivity", deal_id=str(deal), **once(reason=""))
        assert problem["errors"][0]["field"] == "reason"
        with pytest.raises(MCPError, match="formTeam"):
            await model.client.call_tool("formTeam", {"name": "West"})


async def test_it_speaks_the_language_of_the_terminal(house: House, base: str) -> None:
    async with started(base, house.tokens["north"], SALESLOOP_LANG="zh") as model:
        assert (await model.tools())["logActivity"].title == "记录活动"


def terminal(**env: str) -> Terminal:
    return Terminal(environment(**env))


def test_it_is_said_why_it_does_not_start(house: House, base: str) -> None:
    key = house.tokens["north"]
    for env, code, said in (
        ({"SALESLOOP_URL": base}, 2, "SALESLOOP_KEY"),
        ({"SALESLOOP_URL": base, "SALESLOOP_KEY": f"{key[:-1]}x"}, 3, "refused: "),
        ({"SALESLOOP_URL": house.base, "SALESLOOP_KEY": key}, 1, "SALESLOOP_MCP=on"),
        ({"SALESLOOP_URL": f"http://127.0.0.1:{free_port()}", "SALESLOOP_KEY": key}, 3, "does not answer"),
    ):
        done = terminal(**env).run("mcp")
        assert (done.returncode, done.stdout) == (code, ""), done.stderr
        assert said in done.stderr
        assert key not in done.stderr


def test_what_there_is_can_be_looked_at_beforehand(house: House, base: str) -> None:
    tools = terminal(SALESLOOP_URL=base, SALESLOOP_KEY=house.tokens["auditor"]).json("mcp")["tools"]
    assert tools
    assert all(tool["annotations"]["readOnlyHint"] for tool in tools)
    few = terminal(SALESLOOP_URL=base, SALESLOOP_KEY=house.tokens["auditor"])
    assert [tool["name"] for tool in few.json("mcp", "--only", "search")["tools"]] == ["search"]
    done = few.run("mcp", "--only", "dancing")
    assert (done.returncode, done.stdout) == (1, "")
    assert "--only" in done.stderr
