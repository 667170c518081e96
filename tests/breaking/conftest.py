"""tests: the whole system as `salesloop dev` runs it, on servers of its own that wait for the disk."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from api.engine.roles import Role
from api.engine.users import KeyStore, NewKey
from runtime import clean_data, programs
from runtime.ledger import open_ledger
from runtime.supervisor import Supervisor
from tests.breaking.load import Desk
from tests.conftest import PATIENCE


@pytest.fixture
def system(scratch: Path) -> Iterator[Supervisor]:
    data = scratch / "data"
    with Supervisor(data, env=environment_of(data), temporal_ports=None) as running:
        running.wait_for_api(PATIENCE)
        yield running
    clean_data.clean(data)


def environment_of(data: Path) -> dict[str, str]:
    """The API gets a port of its own: two systems that start at once would both find the usual one free."""
    return {**os.environ, "SALESLOOP_DATA": str(data), "SALESLOOP_API_PORT": str(programs.free_port())}


@asynccontextmanager
async def office(system: Supervisor, desks: int, policy: str) -> AsyncIterator[list[Desk]]:
    """Desks with an administrator's key, a rep each in one team, and three deals they all work on."""
    assert system.postgres is not None
    async with open_ledger(system.postgres.url) as ledger:  # the operator's
        _, token = await KeyStore(ledger).create(NewKey("breaker", Role.ADMIN), "tests")
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=system.api_url, headers=headers, timeout=30) as http:
        team = await made(http, "/teams", {"name": "North"}, "team_id")
        reps = [
            await made(http, "/reps", {"name": f"Rep {n}", "team_id": team}, "rep_id") for n in range(desks)
        ]
        opening = {"title": "Shared", "owner_id": reps[0], "policy": policy}
        shared = [await made(http, "/deals", opening, "deal_id") for _ in range(3)]
        yield [Desk(http, rep, seed, shared, policy) for seed, rep in enumerate(reps)]


async def made(http: httpx.AsyncClient, path: str, body: dict[str, str], answer: str) -> str:
    async with asyncio.timeout(PATIENCE):
        said = await http.post(path, json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert said.status_code == 201, said.text
    return str(said.json()["answer"][answer])
