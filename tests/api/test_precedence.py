"""Requests that write go before the steps of refreshes, and never for ever. Nothing here takes time: what is to happen is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request, Response

from api.engine import auth, precedence
from api.engine.admission import Admission
from api.engine.auth import USER
from api.engine.precedence import REFRESH, Precedence, Refresh
from api.engine.reading import Look
from api.engine.roles import Role
from api.engine.users import User
from api.engine.writing import Writer
from api.pages.engine.asking import ask
from runtime.bounds import Bounds

SOMEBODY = User("k", "u", Role.ADMIN)

NEVER = 3_600.0


async def turns(many: int = 20) -> None:
    """Of the event loop: who could go on has done so."""
    for _ in range(many):
        await asyncio.sleep(0)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "PATIENCE", NEVER)


async def steps(of: list[int], many: int = 1) -> None:
    for n in range(many):
        of.append(n)
        await asyncio.sleep(0)


@pytest.mark.usefixtures("patient")
async def test_no_step_of_a_refresh_is_made_while_something_is_written() -> None:
    one, made = Precedence(), list[int]()
    with one.writing(), one.writing():
        reading = asyncio.create_task(Refresh(one).read(steps(made)))
        await turns()
        assert made == []
    await reading
    assert made == [0]


@pytest.mark.usefixtures("patient")
async def test_what_was_waited_for_is_gone_on_with_when_the_write_is_answered() -> None:
    one, answered, made = Precedence(), asyncio.Event(), list[int]()

    async def read() -> None:
        await answered.wait()
        await steps(made)

    reading = asyncio.create_task(Refresh(one).read(read()))
    await turns()
    with one.writing():
        answered.set()
        await turns()
        assert made == []
    await reading
    assert made == [0]


async def test_where_something_is_always_written_pages_are_refreshed_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precedence, "PATIENCE", 0.001)
    one, made = Precedence(), list[int]()
    with one.writing():
        async with asyncio.timeout(NEVER / 60):
            for refresh in (Refresh(one), Refresh(one)):
                await refresh.read(steps(made, 3))
    assert len(made) == 6


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(("most", "turns_taken"), [(0.0, 9), (NEVER, 3)])
async def test_in_a_turn_of_the_loop_there_is_a_step_of_them_all_or_some_short_ones(
    most: float, turns_taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precedence, "TURN", most)
    monkeypatch.setattr(precedence, "PAUSE", NEVER)
    one, went = Precedence(), []
    loop, turn = asyncio.get_running_loop(), [0]

    def count() -> None:
        turn[0] += 1
        loop.call_soon(count)

    async def work() -> None:
        for _ in range(3):
            went.append(turn[0])
            await asyncio.sleep(0)

    count()
    await asyncio.gather(*(Refresh(one).paced(work()) for _ in range(3)))
    assert (len(went), len(set(went))) == (9, turns_taken)


@pytest.mark.usefixtures("patient")
async def test_who_is_cancelled_keeps_nobody_waiting() -> None:
    """Before its turn, in the moment in which it comes, and in the midst of its work."""
    one = Precedence()
    for waited in range(6):
        with one.writing():
            made, rest = list[int](), list[int]()
            first = asyncio.create_task(Refresh(one).read(steps(made, 3)))
            second = asyncio.create_task(Refresh(one).read(steps(rest, 3)))
            await turns()
        await turns(waited)
        first.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        assert first.cancelled()
        assert rest == [0, 1, 2]


@pytest.mark.usefixtures("patient")
async def test_what_a_step_does_within_another_is_a_part_of_it_and_what_goes_wrong_is_told() -> None:
    one, made = Precedence(), list[int]()
    refresh = Refresh(one)

    async def wrong() -> None:
        await steps(made)
        raise LookupError("wrong")

    async def outer() -> str:
        await refresh.read(steps(made, 2))
        with pytest.raises(LookupError, match="wrong"):
            await refresh.read(wrong())
        return "done"

    assert await refresh.paced(outer()) == "done"
    assert made == [0, 1, 0]


@pytest.mark.usefixtures("patient")
async def test_for_who_is_coming_some_turns_of_the_loop_are_left_out() -> None:
    one, made = Precedence(), list[int]()
    one.expect()
    reading = asyncio.create_task(Refresh(one).read(steps(made)))
    await turns(precedence.SOON)
    assert made == []
    await reading
    assert made == [0]


async def test_so_many_reads_of_refreshes_are_in_progress_and_no_more() -> None:
    one, inside, end = Precedence(), [0], asyncio.Event()

    async def read() -> None:
        inside[0] += 1
        await end.wait()

    tasks = [asyncio.create_task(Refresh(one).read(read())) for _ in range(2 * precedence.READS)]
    await turns()
    assert inside[0] == precedence.READS
    end.set()
    await asyncio.gather(*tasks)


@pytest.mark.usefixtures("patient")
async def test_between_two_steps_of_a_rendering_others_have_their_turn_and_writes_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precedence, "SLICE", 0.0)
    one, rendered, begun = Precedence(), list[str](), asyncio.Event()

    def pieces() -> Iterator[str]:
        for piece in "abc":
            rendered.append(piece)
            begun.set()
            yield piece

    refresh = Refresh(one)

    async def render() -> str:
        return await refresh.paced(refresh.joined(pieces()))

    rendering = asyncio.create_task(render())
    await begun.wait()
    with one.writing():
        await turns()
        assert rendered == ["a"]
    assert await rendering == "abc"


async def test_of_two_pages_that_are_rendered_the_second_begins_when_the_first_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(precedence, "SLICE", 0.0)
    one, rendered = Precedence(), list[str]()

    def pieces(page: str) -> Iterator[str]:
        for n in range(3):
            rendered.append(f"{page}{n}")
            yield ""

    await asyncio.gather(*(Refresh(one).joined(pieces(page)) for page in "ab"))
    assert rendered == ["a0", "a1", "a2", "b0", "b1", "b2"]


class Routes:
    """What a page reads, in place of the API's routes: held until it is let go."""

    def __init__(self) -> None:
        self.entered, self.go = 0, asyncio.Event()

    async def __call__(self, _scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        self.entered += 1
        await self.go.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


@pytest.mark.usefixtures("patient")
async def test_a_page_that_is_opened_waits_for_no_write_and_a_refresh_does() -> None:
    one, routes = Precedence(), Routes()
    scope = {"type": "http", "app": SimpleNamespace(router=routes), "headers": []}
    with one.writing():
        opened = asyncio.create_task(ask(Request(scope), "GET", "/deals"))
        again = asyncio.create_task(ask(Request(scope | {REFRESH: Refresh(one)}), "GET", "/deals"))
        await turns()
        assert routes.entered == 1
    routes.go.set()
    assert [answer.json() for answer in await asyncio.gather(opened, again)] == [{}, {}]


async def test_a_route_that_writes_goes_first_for_as_long_as_it_is_in_progress() -> None:
    app, admission, seen = FastAPI(), Admission(Bounds()), []
    app.state.services = SimpleNamespace(admission=admission)
    router = auth.router(tags=[])

    @router.get("/things")
    async def read(look: Annotated[Look, Depends(auth.may_read())]) -> Response:
        seen.append((look.user, admission.precedence.is_writing))
        return Response("{}")

    @router.post("/things")
    async def write(writer: Annotated[Writer, Depends(auth.may_write())]) -> Response:
        seen.append((writer.user, admission.precedence.is_writing))
        return Response("{}")

    app.include_router(router)
    async with AsyncExitStack() as stack:
        outer = {"type": "http", "app": app, USER: SOMEBODY, "fastapi_middleware_astack": stack}
        for method in ("GET", "POST"):
            await ask(Request(outer), method, "/things")
    assert seen == [(SOMEBODY, False), (SOMEBODY, True)]
    assert not admission.precedence.is_writing
