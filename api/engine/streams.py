"""api: how many streams are held open, by whom, and whether who holds one still may.

Of those that follow the feed the keys are looked up together, once a second however many there are.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from api.engine.errors import TOO_MANY_REQUESTS, overloaded, too_many
from api.engine.roles import Role
from api.engine.users import User, user_now
from runtime.ledger import Ledger

AGAIN = 30
"""Seconds until one who has too many may ask for another."""
STILL = """
SELECT id, user_id, role, rep_id, team_id FROM app.api_keys
 WHERE id = ANY(%s) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
EACH_SECONDS = 1.0
log = logging.getLogger(__name__)


class Streams:
    """Of one process: `most` in all, pages' and feeds' together."""

    def __init__(self, most: int, full: str = "too many streams are open") -> None:
        self.most, self.full = most, full
        self.held: Counter[str] = Counter()

    def check(self, key: str, most: int, refusal: str) -> None:
        """Raises Problem where this key, or all together, hold as many as they may."""
        if self.held[key] >= most:
            raise too_many(TOO_MANY_REQUESTS, refusal, AGAIN)
        if self.held.total() >= self.most:
            raise overloaded(self.full)

    @contextmanager
    def holding(self, key: str) -> Iterator[None]:
        self.held[key] += 1
        try:
            yield
        finally:
            self.held[key] -= 1
            if not self.held[key]:
                del self.held[key]


class Subscriber:
    """Who reads a stream by a key, as they are placed now; None: the key counts no longer."""

    def __init__(self, user: User) -> None:
        self.key_id = user.key_id
        self.user: User | None = user


class Subscribers:
    """All who follow by a key, looked after for as long as `watch` runs."""

    def __init__(self) -> None:
        self._held: set[Subscriber] = set()

    @contextmanager
    def joined(self, user: User) -> Iterator[Subscriber]:
        subscriber = Subscriber(user)
        self._held.add(subscriber)
        try:
            yield subscriber
        finally:
            self._held.remove(subscriber)

    async def watch(self, ledger: Ledger, ended: asyncio.Event) -> None:
        """`ended` is set when a key is found to count no longer."""
        while True:
            await asyncio.sleep(EACH_SECONDS)
            try:
                await self._look(ledger, ended)
            except Exception as wrong:  # noqa: BLE001 - a look that fails must not be the last: nobody's stream would end any more
                log.warning("keys of streams were not looked up (%s)", type(wrong).__name__)

    async def _look(self, ledger: Ledger, ended: asyncio.Event) -> None:
        asked = [*self._held]  # who comes meanwhile was looked at just now
        if not asked:
            return
        users = await still(ledger, {subscriber.key_id for subscriber in asked})
        for subscriber in asked:
            subscriber.user = users.get(subscriber.key_id)
        if not all(subscriber.user for subscriber in asked):
            ended.set()


async def still(ledger: Ledger, keys: set[str]) -> dict[str, User]:
    """Those keys that count now, and who has them as placed now: a query for all keys, and one for all reps."""
    async with ledger.pool.connection() as connection:
        rows = await (await connection.execute(STILL, [sorted(keys)])).fetchall()
    found = [User(id, user_id, Role(role), rep_id, team_id) for id, user_id, role, rep_id, team_id in rows]
    placed = await asyncio.gather(*(user_now(ledger, user) for user in found))
    return {user.key_id: user for user in placed if user is not None}
