"""Projections room: the deal history — every fact of a deal, as recorded and as a sentence.

The rows are the ledger's own, copied by the database in one statement, so facts of a newer release are there, too.
They are rendered when read.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from psycopg import AsyncConnection, sql

from domain.engine.errors import Invalid
from projections.deal import related, rendered
from projections.deal.events import LANGUAGES, DealEvent, Stored, rendered_rows
from projections.deal.fold import DEAL_TOPICS
from projections.engine.paging import (
    Page,
    Source,
    fetch,
    fetch_raw,
    limit_of,
    opened,
    sealed,
    token_of,
    version_in,
)
from projections.engine.projection import Projection
from projections.engine.streams import NOW
from projections.engine.tables import Column, Table
from runtime.codec import encode

COLUMNS = {
    "deal_id": Column("uuid"),
    "version": Column("int8"),
    "position": Column("int8"),
    "topic": Column("text"),
    "schema_version": Column("int2"),
    "data": Column("json", personal=True),
    "meta": Column("json", personal=True),
    "occurred_at": Column("timestamptz"),
    "recorded_at": Column("timestamptz"),
}
HISTORY: Table[Any] = Table("deal_history", msgspec.Struct, key=("deal_id", "version"), columns=COLUMNS)
COPY = sql.SQL("""
INSERT INTO {table} (deal_id, version, position, topic, schema_version, data, meta, occurred_at, recorded_at)
SELECT stream_id, version, position, topic, schema_version, data, meta, occurred_at, recorded_at
  FROM ledger.events
 WHERE position > %s AND position <= %s AND (topic ^@ 'deal.' OR topic ^@ 'promise.')
""")


class DealHistory(Projection):
    name = "deal_history"
    tables = (HISTORY,)
    topics = DEAL_TOPICS
    copied = True

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._copy = COPY.format(table=HISTORY.at(suffix)).as_string().encode()

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        await connection.execute(self._copy, [after, upto])

    def forget(self) -> None:
        pass


# -- queries --------------------------------------------------------------------------------------


class InOneLanguage(DealEvent):
    """The same in one language."""

    sentence: str  # type: ignore[assignment]


STORED = "version, position, topic, schema_version, data::text, meta::text, occurred_at, recorded_at"
UNREAD = "version, position, topic, schema_version, data, meta, occurred_at, recorded_at"
OLDEST = f"""
SELECT {STORED} FROM read.deal_history WHERE deal_id = %s AND version > %s ORDER BY version LIMIT %s
"""
NEWEST = f"""
SELECT {STORED} FROM read.deal_history WHERE deal_id = %s AND version < %s ORDER BY version DESC LIMIT %s
"""
# Nothing is told where one row could not be: the reader renders that page.
PAGE = """
SELECT CASE WHEN bool_and(item IS NOT NULL) FILTER (WHERE n <= $3) THEN
            string_agg(item, ',' ORDER BY n) FILTER (WHERE n <= $3) END,
       count(*) > 0, min(version) FILTER (WHERE n = $3), count(*) > $3
  FROM (SELECT h.version, h.n, CASE WHEN h.n <= $3 THEN {item} END AS item
          FROM (SELECT *, row_number() OVER (ORDER BY version{down}) AS n FROM read.deal_history
                 WHERE deal_id = $1 AND version {beyond} $2
                 ORDER BY version{down} LIMIT $3 + 1) h,
               (SELECT '{terms}'::jsonb AS terms) w, {beside}
        OFFSET 0) told
"""
# No further than the deal's own facts are known: one that came later may stand before these.
WITH_RELATED = """
SELECT {read} FROM (
    SELECT {stored} FROM read.deal_history WHERE deal_id = %(deal)s
     UNION ALL
    SELECT {stored} FROM ledger.events
     WHERE stream_id = ANY(%(related)s) AND position + 0 <= (SELECT position FROM read.positions WHERE name = 'deal_history' AND suffix = '')) e
 WHERE position {beyond} %(place)s ORDER BY position{down} LIMIT %(limit)s
"""
IN_HISTORY, IN_LEDGER = "read.deal_history WHERE deal_id", "ledger.events WHERE stream_id"
PLACE_OF = "SELECT position FROM read.deal_history WHERE deal_id = %s AND version = %s"
KNOWN_THEN = "SELECT COALESCE(max(version), 0) FROM read.deal_history WHERE deal_id = %s AND position <= %s"
LAST = 2**31 - 1


async def listing(
    source: Source,
    deal_id: UUID,
    cursor: str | None = None,
    limit: int = 100,
    *,
    newest_first: bool = False,
    languages: Collection[str] = LANGUAGES,
) -> Page[DealEvent]:
    """A page of what happened to a deal, told in these languages; empty for an unknown one. Raises Invalid for a
    cursor that is none.
    """
    if others := await related.streams_of(source, deal_id):
        return await _with_related(
            source, deal_id, others, cursor, limit, languages, newest_first=newest_first
        )
    begin = version_in(cursor) if cursor else (LAST if newest_first else 0)
    query = NEWEST if newest_first else OLDEST
    return await _page_of(source, query, [deal_id, begin], limit, languages)


async def _page_of(
    source: Source, query: str, place: Sequence[Any], limit: int, languages: Collection[str]
) -> Page[DealEvent]:
    found = await fetch(source, query, [*place, limit_of(limit) + 1])
    stored = [Stored(*row) for row in found[:limit]]
    more = token_of(stored[-1].version) if len(found) > limit else None
    return Page(await rendered_rows(source, stored, languages), more)


class Place(msgspec.Struct, array_like=True):
    """Where a page ended that has facts of other streams."""

    position: int


async def _with_related(
    source: Source,
    deal_id: UUID,
    others: Collection[UUID],
    cursor: str | None,
    limit: int,
    languages: Collection[str],
    *,
    newest_first: bool,
) -> Page[DealEvent]:
    """The deal's facts among those of the streams about it, in the ledger's order."""
    beyond, down, begin = ("<", " DESC", NOW) if newest_first else (">", "", 0)
    place = await _place(source, deal_id, cursor) if cursor else begin
    query = WITH_RELATED.format(stored=UNREAD, read=STORED, beyond=beyond, down=down)
    asked = {"deal": deal_id, "related": list(others), "place": place, "limit": limit_of(limit) + 1}
    found = await fetch(source, query, asked)
    stored = [Stored(*row) for row in found[:limit]]
    more = sealed(Place(stored[-1].position)) if len(found) > limit else None
    return Page(await rendered_rows(source, stored, languages), more)


async def _place(source: Source, deal_id: UUID, cursor: str) -> int:
    """Where the page before ended; it may have been one without other facts. Raises Invalid."""
    try:
        return opened(cursor, Place).position
    except Invalid:
        rows = await fetch(source, PLACE_OF, [deal_id, version_in(cursor)])
        return int(rows[0][0]) if rows else 0


async def _behind(source: Source, deal_id: UUID, position: int) -> str | None:
    """The cursor of who has read, newest first, all that is behind a position; None for a deal that was not known there."""
    ((version,),) = await fetch(source, KNOWN_THEN, [deal_id, position])
    if version == 0 or not await related.streams_of(source, deal_id):
        return token_of(version + 1) if version else None
    return sealed(Place(position + 1))


async def of_stream(
    source: Source,
    id: UUID,
    cursor: str | None = None,
    limit: int = 100,
    *,
    newest_first: bool = False,
    languages: Collection[str] = LANGUAGES,
) -> Page[DealEvent]:
    """The same of a stream of another kind, said as its read model says (`sentences`). From the ledger itself."""
    begin = version_in(cursor) if cursor else (LAST if newest_first else 0)
    query = (NEWEST if newest_first else OLDEST).replace(IN_HISTORY, IN_LEDGER)
    return await _page_of(source, query, [id, begin], limit, languages)


async def in_one_language(
    source: Source,
    id: UUID,
    language: str,
    cursor: str | None = None,
    limit: int = 100,
    *,
    newest_first: bool = False,
) -> Page[InOneLanguage]:
    """The same with one sentence each."""
    page = await of_stream(source, id, cursor, limit, newest_first=newest_first, languages=(language,))
    for event in page.items:
        event.sentence = event.sentence[language]  # type: ignore[assignment]
    return page  # type: ignore[return-value]


async def page_as_json(
    source: Source,
    deal_id: UUID,
    language: str,
    cursor: str | None,
    limit: int,
    *,
    newest_first: bool = False,
    upto: int | None = None,
) -> bytes | None:
    """A page of what happened to a deal as it is sent, rendered by the database: `sentence` in this language. None for
    an unknown deal. `upto`, newest first: nothing behind that position. Raises Invalid for a cursor that is none.
    """
    if upto is not None and cursor is None and (cursor := await _behind(source, deal_id, upto)) is None:
        return None
    if await related.streams_of(source, deal_id):
        return await _rendered_here(source, deal_id, language, cursor, limit, newest_first=newest_first)
    begin = version_in(cursor) if cursor else (LAST if newest_first else 0)
    asked = [deal_id, begin, limit_of(limit)]
    for ordinary in (True, False):
        query = page_query(language, newest_first=newest_first, ordinary=ordinary)
        items, is_any, last, is_more = await _page(source, query, asked)
        if not is_any and cursor is None:
            return None
        if items is not None or not is_any:
            following = encode(token_of(last) if is_more else None).decode()
            return f'{{"items":[{items or ""}],"next_cursor":{following}}}'.encode()
    return await _rendered_here(source, deal_id, language, cursor, limit, newest_first=newest_first)


async def _page(source: Source, query: bytes, asked: Sequence[Any]) -> tuple[str | None, bool, int, bool]:
    try:
        (found,) = await fetch_raw(source, query, asked)
    except psycopg.DataError:  # a NUL in a text, which JSON can say and PostgreSQL cannot
        return None, True, 0, False
    return tuple(found)


@cache
def page_query(language: str, *, newest_first: bool, ordinary: bool) -> bytes:
    """For a deal, the version to begin after, and a limit: the items as one text, and how the page ends. There is no text
    where a row could not be told: for `ordinary`, any of a topic that is not.
    """
    number = LANGUAGES[language]
    beyond, down = ("<", " DESC") if newest_first else (">", "")
    item = rendered.item(number, rendered.ORDINARY) if ordinary else rendered.item(number)
    terms, beside = rendered.terms(number).replace("'", "''"), f"LATERAL {rendered.BESIDE}"
    return PAGE.format(item=item, terms=terms, beside=beside, beyond=beyond, down=down).encode()


async def _rendered_here(
    source: Source, deal_id: UUID, language: str, cursor: str | None, limit: int, *, newest_first: bool
) -> bytes:
    """The same for a page that holds facts of another release, or of other streams."""
    found = await listing(source, deal_id, cursor, limit, newest_first=newest_first, languages=(language,))
    for event in found.items:
        event.sentence = event.sentence[language]  # type: ignore[assignment]
    return encode(found)
