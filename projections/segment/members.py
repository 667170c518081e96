"""Projections room: who is in a segment and who was — a row for each stay of a customer in a segment, dated on both clocks.

A stay begins and ends when the rule turned true and false, and each has the position at which that was recorded: so who was in on a day, as
known on another, is one comparison (`AS_OF`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql

from domain.cycle.in_force import InForce
from domain.cycle.policies import CyclePolicyPublished
from domain.segment.membership import SegmentMembershipChanged
from projections.cycle import company
from projections.engine.projection import Entry, Projection
from projections.engine.tables import Table


class StayRow(msgspec.Struct, gc=False):
    """`entered_version` and `left_version` are the rule's; `entered_on` and `left_on` the company's days. None: it is in."""

    segment: str
    customer_id: UUID
    entered_position: int
    entered_at: datetime
    entered_on: date
    entered_version: int
    left_position: int | None = None
    left_at: datetime | None = None
    left_on: date | None = None
    left_version: int | None = None


STAYS = Table(
    "segment_stays",
    StayRow,
    key=("segment", "customer_id", "entered_position"),
    indexes={
        "now": "(segment, entered_at, customer_id) WHERE left_position IS NULL",
        "customer": "(customer_id, segment)",
        "entered": "(segment, entered_at)",
        "left": "(segment, left_at) WHERE left_position IS NOT NULL",
    },
)
ENTERED = sql.SQL("""
INSERT INTO {table} (segment, customer_id, entered_position, entered_at, entered_on, entered_version)
SELECT %s, id, %s, %s, %s, %s FROM unnest(%s::uuid[]) AS in_(id) ON CONFLICT DO NOTHING""")
LEFT = sql.SQL("""
UPDATE {table} SET left_position = %s, left_at = %s, left_on = %s, left_version = %s
 WHERE segment = %s AND customer_id = ANY(%s) AND left_position IS NULL""")
AS_OF = """
    s.entered_at <= %(as_of)s AND s.entered_position <= %(known)s
AND (s.left_at IS NULL OR s.left_at > %(as_of)s OR s.left_position > %(known)s)"""
"""Of a stay `s`: the customer was in at an instant, as known at a position."""
ON_DAY = """s.entered_on <= {day} AND s.entered_position <= {known} AND (s.left_on IS NULL OR s.left_on > {day} OR s.left_position > {known})"""
"""The same at the end of one of the company's days."""


class SegmentStays(Projection):
    name = "segment_stays"
    tables = (STAYS,)
    topics = frozenset({SegmentMembershipChanged.TOPIC, CyclePolicyPublished.TOPIC})
    awaited = True

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._company: InForce | None = None

    def forget(self) -> None:
        self._company = None

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries = await self.read(connection, after, upto)
        if not entries:
            return
        days = self._company or await company.in_force(connection, after)
        for entry in entries:
            days = days.heard(entry.stream_id, entry.fact, entry.occurred_at)
            if isinstance(entry.fact, SegmentMembershipChanged):
                await self._changed(connection, entry, days.day(entry.occurred_at))
        self._company = days

    async def _changed(
        self, connection: AsyncConnection[Any], entry: Entry[SegmentMembershipChanged], day: date
    ) -> None:
        fact, table, when = entry.fact, STAYS.at(self.suffix), (entry.position, entry.occurred_at, day)
        if fact.left:
            left: Sequence[Any] = [*when, fact.segment_version, fact.segment, list(fact.left)]
            await connection.execute(LEFT.format(table=table), left)
        if fact.entered:
            given = [fact.segment, *when, fact.segment_version, list(fact.entered)]
            await connection.execute(ENTERED.format(table=table), given)
