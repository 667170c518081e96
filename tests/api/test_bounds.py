"""Bounds: wrong keys, requests, bodies and turns of the real API; who keeps within them is served meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from starlette.exceptions import HTTPException

from api.engine.errors import Problem
from api.engine.middleware import Bodies, Body
from runtime.bounds import Bounds
from tests.api.test_problems import problem
from tests.breaking.strangers import Place, answer
from tests.conftest import PATIENCE
from tests.house import House, serving, settings_for

LOCK_AWAITED = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"
Caller = Callable[..., httpx.Client]


@contextlib.contextmanager
def bounded(house: House, data: Path, bounds: Bounds) -> Iterator[Caller]:
    """Another process's worth of API on the house's database; clients by name, or with a token."""
    with (
        serving(settings_for(house.settings.database_url, data, bounds)) as base,
        contextlib.ExitStack() as stack,
    ):

        def client(name: str, token: str | None = None) -> httpx.Client:
            headers = {"Authorization": f"Bearer {token or house.tokens[name]}"}
            return stack.enter_context(httpx.Client(base_url=base, headers=headers, timeout=PATIENCE))

        yield client


@pytest.fixture
def of(house: House, tmp_path: Path) -> Iterator[Callable[[Bounds], Caller]]:
    with contextlib.ExitStack() as stack:
        yield lambda bounds: stack.enter_context(bounded(house, tmp_path, bounds))


def test_after_so_many_wrong_keys_no_more_are_looked_at_and_a_key_that_was_right_still_is(
    of: Callable[[Bounds], Caller], house: House
) -> None:
    client = of(Bounds(wrong_keys=4))
    right = client("admin")
    assert right.get("/deals").status_code == 200
    strangers = [client("", f"sl_{n:016x}_made-up") for n in range(6)]
    statuses = [stranger.get("/deals").status_code for stranger in strangers]
    assert statuses == [401] * 4 + [429] * 2
    told = problem(strangers[0].get("/deals"), 429, "too-many-tries")
    assert told["retryable"]
    again = client("", "of no form at all").get("/deals")
    assert (again.status_code, int(again.headers["retry-after"]) > 0) == (429, True)
    assert right.get("/deals").status_code == 200
    problem(client("north").get("/deals"), 429, "too-many-tries")  # right, but nobody knows yet


def test_one_key_s_id_is_not_tried_without_end_and_its_owner_not_locked_out(
    of: Callable[[Bounds], Caller], house: House
) -> None:
    client = of(Bounds(wrong_keys=3))
    owner = client("north")
    assert owner.get("/deals").status_code == 200
    guess = house.tokens["north"].rsplit("_", 1)[0]
    statuses = [client("", f"{guess}_guess{n}").get("/deals").status_code for n in range(5)]
    assert statuses == [401] * 3 + [429] * 2
    assert owner.get("/deals").status_code == 200


def test_no_key_at_all_is_no_try(of: Callable[[Bounds], Caller]) -> None:
    stranger = of(Bounds(wrong_keys=1))("admin")
    del stranger.headers["Authorization"]
    assert {stranger.get("/deals").status_code for _ in range(4)} == {401}


def test_a_key_has_a_burst_and_then_its_rate_and_other_keys_theirs(of: Callable[[Bounds], Caller]) -> None:
    client = of(Bounds(requests_per_key=1))
    eager = client("admin")
    answers = [eager.get("/policies/nobodys") for _ in range(14)]
    statuses = [answer.status_code for answer in answers]
    assert statuses[:10] == [404] * 10
    assert 429 in statuses
    refused = answers[statuses.index(429)]
    problem(refused, 429, "too-many-requests")
    assert refused.headers["retry-after"] == "1"
    assert client("north").get("/policies/nobodys").status_code == 404


def test_a_body_that_takes_too_long_is_told_so(of: Callable[[Bounds], Caller]) -> None:
    admin = of(Bounds(body_seconds=1))("admin")
    sends = asyncio.run(_told(_place(admin), _post(admin, 100, b'{"name": "')))
    assert sends == (408, "application/problem+json")


def test_a_body_that_ends_early_is_nobody_s_error(of: Callable[[Bounds], Caller]) -> None:
    admin = of(Bounds())("admin")

    async def leave() -> None:
        _, writer = await _place(admin).connect()
        writer.write(_post(admin, 100, b'{"name": "'))
        writer.close()
        await writer.wait_closed()

    asyncio.run(leave())
    assert admin.post("/teams", json={"name": "West"}).status_code == 201


def _body(bodies: Bodies, *pieces: bytes, path: str = "/teams") -> Body:
    messages = iter(
        [
            *({"type": "http.request", "body": piece, "more_body": True} for piece in pieces[:-1]),
            {"type": "http.request", "body": pieces[-1], "more_body": False},
        ]
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    return Body({"type": "http", "path": path}, receive, bodies, PATIENCE)


async def test_bodies_have_so_much_memory_together_and_no_more() -> None:
    bodies = Bodies(100)
    first, second, third = (
        _body(bodies, b"a" * 60, b"a" * 20),
        _body(bodies, b"a" * 30),
        _body(bodies, b"a" * 90),
    )
    await first.receive()
    await second.receive()
    with pytest.raises(Problem) as refused:
        await first.receive()
    assert (refused.value.kind.code, refused.value.headers) == ("overloaded", {"Retry-After": "2"})
    first.let_go()
    second.let_go()
    assert (await third.receive())["body"] == b"a" * 90
    third.let_go()
    assert bodies.held == 0


async def test_an_import_s_body_is_on_the_disk_and_takes_no_memory() -> None:
    bodies = Bodies(100)
    upload = _body(bodies, b"a" * 1_000, path="/imports")
    await upload.receive()
    assert bodies.held == 0
    upload.let_go()
    assert bodies.held == 0


def test_whose_turn_does_not_come_is_told_so_and_health_and_strangers_are_answered(
    of: Callable[[Bounds], Caller], house: House, eventually: Callable[..., Any]
) -> None:
    client = of(Bounds(requests_at_once=1, waiting_seconds=1))
    admin, north = client("admin"), client("north")
    assert admin.get("/deals").status_code == 200
    with psycopg.connect(house.settings.admin_database_url) as held:
        held.execute("LOCK TABLE read.deal_board IN ACCESS EXCLUSIVE MODE")
        held_up: dict[str, Any] = {}

        async def both() -> None:
            slow = asyncio.create_task(asyncio.to_thread(admin.get, "/deals"))
            await eventually(lambda: held.execute(LOCK_AWAITED).fetchone() == (True,))
            second = await asyncio.to_thread(north.get, "/policies/nobodys")
            held_up["second"] = second
            held_up["health"] = await asyncio.to_thread(north.get, "/healthz")
            held.rollback()
            held_up["first"] = await slow

        asyncio.run(both())
    statuses = {name: held_up[name].status_code for name in held_up}
    assert statuses == {"first": 200, "second": 503, "health": 200}
    problem(held_up["second"], 503, "overloaded")
    assert held_up["second"].headers["retry-after"] == "2"


def test_what_is_refused_is_counted_by_the_bound(of: Callable[[Bounds], Caller]) -> None:
    client = of(Bounds(connections=2))("admin")
    asyncio.run(_crowd(_place(client)))
    assert "salesloop_bounds_met_total" in client.get("/metrics").text


async def _crowd(place: Place) -> None:
    writers = [(await place.connect())[1] for _ in range(6)]
    for writer in writers:
        writer.close()


def _place(client: httpx.Client) -> Place:
    parts = urlsplit(str(client.base_url))
    return Place(str(parts.hostname), int(parts.port or 0))


def _post(client: httpx.Client, length: int, begun: bytes) -> bytes:
    head = (
        f"POST /teams HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['Authorization']}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    return head.encode() + begun


async def _told(place: Place, request: bytes) -> tuple[int, str]:
    reader, writer = await place.connect()
    writer.write(request)
    told = await answer(reader)
    writer.close()
    return told


async def test_a_file_to_import_may_have_200_mib_and_not_a_byte_more() -> None:
    mib = bytes(1 << 20)
    left = 200

    async def sent() -> dict[str, Any]:
        nonlocal left
        left -= 1
        return {"type": "http.request", "body": mib if left >= 0 else b"x", "more_body": True}

    body = Body({"path": "/imports"}, sent, Bodies(most=1), seconds=PATIENCE)
    for _ in range(200):
        await body.receive()
    with pytest.raises(HTTPException) as refused:
        await body.receive()
    assert refused.value.status_code == 413
