"""Between an event and its mail each program is killed, at every step on the way: nobody misses a mail, and nobody reads one twice.

The receiver honours the ids of messages, as mail programs do: a mail that comes again under the same id is the same mail.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import httpx
import psycopg
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from runtime import clean_data
from runtime.ledger import open_ledger
from runtime.supervisor import Supervisor
from tests.breaking.conftest import environment_of, office
from tests.channels.mail_server import Inbox, MailServer, mail_server
from tests.conftest import PATIENCE

pytestmark = pytest.mark.breaks

Moment = Literal["recorded", "decided", "taken"]
"""The command was answered; it is decided who is told; the mail server has the mail and has not said so yet."""
STEPS: tuple[tuple[str, Moment], ...] = (
    ("follower", "recorded"),
    ("workflows", "decided"),
    ("postgres", "taken"),
    ("temporal", "decided"),
    ("workflows", "recorded"),
    ("follower", "decided"),
    ("postgres", "recorded"),
    ("temporal", "taken"),
    ("workflows", "taken"),
    ("postgres", "decided"),
    ("temporal", "recorded"),
    ("api", "recorded"),
    ("projections", "decided"),
)
ROUNDS = int(os.environ.get("BREAK_NOTICE_ROUNDS", "4"))
REPS = 8
DEAL = re.compile(r"/desk/deals/([0-9a-f-]{36})")
DECIDED = "SELECT 1 FROM app.notices WHERE deal_id = %s"
OPEN = "SELECT count(*) FROM app.notices WHERE state IN ('waiting', 'sending')"


@dataclass
class Post(Inbox):
    """`at_next`: called when the next mail is here, before the sender hears of it."""

    at_next: Callable[[], None] | None = None
    taken: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken += 1
        called, self.at_next = self.at_next, None
        if called is not None:
            called()
        return await super().handle_DATA(server, session, envelope)

    def ids_by_deal(self) -> dict[UUID, set[str]]:
        """Under which ids each deal was told of."""
        found: dict[UUID, set[str]] = {}
        for mail in self.mails:
            text = mail.get_body(("plain",))
            assert text is not None
            for deal in DEAL.findall(str(text.get_content())):
                found.setdefault(UUID(deal), set()).add(str(mail["Message-ID"]))
        return found


@pytest.fixture
async def post() -> AsyncIterator[tuple[Post, MailServer]]:
    inbox = Post()
    async with mail_server(inbox) as server:
        yield inbox, server


@pytest.fixture
def telling_system(scratch: Path, post: tuple[Post, MailServer]) -> Iterator[Supervisor]:
    data = scratch / "data"
    mails = {
        "SALESLOOP_SMTP_URL": f"smtp://127.0.0.1:{post[1].port}?starttls=never",
        "SALESLOOP_MAIL_FROM": "salesloop@example.org",
    }
    with Supervisor(data, env={**environment_of(data), **mails}, temporal_ports=None) as running:
        running.wait_for_api(PATIENCE)
        yield running
    clean_data.clean(data)


@dataclass
class Round:
    """One event, one kill, one restart."""

    system: Supervisor
    post: Post
    http: httpx.AsyncClient
    eventually: Callable[..., Any]
    deals: list[UUID] = field(default_factory=list)

    async def go(self, owner_id: str, name: str, moment: Moment) -> None:
        killed = self.system.restarts.get(name, 0)
        if moment == "taken":
            self.post.at_next = lambda: self._kill(name)
        deal = uuid.uuid4()
        await self._open(deal, owner_id)
        if moment == "decided":
            await self.eventually(lambda: self._is_decided(deal))
        if moment != "taken":
            self._kill(name)
        await self.eventually(lambda: self.system.restarts[name] > killed)

    def _kill(self, name: str) -> None:
        os.kill(self.system.pids[name], signal.SIGKILL)

    async def _open(self, deal: UUID, owner_id: str) -> None:
        """Repeated with its key until it is answered: what was killed before may still be coming up."""
        body = {"deal_id": str(deal), "title": "Forty boilers", "owner_id": owner_id}

        async def answered() -> bool:
            try:
                said = await self.http.post("/deals", json=body, headers={"Idempotency-Key": str(deal)})
            except httpx.HTTPError:
                return False
            return said.status_code == 201

        await self.eventually(answered)
        self.deals.append(deal)

    async def _is_decided(self, deal: UUID) -> bool:
        return bool(await self.rows(DECIDED, deal))

    async def rows(self, query: str, *given: object) -> list[Any]:
        """None while the database is away."""
        assert self.system.postgres is not None
        try:
            async with await psycopg.AsyncConnection.connect(self.system.postgres.url) as connection:
                return await (await connection.execute(query.encode(), given)).fetchall()
        except psycopg.OperationalError:
            return []


@asynccontextmanager
async def reps_with_accounts(system: Supervisor) -> AsyncIterator[tuple[list[str], httpx.AsyncClient]]:
    assert system.postgres is not None
    async with office(system, REPS, "default") as desks:
        async with open_ledger(system.postgres.url) as ledger:
            for n, desk in enumerate(desks):
                who = NewAccount(
                    f"rep-{n}", Role.REP, rep_id=UUID(desk.owner_id), email=f"rep-{n}@example.org"
                )
                await Accounts(ledger).create(who, "tests")
        yield [desk.owner_id for desk in desks], desks[0].http


async def test_nobody_misses_a_mail_and_nobody_reads_one_twice(
    telling_system: Supervisor, post: tuple[Post, MailServer], eventually: Callable[..., Any]
) -> None:
    inbox, _ = post
    async with reps_with_accounts(telling_system) as (owners, http):
        rounds = Round(telling_system, inbox, http, eventually)
        steps = itertools.cycle(STEPS)
        for owner, (name, moment) in zip(
            itertools.islice(itertools.cycle(owners), ROUNDS), steps, strict=False
        ):
            await rounds.go(owner, name, moment)

        async def all_told() -> bool:
            return set(rounds.deals) <= inbox.ids_by_deal().keys() and await rounds.rows(OPEN) == [(0,)]

        await eventually(all_told, PATIENCE + 5 * ROUNDS)
    told = inbox.ids_by_deal()
    lost = [deal for deal in rounds.deals if deal not in told]
    doubled = [deal for deal, ids in told.items() if len(ids) > 1]
    print(
        f"{ROUNDS} rounds, {inbox.taken} mails handed over: {len(lost)} lost, {len(doubled)} doubled by their id"
    )
    assert (lost, doubled) == ([], [])
    assert sum(telling_system.restarts.values()) == ROUNDS
    assert inbox.taken >= ROUNDS
