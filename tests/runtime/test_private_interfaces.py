"""What we stand on in libraries that is not theirs to keep: each assumption by itself, so that an upgrade that ends one says which.

The bounds in pyproject.toml name the versions it was seen with, and docs/dependencies.md why. uvicorn's protocol, whose callbacks
we override, is held in tests/api/test_protocol.py.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from io import BytesIO
from typing import Annotated, Any, ClassVar

import httpx
import psycopg
import pytest
from eventsourcing.persistence import ApplicationRecorder, ListenNotifySubscription
from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.routing import APIRoute
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from pydantic import BaseModel
from temporalio.testing import WorkflowEnvironment
from typer import Option, Typer
from typer.core import TyperGroup
from typer.main import get_command
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from runtime.database import open_pool
from runtime.recorder import LedgerRecorder, LedgerSubscription

# --- FastAPI: api/engine/auth.py asks the dependencies and calls the endpoint itself -------------------------------------


class Body(BaseModel):
    number: int


async def asked(request: Request) -> str:
    return request.method


async def one_body(part: int, body: Body, who: Annotated[str, Depends(asked)]) -> Response:
    return Response(f"{part} {body.number} {who}")


async def two_bodies(body: Body, other: Body) -> None: ...


async def whole_request(request: Request, page: Annotated[int, Query()]) -> None: ...


def route(endpoint: Callable[..., Any], path: str = "/") -> APIRoute:
    return APIRoute(path, endpoint, methods=["POST"])


def test_a_fastapi_route_says_what_its_endpoint_wants() -> None:
    wants = route(one_body, "/{part}").dependant
    assert [field.name for field in wants.path_params] == ["part"]
    assert [field.name for field in wants.body_params] == ["body"]
    assert [(one.name, one.call) for one in wants.dependencies] == [("who", asked)]
    assert (wants.query_params, wants.header_params, wants.cookie_params) == ([], [], [])
    assert wants.request_param_name is None
    other = route(whole_request).dependant
    assert other.request_param_name == "request"
    assert [field.alias for field in other.query_params] == ["page"]


def test_a_fastapi_route_says_whether_its_bodies_are_embedded() -> None:
    assert route(one_body, "/{part}")._embed_body_fields is False
    assert route(two_bodies)._embed_body_fields is True
    assert route(one_body, "/{part}").body_field is not None
    assert route(asked).body_field is None


async def test_fastapi_reads_parts_of_the_path_and_bodies_into_arguments() -> None:
    wants = route(one_body, "/{part}").dependant
    assert request_params_to_args(wants.path_params, {"part": "7"}) == ({"part": 7}, [])
    values, wrong = request_params_to_args(wants.path_params, {"part": "x"})
    assert [error["loc"] for error in wrong] == [("path", "part")], values
    assert await request_body_to_args(wants.body_params, {"number": 7}, False) == (
        {"body": Body(number=7)},
        [],
    )
    values, wrong = await request_body_to_args(wants.body_params, {"number": "x"}, False)
    assert [error["loc"] for error in wrong] == [("body", "number")], values


async def test_fastapi_handles_a_request_by_the_route_class_and_takes_the_json_that_was_read_before() -> None:
    class Ours(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def ours(request: Request) -> Response:
                await request.body()
                request._json = {"number": 8}
                return await handle(request)

            return ours

    app = FastAPI()
    app.router.route_class = Ours
    app.post("/{part}")(one_body)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        answer = await client.post("/3", json={"number": 7})
    assert answer.text == "3 8 POST"


# --- psycopg: runtime/wire.py talks to libpq through the driver's connection ------------------------------------------------


async def test_psycopg_lends_its_connection_to_libpq_and_takes_it_back(database_url: str) -> None:
    pool = await open_pool(database_url, min_size=1, max_size=1)
    connection = await pool.getconn()
    server, encoding = connection.pgconn, connection.info.encoding
    assert server.status == ConnStatus.OK
    assert connection.fileno() == server.socket

    def answer() -> list[Any]:
        while server.flush():
            pass
        while True:
            server.consume_input()
            if not server.is_busy():
                break
        return list(iter(server.get_result, None))

    server.send_prepare(b"ours", b"SELECT $1::text, NULL, 1 / length($1)")
    assert [one.status for one in answer()] == [ExecStatus.COMMAND_OK]
    server.send_query_prepared(b"ours", ["三".encode(encoding)])
    (row,) = answer()
    assert [row.get_value(0, n) for n in range(row.nfields)] == ["三".encode(), None, b"1"]
    server.send_query_prepared(b"ours", [b""])
    (refused,) = answer()
    assert refused.status == ExecStatus.FATAL_ERROR
    assert isinstance(error_from_result(refused, encoding), psycopg.errors.DivisionByZero)

    await connection.close()
    await pool.putconn(connection)
    async with pool.connection() as fresh:
        assert fresh is not connection
        assert await (await fresh.execute("SELECT 1")).fetchone() == (1,)
    await pool.close()


def names_in(function: Any) -> set[str]:
    """The attributes that it sets, among others."""
    return set(function.__code__.co_names)


# --- uvicorn: api/engine/protocol.py ------------------------------------------------------------------------------------------


async def test_a_uvicorn_connection_keeps_its_state_where_ours_looks_for_it() -> None:
    config = Config(FastAPI(), http="httptools", log_config=None)
    config.load()
    made = HttpToolsProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    made.on_message_begin()
    kept = "app client config cycle loop logger pipeline server_state transport url"
    assert [name for name in kept.split() if not hasattr(made, name)] == []
    assert config.loaded_app is not None
    assert isinstance(made.server_state.default_headers, list)
    assert {"disconnected", "message_event", "response_complete"} <= names_in(RequestResponseCycle.__init__)
    assert STATUS_LINE[503].startswith(b"HTTP/1.1 503 ")
    assert STATUS_LINE[503].endswith(b"\r\n")


# --- openpyxl: runtime/imports/workbooks.py -----------------------------------------------------------------------------------


class Cells(WorkSheetParser):  # type: ignore[misc]
    formulas: ClassVar[list[bool]] = []

    def parse_cell(self, element: Any) -> dict[str, Any]:
        self.formulas.append(element.find(FORMULA_TAG) is not None)
        found: dict[str, Any] = super().parse_cell(element)
        return found


def test_openpyxl_reads_rows_by_a_parser_whose_cells_ours_sees_first() -> None:
    book = Workbook()
    book.active.append(["a", "=1+1", 3])
    content = BytesIO()
    book.save(content)
    page = load_workbook(content, read_only=True, data_only=True, keep_links=False).worksheets[0]
    with page._get_source() as source:
        parser = Cells(
            source,
            page._shared_strings,
            data_only=True,
            epoch=page.parent.epoch,
            date_formats=page.parent._date_formats,
            timedelta_formats=page.parent._timedelta_formats,
        )
        ((number, cells),) = parser.parse()
    assert number == 1
    assert [(cell["row"], cell["column"], cell["value"]) for cell in cells] == [
        (1, 1, "a"),
        (1, 2, None),
        (1, 3, 3),
    ]
    assert Cells.formulas == [False, True, False]


# --- typer: cli/engine/derive.py makes commands from a table, when they are asked for -----------------------------------------


def test_typer_takes_the_options_of_a_command_from_the_signature_it_is_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def command(**given: Any) -> None:
        print(given)

    wanted = inspect.Parameter(
        "many",
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[list[str] | None, Option("--many")],
    )
    command.__signature__ = inspect.Signature([wanted])  # type: ignore[attr-defined]
    command.__annotations__ = {"many": wanted.annotation}
    app = Typer()
    app.command("one")(command)
    app.command("two")(lambda: None)
    get_command(app)(["one", "--many", "a", "--many", "b"], standalone_mode=False)
    assert capsys.readouterr().out == "{'many': ['a', 'b']}\n"


def test_a_typer_group_asks_itself_for_its_commands() -> None:
    class Late(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:
            return ["late"]

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            made = Typer(add_completion=False)
            made.command("late")(lambda: asking.append(cmd_name))
            return get_command(made)

    asking: list[str] = []
    app = Typer(cls=Late)
    app.callback()(lambda: None)
    group: Any = get_command(app)
    assert isinstance(group.commands, dict)
    group(["late"], standalone_mode=False)
    assert asking == ["late"]


# --- eventsourcing: runtime/recorder.py; what it does is held by the library's own cases --------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(LedgerRecorder, ApplicationRecorder), (LedgerSubscription, ListenNotifySubscription)],
    ids=lambda cls: cls.__name__,
)
def test_what_is_overridden_in_eventsourcing_is_there_with_the_same_parameters(
    ours: type, theirs: type
) -> None:
    overridden = [
        n for n, f in vars(ours).items() if inspect.isfunction(f) and hasattr(theirs, n) and n != "__init__"
    ]
    assert overridden
    for name in overridden:
        mine, library = (inspect.signature(getattr(cls, name)).parameters for cls in (ours, theirs))
        assert [*mine] == [*library], name


def test_a_subscription_of_eventsourcing_keeps_its_state_where_ours_looks_for_it() -> None:
    kept = {name for cls in ListenNotifySubscription.__mro__[:-1] for name in names_in_class(cls)}
    assert {"_has_been_notified", "_has_been_stopped", "_thread_error", "stop"} <= kept


def names_in_class(cls: type) -> set[str]:
    functions = [made for made in vars(cls).values() if inspect.isfunction(made)]
    return set().union(*map(names_in, functions), vars(cls))


# --- temporalio: the environment in virtual time is announced as unstable -----------------------------------------------------


def test_temporalio_starts_a_server_in_virtual_time_from_a_program_that_is_there() -> None:
    taken = inspect.signature(WorkflowEnvironment.start_local).parameters
    assert {"data_converter", "dev_server_existing_path", "dev_server_extra_args"} <= taken.keys()
    assert "kwargs" in inspect.signature(WorkflowEnvironment.start_time_skipping_v2).parameters


# --- Starlette: api/app.py looks among the routes of one first word ----------------------------------------------------------


def test_a_router_answers_by_what_its_middleware_stack_is() -> None:
    asked: list[str] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await Response("ours")(scope, receive, send)

    app = FastAPI()
    app.router.middleware_stack = answer

    async def get() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
            return (await client.get("/anything")).text

    assert asyncio.run(get()) == "ours"
    assert asked == ["/anything"]
