"""The ledger is append-only in the database itself, for the application and for its owner."""

from __future__ import annotations

import psycopg
import pytest

from runtime.database import connect
from tests.office import Office

TABLES = ["ledger.events", "ledger.receipts"]
CHANGES = {
    "update": "UPDATE {} SET {} = {}",
    "delete": "DELETE FROM {}",
    "truncate": "TRUNCATE {}",
}
COLUMN = {"ledger.events": "topic", "ledger.receipts": "key"}


def statement(change: str, table: str) -> str:
    return CHANGES[change].format(table, COLUMN[table], COLUMN[table])


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
async def test_the_application_may_not_change_what_is_recorded(
    office: Office, change: str, table: str
) -> None:
    connection = await connect(office.url)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await connection.execute(statement(change, table))
    await connection.close()


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
async def test_a_trigger_refuses_even_the_superuser(office: Office, change: str, table: str) -> None:
    await office.run(office.opening(), key="k")
    before = await office.rows(f"SELECT * FROM {table} ORDER BY 1")
    connection = await psycopg.AsyncConnection.connect(office.url, autocommit=True)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        await connection.execute(statement(change, table))
    await connection.close()
    assert before
    assert await office.rows(f"SELECT * FROM {table} ORDER BY 1") == before


async def test_the_application_may_not_write_past_the_append_function(office: Office) -> None:
    connection = await connect(office.url)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await connection.execute("INSERT INTO ledger.events SELECT * FROM ledger.events")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await connection.execute("ALTER TABLE ledger.events DISABLE TRIGGER append_only")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await connection.execute("DROP TABLE ledger.events")
    await connection.close()
