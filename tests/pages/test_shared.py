"""What several people look at is rendered once, and never for somebody of other rights."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from types import SimpleNamespace
from uuid import uuid4

import httpx
from fastapi import Request, Response

from api.engine.errors import HTTP, Problem
from api.engine.moves import Moves
from api.engine.precedence import Precedence
from api.engine.reading import READ
from api.engine.roles import Role
from api.engine.sessions import Session
from api.engine.signed_in import SESSION
from api.engine.users import User
from api.pages.engine import shared
from api.pages.engine.shared import TOKEN
from projections.engine.signals import Watermarks
from tests.house import House
from tests.pages.conftest import hidden

SOMEBODY = User("k", "u", Role.AUDITOR)
AGAIN = {"HX-Request": "true", "HX-Target": "main#main"}


def test_two_of_a_team_get_the_same_and_another_team_does_not(house: House) -> None:
    house.open_deal("north", title="Only for north")
    first, second, other = (
        house.browser(name) for name in ("north-manager", "north-manager", "south-manager")
    )
    after = {"Salesloop-After": str(house.position)}
    assert "Only for north" in first.get("/desk/board?sort=-opened_at", headers=AGAIN | after).text
    assert "Only for north" in second.get("/desk/board?sort=-opened_at", headers=AGAIN | after).text
    assert "Only for north" not in other.get("/desk/board?sort=-opened_at", headers=AGAIN | after).text


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


async def test_what_is_one_s_own_to_decide_is_not_another_manager_s_page() -> None:
    opened = Open()

    async def handle(request: Request) -> Response:
        await asyncio.sleep(0)
        return Response(f"asked for by {request.scope[SESSION].user.user_id}")

    def looks(name: str, role: Role) -> Awaitable[Response]:
        return shared.answer(opened.request(user=User("k", name, role)), handle)

    one, other = await asyncio.gather(looks("one", Role.MANAGER), looks("other", Role.MANAGER))
    assert (one.body, other.body) == (b"asked for by one", b"asked for by other")
    one, other = await asyncio.gather(looks("one", Role.AUDITOR), looks("other", Role.AUDITOR))
    assert one.body == other.body, "who does nothing has nothing of their own"


class Open:
    """Pages of one person that are asked for again, without a house."""

    def __init__(self, **positions: int) -> None:
        self.moves, self.watermarks, self.over_rate = Moves(), Watermarks(), 0.0
        for name, position in positions.items():
            self.watermarks.set(name, position)
        self.moves._watermarks = self.watermarks
        requests = SimpleNamespace(take=lambda _: self.over_rate)
        services = SimpleNamespace(admission=SimpleNamespace(requests=requests, precedence=Precedence()))
        self.app = SimpleNamespace(state=SimpleNamespace(moves=self.moves, services=services))

    def request(self, after: int = 0, user: User = SOMEBODY) -> Request:
        session = Session(b"", uuid4(), user, "u", "U", "en", "UTC", "token")
        headers = {**AGAIN, "Salesloop-After": str(after), "Host": "h"}
        return Request(
            {
                "type": "http",
                "method": "GET",
                "path": "/desk/board",
                "query_string": b"",
                "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
                "app": self.app,
                SESSION: session,
            }
        )


async def test_what_goes_wrong_for_one_is_not_answered_to_others() -> None:
    opened = Open()
    wrong = Problem(HTTP[404], "only theirs")

    async def theirs(_: Request) -> Response:
        await asyncio.sleep(0)
        raise wrong

    async def mine(_: Request) -> Response:
        return Response("mine")

    met = await asyncio.gather(
        shared.answer(opened.request(), theirs), shared.answer(opened.request(), mine), return_exceptions=True
    )
    assert met[0] is wrong
    assert isinstance(met[1], Response)
    assert met[1].body == b"mine"


async def test_each_answer_has_keys_of_its_own() -> None:
    opened = Open()

    async def handle(_: Request) -> Response:
        await asyncio.sleep(0)
        return Response(f"{shared.KEY} {shared.KEY}")

    met = await asyncio.gather(*(shared.answer(opened.request(), handle) for _ in range(2)))
    keys = b" ".join(bytes(one.body) for one in met).split()
    assert len(set(keys)) == 4
    assert all(len(key) == 32 for key in keys)


async def test_a_read_model_that_stopped_holds_up_what_is_made_of_it_alone() -> None:
    opened, made = Open(deal_board=7, stopped=1), []

    async def handle(request: Request) -> Response:
        request.scope[READ].add("deal_board")
        made.append(request)
        return Response("board")

    for _ in range(3):
        await shared.answer(opened.request(after=7), handle)
    assert len(made) == 2, "once to learn what it is made of, and once for all"
    await shared.answer(opened.request(after=8), handle)
    assert len(made) == 3, "nobody is shown less than they wrote"


async def test_who_asks_too_often_gets_no_other_one_s_answer() -> None:
    opened, made = Open(), []

    async def handle(request: Request) -> Response:
        made.append(request)
        return Response("board")

    await shared.answer(opened.request(), handle)
    await shared.answer(opened.request(), handle)
    assert len(made) == 1
    opened.over_rate = 1.0
    await shared.answer(opened.request(), handle)
    assert len(made) == 2, "the page's own way, which refuses"
