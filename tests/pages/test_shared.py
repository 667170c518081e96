"""What several people look at is rendered once, and never for somebody of other rights."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from uuid import uuid4

import httpx
from fastapi import Request, Response

from api.engine.errors import HTTP, Problem
from api.engine.moves import Moves
from api.engine.roles import Role
from api.engine.sessions import Session
from api.engine.signed_in import SESSION
from api.engine.users import User
from api.pages.engine import shared
from api.pages.engine.shared import TOKEN
from tests.house import House
from tests.pages.conftest import hidden

AGAIN = {"HX-Request": "true", "HX-Target": "main#main"}


def test_two_of_a_team_get_the_same_and_another_team_does_not(house: House) -> None:
    house.open_deal("north", title="Only for north")
    first, second, other = (
        house.browser(name) for name in ("north-manager", "north-manager", "south-manager")
    )
    after = {"Salesloop-After": str(house.position)}
    assert "Only for north" in first.get("/desk/board", headers=AGAIN | after).text
    assert "Only for north" in second.get("/desk/board", headers=AGAIN | after).text
    assert "Only for north" not in other.get("/desk/board", headers=AGAIN | after).text


def test_who_wrote_sees_it_whatever_was_rendered_just_now(house: House, rep: httpx.Client) -> None:
    for n in range(20):
        rep.get("/desk/board", headers=AGAIN)
        house.open_deal("north", title=f"Turn {n}")
        after = {"Salesloop-After": str(house.position)}
        assert f"Turn {n}" in rep.get("/desk/board?sort=-opened_at", headers=AGAIN | after).text


def test_a_form_in_it_has_the_token_of_who_gets_it(house: House) -> None:
    tokens = {
        hidden(house.browser("north").get("/desk/act/openDeal", headers=AGAIN).text, "csrf") for _ in range(2)
    }
    assert len(tokens) == 2, "each session has its own"
    assert TOKEN not in tokens


async def test_what_goes_wrong_for_one_is_not_answered_to_others() -> None:
    session = Session(b"", uuid4(), User("k", "u", Role.AUDITOR), "u", "U", "en", "UTC", "token")
    app = SimpleNamespace(state=SimpleNamespace(moves=Moves()))
    headers = [(name.lower().encode(), value.encode()) for name, value in AGAIN.items()]
    wrong = Problem(HTTP[404], "only theirs")

    async def theirs(_: Request) -> Response:
        await asyncio.sleep(0)
        raise wrong

    async def mine(_: Request) -> Response:
        return Response("mine")

    first, second = (
        Request(
            {
                "type": "http",
                "method": "GET",
                "path": "/desk/board",
                "query_string": b"",
                "headers": [*headers, (b"host", b"h")],
                "app": app,
                SESSION: session,
            }
        )
        for _ in range(2)
    )
    met = await asyncio.gather(
        shared.answer(first, theirs), shared.answer(second, mine), return_exceptions=True
    )
    assert met[0] is wrong
    assert isinstance(met[1], Response)
    assert met[1].body == b"mine"
