"""tests/browser: people at work in a real Chromium, before the whole system as `salesloop dev` runs it.

Without a Chromium these tests are left out, and the summary says how many and how to get them. `SALESLOOP_BROWSER=required` makes
that a failure. What a page writes to its console as an error fails the test.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from api.engine.sessions import Sessions
from api.engine.signed_in import COOKIE
from api.engine.users import KeyStore, NewKey
from runtime import clean_data
from runtime.ledger import open_ledger
from runtime.settings import Settings
from runtime.supervisor import Supervisor
from tests.conftest import PATIENCE, scratch_for_a_while

CHROMIUM = os.environ.get("SALESLOOP_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
REQUIRED = os.environ.get("SALESLOOP_BROWSER") == "required"
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update")
"""Tests may run as root, and nothing is to be fetched from anywhere."""
REASON = "no Chromium: install one (Debian: apt-get install chromium) or name it in SALESLOOP_CHROMIUM"

T = TypeVar("T")
expect.set_options(timeout=PATIENCE * 1_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    ours = [item for item in items if Path(item.fspath).is_relative_to(Path(__file__).parent)]
    for item in ours:
        item.add_marker(pytest.mark.browser)
        if CHROMIUM is None and not REQUIRED:
            item.add_marker(pytest.mark.skip(reason=REASON))


def elsewhere(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: the browser's library has a loop running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@dataclass
class Company:
    """The whole system, two teams with people in them, and who is signed in as whom."""

    system: Supervisor
    token: str
    teams: dict[str, UUID] = field(default_factory=dict)
    reps: dict[str, UUID] = field(default_factory=dict)
    accounts: dict[str, UUID] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.system.api_url

    @property
    def database(self) -> str:
        assert self.system.postgres is not None
        return self.system.postgres.url

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, str]:
        """As an administrator, over HTTP; the receipt's answer, once every read model has it."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(self.url + path, json=body, headers=headers, timeout=PATIENCE)
        assert answer.status_code < 300, answer.text
        receipt = answer.json()
        for model in ("/deals", "/agenda", "/reps"):
            asked = {"after": receipt["position"], "wait": 10}
            httpx.get(self.url + model, params=asked, headers=headers, timeout=PATIENCE).raise_for_status()
        made: dict[str, str] = receipt["answer"]
        return made

    def open_deal(self, owner: str, title: str, **more: object) -> UUID:
        return UUID(
            self.post("/deals", {"title": title, "owner_id": str(self.reps[owner]), **more})["deal_id"]
        )

    def furnish(self) -> None:
        for team in ("North", "South"):
            self.teams[team] = UUID(self.post("/teams", {"name": team})["team_id"])
        for name, team in (("Li Wei", "North"), ("Zhang Min", "North"), ("Sun Yu", "South")):
            body = {"name": name, "team_id": str(self.teams[team])}
            self.reps[name] = UUID(self.post("/reps", body)["rep_id"])

    async def cookie(self, who: str) -> str:
        """Of a new session of that person's: a rep by name, `TEAM manager`, `auditor` or `admin`."""
        settings = Settings.from_env({**self.system.environment, "DATABASE_URL": self.database})
        async with open_ledger(self.database, min_size=1, max_size=2) as ledger:
            if who not in self.accounts:
                self.accounts[who] = await Accounts(ledger).create(self._account(who), "tests")
            cookie = await Sessions(ledger, settings.sign_in).open(self.accounts[who])
        assert cookie is not None
        return cookie

    def _account(self, who: str) -> NewAccount:
        login = who.lower().replace(" ", "-")
        if who in self.reps:
            return NewAccount(login, Role.REP, name=who, rep_id=self.reps[who])
        if who.endswith(" manager"):
            return NewAccount(login, Role.MANAGER, name=who, team_id=self.teams[who.removesuffix(" manager")])
        return NewAccount(login, Role(who), name=who)


@pytest.fixture(scope="session")
def company() -> Iterator[Company]:
    from tests.breaking.conftest import environment_of

    with scratch_for_a_while() as scratch:
        data = scratch / "data"
        with Supervisor(data, env=environment_of(data), temporal_ports=None) as system:
            system.wait_for_api(PATIENCE)
            made = Company(system, elsewhere(_admin_token(system)))
            made.furnish()
            yield made
        clean_data.clean(data)


async def _admin_token(system: Supervisor) -> str:
    assert system.postgres is not None
    async with open_ledger(system.postgres.url, min_size=1, max_size=2) as ledger:
        return (await KeyStore(ledger).create(NewKey("browser-tests", Role.ADMIN), "tests"))[1]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(company: Company, chromium: Browser) -> Iterator[SignIn]:
    """`sign_in("Li Wei", language="zh-CN", width=390)` is a page of a browser of their own; without a name, of a stranger's. Errors on a
    console fail the test.
    """
    wrong: list[str] = []
    contexts: list[BrowserContext] = []

    def open_(
        who: str = "", *, language: str = "en-US", width: int = 1280, zone: str = "Asia/Shanghai"
    ) -> Page:
        context = chromium.new_context(
            base_url=company.url, locale=language, timezone_id=zone, viewport={"width": width, "height": 800}
        )
        context.set_default_timeout(PATIENCE * 1_000)
        if who:
            value = elsewhere(company.cookie(who))
            context.add_cookies([{"name": COOKIE, "value": value, "url": company.url}])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.extend(_errors(message)))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not wrong, "\n".join(wrong)


def _errors(message: ConsoleMessage) -> list[str]:
    """A refused form answers with a 4xx on purpose, which Chromium notes as an error of its own."""
    expected = "the server responded with a status of 4" in message.text
    return [message.text] if message.type == "error" and not expected else []
