"""tests: imports into a real ledger, and the real files they were made for, where they are."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from domain.engine.context import Actor
from runtime.database import Pool, open_pool
from runtime.imports.mapping import Mapping
from runtime.imports.mapping_file import read_mapping
from runtime.schema import migrate

DATA = Path(os.environ.get("SALESLOOP_SHARED_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
NewDatabase = Callable[[], AbstractContextManager[str]]


def shared(path: str) -> Path:
    """A file or folder of the real data; skips the test where it is not on this machine."""
    found = DATA / path
    if not found.exists():
        pytest.skip(f"the real data is not here: set SALESLOOP_SHARED_DATA to the folder with {path}")
    return found


@pytest.fixture
def import_url(database_url: str) -> str:
    migrate(database_url)
    return database_url


@pytest.fixture
async def pool(import_url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(import_url, min_size=2, max_size=6)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def module_url(new_database: NewDatabase) -> Iterator[str]:
    """A database that the tests of one module share, because filling it takes seconds."""
    with new_database() as url:
        migrate(url)
        yield url


IMPORTER = Actor("user", "ops")
ONE_FILE = """
name = "one file"
source = "test"
currency = "CNY"
timezone = "Asia/Shanghai"
create = ["customers", "products", "reps"]
[deals]
file = ""
[deals.columns]
reference = "id"
owner = "rep"
customer = "customer"
product = "product"
stage = "stage"
opened_at = "opened"
closed_on = "closed"
amount = "amount"
loss_reason = { column = "why", optional = true }
[deals.stages]
New = "identify"
Talks = "needs"
Offer = "negotiation"
Won = "won"
Lost = "lost"
[deals.override]
stages = ["won"]
reason = "from before"
"""
HEADER = "id,rep,customer,product,stage,opened,closed,amount,why"


def mapping_from(text: str, **replaced: str) -> Mapping:
    """A mapping read from text, with `key=value` lines put in place of those with the same key."""
    for key, line in replaced.items():
        text = re.sub(rf"(?m)^{key} = .*$", line, text)
    return read_mapping(text.encode(), "test.toml")


def csv_file(folder: Path, *rows: str, header: str = HEADER, name: str = "deals.csv") -> Path:
    path = folder / name
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


async def topics(pool: Pool) -> dict[str, int]:
    async with pool.connection() as connection:
        query = "SELECT topic, count(*) FROM ledger.events GROUP BY topic"
        return dict(await (await connection.execute(query)).fetchall())


async def rows_of(pool: Pool, query: str, *parameters: object) -> list[Any]:
    async with pool.connection() as connection:
        return await (await connection.execute(query, parameters)).fetchall()
