"""Projections room: what all customers have bought, and tables that are sums of what each adds.

Of what is known now a process keeps the purchases and the sums, and with them how far the read models were. Asked again it reads what has
changed since: whose purchases those are is taken off the sums and added anew. What anybody wins changes one customer, and the page that
shows the tables listens to everybody. What was known earlier is read whole.
"""

from __future__ import annotations

from asyncio import Lock, to_thread
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from projections.engine import streams
from projections.engine.paging import Source, fetch
from projections.lifecycle.asking import BOUGHT, THEN, WHOSE, Asked

MOST = 100_000
"""Customers whose purchases a process keeps, at half a kilobyte each; what was not asked for longest goes first."""
DAYS, TABLES = 16, 32
"""As of how many days, and how many tables of each."""
OF = f"""
(%(ids)s::uuid[] IS NULL OR p.customer_id = ANY (ARRAY(
   SELECT unnest(%(ids)s::uuid[]) UNION ALL SELECT m.customer_id FROM read.merged m WHERE m.survivor_id = ANY(%(ids)s) AND {THEN})))
"""
LIVES = f"""
SELECT {WHOSE}, array_agg(p.day ORDER BY p.day), array_agg(p.amount ORDER BY p.day), array_agg(p.currency ORDER BY p.day)
 {BOUGHT} AND {OF} GROUP BY 1
"""
REACHED = """
SELECT min(position), string_agg(name || ':' || generation, ' ' ORDER BY name) FROM read.positions
 WHERE suffix = '' AND name = ANY(%(models)s)
"""
MODELS = ["contributions", "merged"]
CHANGED = """
WITH touched AS (
  SELECT customer_id FROM read.purchases WHERE position > %(since)s OR until_position > %(since)s
   UNION SELECT unnest(ARRAY[customer_id, survivor_id]) FROM read.merged WHERE since > %(since)s OR until > %(since)s)
SELECT customer_id FROM touched
 UNION SELECT m.survivor_id FROM read.merged m JOIN touched t ON t.customer_id = m.customer_id WHERE m.until IS NULL
"""


class Life(NamedTuple):
    """What one customer has bought: the days, the earliest first, and for how much by currency."""

    days: tuple[date, ...]
    revenue: tuple[tuple[str, Decimal], ...]


Pool = AsyncConnectionPool[Any]
Lives = Mapping[UUID, Life]
Parts = Callable[[Life], Iterable[tuple[Any, Any]]]
"""What one customer adds to a table: cells, and to each how much."""
NOTHING = Life((), ())


async def lives(source: Source, at: Asked, ids: Collection[UUID] | None = None) -> dict[UUID, Life]:
    """Of those who have bought anything: all, or these."""
    rows = await fetch(source, LIVES, at.params | {"ids": None if ids is None else list(ids)})
    return {id: Life(tuple(days), _sums(amounts, currencies)) for id, days, amounts, currencies in rows}


def _sums(amounts: Iterable[Decimal | None], currencies: Iterable[str]) -> tuple[tuple[str, Decimal], ...]:
    found: dict[str, Decimal] = {}
    for amount, currency in zip(amounts, currencies, strict=True):
        if amount is not None:
            found[currency] = found.get(currency, Decimal(0)) + amount
    return tuple(found.items())


def total(of: Iterable[Life], parts: Parts) -> Counter[Any]:
    found: Counter[Any] = Counter()
    for life in of:
        for cell, much in parts(life):
            found[cell] += much
    return found


async def summed(source: Source, at: Asked, table: Hashable, parts: Parts) -> Counter[Any]:
    """What all customers add up to. The same `table` of the same day has the same parts."""
    if at.known != streams.NOW or isinstance(source, AsyncConnection):
        return await to_thread(total, (await lives(source, at)).values(), parts)
    return await _kept(source, at).summed(source, table, parts)


@dataclass
class Kept:
    """True on a day and known now, of one team or all. `reached`: what is kept knows the read models up to there."""

    at: Asked
    lives: dict[UUID, Life] = field(default_factory=dict)
    reached: int = -1
    generations: str = ""
    sums: OrderedDict[Hashable, tuple[Parts, Counter[Any]]] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    async def summed(self, pool: Pool, table: Hashable, parts: Parts) -> Counter[Any]:
        async with self.lock:
            await self._catch_up(pool)
            if table not in self.sums:
                self.sums[table] = parts, await to_thread(total, list(self.lives.values()), parts)
            self.sums.move_to_end(table)
            while len(self.sums) > TABLES:
                self.sums.popitem(last=False)
            return self.sums[table][1].copy()

    async def _catch_up(self, pool: Pool) -> None:
        ((reached, generations),) = await fetch(pool, REACHED, {"models": MODELS})
        if generations != self.generations or reached < self.reached:
            self.sums.clear()
            self.lives, self.generations = await lives(pool, self.at), generations
        elif reached > self.reached:
            changed = [id for (id,) in await fetch(pool, CHANGED, {"since": self.reached})]
            if changed:
                self._take(changed, await lives(pool, self.at, changed))
        self.reached = reached

    def _take(self, changed: Collection[UUID], now: Lives) -> None:
        for id in changed:
            before, after = self.lives.pop(id, NOTHING), now.get(id, NOTHING)
            if after.days:
                self.lives[id] = after
            if before != after:
                self._add(before, -1)
                self._add(after, +1)

    def _add(self, life: Life, sign: int) -> None:
        if life.days:
            for parts, counted in self.sums.values():
                for cell, much in parts(life):
                    counted[cell] += sign * much


_ALL: WeakKeyDictionary[Pool, OrderedDict[Hashable, Kept]] = WeakKeyDictionary()


def _kept(pool: Pool, at: Asked) -> Kept:
    of_pool = _ALL.setdefault(pool, OrderedDict())
    key = at.on, at.team, at.ends
    kept = of_pool.setdefault(key, Kept(at))
    of_pool.move_to_end(key)
    while len(of_pool) > 1 and (
        len(of_pool) > DAYS or sum(len(one.lives) for one in of_pool.values()) > MOST
    ):
        of_pool.popitem(last=False)
    return kept
