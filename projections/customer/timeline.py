"""Projections room: all that ever happened with a customer, newest first — its own stream, and those of its deals, leads and cases.

The facts stay in the ledger. A row here says no more than that a stream has a fact of a kind at a position; so a page, however far back,
costs a look into the index for each stream and kind, and the rows that it shows. Which streams are a customer's is said by the read models
that have a row for each (`shown_on`), as they are now: a deal that was corrected to another customer is there with all that it has been.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql

from projections.customer.beyond import beyond, ids_in
from projections.deal.events import DealEvent, Stored, rendered_rows
from projections.deal.history import InOneLanguage
from projections.engine.paging import Page, Source, fetch, limit_of, opened, sealed
from projections.engine.projection import Projection, topics_of
from projections.engine.streams import NOW
from projections.engine.tables import Column, Table
from projections.people import directory

CUSTOMER = "customer"


class TouchKind(StrEnum):
    """What an event of a customer's history is about."""

    PROFILE = "profile"
    CONTACT = "contact"
    NOTE = "note"
    LEAD = "lead"
    DEAL = "deal"
    STAGE = "stage"
    ACTIVITY = "activity"
    QUOTE = "quote"
    PROMISE = "promise"
    CASE = "case"
    FEEDBACK = "feedback"


OF_TOPIC = {
    "deal.activity-logged": TouchKind.ACTIVITY,
    "deal.activity-corrected": TouchKind.ACTIVITY,
    "deal.stage-moved": TouchKind.STAGE,
    "deal.override-requested": TouchKind.STAGE,
    "deal.override-decided": TouchKind.STAGE,
    "deal.blocked": TouchKind.STAGE,
    "deal.unblocked": TouchKind.STAGE,
    "deal.process-moved": TouchKind.STAGE,
    "deal.quote-recorded": TouchKind.QUOTE,
    "customer.contact-added": TouchKind.CONTACT,
    "customer.contact-corrected": TouchKind.CONTACT,
    "customer.contact-fields-set": TouchKind.CONTACT,
    "customer.consent-given": TouchKind.CONTACT,
    "customer.consent-withdrawn": TouchKind.CONTACT,
    "customer.buying-role-changed": TouchKind.CONTACT,
    "customer.note-added": TouchKind.NOTE,
    "customer.note-changed": TouchKind.NOTE,
    "customer.note-closed": TouchKind.NOTE,
}
OF_PREFIX = {
    CUSTOMER: TouchKind.PROFILE,
    "deal": TouchKind.DEAL,
    "promise": TouchKind.PROMISE,
    "revisit": TouchKind.PROMISE,
    "lead": TouchKind.LEAD,
    "case": TouchKind.CASE,
    "survey-invitation": TouchKind.FEEDBACK,
    "survey-answer": TouchKind.FEEDBACK,
}
"""Of all other topics that begin so."""
UNTOLD = ("deal.import-noted", "lead.import-noted")
"""What imports note for themselves."""
COLUMNS = {"stream_id": Column("uuid"), "kind": Column("text"), "position": Column("int8")}
TIMELINE: Table[Any] = Table(
    "customer_timeline", msgspec.Struct, key=("stream_id", "kind", "position"), columns=COLUMNS
)


def _when(of: dict[str, TouchKind]) -> str:
    return " ".join(f"WHEN '{name}' THEN '{kind}'" for name, kind in of.items())


COPY = f"""
INSERT INTO {{table}} (stream_id, kind, position)
SELECT stream_id, CASE topic {_when(OF_TOPIC)} ELSE CASE split_part(topic, '.', 1) {_when(OF_PREFIX)} END END, position
  FROM ledger.events
 WHERE position > %s AND position <= %s AND split_part(topic, '.', 1) = ANY(ARRAY{[*OF_PREFIX]}) AND topic <> ALL(ARRAY{[*UNTOLD]})
"""


class CustomerTimeline(Projection):
    name = "customer_timeline"
    tables = (TIMELINE,)
    topics = topics_of(*(f"{prefix}." for prefix in OF_PREFIX))
    copied = True

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._copy = sql.SQL(COPY).format(table=TIMELINE.at(suffix)).as_string().encode()

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        await connection.execute(self._copy, [after, upto])

    def forget(self) -> None:
        pass


# -- queries --------------------------------------------------------------------------------------


class CustomerEvent(InOneLanguage):
    """An event with its kind, and what it is of: `of` is customer, deal, lead, case and the like. `record_id` is the record of the customer
    that it came from, and `record_name` what that is called, where several were merged.
    """

    kind: TouchKind
    of: str
    stream_id: UUID
    record_id: UUID
    record_name: str | None = None


class Place(msgspec.Struct, array_like=True):
    """Where a page ended."""

    before: Annotated[int, msgspec.Meta(ge=0, lt=2**62)]


OWN = "SELECT id, 'customer', id FROM unnest(%(ids)s::uuid[]) id"
ABOUT = "SELECT {id}, '{kind}', {customer} FROM read.{table} WHERE {customer} = ANY(%(ids)s){seen}"
SEEN = " AND team_id = %(seen_by)s"
PAGE = """
WITH of_customer (id, of, record) AS ({streams}),
     newest AS (
    SELECT t.position, t.kind, s.of, s.record
      FROM of_customer s CROSS JOIN unnest(%(kinds)s::text[]) k (kind)
           CROSS JOIN LATERAL (SELECT position, kind FROM read.customer_timeline
                                WHERE stream_id = s.id AND kind = k.kind AND position < %(before)s
                                ORDER BY position DESC LIMIT %(limit)s) t
     ORDER BY t.position DESC LIMIT %(limit)s)
SELECT e.version, position, e.topic, e.schema_version, e.data::text, e.meta::text, e.occurred_at, e.recorded_at, n.kind, n.of, e.stream_id, n.record
  FROM newest n JOIN ledger.events e USING (position) ORDER BY position DESC
"""


@cache
def _page(*, scoped: bool) -> str:
    return PAGE.format(streams=" UNION ALL ".join([OWN, *_streams(SEEN if scoped else "")]))


def _streams(seen: str) -> Iterator[str]:
    """Of every read model that says which customer its streams are about."""
    from projections.engine.catalog import ALL  # it imports this module

    for model in ALL:
        if CUSTOMER in model.shown_on:
            table = model.tables[0]
            yield ABOUT.format(
                id=table.key[0],
                kind=model.kind,
                table=table.name,
                customer=model.shown_on[CUSTOMER],
                seen=seen,
            )


async def page(
    source: Source,
    ids: Collection[UUID],
    language: str,
    cursor: str | None = None,
    limit: int = 50,
    *,
    kinds: Collection[TouchKind] = tuple(TouchKind),
    seen_by: UUID | None = None,
    upto: int | None = None,
) -> Page[CustomerEvent]:
    """What happened with the customers of these ids, as one, newest first. `seen_by` is a team: only what it sees of deals, leads and
    cases today, also of what was known then, and no ids of others. `upto`: as recorded up to that position. Raises Invalid for a cursor
    that is none.
    """
    before = NOW if upto is None else upto + 1
    if cursor is not None:
        before = min(before, opened(cursor, Place).before)
    asked = {
        "ids": list(ids),
        "kinds": list(kinds),
        "before": before,
        "limit": limit_of(limit) + 1,
        "seen_by": seen_by,
    }
    rows = await fetch(source, _page(scoped=seen_by is not None), asked)
    stored = [Stored(*row[:8]) for row in rows[:limit]]
    hidden = await beyond(source, ids_in([one.data for one in stored]), seen_by) if seen_by else set()
    events = await rendered_rows(source, stored, (language,), hidden)
    names = await directory.names(source, ids) if len(ids) > 1 else {}
    items = [_told(event, language, names, *row[8:]) for event, row in zip(events, rows, strict=False)]
    return Page(items, sealed(Place(items[-1].position)) if len(rows) > limit else None)


def _told(
    event: DealEvent,
    language: str,
    names: Mapping[UUID, str],
    kind: str,
    of: str,
    stream_id: UUID,
    record: UUID,
) -> CustomerEvent:
    given = {name: getattr(event, name) for name in DealEvent.__struct_fields__}
    given["sentence"] = event.sentence[language]
    return CustomerEvent(
        **given,
        kind=TouchKind(kind),
        of=of,
        stream_id=stream_id,
        record_id=record,
        record_name=names.get(record),
    )
