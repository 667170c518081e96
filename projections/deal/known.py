"""Projections room: deals as the board showed them at a position — rows that did not change since, and the others folded anew.

A row is a pure function of its stream, so what was known at a position is the same fold over the facts up to it. Names beside ids are
today's. How many deals changed since is what an answer costs, so there is a bound to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.deal import facts as f
from domain.engine.errors import FieldError, Invalid
from projections.deal import board
from projections.deal.board import BoardFilter, DealView
from projections.deal.board_fold import DealBoard
from projections.deal.row import DEALS, DealRow
from projections.engine import streams
from projections.engine.fold import standing_entries
from projections.engine.paging import Page, Params, Source, fetch
from projections.engine.projection import Entry
from projections.engine.rows import as_json

MOST = 5_000
"""Deals that are folded anew for one answer."""
AT_ONCE = 200
CHANGED = """
SELECT d.deal_id FROM (SELECT deal_id, position FROM read.deal_board
         UNION ALL SELECT deal_id, position FROM read.deal_undone) d
  JOIN ledger.events e ON e.stream_id = d.deal_id AND e.version = 1
 WHERE d.position > %(known)s AND e.position <= %(known)s{whose} ORDER BY d.position LIMIT %(most)s
"""
HAD = """ AND (SELECT COALESCE(c.data->>'{after}', c.data->>'{first}') FROM ledger.events c
        WHERE c.stream_id = d.deal_id AND c.position + 0 <= %(known)s AND c.topic = ANY(%({name}_topics)s)
        ORDER BY c.version DESC LIMIT 1) = %({name})s::text"""
STAGED = [fact.TOPIC for fact in f.STAGE_IN]
OWNED = [f.DealOpened.TOPIC, f.OwnerChanged.TOPIC]
THEN = {
    "owner_id": ("after", "owner_id", OWNED),
    "team_id": ("team_after", "team_id", OWNED),
    "stage": ("after", "stage", STAGED),
}
"""What a deal had at a position, by the facts that say so: the field of a change, that of the first, and their topics."""


@asynccontextmanager
async def _snapshot(source: Source) -> AsyncIterator[AsyncConnection[Any]]:
    """Several queries of one moment: a deal that changes in between is in none of them twice, nor left out."""
    if isinstance(source, AsyncConnection):
        yield source
        return
    async with source.connection() as connection, connection.transaction():
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield connection


async def rows_at(
    connection: AsyncConnection[Any], ids: Collection[UUID], position: int
) -> Sequence[DealRow]:
    """The rows of these deals as they stood at the position; of what was not there yet, none."""
    found: list[DealRow] = []
    ordered = sorted(ids)
    for start in range(0, len(ordered), AT_ONCE):
        found += await _folded(connection, ordered[start : start + AT_ONCE], position)
    return found


async def _folded(connection: AsyncConnection[Any], ids: Collection[UUID], position: int) -> list[DealRow]:
    by_deal: defaultdict[UUID, list[Entry[Any]]] = defaultdict(list)
    for one in await streams.facts(connection, ids, DealBoard.topics, position):
        by_deal[one.stream_id].append(one)
    model = DealBoard()
    model.deals.expect((id,) for id in by_deal)
    stood = {id: stands for id, entries in by_deal.items() if (stands := standing_entries(entries))}
    await model.prepare(connection, stood)
    for id, stands in stood.items():
        model.fold_deal(id, stands)
    return [row for id in by_deal if (row := model.deals.peek(id)) is not None]


async def changed_since(
    connection: AsyncConnection[Any], position: int, narrowed: BoardFilter
) -> Sequence[DealRow]:
    """As they stood at the position, the deals that were there and have changed since. Raises Invalid for too many."""
    params: Params = {"known": position, "most": MOST + 1}
    whose = ""
    for name, (after, first, topics) in THEN.items():
        if (wanted := getattr(narrowed, name)) is not None:
            whose += HAD.format(after=after, first=first, name=name)
            params |= {name: str(wanted), f"{name}_topics": topics}
    found = await fetch(connection, CHANGED.format(whose=whose), params)
    if len(found) > MOST:
        much = f"more than {MOST} deals have changed since then: narrow down by owner, team or stage, or ask for a later day"
        raise Invalid([FieldError("known_at", much)])
    return await rows_at(connection, [id for (id,) in found], position)


async def listing(
    source: Source,
    position: int,
    narrowed: BoardFilter = board.EVERYTHING,
    sort: str = "due_at",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[DealView]:
    """`board.listing` as known at a position. Raises Invalid also for `text`, which is looked for in titles of now, and where more
    than `MOST` deals have changed since.
    """
    if narrowed.text is not None:
        raise Invalid([FieldError("text", "titles are searched as they are now: leave out text or known_at")])
    async with _snapshot(source) as connection:
        changed = await changed_since(connection, position, narrowed)
        return await board.listing(
            connection, narrowed, sort, cursor, limit, then=relation(position, changed)
        )


async def get(source: Source, deal_id: UUID, position: int) -> DealView | None:
    """`board.get` as known at a position."""
    async with _snapshot(source) as connection:
        rows = await rows_at(connection, [deal_id], position)
        return await board.one_of(connection, deal_id, relation(-1, rows) | {"merged_at": position})


def relation(position: int, changed: Sequence[DealRow]) -> Params:
    """What the board's queries of `THEN` take: unchanged rows up to the position, and these."""
    return {
        "known": position,
        "merged_at": position,
        "changed": as_json(DEALS.names, map(DEALS.values, changed)),
    }


STANDING = f"""
SELECT stage, COALESCE(currency, ''), count(*)::int8, COALESCE(sum(amount), 0), COALESCE(sum(floor(extract(epoch FROM stage_entered_at))), 0)::int8
  FROM {board.THEN} deal_board
 WHERE process = %(process)s AND (team_id = %(team_id)s OR %(team_id)s::uuid IS NULL)
   AND (owner_id = %(owner_id)s OR %(owner_id)s::uuid IS NULL)
 GROUP BY 1, 2
"""


async def standing(
    source: Source, position: int, process: str, team_id: UUID | None, owner_id: UUID | None
) -> list[Any]:
    """By stage and currency ('' without an amount): deals, their amount, and the sum of the seconds since 1970 at which they came."""
    async with _snapshot(source) as connection:
        changed = await changed_since(connection, position, BoardFilter(owner_id=owner_id, team_id=team_id))
        asked = {"process": process, "team_id": team_id, "owner_id": owner_id}
        return await fetch(connection, STANDING, asked | relation(position, changed))
