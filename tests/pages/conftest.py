"""tests/pages: one house for the session, with people who are signed in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from html import unescape

import httpx
import pytest

from projections.deal.concerned import Concerned
from tests.house import House, deal, furnished

__all__ = ["deal"]


house = pytest.fixture(furnished, scope="session")


@pytest.fixture(scope="session")
def rep(house: House) -> httpx.Client:
    return house.browser("north")


@pytest.fixture(scope="session")
def manager(house: House) -> httpx.Client:
    return house.browser("north-manager")


@pytest.fixture(scope="session")
def auditor(house: House) -> httpx.Client:
    return house.browser("auditor")


@pytest.fixture(scope="session")
def admin(house: House) -> httpx.Client:
    return house.browser("admin")


class Listening:
    """One who is told what moves, in the order of it."""

    def __init__(self, wants: Callable[[Concerned], bool] = lambda _: True) -> None:
        self.wants, self.heard_at = wants, 0.0
        self.handed: asyncio.Queue[bytes] = asyncio.Queue()
        self.ended = False

    def hand(self, message: bytes) -> None:
        self.handed.put_nowait(message)

    def end(self) -> None:
        self.ended = True


def hidden(html: str, name: str) -> str:
    """The value of a hidden field of a form."""
    found = re.search(rf'<input type="hidden" name="{re.escape(name)}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return unescape(found[1])


@pytest.fixture(scope="session")
def post_act() -> Callable[..., httpx.Response]:
    """Opens the form of an act, as a person does, fills it in and sends it."""

    def post(client: httpx.Client, operation: str, given: dict[str, str], **typed: str) -> httpx.Response:
        form = client.get(f"/desk/act/{operation}", params=given)
        assert form.status_code == 200, form.text
        fields = {name: hidden(form.text, name) for name in ("csrf", "key")} | given
        return client.post(f"/desk/act/{operation}", data={**fields, **typed})

    return post
