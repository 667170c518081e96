"""tests: a world in real time, and one in virtual time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from tests.workflows.world import World, world


@pytest.fixture
async def real(database_url: str, temporal_client: Client) -> AsyncIterator[World]:
    async with world(database_url, temporal_client) as made:
        yield made


@pytest.fixture
async def virtual(database_url: str, temporal_timeskipping: WorkflowEnvironment) -> AsyncIterator[World]:
    async with world(database_url, temporal_timeskipping.client, temporal_timeskipping) as made:
        yield made
