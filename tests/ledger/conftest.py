"""tests: every contract test gets an office with a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.office import Office, furnish


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    office = await furnish(database_url)
    yield office
    await office.close()
