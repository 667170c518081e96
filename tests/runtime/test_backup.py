"""tests: a dump of the truth, restored as the operations page says, is the same ledger on another server, and goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg

from api.engine.roles import Role
from api.engine.users import KeyStore, NewKey
from domain.deal.commands import OpenDeal
from projections.deal import board as deal_board
from projections.engine.run import run_projections
from projections.engine.wait import Waiter
from runtime.database import open_pool
from runtime.ledger import Ledger
from runtime.servers import EmbeddedPostgres
from tests.background import Background
from tests.conftest import PATIENCE
from tests.house import migrate_all
from tests.office import Office, furnish
from tests.runtime.postgres_programs import program

EVENTS = "SELECT position, stream_id, version, topic, data::text, meta::text, event_id, recorded_at FROM ledger.events ORDER BY 1"
RECEIPTS = "SELECT key, fingerprint, answer::text, position FROM ledger.receipts ORDER BY 1"
KEYS = "SELECT id, secret_hash, role FROM app.api_keys"
PACKS = "SELECT * FROM ledger.packs"
FROZEN = """
    INSERT INTO ledger.packs (digest, format, bytes, computed)
    SELECT encode(sha256(bytes), 'hex'), 1, bytes, 'when frozen' FROM (SELECT convert_to('{"position":1}', 'UTF8') AS bytes) AS made
    RETURNING digest"""
OWNERS = """
    SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('ledger', 'app') AND c.relkind = 'r' ORDER BY 1, 2"""


async def test_a_restored_dump_is_the_same_ledger_and_goes_on(database_url: str, scratch: Path) -> None:
    migrate_all(database_url)
    office = await furnish(database_url)
    deal = office.opening()
    await office.run(deal, key="once")
    await KeyStore(office.ledger).create(NewKey("ops", Role.ADMIN), "cli")
    assert len(await office.rows(FROZEN)) == 1
    dump = scratch / "salesloop.dump"

    program("pg_dump", "--format=custom", "-n", "ledger", "-n", "app", "--file", str(dump), database_url)
    with EmbeddedPostgres(scratch / "other") as other:
        with psycopg.connect(other.url, autocommit=True) as operator:
            operator.execute("CREATE ROLE salesloop_owner")
        program("pg_restore", "--exit-on-error", "--dbname", other.url, str(dump))
        migrate_all(other.url)
        with psycopg.connect(database_url) as before, psycopg.connect(other.url) as after:
            for query in (EVENTS, RECEIPTS, KEYS, PACKS, OWNERS):
                assert after.execute(query).fetchall() == before.execute(query).fetchall()
        await goes_on(other.application_url, office, deal)
    await office.close()
    other.remove()


async def goes_on(url: str, office: Office, deal: OpenDeal) -> None:
    """The read models build themselves, a repeated command is known, a new one is recorded after the last."""
    head = await office.ledger.head()
    restored = Office(url, Ledger(await open_pool(url)), office.team_id, office.rep_id)
    async with following(url) as waiter:
        await waiter.until("deal_board", head, PATIENCE)
        assert (await restored.run(deal, key="once")).replayed
        receipt = await restored.run(restored.opening())
        assert receipt.position - receipt.recorded == head
        await waiter.until("deal_board", receipt.position, PATIENCE)
    found = await deal_board.get(restored.ledger.pool, deal.deal_id)
    assert found is not None
    await restored.close()


@asynccontextmanager
async def following(url: str) -> AsyncIterator[Waiter]:
    with Background(lambda stop: run_projections(url, stop=stop)):
        async with Waiter(url) as waiter:
            yield waiter
