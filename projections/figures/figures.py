"""Projections room: figures — sums over the contributions of a scope and days, as known at a position or now.

Sums are made in SQL, exactly; what they come to is the domain's one rule (`metrics.Sum.figure`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from domain.engine.errors import FieldError, Invalid
from domain.figures import metrics as m
from domain.figures.queries import FigureAsked
from domain.figures.scope import PUBLISHED, Scope, ScopeKind
from domain.time.periods import Window
from projections.engine.paging import Page, Params, Source, Version, fetch, limit_of, opened, sealed
from projections.engine.streams import NOW
from projections.figures.contributions import Counted
from projections.segment.members import ON_DAY
from runtime.codec import encode

_WHOSE = {ScopeKind.COMPANY: "true", ScopeKind.TEAM: "c.team_id = {id}", ScopeKind.REP: "c.rep_id = {id}"}
_COUNTS = """
       c.metric = ANY({metrics}) AND c.day BETWEEN {since} AND {upto} AND c.position <= %(position)s AND {whose}
   AND ({product} IS NULL OR c.product_id = {product})
   AND ({segment} = '' OR CASE WHEN {segment} ^@ 'segment:' THEN {was_in} ELSE c.segment = {segment} END)
   AND {channel} = '' AND c.currency IN ('', {currency})
"""
_WAS_IN = f"""EXISTS (SELECT FROM read.segment_stays s WHERE s.segment = substr({{segment}}, {len(PUBLISHED) + 1})
           AND s.customer_id IN (c.customer_id, {{survivor}}) AND {ON_DAY})"""
"""The customer was in the published segment on the day that counts, as known at the position: the record that it was recorded for, or the
one that this stood for then.
"""
_SURVIVOR = """(SELECT m.survivor_id FROM read.merged m WHERE m.customer_id = c.customer_id
           AND m.since <= %(position)s AND (m.until IS NULL OR m.until > %(position)s))"""
_FIELDS = ("id", "metrics", "since", "upto", "product", "segment", "channel", "currency")
_SUMS = """
SELECT a.n, s.value, s.weight
  FROM json_to_recordset(%(asked)s::json) AS a(n int8, id uuid, metrics text[], since date, upto date, product uuid,
       segment text, channel text, currency text)
  CROSS JOIN LATERAL (
        SELECT COALESCE(sum(c.value), 0) AS value, COALESCE(sum(c.weight), 0)::int8 AS weight
          FROM read.contributions c WHERE {counts}) s
"""
_BEHIND = """
SELECT c.position, c.n, c.metric, c.day, c.value, c.weight, c.currency, c.rep_id, c.team_id, c.customer_id, c.product_id,
       c.segment, c.subject_id, e.topic, e.stream_id, e.version, e.occurred_at, c.recorded_at
  FROM read.contributions c JOIN ledger.events e ON e.position = c.position
 WHERE {counts} AND (c.position, c.n) > (%(after)s, %(after_n)s)
 ORDER BY c.position, c.n LIMIT %(limit)s
"""
_POSITIONS = """
SELECT DISTINCT c.position FROM read.contributions c WHERE {counts} ORDER BY 1
"""


def _counts(kind: ScopeKind, places: dict[str, str]) -> str:
    counts = (
        _COUNTS.replace("{whose}", _WHOSE[kind]).replace("{was_in}", _WAS_IN).replace("{survivor}", _SURVIVOR)
    )
    return counts.format(**places, day="c.day", known="%(position)s")


_ROWS = {name: f"a.{name}" for name in _FIELDS}
_GIVEN = {name: f"%({name})s" for name in _FIELDS} | {
    "metrics": "%(metrics)s::text[]",
    "product": "%(product)s::uuid",
}
SUMS = {kind: _SUMS.replace("{counts}", _counts(kind, _ROWS)) for kind in ScopeKind}
BEHIND = {kind: _BEHIND.replace("{counts}", _counts(kind, _GIVEN)) for kind in ScopeKind}
POSITIONS = {kind: _POSITIONS.replace("{counts}", _counts(kind, _GIVEN)) for kind in ScopeKind}


class Behind(Counted):
    """One contribution to a figure and the event that made it, `version` its place in the stream. `value` and `weight`
    are negative where something is taken back.
    """

    topic: str
    stream_id: UUID
    version: int
    occurred_at: datetime
    recorded_at: datetime


class PlaceBehind(msgspec.Struct, array_like=True):
    """Where a page of contributions ended."""

    position: Annotated[int, msgspec.Meta(ge=0, lt=2**62)]
    n: Version


async def figures(
    source: Source, asked: Sequence[FigureAsked], position: int | None = None
) -> list[Decimal | None]:
    """In the order asked, as known at `position` (None: now); None for a rate or mean of nothing. Raises Invalid for
    an unknown metric, and for money without a currency.
    """
    sums = await totals(source, asked, position)
    return [_figure(one, total) for one, total in zip(asked, sums, strict=True)]


def _figure(asked: FigureAsked, total: m.Sum) -> Decimal | None:
    of = m.metric(asked.metric)
    found = total.figure(of)
    return of.written(found, asked.currency) if found is not None and of.adds_up else found


async def totals(source: Source, asked: Sequence[FigureAsked], position: int | None = None) -> list[m.Sum]:
    """What the figures are made of. Sums of parts add to the sum of the whole, also where figures do not."""
    found = [m.Sum()] * len(asked)
    for kind in ScopeKind:
        rows = [{"n": n} | _asked(one) for n, one in enumerate(asked) if one.scope.kind == kind]
        if rows:
            params = {"asked": encode(rows).decode(), "position": NOW if position is None else position}
            for n, value, weight in await fetch(source, SUMS[kind], params):
                found[n] = m.Sum(value, Decimal(weight))
    return found


async def drill(
    source: Source,
    asked: FigureAsked,
    position: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Behind]:
    """The contributions behind a figure, in the ledger's order; all of them sum to it."""
    after, n = _place_in(cursor)
    params = _given(asked, position) | {"after": after, "after_n": n, "limit": limit_of(limit) + 1}
    rows = await fetch(source, BEHIND[asked.scope.kind], params)
    found = [Behind(*row) for row in rows[:limit]]
    return Page(found, _token(found[-1]) if len(rows) > limit else None)


async def positions_behind(source: Source, asked: FigureAsked, position: int | None = None) -> list[int]:
    """Where the events behind a figure stand in the ledger."""
    query = POSITIONS[asked.scope.kind]
    return [place for (place,) in await fetch(source, query, _given(asked, position))]


NEWEST = """
SELECT currency, max(day) FROM read.contributions WHERE metric = %s AND day <= %s GROUP BY 1 ORDER BY count(*) DESC LIMIT 1
"""


async def newest(source: Source, metric: str, upto: date) -> tuple[str, date] | None:
    """The currency that most of a metric's contributions are in, and the last day up to `upto` with one of them."""
    rows = await fetch(source, NEWEST, [metric, upto])
    return (rows[0][0], rows[0][1]) if rows else None


def asking(metric: str, scope: Scope, window: Any, currency: str = "") -> FigureAsked:
    """`window` is anything with a first and a last day. The currency is left out where the metric is not money."""
    money = m.metric(metric).unit == m.Unit.MONEY
    return FigureAsked(metric, scope, Window(window.start, window.end), currency if money else "")


def _asked(one: FigureAsked) -> Params:
    of = m.metric(one.metric)
    if (of.unit == m.Unit.MONEY) != bool(one.currency):
        message = "say in which currency" if of.unit == m.Unit.MONEY else "only money has a currency"
        raise Invalid([FieldError("currency", message)])
    scope = one.scope
    return {
        "id": scope.id,
        "metrics": list(of.counts),
        "since": one.window.start,
        "upto": one.window.end,
        "product": scope.product_id,
        "segment": scope.segment,
        "channel": scope.channel,
        "currency": one.currency,
    }


def _given(asked: FigureAsked, position: int | None) -> Params:
    return _asked(asked) | {"position": NOW if position is None else position}


def _token(last: Behind) -> str:
    return sealed(PlaceBehind(last.position, last.n))


def _place_in(cursor: str | None) -> tuple[int, int]:
    if cursor is None:
        return 0, 0
    found = opened(cursor, PlaceBehind)
    return found.position, found.n
