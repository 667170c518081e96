"""How often a command asks the database, counted on the wire by libpq's own trace: what it says it needs comes in one query, and
one that is refused, or has nothing to record, asks no more often than one that is accepted.
"""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import IO, Any
from uuid import UUID

import pytest
from psycopg.pq import Trace

from domain.deal.commands import HandOver, LogActivity, MoveStage, WinDeal
from domain.engine.command import Command
from domain.engine.context import Reach
from domain.engine.errors import DomainError, GateNotPassed, NotFound
from domain.engine.values import Activity, ActivityKind
from domain.people.people import HireRep
from runtime.database import open_pool
from runtime.ledger import Ledger
from tests.office import Office

CONNECTIONS = 3
CALL = Activity(kind=ActivityKind.CALL)


@dataclass
class Tapped:
    """An office that remembers nothing yet, and what its connections send."""

    office: Office
    sent: list[IO[bytes]]

    async def questions(
        self, command: Command, refused: type[DomainError] | None = None, **context: Any
    ) -> int:
        """How many statements the command has executed. It must be refused so, or else accepted."""
        before = self._statements()
        with pytest.raises(refused) if refused is not None else contextlib.nullcontext():
            await self.office.run(command, **context)
        return self._statements() - before

    def _statements(self) -> int:
        return sum(_executed(line) for file in self.sent for line in _lines(file))


def _file() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _lines(file: IO[bytes]) -> list[bytes]:
    file.seek(0)
    return file.read().splitlines()


def _executed(line: bytes) -> bool:
    """Whether a line of the trace is ours and has a statement executed. What prepares one executes nothing."""
    fields = line.split(b"\t")  # direction, length, message, …; or a further line of a statement's text
    return fields[0] == b"F" and fields[2] in (b"Execute", b"Query")


@asynccontextmanager
async def tapped(office: Office) -> AsyncIterator[Tapped]:
    async with contextlib.AsyncExitStack() as stack:
        pool = await open_pool(office.url, min_size=CONNECTIONS, max_size=CONNECTIONS)
        stack.push_async_callback(pool.close)
        sent = [stack.enter_context(_file()) for _ in range(CONNECTIONS)]
        connections = [await pool.getconn() for _ in range(CONNECTIONS)]
        for connection, file in zip(connections, sent, strict=True):
            connection.pgconn.trace(file.fileno())
            connection.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
            await pool.putconn(connection)
        ledger = Ledger(pool)
        stack.push_async_callback(ledger.aclose)
        yield Tapped(Office(office.url, ledger, office.team_id, office.rep_id), sent)


DONE = uuid.uuid4()
"""An activity that the deal has."""
FIRST_READ = 1
"""Of what the command says it needs."""
DISCOVERED = 1
"""Another: that of what the deal hangs on; and of the custom fields that are declared, where it is won."""
RECORDING = 1
ASKED_FOR_NEWS = 1
KEY_LOOKED_UP = 1
"""Before a keyed command is refused: a repeat of one that was accepted is answered as it was then."""


@dataclass(frozen=True)
class Case:
    name: str
    command: Callable[[Office, UUID], Command]
    cold: int
    warm: int
    refused: type[DomainError] | None = None
    reach: Reach | None = None

    def __str__(self) -> str:
        return self.name


def log_activity(_: Office, deal_id: UUID) -> Command:
    return LogActivity(deal_id=deal_id, activity_id=uuid.uuid4(), activity=CALL)


def log_again(_: Office, deal_id: UUID) -> Command:
    return LogActivity(deal_id=deal_id, activity_id=DONE, activity=CALL)


def log_on_no_deal(_: Office, deal_id: UUID) -> Command:
    return LogActivity(deal_id=uuid.uuid4(), activity_id=DONE, activity=CALL)


def move_nowhere(_: Office, deal_id: UUID) -> Command:
    return MoveStage(deal_id=deal_id, to="identify")


def move_past_a_gate(_: Office, deal_id: UUID) -> Command:
    return MoveStage(deal_id=deal_id, to="negotiation")


def win_for_nothing(_: Office, deal_id: UUID) -> Command:
    return WinDeal(deal_id=deal_id, amount=None, closed_on=None)


def hand_over_to_its_owner(office: Office, deal_id: UUID) -> Command:
    return HandOver(deal_id=deal_id, to=office.rep_id, handover_note="Yours", rule="by hand")


def hand_over_to_nobody(_: Office, deal_id: UUID) -> Command:
    return HandOver(deal_id=deal_id, to=uuid.uuid4(), handover_note="Yours", rule="by hand")


def open_one(office: Office, _: UUID) -> Command:
    return office.opening()


def open_about_nothing(office: Office, _: UUID) -> Command:
    return replace(office.opening(), customer_id=uuid.uuid4(), product_id=uuid.uuid4())


ANOTHERS = Reach(team_id=uuid.uuid4())
CASES = (
    Case("accepted", log_activity, cold=FIRST_READ + DISCOVERED + RECORDING, warm=RECORDING),
    Case("accepted, makes what it is about", open_one, cold=FIRST_READ + RECORDING, warm=RECORDING),
    Case("silent: said before", log_again, cold=FIRST_READ + DISCOVERED + RECORDING, warm=RECORDING),
    Case("silent: there already", move_nowhere, cold=FIRST_READ + DISCOVERED + RECORDING, warm=RECORDING),
    Case("silent: two streams", hand_over_to_its_owner, cold=FIRST_READ + RECORDING, warm=RECORDING),
    Case("refused: a gate", move_past_a_gate, FIRST_READ + DISCOVERED, ASKED_FOR_NEWS, GateNotPassed),
    Case(
        "refused: the last gate", win_for_nothing, FIRST_READ + 2 * DISCOVERED, ASKED_FOR_NEWS, GateNotPassed
    ),
    Case("refused: no such deal", log_on_no_deal, FIRST_READ, FIRST_READ, NotFound),
    Case("refused: no such rep", hand_over_to_nobody, FIRST_READ, FIRST_READ, NotFound),
    Case(
        "refused: two things are not there",
        open_about_nothing,
        FIRST_READ,
        FIRST_READ + ASKED_FOR_NEWS,
        NotFound,
    ),
    Case("refused: out of reach", log_again, FIRST_READ, ASKED_FOR_NEWS, NotFound, ANOTHERS),
)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("keyed", [False, True], ids=["", "keyed"])
async def test_a_command_asks_no_more_often_than_it_must(office: Office, case: Case, keyed: bool) -> None:
    deal_id = uuid.uuid4()
    await office.run(office.opening(deal_id))
    await office.run(log_again(office, deal_id))
    lookup = KEY_LOOKED_UP if keyed and case.refused is not None else 0
    async with tapped(office) as one:
        for expected in (case.cold, case.warm, case.warm):
            context = {"reach": case.reach, "key": uuid.uuid4().hex if keyed else None}
            asked = await one.questions(case.command(one.office, deal_id), case.refused, **context)
            assert asked == expected + lookup


async def test_a_refusal_is_given_on_what_the_ledger_says_now(office: Office) -> None:
    """Also where it rests on another stream than the one that the command is about."""
    elsewhere, deal_id, rep_id = await office.elsewhere(), uuid.uuid4(), uuid.uuid4()
    await office.run(office.opening(deal_id))
    handing = HandOver(deal_id=deal_id, to=rep_id, handover_note="Yours", rule="by hand")
    with pytest.raises(NotFound):
        await elsewhere.run(handing)
    await office.run(HireRep(rep_id=rep_id, name="Li Wei", team_id=office.team_id))
    assert (await elsewhere.run(handing)).recorded > 0


async def test_a_silence_is_kept_on_what_the_ledger_says_now(office: Office) -> None:
    elsewhere, deal_id = await office.elsewhere(), uuid.uuid4()
    await office.run(office.opening(deal_id))
    to_its_owner = hand_over_to_its_owner(office, deal_id)
    assert (await elsewhere.run(to_its_owner)).recorded == 0
    another = HandOver(deal_id=deal_id, to=await office.hire(), handover_note="Hers", rule="by hand")
    await office.run(another)
    assert (await elsewhere.run(to_its_owner)).recorded > 0


async def test_what_was_looked_for_as_another_kind_of_thing_is_found(office: Office) -> None:
    deal_id = uuid.uuid4()
    await office.run(office.opening(deal_id))
    elsewhere = await office.elsewhere()
    with pytest.raises(NotFound):
        await elsewhere.run(HandOver(deal_id=uuid.uuid4(), to=deal_id, handover_note="Yours", rule="by hand"))
    assert (await elsewhere.run(log_again(office, deal_id))).recorded > 0
