"""tests: imports into a real ledger, and the real files they were made for, where they are."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from runtime.database import Pool, open_pool
from runtime.imports.schema import statements
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
    migrate(database_url, statements())
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
        migrate(url, statements())
        yield url
