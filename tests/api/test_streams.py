"""Whoever holds a stream by a key is looked up for as long as it is open."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from api.engine import streams
from api.engine.roles import Role
from api.engine.streams import Subscribers
from api.engine.users import User
from runtime.ledger import Ledger


async def test_a_look_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one at the stream of a rep that a newer release wrote."""
    looks: list[set[str]] = []

    async def still(_: Any, keys: set[str]) -> dict[str, User]:
        looks.append(keys)
        if len(looks) == 1:
            raise LookupError("no such fact")
        return {}

    monkeypatch.setattr(streams, "still", still)
    monkeypatch.setattr(streams, "EACH_SECONDS", 0.0)
    subscribers, ended = Subscribers(), asyncio.Event()
    with subscribers.joined(User("key", "wang", Role.AUDITOR)) as subscriber:
        async with asyncio.timeout(10):
            watching = asyncio.create_task(subscribers.watch(cast("Ledger", None), ended))
            await ended.wait()
        watching.cancel()
    assert subscriber.user is None
    assert looks[:2] == [{"key"}, {"key"}]
