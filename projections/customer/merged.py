"""Projections room: which customer an id stands for, now and as known at any position.

Whoever was merged into another has a row for each stretch of the ledger in which it stood for one: from position `since` on, up to
before `until` (None: still). `survivor_id` is the customer at the end, `into_id` the record that it was merged into itself. Nothing else
moves when records are merged: a read model keeps the id that was recorded, and asks here.

    select.where(SAME, customer_id=id)        # a list: of the customer that this id stands for; those of a StreamView are so
    WHOSE.format(id="d.customer_id")          # a column: the customer that an id stands for, with JOIN
    ALL_OF.format(id="c.id")                  # a subquery: a customer and the records that stand for it
    await standing(source, ids)               # in Python: of these ids those that stand for another
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, LiteralString
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql

from domain.customer.facts import CustomerMerged, CustomerUnmerged
from projections.engine import stands_for
from projections.engine.paging import Source, fetch
from projections.engine.projection import Projection
from projections.engine.tables import Table


class MergedRow(msgspec.Struct, gc=False):
    customer_id: UUID
    since: int
    survivor_id: UUID
    into_id: UUID
    until: int | None = None


MERGED = Table(
    "merged",
    MergedRow,
    key=("customer_id", "since"),
    indexes={"survivor": "(survivor_id, customer_id)", "into": "(into_id) WHERE until IS NULL"},
)
CLOSE = "UPDATE {table} SET until = %(position)s WHERE until IS NULL AND customer_id = ANY(%(ids)s)"
GOES = """
INSERT INTO {table} (customer_id, since, survivor_id, into_id)
VALUES (%(gone)s, %(position)s, %(survivor)s, %(survivor)s)
"""
MOVES = """
INSERT INTO {table} (customer_id, since, survivor_id, into_id)
SELECT customer_id, %(position)s, %(survivor)s, into_id FROM {table}
 WHERE until = %(position)s AND customer_id = ANY(%(ids)s)
"""
WITHIN = """
WITH RECURSIVE part(id) AS (
  SELECT customer_id FROM {table} WHERE until IS NULL AND into_id = %(gone)s
   UNION SELECT m.customer_id FROM {table} m JOIN part p ON m.into_id = p.id WHERE m.until IS NULL)
SELECT id FROM part
"""


class Merged(Projection):
    name = "merged"
    awaited = True
    tables = (MERGED,)
    topics = frozenset({CustomerMerged.TOPIC, CustomerUnmerged.TOPIC})

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        for entry in await self.read(connection, after, upto):
            if isinstance(entry.fact, CustomerMerged):
                await self._merged(connection, entry.stream_id, entry.fact.into, entry.position)
            else:
                await self._unmerged(connection, entry.stream_id, entry.position)

    async def _merged(
        self, connection: AsyncConnection[Any], gone: UUID, survivor: UUID, position: int
    ) -> None:
        """What was part of the one that goes stands for the survivor, too."""
        parts = await self._parts(connection, gone)
        await self._stand(connection, parts, survivor, position)
        await self._do(connection, GOES, gone=gone, survivor=survivor, position=position)

    async def _unmerged(self, connection: AsyncConnection[Any], gone: UUID, position: int) -> None:
        parts = await self._parts(connection, gone)
        await self._do(connection, CLOSE, ids=[gone], position=position)
        await self._stand(connection, parts, gone, position)

    async def _stand(
        self, connection: AsyncConnection[Any], ids: list[UUID], survivor: UUID, position: int
    ) -> None:
        if ids:
            await self._do(connection, CLOSE, ids=ids, position=position)
            await self._do(connection, MOVES, ids=ids, survivor=survivor, position=position)

    async def _parts(self, connection: AsyncConnection[Any], gone: UUID) -> list[UUID]:
        """Those that were merged into it, and into those."""
        return [id for (id,) in await (await self._do(connection, WITHIN, gone=gone)).fetchall()]

    async def _do(self, connection: AsyncConnection[Any], query: LiteralString, **given: Any) -> Any:
        return await connection.execute(sql.SQL(query).format(table=MERGED.at(self.suffix)), given)

    def forget(self) -> None:
        pass


# -- queries --------------------------------------------------------------------------------------

JOIN = "LEFT JOIN read.merged m ON m.customer_id = {id} AND m.until IS NULL"
"""Beside rows with a customer's id."""
WHOSE = "COALESCE(m.survivor_id, {id})"
"""With `JOIN`: the customer that the id stands for."""
ALL_OF = "SELECT {id} UNION ALL SELECT m.customer_id FROM read.merged m WHERE m.survivor_id = {id} AND m.until IS NULL"
"""The ids of all records of a customer."""
ITSELF = "NOT EXISTS (SELECT FROM read.merged m WHERE m.customer_id = {id} AND m.until IS NULL)"
"""Of rows with a customer's id: the record stands for itself."""
SAME = stands_for.SAME
THEN = "{m}since <= %(merged_at)s AND ({m}until IS NULL OR {m}until > %(merged_at)s)"
SAME_THEN = SAME.replace("m.until IS NULL", THEN.format(m="m.")).replace(
    "AND until IS NULL", f"AND {THEN.format(m='')}"
)
"""The same as known at the position `%(merged_at)s`."""
RECORDS = """
SELECT customer_id FROM read.merged
 WHERE survivor_id = %(id)s AND since <= %(known)s AND (until IS NULL OR until > %(known)s) ORDER BY since, customer_id
"""
MEMBERS = (
    "SELECT customer_id, survivor_id FROM read.merged WHERE survivor_id = ANY(%(ids)s) AND until IS NULL"
)
LAST, standing = stands_for.LAST, stands_for.standing


async def customer_of(source: Source, id: UUID, known: int = LAST) -> UUID:
    """The customer that this id stands for: mostly itself."""
    return (await standing(source, [id], known)).get(id, id)


async def members(source: Source, ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The records that stand for one of these customers now, each with the one."""
    return dict(await fetch(source, MEMBERS, {"ids": list(ids)})) if ids else {}


async def records(source: Source, id: UUID, known: int = LAST) -> list[UUID]:
    """Every record of the customer that this id stands for, its own first, then in the order in which they were merged."""
    survivor = await customer_of(source, id, known)
    found = await fetch(source, RECORDS, {"id": survivor, "known": known})
    return [survivor, *(record for (record,) in found)]
