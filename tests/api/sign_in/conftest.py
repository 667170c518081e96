"""tests/api/sign_in: the house of the API's tests, whose people have browsers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from runtime.ledger import open_ledger
from tests.conftest import PATIENCE
from tests.house import FROM_OUR_PAGE, House, make_account, opened

PASSWORD = "four words are enough"


@pytest.fixture(scope="module")
def house(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with new_database() as url, opened(url, tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture
def browser(house: House) -> Iterator[httpx.Client]:
    """Nobody is signed in on it."""
    headers = {**FROM_OUR_PAGE, "Accept": "text/html"}
    with httpx.Client(base_url=house.base, headers=headers, timeout=2 * PATIENCE) as made:
        yield made


def link_for(house: House, account: UUID, *, once: bool = True, lasts: timedelta = timedelta(hours=1)) -> str:
    async def make() -> str:
        async with open_ledger(house.settings.database_url, min_size=1, max_size=2) as ledger:
            return await Accounts(ledger).link(account, "tests", lasts, once=once)

    return asyncio.run(make())


def account_for(house: House, login: str, role: Role = Role.AUDITOR) -> UUID:
    return asyncio.run(make_account(house.settings.database_url, NewAccount(login, role)))


def with_password(house: House, browser: httpx.Client, login: str) -> UUID:
    """An account whose password is PASSWORD, set as people set it. The browser is signed out again."""
    account = account_for(house, login)
    place = f"/sign-in/link/{link_for(house, account)}"
    answer = browser.post(place, data={"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 303, answer.text
    browser.cookies.clear()
    return account
