"""How many transactions the group commit makes, counted by the database itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from domain.engine.command_handler import Decision
from domain.engine.context import MAX_REASON
from domain.engine.recorded import Meta
from domain.engine.unit_of_work import Expectation
from runtime.append import APPEND, APPEND_ALONE, STALE, columns, columns_alone
from tests.conftest import eventually
from tests.office import Office, context, furnish

CALLS = (
    "SELECT sum(calls) FROM pg_stat_user_functions WHERE schemaname = 'ledger' AND funcname LIKE 'append%'"
)
TABLES_READ = "SELECT sum(seq_scan)::int FROM pg_stat_xact_user_tables WHERE schemaname = 'ledger'"
FURNISHING = 2
"""The team and the rep."""


@pytest.fixture
async def counted(database_url: str) -> AsyncIterator[Office]:
    """An office whose database counts calls of its functions."""
    name = sql.Identifier(urlsplit(database_url).path.lstrip("/"))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} SET track_functions = 'pl'").format(name))
    office = await furnish(database_url)
    yield office
    await office.close()


async def appends(office: Office) -> int:
    """Backends hand in their counts when they end."""
    await office.close()
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    async with await psycopg.AsyncConnection.connect(office.url, autocommit=True) as connection:

        async def everybody_left() -> bool:
            return await (
                await connection.execute(query + " AND backend_type = 'client backend'")
            ).fetchone() == (0,)

        await eventually(everybody_left)
        row = await (await connection.execute(CALLS)).fetchone()
    return int(row[0]) if row else 0


async def test_a_caller_alone_makes_one_transaction_a_command(counted: Office) -> None:
    for _ in range(10):
        await counted.run(counted.opening())
    assert await appends(counted) == FURNISHING + 10


async def test_callers_that_arrive_together_share_transactions(counted: Office) -> None:
    await asyncio.gather(*(counted.run(counted.opening()) for _ in range(40)))
    assert await appends(counted) < FURNISHING + 10


async def test_a_batch_larger_than_a_socket_takes_at_once_is_recorded_whole(office: Office) -> None:
    head = await office.ledger.head()
    reason = "价" * MAX_REASON
    receipts = await asyncio.gather(*(office.run(office.opening(), reason=reason) for _ in range(60)))
    assert sorted(receipt.position for receipt in receipts) == [head + 2 * n for n in range(1, 61)]
    assert {r.meta.reason for r in await office.ledger.read(head)} == {reason}


async def test_no_plan_that_is_kept_reads_a_table(counted: Office) -> None:
    """Plans are made once: of a table of three pages, where reading it would be the cheaper way."""
    for n in range(60):
        await counted.run(counted.opening(), key=f"k-{n}")
    stale = Expectation(counted.rep_id, 7)
    meta = Meta.of(context())
    decisions = [Decision(counted.opening(), f"later-{n}", meta, (), (stale,), {}, 1) for n in range(3)]
    async with await psycopg.AsyncConnection.connect(counted.url) as connection:
        await connection.execute("ANALYZE ledger.events, ledger.receipts")
        await connection.commit()
        await connection.execute("SET LOCAL random_page_cost = 4")
        together = await (await connection.execute(APPEND, columns(decisions))).fetchone()
        alone = await (await connection.execute(APPEND_ALONE, columns_alone(decisions[0]))).fetchone()
        read = await (await connection.execute(TABLES_READ)).fetchone()
    assert together is not None
    assert together[2] == [1, 2, 3]
    assert alone == (STALE,)
    assert read == (0,)
