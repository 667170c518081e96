"""tests/browser: people at work in a real Chromium, before the whole system as `salesloop dev` runs it.

Without a Chromium these tests are left out, and the summary says how many and how to get them. `SALESLOOP_BROWSER=required` makes
that a failure. What a page writes to its console as an error fails the test.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
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
from runtime.outgoing import HOSTED
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

NAMED = (
    "browser-tests",
    "north-manager",
    "south-manager",
    "fresh",
    "mobile",
    "provided",
    "event log",
    "log.rejects.csv",
    "log.csv",
    "key accounts",
    *sorted(HOSTED),
)
"""What these tests name: users, a mapping, files, a policy."""

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
    said: set[str] = field(default_factory=lambda: set(NAMED))
    """What people of these tests typed: data, which stays as it is in every language."""

    def says(self, text: str) -> str:
        self.said.add(text)
        return text

    @property
    def url(self) -> str:
        return self.system.api_url

    @property
    def database(self) -> str:
        assert self.system.postgres is not None
        return self.system.postgres.url

    def post(self, path: str, body: Mapping[str, object]) -> dict[str, str]:
        """As an administrator, over HTTP; the receipt's answer, once every read model has it."""
        self.said |= set(_texts(body))
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(self.url + path, json=body, headers=headers, timeout=PATIENCE)
        assert answer.status_code < 300, answer.text
        receipt = answer.json()
        for model in ("/deals", "/agenda", "/reps", "/search"):
            asked = {"after": receipt["position"], "wait": 10}
            httpx.get(self.url + model, params=asked, headers=headers, timeout=PATIENCE).raise_for_status()
        made: dict[str, str] = receipt["answer"]
        return made

    def open_deal(self, owner: str, title: str, **more: object) -> UUID:
        return UUID(
            self.post("/deals", {"title": title, "owner_id": str(self.reps[owner]), **more})["deal_id"]
        )

    def until_restarted(self, program: str, before: int) -> None:
        """It was started again, and the API answers."""
        deadline = time.monotonic() + PATIENCE
        while self.system.restarts[program] <= before:
            assert time.monotonic() < deadline, f"{program} was not started again"
            time.sleep(0.05)
        self.system.wait_for_api(PATIENCE)

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
        self.said |= {login, who if who not in ("auditor", "admin") else "", "Anna Audit", "Ada Min"}
        if who in self.reps:
            return NewAccount(login, Role.REP, name=who, rep_id=self.reps[who])
        if who.endswith(" manager"):
            return NewAccount(login, Role.MANAGER, name=who, team_id=self.teams[who.removesuffix(" manager")])
        return NewAccount(login, Role(who), name={"auditor": "Anna Audit", "admin": "Ada Min"}[who])


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


def _texts(said: object) -> Iterator[str]:
    """Every text in what is sent."""
    if isinstance(said, str):
        yield said
    elif isinstance(said, Mapping):
        yield from (text for value in said.values() for text in _texts(value))
    elif isinstance(said, list):
        yield from (text for value in said for text in _texts(value))


async def _admin_token(system: Supervisor) -> str:
    assert system.postgres is not None
    async with open_ledger(system.postgres.url, min_size=1, max_size=2) as ledger:
        return (await KeyStore(ledger).create(NewKey("browser-tests", Role.ADMIN), "tests"))[1]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective + " " + event.blockedURI));
"""


@dataclass
class Desk:
    """`desk("Li Wei", language="zh-CN", width=390)` is a page of a browser of their own; without a name, of a stranger's."""

    company: Company
    chromium: Browser
    wrong: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ("the server responded with a status of 4",)
    """A refused form answers with a 4xx on purpose, which Chromium notes as an error of its own."""
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self, who: str = "", *, language: str = "en-US", width: int = 1280, script: bool = True, dark: bool = False,
    ) -> Page:  # fmt: skip
        context = self.chromium.new_context(
            base_url=self.company.url,
            locale=language,
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": 800},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
        )
        self.contexts.append(context)
        context.set_default_timeout(PATIENCE * 1_000)
        context.add_init_script(VIOLATIONS)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.wrong.append(str(error.error)))
        if who:
            cookie = elsewhere(self.company.cookie(who))
            context.add_cookies([{"name": COOKIE, "value": cookie, "url": self.company.url}])
        return context.new_page()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in self.expected):
            self.wrong.append(f"{message.page.url if message.page else ''}: {message.text}")


SignIn = Desk


@pytest.fixture
def sign_in(company: Company, chromium: Browser) -> Iterator[Desk]:
    """What a page writes to its console as an error, and what its policy stops, fails the test."""
    desk = Desk(company, chromium)
    yield desk
    for context in desk.contexts:
        context.close()
    assert not desk.wrong, "\n".join(desk.wrong)


@pytest.fixture(scope="session")
def furnished(company: Company) -> Company:
    """With something of each kind to look at."""
    customer = company.post("/customers", {"name": "Jade Textiles"})["customer_id"]
    why = "the plant stands still over the whole of new year, and then everything has to be there at once"
    company.open_deal("Li Wei", "Ten pumps", customer_id=customer, reason=why)
    owner = str(company.reps["Li Wei"])
    item = {"what": "Ask all five plants what they need for the second half of the year", "owner_id": owner}
    company.post("/action-items", {**item, "due_at": (datetime.now(UTC) + timedelta(days=9)).isoformat()})
    company.post("/leads", {"name": "Wang Fang", "interest": "asked at the fair"})
    case = {
        "title": "A pump stands still",
        "customer_id": customer,
        "severity": "severe",
        "category": "defect",
    }
    company.post("/cases", {**case, "owner_id": str(company.reps["Li Wei"])})
    return company
