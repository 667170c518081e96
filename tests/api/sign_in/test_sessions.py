"""Sessions are on the server: whoever ends one ends it everywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.engine import sessions as module
from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from api.engine.sessions import CHANNEL, Session, Sessions
from domain.engine.command import Command
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import AlreadyExists, Forbidden, NotFound
from domain.people.people import FormTeam, HireRep, RepLeaves
from projections.engine.wait import Waiter
from runtime.ledger import Ledger, open_ledger
from runtime.sign_in import SignIn

TEAM, LI = uuid4(), uuid4()


@dataclass
class Process:
    """What one process of the API has of sign-in."""

    ledger: Ledger
    accounts: Accounts
    sessions: Sessions

    async def do(self, command: Command) -> None:
        context = Context(now=datetime.now(UTC), actor=Actor("user", "ops"), channel=Channel.CLI)
        await CommandHandler(self.ledger).execute(command, context)

    async def account(self, login: str = "wang", role: Role = Role.AUDITOR, **more: Any) -> UUID:
        return await self.accounts.create(NewAccount(login, role, **more), "ops")

    async def opened(self, account: UUID) -> str:
        cookie = await self.sessions.open(account)
        assert cookie is not None
        return cookie

    async def found(self, cookie: str) -> Session:
        session = await self.sessions.find(cookie)
        assert session is not None
        return session

    async def sql(self, statement: str) -> None:
        async with self.ledger.pool.connection() as connection:
            await connection.execute(statement.encode())


@pytest.fixture
async def process(database_url: str) -> AsyncIterator[Callable[..., Any]]:
    async with AsyncExitStack() as stack:

        async def another(settings: SignIn = SignIn(), *, hearing: bool = True) -> Process:  # noqa: B008 - frozen
            ledger = await stack.enter_async_context(open_ledger(database_url, min_size=1, max_size=2))
            sessions = Sessions(ledger, settings)
            if hearing:
                await stack.enter_async_context(Waiter(database_url, {CHANNEL: sessions.heard}))
            return Process(ledger, Accounts(ledger), sessions)

        yield another


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The clock of caches, which stands still."""
    made: Any = SimpleNamespace(now=1_000.0)
    made.monotonic = lambda: made.now
    monkeypatch.setattr(module, "time", made)
    return made


async def test_a_session_is_whose_cookie_it_is(process: Any) -> None:
    here = await process()
    account = await here.account("wang", name="王芳", language="zh", timezone="Asia/Shanghai")
    cookie = await here.opened(account)
    found = await here.found(cookie)
    assert (found.login, found.name, found.language, found.timezone) == (
        "wang",
        "王芳",
        "zh",
        "Asia/Shanghai",
    )
    assert (found.user.user_id, found.user.role) == ("wang", Role.AUDITOR)
    assert found.user.key_id.startswith("session:")
    assert await here.sessions.find(cookie[:-1] + "-") is None
    assert await here.sessions.find(None) is None


async def test_what_a_person_chooses_counts_at_once(process: Any, clock: Any, eventually: Any) -> None:
    here, elsewhere = await process(), await process()
    account = await here.account(language="en")
    cookie = await here.opened(account)
    assert (await elsewhere.found(cookie)).language == "en"
    await here.accounts.prefer(account, "zh", None)
    await here.accounts.prefer(account, None, "Asia/Shanghai")

    async def chosen() -> bool:
        found = await elsewhere.found(cookie)
        return (found.language, found.timezone) == ("zh", "Asia/Shanghai")

    assert await eventually(chosen)


async def test_two_sessions_of_one_person_have_rates_and_forms_of_their_own(process: Any) -> None:
    here = await process()
    account = await here.account()
    one, other = [await here.found(await here.opened(account)) for _ in range(2)]
    assert one.user.key_id != other.user.key_id
    assert one.csrf != other.csrf


async def test_nothing_in_the_database_opens_a_session_or_a_form(process: Any) -> None:
    here = await process()
    cookie = await here.opened(await here.account())
    csrf = (await here.found(cookie)).csrf
    async with here.ledger.pool.connection() as connection:
        rows = await (await connection.execute("SELECT s::text FROM app.sessions s")).fetchall()
    assert cookie not in str(rows)
    assert csrf not in str(rows)


class TestEndedInOneProcess:
    """The other one looked it up a moment ago, and its clock stands still: only the notification tells it."""

    async def test_a_session_counts_nowhere(self, process: Any, clock: Any, eventually: Any) -> None:
        here, elsewhere = await process(), await process()
        cookie = await here.opened(await here.account())
        session = await here.found(cookie)
        await elsewhere.found(cookie)
        await here.sessions.end(session)
        assert await here.sessions.find(cookie) is None
        assert await eventually(lambda: _gone(elsewhere, cookie))

    async def test_all_of_an_account_count_nowhere(self, process: Any, clock: Any, eventually: Any) -> None:
        here, elsewhere = await process(), await process()
        account = await here.account()
        cookies = [await here.opened(account) for _ in range(2)]
        for cookie in cookies:
            await elsewhere.found(cookie)
        assert await here.sessions.end_all(account, "ops") == 2
        for cookie in cookies:
            assert await eventually(lambda cookie=cookie: _gone(elsewhere, cookie))

    async def test_a_disabled_account_has_none(self, process: Any, clock: Any, eventually: Any) -> None:
        here, elsewhere = await process(), await process()
        account = await here.account()
        cookie = await here.opened(account)
        await elsewhere.found(cookie)
        at = await here.accounts.disable(account, "ops")
        assert await eventually(lambda: _gone(elsewhere, cookie))
        assert await here.sessions.open(account) is None
        assert await here.accounts.disable(account, "ops") == at
        await here.accounts.enable(account, "ops")
        assert await here.sessions.find(cookie) is None, "enabled again it begins anew"
        assert await here.sessions.open(account) is not None

    async def test_another_role_is_another_session(self, process: Any, clock: Any, eventually: Any) -> None:
        here, elsewhere = await process(), await process()
        await here.do(FormTeam(team_id=TEAM, name="north"))
        account = await here.account()
        cookie = await here.opened(account)
        await elsewhere.found(cookie)
        await here.accounts.set_role(account, Role.MANAGER, None, TEAM, "ops")
        assert await eventually(lambda: _gone(elsewhere, cookie))
        assert (await elsewhere.found(await here.opened(account))).user.role is Role.MANAGER


async def _gone(process: Process, cookie: str) -> bool:
    return await process.sessions.find(cookie) is None


async def test_without_a_notification_a_second_is_the_longest(process: Any, clock: Any) -> None:
    here, deaf = await process(), await process(hearing=False)
    cookie = await here.opened(await here.account())
    await deaf.found(cookie)
    await here.sessions.end(await here.found(cookie))
    assert await deaf.sessions.find(cookie) is not None, "or the test sees nothing"
    clock.now += 1.01
    assert await deaf.sessions.find(cookie) is None


async def test_a_rep_who_left_has_no_session(process: Any, clock: Any) -> None:
    here = await process()
    await here.do(FormTeam(team_id=TEAM, name="north"))
    await here.do(HireRep(rep_id=LI, name="Li Wei", team_id=TEAM))
    account = await here.account("li", Role.REP, rep_id=LI)
    cookie = await here.opened(account)
    assert (await here.found(cookie)).user.team_id == TEAM
    await here.do(RepLeaves(rep_id=LI))
    clock.now += 1.01
    assert await here.sessions.find(cookie) is None
    assert await here.sessions.open(account) is None


async def test_an_idle_session_is_over_and_one_in_use_goes_on(process: Any, clock: Any) -> None:
    here = await process(SignIn(idle=timedelta(hours=1)))
    idle, used, streamed = [await here.opened(await here.account(login)) for login in ("a", "b", "c")]
    await here.found(used)
    clock.now += 3_500
    await here.found(used)
    await here.sessions.find(streamed, used=False)
    await _age(here, idle, timedelta(hours=1))
    await _age(here, streamed, timedelta(minutes=59))
    clock.now += 2
    assert await here.sessions.find(idle) is None
    assert await here.sessions.find(streamed, used=False) is not None
    await here.found(used)
    await _age(here, streamed, timedelta(minutes=61))
    clock.now += 2
    assert await here.sessions.find(streamed) is None, "an open page that nobody touches is idle"


async def test_no_session_outlives_its_absolute_end(process: Any) -> None:
    here = await process(SignIn(absolute=timedelta(seconds=-1)))
    assert await here.sessions.find(await here.opened(await here.account())) is None


async def _age(process: Process, cookie: str, by: timedelta) -> None:
    """As its owner's role: the application may not."""
    import psycopg

    from api.engine.users import digest

    url = str(process.ledger.pool.conninfo)
    with psycopg.connect(url, options="") as connection:
        connection.execute(
            "UPDATE app.sessions SET seen_at = now() - %s WHERE id_hash = %s", [by, digest(cookie)]
        )


class TestAccounts:
    async def test_a_login_is_taken_whatever_its_case(self, process: Any) -> None:
        here = await process()
        await here.account("wang", email="wang@example.com")
        with pytest.raises(AlreadyExists, match="login"):
            await here.account("Wang")
        with pytest.raises(AlreadyExists, match="email"):
            await here.account("other", email="WANG@example.com")

    async def test_a_rep_or_team_that_is_not_there_is_named(self, process: Any) -> None:
        here = await process()
        with pytest.raises(NotFound, match="rep_id"):
            await here.account("li", Role.REP, rep_id=uuid4())
        with pytest.raises(NotFound, match="team_id"):
            await here.account("li", Role.MANAGER, team_id=uuid4())

    async def test_changes_are_on_record_and_name_nobody(self, process: Any) -> None:
        here = await process()
        account = await here.account(name="王芳", email="wang@example.com")
        await here.opened(account)
        await here.accounts.link(account, "boss", timedelta(hours=1))
        await here.accounts.disable(account, "boss")
        changes = await here.accounts.changes(account)
        assert [(c["what"], c["by"]) for c in changes] == [
            ("signed out", "boss"), ("disabled", "boss"), ("link", "boss"), ("created", "ops"),
        ]  # fmt: skip
        assert "王芳" not in str(changes)
        assert "example.com" not in str(changes)

    async def test_a_disabled_account_gets_no_link(self, process: Any) -> None:
        here = await process()
        account = await here.account()
        await here.accounts.disable(account, "ops")
        with pytest.raises(Forbidden, match="disabled"):
            await here.accounts.link(account, "ops", timedelta(hours=1))


async def test_sessions_that_ran_out_unused_are_not_counted(process: Callable[..., Any]) -> None:
    here = await process()
    account = await here.account()
    for _ in range(2):
        await here.opened(account)
    assert (await here.accounts.of("wang"))["sessions"] == 2
    strict = Accounts(here.ledger, timedelta(0))
    assert (await strict.of("wang"))["sessions"] == 0
    assert [one["sessions"] for one in await strict.all()] == [0]
