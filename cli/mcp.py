"""cli: `salesloop mcp` — for programs that speak the Model Context Protocol by stdin and stdout alone: all is handed on to the server."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from cli.engine.backend import KEY, URL
from cli.engine.common import as_json, example, run, settings
from cli.engine.failure import REFUSED, UNREACHABLE, USAGE, Failure, fail
from cli.engine.refusals import OK, refuse

if TYPE_CHECKING:
    from mcp.server import Server

    from cli.engine.remote import Remote

NO_ROUTE = 404
TAKEN = {"Accept": "application/json, text/event-stream"}


def add_to(app: typer.Typer) -> None:
    app.command(
        "mcp",
        epilog=example("SALESLOOP_KEY=sl_… salesloop mcp"),
        help="Let a model read and act with a key's rights, by stdin and stdout (Model Context Protocol). "
        "The server has to run with SALESLOOP_MCP=on.",
    )(mcp)


def mcp(
    *,
    only: Annotated[
        str, typer.Option("--only", help="Tools, or groups of them, with commas between: 'deals,agenda'.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Only tell the tools that there are.")] = False,
) -> None:
    """A key is needed beside the database, too: no model shall do all that an operator may."""
    key = os.environ.get(KEY) or fail(
        f"salesloop mcp needs {KEY}: the key of whom the model works for", USAGE
    )
    from cli.engine.remote import Remote

    there = There(Remote(os.environ.get(URL) or settings().public_url, key), only)
    if json:
        as_json(run(there.asked("tools/list", {})))
    else:
        run(_served(there))


async def _served(there: There) -> None:
    try:
        from mcp.server.stdio import stdio_server
    except ModuleNotFoundError as missing:
        fail(f"this needs more: pip install 'salesloop[mcp]' ({missing})", REFUSED)
    server = await _handing_on(there)
    async with stdio_server() as (reads, writes):
        await server.run(reads, writes, server.create_initialization_options())


async def _handing_on(there: There) -> Server[Any]:
    """A server that has what the other one has. Raises Failure where there is none, or where the key is not taken."""
    import mcp_types as protocol
    from mcp.server import Server

    client = {"name": "salesloop mcp", "version": "1"}
    about = {"protocolVersion": protocol.LATEST_PROTOCOL_VERSION, "capabilities": {}, "clientInfo": client}
    told = protocol.InitializeResult.model_validate(await there.asked("initialize", about))

    async def tools(_: Any, params: protocol.PaginatedRequestParams | None) -> protocol.ListToolsResult:
        asked = {} if params is None or params.cursor is None else {"cursor": params.cursor}
        return protocol.ListToolsResult.model_validate(await there.asked("tools/list", asked))

    async def call(_: Any, params: protocol.CallToolRequestParams) -> protocol.CallToolResult:
        asked = {"name": params.name, "arguments": params.arguments or {}}
        try:
            return protocol.CallToolResult.model_validate(await there.asked("tools/call", asked))
        except Failure as failed:
            text = protocol.TextContent(type="text", text=str(failed))
            return protocol.CallToolResult(content=[text], is_error=True)

    info = told.server_info
    return Server(
        info.name,
        version=info.version,
        title=info.title,
        instructions=told.instructions,
        on_list_tools=tools,
        on_call_tool=call,
    )


class There:
    """The server that answers, with a key's rights. `only`: what its tools are narrowed down to."""

    def __init__(self, remote: Remote, only: str) -> None:
        self._remote = remote
        self._address = "/mcp" + (f"?{urlencode({'only': only})}" if only else "")

    async def asked(self, method: str, params: dict[str, Any]) -> Any:
        """The result of one message. Raises Failure; MCPError for what the protocol refuses."""
        import msgspec
        from mcp import MCPError

        body = msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        status, content = await self._remote.ask("POST", self._address, TAKEN, body, "")
        try:
            answer = msgspec.json.decode(content, type=dict[str, Any])
        except msgspec.MsgspecError:
            answer = {}
        if isinstance(error := answer.get("error"), dict):
            raise MCPError(error["code"], error["message"], error.get("data"))
        if status == NO_ROUTE:
            fail("models are not let in there: the server has to run with SALESLOOP_MCP=on", REFUSED)
        if status >= OK:
            refuse(status, content)
        if "result" not in answer:
            fail("what answers there speaks no Model Context Protocol", UNREACHABLE)
        return answer["result"]
