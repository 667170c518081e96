"""tests: a post with one receiver, and the read models where scopes are asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from projections.engine.run import run_projections
from tests.office import furnish
from tests.webhooks.post import Post
from tests.webhooks.receiver import receiving
from tests.workflows.world import Running


@pytest.fixture
async def post(database_url: str) -> AsyncIterator[Post]:
    office = await furnish(database_url)
    async with receiving() as receiver:
        yield Post(office, receiver)
    await office.close()


@pytest.fixture
async def read_models(database_url: str) -> AsyncIterator[None]:
    running = Running(lambda stop: run_projections(database_url, stop=stop))
    yield
    await running.stop()
