"""tests: a sales desk that never gives up — it repeats each command with its key until it is answered.

What it was told is written down; the invariants are checked against that afterwards.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

GIVE_UP = 240.0
"""Seconds after which a command that nobody answers fails the test: longer than any restart."""


@dataclass(frozen=True)
class Acknowledged:
    """A command that was answered with a receipt."""

    key: str
    path: str
    position: int
    recorded: int
    activity_id: str | None


@dataclass
class Desk:
    """One of several that work side by side, each on deals of its own and on some they share."""

    http: httpx.AsyncClient
    owner_id: str
    seed: int
    shared: list[str]
    policy: str = "default"
    deals: list[str] = field(default_factory=list)
    told: list[Acknowledged] = field(default_factory=list)
    refused: int = 0
    repeated: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    async def work(self, until: asyncio.Event) -> None:
        while not until.is_set():
            await self.act()

    async def act(self) -> None:
        acts: list[Callable[[], Any]] = [
            self.open,
            self.touch,
            self.touch,
            self.touch,
            self.lose,
            self.reopen,
        ]
        await (self.open() if not self.deals else self.chance.choice(acts)())

    async def open(self) -> None:
        deal_id = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        body = {
            "deal_id": deal_id,
            "title": "Forty boilers",
            "owner_id": self.owner_id,
            "policy": self.policy,
        }
        if await self.post("/deals", body):
            self.deals.append(deal_id)

    async def touch(self) -> None:
        deal_id = self.chance.choice(self.deals + self.shared)
        activity_id = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        body = {"activity_id": activity_id, "activity": {"kind": "call", "outcome": "reached"}}
        await self.post(f"/deals/{deal_id}/activities", body, activity_id)

    async def lose(self) -> None:
        await self.post(f"/deals/{self.chance.choice(self.deals)}/lose", {"loss_reason": "price"})

    async def reopen(self) -> None:
        await self.post(f"/deals/{self.chance.choice(self.deals)}/reopen", {"stage": "contact"})

    async def post(self, path: str, body: dict[str, Any], activity_id: str | None = None) -> bool:
        key = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        answer = await self._until_answered(path, body, key)
        if answer.status_code in (200, 201):
            receipt = answer.json()
            said = Acknowledged(key, path, receipt["position"], receipt["recorded"], activity_id)
            self.told.append(said)
            return True
        assert answer.status_code == 409, f"{path}: {answer.status_code} {answer.text}"
        self.refused += 1
        return False

    async def _until_answered(self, path: str, body: dict[str, Any], key: str) -> httpx.Response:
        async with asyncio.timeout(GIVE_UP):
            while True:
                try:
                    answer = await self.http.post(path, json=body, headers={"Idempotency-Key": key})
                    if answer.status_code < 500 and not _retryable(answer):
                        return answer
                except httpx.TransportError:
                    pass
                self.repeated += 1
                await asyncio.sleep(0.05)  # a client's pause between tries, not a wait for anything


def _retryable(answer: httpx.Response) -> bool:
    return answer.status_code == 409 and bool(answer.json().get("retryable"))
