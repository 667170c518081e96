"""api: what became of notices — to whom, of what, by which channel, when. What they said is not kept. HTTP may not enter."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, LiteralString
from uuid import UUID

import msgspec
from psycopg.rows import class_row

from domain.notices import called
from projections.engine.paging import Page, opened, sealed
from runtime.database import Pool

State = Literal["waiting", "sending", "sent", "dropped", "failed"]

FOUND: LiteralString = """
    SELECT n.position, n.account_id, n.channel, n.kind, n.deal_id, n.detail, n.state, n.due_at, n.tries, n.reason, n.decided_at,
           n.settled_at, a.login AS "to",
           COALESCE(d.name, NULLIF(a.name, '')) AS to_name
      FROM app.notices n
      JOIN app.accounts a ON a.id = n.account_id
      LEFT JOIN read.directory d ON d.id = a.rep_id AND d.kind = 'rep'
"""
BEFORE: LiteralString = "(n.position, n.account_id, n.channel, n.kind, n.detail) < (%(position)s, %(account_id)s, %(by)s, %(of)s, %(about)s)"
ORDER: LiteralString = (
    "ORDER BY n.position DESC, n.account_id DESC, n.channel DESC, n.kind DESC, n.detail DESC LIMIT %(most)s"
)
FILTERS: Mapping[str, LiteralString] = {
    "deal_id": "n.deal_id = %(deal_id)s",
    "state": "n.state = %(state)s",
    "channel": "n.channel = %(channel)s",
    "kind": "(n.kind = %(kind)s OR n.kind LIKE %(kind)s || '.%%')",
    "login": "a.login = %(login)s",
}


class SentNotice(msgspec.Struct):
    """`to` is a login, `to_name` the rep's name, else the account's where it has one (personal data). `why`: what they are told of, `kind`,
    in words. `decided_at`: when it was decided that they are told; `due_at`: when it is sent; `settled_at`: when it was sent, dropped
    or given up, and `reason` why it was dropped or failed, as a code. `position` is the event's; `detail` what it is about where that
    is no record, such as a read model.
    """

    position: int
    kind: str
    channel: str
    to: str
    to_name: str | None
    state: State
    reason: str | None
    tries: int
    decided_at: datetime
    due_at: datetime
    settled_at: datetime | None
    deal_id: UUID | None
    detail: str
    why: str = ""


Plain = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]
"""As a database can hold it: a cursor comes from outside."""


class Place(msgspec.Struct, array_like=True):
    """Where a page ended."""

    position: int
    account_id: UUID
    channel: Plain
    kind: Plain
    detail: Plain


class Row(SentNotice, kw_only=True):
    account_id: UUID


async def found(source: Pool, cursor: str | None, limit: int, **narrowed: Any) -> Page[SentNotice]:
    """Of the newest events first. `narrowed` by the names of `FILTERS`, None is left out. Raises Invalid for a cursor of elsewhere."""
    given = {name: value for name, value in narrowed.items() if value is not None}
    where = [FILTERS[name] for name in given]
    if cursor is not None:
        place = opened(cursor, Place)
        where.append(BEFORE)
        given |= {
            "position": place.position,
            "account_id": place.account_id,
            "by": place.channel,
            "of": place.kind,
            "about": place.detail,
        }
    narrow: LiteralString = f"WHERE {' AND '.join(where)}" if where else ""
    query: LiteralString = f"{FOUND} {narrow} {ORDER}"
    async with source.connection() as connection:
        asked = connection.cursor(row_factory=class_row(Row))
        rows = await (await asked.execute(query, {**given, "most": limit + 1})).fetchall()
    more = len(rows) > limit
    return Page([_shown(row) for row in rows[:limit]], _cursor(rows[limit - 1]) if more else None)


def _shown(row: Row) -> SentNotice:
    given = {name: getattr(row, name) for name in SentNotice.__struct_fields__}
    return SentNotice(**{**given, "why": called(row.kind)})


def _cursor(row: Row) -> str:
    return sealed(Place(row.position, row.account_id, row.channel, row.kind, row.detail))
