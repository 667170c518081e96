"""Commits that are held back on purpose: what is promised of a batch holds when it hangs, and when either side dies in it.

A deferred trigger makes every commit of facts wait at a gate that the test opens.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from domain.deal.commands import LogActivity
from domain.engine.command import Call
from domain.engine.command_handler import Receipt
from domain.engine.errors import Conflict
from domain.engine.values import Activity, ActivityKind
from runtime.ledger import open_ledger
from runtime.schema import migrate
from runtime.servers import EmbeddedPostgres
from tests.conftest import eventually
from tests.office import Office, context, furnish

GATE = 4_711
MAKE_GATE = f"""
CREATE FUNCTION public.wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared({GATE}); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON ledger.events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.wait_at_the_gate();
"""
WAITING = f"""
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
 WHERE l.locktype = 'advisory' AND l.objid = {GATE} AND NOT l.granted AND d.datname = current_database()
"""


@asynccontextmanager
async def held(url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """The gate is closed until this is left; what is committed meanwhile waits."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as keeper:
        await keeper.execute("SELECT pg_advisory_lock(%s)", [GATE])
        yield keeper


async def at_the_gate(keeper: psycopg.AsyncConnection[Any]) -> None:
    async def somebody_waits() -> bool:
        return await (await keeper.execute(WAITING)).fetchone() != (0,)

    await eventually(somebody_waits)


async def make_gate(url: str) -> None:
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as owner:
        await owner.execute(MAKE_GATE)


@pytest.fixture
async def gated(office: Office) -> Office:
    await make_gate(office.url)
    return office


def call_to(deal_id: UUID) -> LogActivity:
    return LogActivity(deal_id=deal_id, activity_id=uuid.uuid4(), activity=Activity(kind=ActivityKind.CALL))


async def test_nobody_is_answered_before_the_commit(gated: Office) -> None:
    head = await gated.ledger.head()
    async with held(gated.url) as keeper:
        callers = [asyncio.create_task(gated.run(gated.opening())) for _ in range(20)]
        await at_the_gate(keeper)
        assert not any(caller.done() for caller in callers)
        assert await gated.ledger.head() == head
    receipts = await asyncio.gather(*callers)
    assert sorted(receipt.position for receipt in receipts) == [head + 2 * n for n in range(1, 21)]


async def test_a_caller_who_gives_up_on_a_held_commit_holds_nobody_up(gated: Office) -> None:
    async with held(gated.url) as keeper:
        caller = asyncio.create_task(gated.run(gated.opening()))
        await at_the_gate(keeper)
        behind = asyncio.create_task(gated.run(gated.opening()))
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert not behind.done()
    last = (await behind).position
    assert await gated.ledger.head() == last
    assert (await gated.run(gated.opening())).recorded == 2


async def test_a_ledger_is_closed_after_what_is_on_its_way(gated: Office) -> None:
    elsewhere = await gated.elsewhere()
    async with held(gated.url) as keeper:
        caller = asyncio.create_task(elsewhere.run(elsewhere.opening()))
        await at_the_gate(keeper)
        closing = asyncio.create_task(elsewhere.ledger.aclose())
        await asyncio.sleep(0)
        assert not closing.done()
    await closing
    assert (await caller).position == await gated.ledger.head()


async def test_a_conflict_and_a_repeat_in_a_batch_that_hangs_touch_nobody_else(gated: Office) -> None:
    """All arrive behind a commit that is held, and go together in the next one."""
    deals = [uuid.uuid4() for _ in range(12)]
    await asyncio.gather(*(gated.run(gated.opening(deal)) for deal in deals))
    repeated = call_to(deals[5])
    first = await gated.run(repeated, key="five")
    decisions = [(await gated.handler._decide(Call(call_to(d), context()), {}))[0] for d in deals[:5]]
    await gated.run(call_to(deals[3]))
    head = await gated.ledger.head()
    async with held(gated.url) as keeper:
        ahead = asyncio.create_task(gated.run(gated.opening()))
        await at_the_gate(keeper)
        batch = [asyncio.create_task(gated.ledger.append(decision)) for decision in decisions]
        again = asyncio.create_task(gated.run(repeated, key="five"))
        others = [asyncio.create_task(gated.run(call_to(deal))) for deal in deals[6:]]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*batch, return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Conflict)] == [3]
    assert (await again).replayed
    assert (await again).position == first.position
    told = [*outcomes, await ahead, *await asyncio.gather(*others)]
    recorded = sum(outcome.recorded for outcome in told if isinstance(outcome, Receipt))
    assert await gated.ledger.head() == head + recorded == head + 2 + 3 * (4 + 6)


def log_and_hang(url: str, deal_id: UUID, activity_id: UUID) -> None:
    """In a process of its own: one command with a key."""

    async def run() -> None:
        async with open_ledger(url, min_size=1, max_size=1) as ledger:
            await Office(url, ledger).run(activity(deal_id, activity_id), key="once")

    asyncio.run(run())


def activity(deal_id: UUID, activity_id: UUID) -> LogActivity:
    return LogActivity(deal_id=deal_id, activity_id=activity_id, activity=Activity(kind=ActivityKind.MEETING))


async def test_a_process_killed_between_append_and_acknowledgement_did_it_once(gated: Office) -> None:
    deal_id, activity_id = uuid.uuid4(), uuid.uuid4()
    await gated.run(gated.opening(deal_id))
    process = multiprocessing.get_context("spawn").Process(
        target=log_and_hang, args=(gated.url, deal_id, activity_id), daemon=True
    )
    async with held(gated.url) as keeper:
        process.start()
        await at_the_gate(keeper)
        process.kill()
        await asyncio.to_thread(process.join)
        asking = asyncio.create_task(gated.run(activity(deal_id, activity_id), key="once"))
    receipt = await asking
    stream = await gated.ledger.stream(deal_id)
    assert receipt.replayed, "the commit went on without its caller, so a repeat gets the first answer"
    assert [r.fact.TOPIC for r in stream].count("deal.activity-logged") == 1


async def open_until_answered(office: Office, deal_id: UUID) -> Receipt:
    """As a caller does who has a key: the same again until there is an answer."""

    async def answered() -> Receipt | None:
        try:
            return await office.run(office.opening(deal_id), key=f"open {deal_id}")
        except psycopg.Error:
            return None

    receipt: Receipt = await eventually(answered)
    return receipt


async def test_a_database_that_restarts_in_the_middle_of_a_batch_keeps_none_of_it(
    scratch: Path,
) -> None:
    with EmbeddedPostgres(scratch / "postgres") as server:
        migrate(server.url)
        await make_gate(server.url)
        office = await furnish(server.url)
        deals = [uuid.uuid4() for _ in range(30)]
        head = await office.ledger.head()
        async with held(server.url) as keeper:
            openings = (office.run(office.opening(deal), key=f"open {deal}") for deal in deals)
            callers = [asyncio.create_task(opening) for opening in openings]
            await at_the_gate(keeper)
            await asyncio.to_thread(server.kill)
        outcomes = await asyncio.gather(*callers, return_exceptions=True)
        await asyncio.to_thread(server.start)
        assert all(isinstance(outcome, psycopg.Error) for outcome in outcomes), "nothing was committed"
        again = await asyncio.gather(*(open_until_answered(office, deal) for deal in deals))
        assert await office.ledger.head() == head + 2 * len(deals)
        assert sorted(receipt.position for receipt in again) == [head + 2 * n for n in range(1, 31)]
        assert not any(receipt.replayed for receipt in again)
        await office.close()
