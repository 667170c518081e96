"""tests: a ledger that an earlier release wrote is whole under this one, and goes on.

`ledgers/0cd94be.dump` is a dump of one made by release 0cd94be: a company at random work (targets, cycles, scorecards, reviews, deals,
promises, leavers), 40 imported deals, keys, receipts, and every read model as that release left it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.engine.roles import Role
from api.engine.users import KeyStore
from domain.deal.commands import LogActivity, OpenDeal
from domain.deal.deal import Deal
from domain.engine.aggregate import Aggregate
from domain.engine.command_handler import CommandHandler
from domain.engine.values import Activity, ActivityKind
from projections.cycle import board as cycle_board
from projections.cycle import kept_packs, pack_view
from projections.engine import rebuild
from projections.engine.catalog import ALL
from projections.engine.status import outdated
from runtime import migrations, schema
from runtime.database import NotUsable, open_pool
from runtime.ledger import open_ledger
from runtime.schema import NewerSchema, migrate
from runtime.settings import Settings
from tests.conftest import PostgresServer
from tests.domain.test_invariants import kinds_of
from tests.office import NOW, context
from tests.runtime.postgres_programs import program
from worker import migrate_all

DUMP = Path(__file__).parent / "ledgers" / "0cd94be.dump"
KEYED = UUID("6c5a36f5-b120-407e-8369-99c0f7b7da37")
REP_S_FIRST = "sl_2439f1221ed1130b_le_bnH5NksZmKtkvF3T4D6A3tRAbQE_C2pzeQgTwekQ"
ADMIN = "sl_2babca438fdcf0b6_B6OEaveaiA2TxjawVlrcgXfmJSwwTXPOkmTAuT3jJzg"
EVENTS = "SELECT position, stream_id, version, topic, schema_version, data::text, meta::text, event_id, recorded_at FROM ledger.events ORDER BY 1"
RECEIPTS = "SELECT key, fingerprint, answer::text, recorded, stream_version, position FROM ledger.receipts ORDER BY 1"
KEYS = "SELECT id, secret_hash, user_id, role, rep_id, team_id, revoked_at FROM app.api_keys ORDER BY 1"
TABLES = """
    SELECT c.table_schema, c.table_name, c.column_name, c.data_type, c.is_nullable, c.column_default, t.tableowner
      FROM information_schema.columns c JOIN pg_tables t ON t.schemaname = c.table_schema AND t.tablename = c.table_name
     WHERE c.table_schema IN ('ledger', 'app') OR c.table_name = 'positions' ORDER BY 1, 2, 3"""
SECRET = "SELECT secret FROM app.installation"
STREAMS = "SELECT DISTINCT ON (stream_id) stream_id, topic, max(version) OVER (PARTITION BY stream_id) FROM ledger.events ORDER BY 1, version"


@dataclass
class Upgraded:
    """The old ledger, migrated; and what stood in it before."""

    url: str
    before: dict[str, list[Any]]

    def read(self, query: str) -> list[Any]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def upgraded(postgres: PostgresServer, template: str, worker_id: str) -> Iterator[Upgraded]:
    """`template` has made the roles."""
    name = f"upgraded_{worker_id}"
    url = postgres.url_of(name)
    with psycopg.connect(postgres.admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            program("pg_restore", "--exit-on-error", "--dbname", url, str(DUMP))
            found = Upgraded(url, {})
            found.before = {query: found.read(query) for query in (EVENTS, RECEIPTS, KEYS, SECRET)}
            migrate_all(Settings(url, url))
            yield found
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_every_event_receipt_and_key_is_there(upgraded: Upgraded) -> None:
    assert len(upgraded.before[EVENTS]) == 696
    for query, rows in upgraded.before.items():
        assert upgraded.read(query) == rows


def test_it_is_at_this_release_s_version(upgraded: Upgraded) -> None:
    assert upgraded.read(schema.VERSION) == [(migrations.NEWEST,)]


def test_a_fresh_database_and_an_upgraded_one_have_the_same_tables(
    upgraded: Upgraded, new_database: Callable[[], AbstractContextManager[str]]
) -> None:
    with new_database() as fresh:
        assert upgraded.read(TABLES) == Upgraded(fresh, {}).read(TABLES)


async def test_a_newer_schema_is_refused_by_processes_and_by_the_migration(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE app.schema_version SET version_num = '9999'")
    told = r"at version 9999 of its schema .*: run a newer release"
    with pytest.raises(NotUsable, match=told):
        await open_pool(database_url)
    with pytest.raises(NewerSchema, match=told):
        migrate(database_url)


async def test_an_older_schema_is_told_to_be_migrated(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE app.schema_version SET version_num = '0001'")
    with pytest.raises(NotUsable, match=f"not at version {migrations.NEWEST} .*run `salesloop migrate`"):
        await open_pool(database_url)


def test_migrating_again_changes_nothing(upgraded: Upgraded) -> None:
    migrate_all(Settings(upgraded.url, upgraded.url))
    test_every_event_receipt_and_key_is_there(upgraded)


async def test_every_stream_is_loaded_whole(upgraded: Upgraded) -> None:
    kinds = {fact.TOPIC: kind for kind in kinds_of(Aggregate) for fact in kind._mutators}
    async with open_ledger(upgraded.url) as ledger:
        for id, topic, version in upgraded.read(STREAMS):
            loaded = (await ledger.load({id: kinds[topic]}))[id]
            assert (loaded.version, loaded.exists) == (version, True), topic


async def test_who_starts_it_is_told_which_read_models_wait_to_be_rebuilt(upgraded: Upgraded) -> None:
    held = dict(upgraded.read("SELECT name, shape FROM read.positions WHERE suffix = ''"))
    async with await psycopg.AsyncConnection.connect(upgraded.url) as connection:
        told = await outdated(connection)
    assert told == [projection.name for projection in ALL if held[projection.name] != projection.shape()]
    assert "directory" in told


async def test_a_read_model_of_the_same_shape_equals_its_rebuild_as_it_is(upgraded: Upgraded) -> None:
    """The others stop until they are rebuilt; these are read and followed on at once."""
    held = dict(upgraded.read("SELECT name, shape FROM read.positions WHERE suffix = ''"))
    same = [projection.name for projection in ALL if held[projection.name] == projection.shape()]
    assert same
    assert {name: await rebuild.compare(upgraded.url, name) for name in same} == {name: [] for name in same}


async def test_every_read_model_is_rebuilt_and_equals_its_rebuild(upgraded: Upgraded) -> None:
    outcomes = await rebuild.rebuild_all(upgraded.url, [projection.name for projection in ALL], workers=1)
    assert set(outcomes.values()) == {upgraded.read("SELECT max(position) FROM ledger.events")[0][0]}
    for projection in ALL:
        assert await rebuild.compare(upgraded.url, projection.name) == [], projection.name


async def test_a_pack_that_was_frozen_by_its_digest_alone_is_kept_as_computed_later(
    upgraded: Upgraded,
) -> None:
    """Once read models have come to its position; until then it is computed at each read."""
    await rebuild.rebuild_all(upgraded.url, kept_packs.NEEDED, workers=1)
    async with open_ledger(upgraded.url) as ledger:
        pool = ledger.pool
        (named,) = await kept_packs.unkept(pool)
        cycle = await cycle_board.CycleBoard.get(pool, named.cycle_id)
        assert cycle is not None
        before = await pack_view.get(pool, cycle)
        assert (before.computed, before.recomputes) == (None, True)
        await kept_packs.keep_later(pool, named)
        after = await pack_view.get(pool, cycle)
        assert (after.computed, bytes(after.pack), after.equal) == ("later", bytes(before.pack), before.equal)
        assert await kept_packs.unkept(pool) == []


async def test_keys_count_as_before_and_only_the_owner_changes_them(upgraded: Upgraded) -> None:
    application = make_conninfo(upgraded.url, user="salesloop", passfile="/dev/null")
    async with open_ledger(application) as ledger:
        keys = KeyStore(ledger)
        assert (await keys.user(ADMIN)).role is Role.ADMIN
        assert (await keys.user(REP_S_FIRST)).role is Role.REP
        assert [key["user_id"] for key in await keys.all() if key["revoked_at"]] == ["old"]
        async with ledger.pool.connection() as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute("DELETE FROM app.api_keys")


async def test_work_goes_on_and_a_receipt_of_then_is_known(upgraded: Upgraded) -> None:
    async with open_ledger(upgraded.url) as ledger:
        handler = CommandHandler(ledger)
        deal = (await ledger.load({KEYED: Deal}))[KEYED]
        assert isinstance(deal, Deal)
        again = OpenDeal(deal_id=KEYED, title="Opened once", owner_id=deal.owner_id)
        assert (await handler.execute(again, context(key="api/ops/once"))).replayed
        touch = LogActivity(deal_id=KEYED, activity_id=UUID(int=1), activity=Activity(kind=ActivityKind.CALL))
        receipt = await handler.execute(touch, context(now=NOW))
        assert (receipt.recorded > 0, receipt.position) == (True, 696 + receipt.recorded)
