"""tests: a house with the real API behind a real socket, a real database, the followers, two teams and their keys."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import httpx
import pytest
import uvicorn

from api.customer import duplicates
from api.engine import reading
from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from api.engine.sessions import Sessions
from api.engine.signed_in import COOKIE
from api.engine.users import KeyStore, NewKey
from api.serve import config
from projections.engine import catalog
from projections.engine.run import run_projections
from runtime.bounds import Bounds
from runtime.ledger import open_ledger
from runtime.outgoing import Outgoing
from runtime.schema import migrate
from runtime.settings import Settings
from runtime.webhooks.settings import WebhookSettings
from tests.background import Background
from tests.conftest import PATIENCE

Json = dict[str, Any]


@dataclass
class House:
    """Two teams: north with the reps `north` and `north2`, south with `south`. A client a key, named like the user."""

    base: str
    settings: Settings
    tokens: dict[str, str] = field(default_factory=dict)
    teams: dict[str, UUID] = field(default_factory=dict)
    reps: dict[str, UUID] = field(default_factory=dict)
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)
    browsers: list[httpx.Client] = field(default_factory=list)
    position: int = 0
    """Of the last deal that was opened here."""

    def client(self, name: str) -> httpx.Client:
        if name not in self.clients:
            token = self.tokens.get(name)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            self.clients[name] = httpx.Client(base_url=self.base, headers=headers, timeout=2 * PATIENCE)
        return self.clients[name]

    def browser(self, name: str) -> httpx.Client:
        """Signed in, with an account of that name after `desk-`, made when it is first asked for, on a client of its own each time."""
        if name not in self.accounts:
            self.accounts[name] = asyncio.run(make_account(self.settings.database_url, self._account(name)))
        cookie = asyncio.run(open_session(self.settings, self.accounts[name]))
        made = httpx.Client(
            base_url=self.base, headers={**FROM_OUR_PAGE, "Accept": "text/html"}, timeout=2 * PATIENCE
        )
        made.cookies.set(COOKIE, cookie, domain="127.0.0.1")
        self.browsers.append(made)
        return made

    def _account(self, name: str) -> NewAccount:
        login = f"desk-{name}"
        if name in self.reps:
            return NewAccount(login, Role.REP, name=name, rep_id=self.reps[name])
        if name.endswith("-manager"):
            return NewAccount(
                login, Role.MANAGER, name=name, team_id=self.teams[name.removesuffix("-manager")]
            )
        return NewAccount(login, Role(name), name=name)

    @property
    def admin(self) -> httpx.Client:
        return self.client("admin")

    def open_deal(self, owner: str = "north", **body: Any) -> UUID:
        """A new deal of that rep's, through the API."""
        given = {"title": "Forty boilers", "owner_id": str(self.reps[owner]), **body}
        answer = self.admin.post("/deals", json=given)
        assert answer.status_code == 201, answer.text
        self.position = answer.json()["position"]
        return UUID(answer.json()["answer"]["deal_id"])

    def close(self) -> None:
        for client in (*self.clients.values(), *self.browsers):
            client.close()


@contextlib.contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """The API as `salesloop api` runs it, on a free port; its address. Who names no `wait` waits as long as it takes."""
    server = uvicorn.Server(config(settings))
    ready = asyncio.Event()

    async def serve(stop: asyncio.Event) -> None:
        task = asyncio.create_task(server.serve())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
        await task
        ready.set()

    with mock.patch.object(reading, "WAIT", PATIENCE), Background(serve):
        yield f"http://127.0.0.1:{_port(server)}"


def _port(server: uvicorn.Server) -> int:
    """uvicorn announces its start by a flag only."""
    import time

    deadline = time.monotonic() + PATIENCE
    while not server.started:
        assert time.monotonic() < deadline, "the API did not start"
        time.sleep(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port


FROM_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form on a page of ours."""
PLENTY = Bounds(wrong_keys=10_000)
"""Generated calls try hundreds of wrong keys."""


RECEIVERS = "127.0.0.5"
"""Where receivers of webhooks may be; nowhere else on this machine."""


def settings_for(url: str, data_dir: Path, bounds: Bounds = PLENTY) -> Settings:
    return Settings(
        database_url=url,
        admin_database_url=url,
        data_dir=data_dir,
        api_port=0,
        log_level="WARNING",
        bounds=bounds,
        webhooks=WebhookSettings((ip_network(RECEIVERS),)),
        outgoing=Outgoing(company="Asking Ltd", company_zh="询问公司"),
    )


def migrate_all(url: str) -> None:
    migrate(url, catalog.statements())


async def make_key(url: str, new: NewKey) -> str:
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        return (await KeyStore(ledger).create(new, "tests"))[1]


async def make_account(
    url: str, new: NewAccount, by: str = "tests", identity: tuple[str, str] | None = None
) -> UUID:
    """`identity`: what an issuer calls them."""
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        made = await Accounts(ledger).create(new, by)
        if identity is not None:
            assert await Accounts(ledger).identify(made, *identity, by)
        return made


async def open_session(settings: Settings, account: UUID) -> str:
    """Its cookie."""
    async with open_ledger(settings.database_url, min_size=1, max_size=2) as ledger:
        cookie = await Sessions(ledger, settings.sign_in).open(account)
    assert cookie is not None
    return cookie


def furnish(house: House) -> None:
    for name in ("north", "south"):
        house.teams[name] = _made(house.admin, "/teams", {"name": name}, "team_id")
    for name, team in (("north", "north"), ("north2", "north"), ("south", "south")):
        body = {"name": f"Rep {name}", "team_id": str(house.teams[team]), "user_id": f"u-{name}"}
        house.reps[name] = _made(house.admin, "/reps", body, "rep_id")
    for name, rep in house.reps.items():
        _give_key(house, name, {"role": "rep", "rep_id": str(rep)})
    for name, team_id in house.teams.items():
        _give_key(house, f"{name}-manager", {"role": "manager", "team_id": str(team_id)})
    _give_key(house, "auditor", {"role": "auditor"})


def _made(client: httpx.Client, path: str, body: Json, id: str) -> UUID:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["answer"][id])


def _give_key(house: House, name: str, body: Json) -> None:
    answer = house.admin.post("/keys", json={"user_id": f"u-{name}", **body})
    assert answer.status_code == 201, answer.text
    house.tokens[name] = answer.json()["token"]


@contextlib.contextmanager
def opened(url: str, data_dir: Path) -> Iterator[House]:
    """A furnished house on the database at `url`, closed afterwards."""
    migrate_all(url)
    settings = settings_for(url, data_dir)
    patient = mock.patch.multiple(duplicates, PATIENCE=PATIENCE, LONGEST=2 * PATIENCE)
    with patient, Background(lambda stop: run_projections(url, stop=stop)), serving(settings) as base:
        house = House(base, settings)
        house.tokens["admin"] = asyncio.run(make_key(url, NewKey("ops", Role.ADMIN)))
        furnish(house)
        yield house
        house.close()


def furnished(
    new_database: Callable[[], contextlib.AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    """The fixture of a folder's tests: one house for the session, or for a module where they leave behind what others would stumble over."""
    with new_database() as url, opened(url, tmp_path_factory.mktemp("data")) as made:
        yield made


@pytest.fixture
def deal(house: House) -> UUID:
    """A fresh deal of the rep `north`."""
    return house.open_deal()
