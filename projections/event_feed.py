"""Projections room: the ledger's events for who sees some deals only — each with the team and owner that its deal has now.

What is asked here ends where the deal board stands, in the same view of the database: an event of a deal that the board does not have yet
would be passed over.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from projections.engine.paging import Source, fetch
from runtime.codec import COLUMNS, Row

BOARD = "deal_board"
STRETCH = 20_000
"""Positions that are looked through at once for who sees little of them."""
STRETCHES = 50


class OwnedRow(NamedTuple):
    """A row of the ledger, and whose its deal is; of what is no deal's, nobody's."""

    row: Row
    team_id: UUID | None = None
    owner_id: UUID | None = None


class DealScope(NamedTuple):
    """Whose deals, as they are now: a team's, and an owner's wherever the deal is. Each of its names is a column of the deal board
    and a part of an owned row; whatever agrees in one of them is in the scope.
    """

    team_id: UUID | None = None
    owner_id: UUID | None = None

    def holds(self, one: OwnedRow) -> bool:
        return any(
            of is not None and of == getattr(one, name) for name, of in zip(self._fields, self, strict=True)
        )


IN_SCOPE = " OR ".join(f"{name} = %({name})s" for name in DealScope._fields)
"""What `DealScope.holds`, of the deal board."""
REACHED = f"SELECT position FROM read.positions WHERE name = '{BOARD}' AND suffix = ''"
OWNED = f"""
SELECT e.*, d.team_id, d.owner_id
  FROM (SELECT {COLUMNS} FROM ledger.events WHERE position > %(after)s AND position <= ({REACHED}) ORDER BY position LIMIT %(limit)s) e
  LEFT JOIN read.deal_board d ON d.deal_id = e.stream_id
 ORDER BY e.position
"""
SEEN = f"""
WITH reached AS ({REACHED})
SELECT LEAST(r.position, %(after)s::bigint + {STRETCH}), r.position, e.*
  FROM reached r LEFT JOIN LATERAL (
       SELECT {COLUMNS} FROM ledger.events
        WHERE position > %(after)s AND position <= LEAST(r.position, %(after)s::bigint + {STRETCH})
          AND stream_id IN (SELECT deal_id FROM read.deal_board WHERE {IN_SCOPE})
        ORDER BY position LIMIT %(limit)s) e ON true
 ORDER BY e.position
"""


class Seen(NamedTuple):
    """`upto` is how far was looked, `more` whether there is more by now."""

    rows: list[Row]
    upto: int
    more: bool


async def reached(source: Source) -> int:
    """Up to which position it is known whose deal an event is of."""
    rows = await fetch(source, REACHED, [])
    return int(rows[0][0]) if rows else 0


async def owned(source: Source, after: int, limit: int) -> list[OwnedRow]:
    """The next events of all, in order and without gaps."""
    rows = await fetch(source, OWNED, {"after": after, "limit": limit})
    return [OwnedRow(row[:-2], *row[-2:]) for row in rows]


async def seen(source: Source, after: int, limit: int, scope: DealScope) -> Seen:
    """The next events of the deals of that scope. Nothing found and `more`: ask on after `upto`."""
    asked: dict[str, Any] = scope._asdict() | {"limit": limit}
    for _ in range(STRETCHES):
        rows = await fetch(source, SEEN, asked | {"after": after})
        upto, head = rows[0][:2] if rows else (after, after)
        found = [row[2:] for row in rows if row[2] is not None]
        full = len(found) == limit
        after = found[-1][0] if full else max(after, upto)
        if found or after >= head:
            return Seen(found, after, full or after < head)
    return Seen([], after, more=True)
