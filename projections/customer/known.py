"""Projections room: the customers that are known, since when, and until when: of whom there were any on a day, as known at a position."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql

from domain.customer.facts import CustomerImportUndone, CustomerRegistered
from projections.engine.projection import Projection
from projections.engine.rows import Rows
from projections.engine.tables import Table


class KnownCustomerRow(msgspec.Struct, gc=False):
    """`position` is that of the registration; `until_position` where the import that brought the customer was undone."""

    customer_id: UUID
    position: int
    until_position: int | None
    registered_at: datetime


KNOWN = Table("known_customers", KnownCustomerRow, key=("customer_id", "position"))
TRUE: Final = "registered_at < %(ends)s AND position <= %(known)s AND (until_position IS NULL OR until_position > %(known)s)"
"""Of a row, in SQL: the customer was there before the instant `ends`, as known at the position `known`."""
GONE = "UPDATE {table} SET until_position = %s WHERE customer_id = %s AND until_position IS NULL"


class KnownCustomers(Projection):
    name = "known_customers"
    tables = (KNOWN,)
    topics = frozenset((CustomerRegistered.TOPIC, CustomerImportUndone.TOPIC))
    by_stream = True

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._rows = Rows(KNOWN, suffix)
        self._gone = sql.SQL(GONE).format(table=KNOWN.at(suffix))

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        for entry in await self.read(connection, after, upto):
            if isinstance(entry.fact, CustomerRegistered):
                self._rows.add(KnownCustomerRow(entry.stream_id, entry.position, None, entry.occurred_at))
            elif entry.fact.gone:
                await self._rows.write(connection)
                await connection.execute(self._gone, [entry.position, entry.stream_id])
        await self._rows.save(connection)

    def forget(self) -> None:
        self._rows.forget()

    def hold_back(self) -> None:
        self._rows.hold_back()

    async def flush(self, connection: AsyncConnection[Any]) -> None:
        self._rows.hold_back(0)
        await self._rows.save(connection)
