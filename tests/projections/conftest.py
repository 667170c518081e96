"""tests: an office with its read models."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from runtime.database import connect
from tests.office import furnish
from tests.projections.stumbling import Stumbling
from tests.projections.telling import Books


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Books]:
    office = await furnish(database_url)
    async with await connect(database_url) as connection:
        yield Books(office, connection)
    await office.close()


@pytest.fixture
def stumbling() -> type[Stumbling]:
    return type("Broken", (Stumbling,), {"broken": True})
