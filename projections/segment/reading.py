"""Projections room: what people ask of segments — their members on a day, whom a rule would take in and put out, and where a customer is in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from domain.engine.facts import PersonName
from domain.segment.rule import parse
from projections.customer import SEEN
from projections.engine.paging import MOMENT, TEXT, Page, Select, SortKey, Source, fetch, page, sort_by
from projections.engine.streams import NOW
from projections.segment.asking import STANDS, Question
from projections.segment.given import given
from projections.segment.members import AS_OF

Shown = Literal["in", "enters", "leaves"]


class Member(msgspec.Struct):
    """A customer who was in; since when, and by which version of the rule. `until` is when it went, None while it is in."""

    customer_id: UUID
    name: PersonName
    sector: str
    since: datetime
    until: datetime | None
    segment_version: int


class Would(msgspec.Struct):
    """A customer whom a rule concerns."""

    customer_id: UUID
    name: PersonName
    sector: str


class SegmentPreview(msgspec.Struct):
    """How many customers a rule would have in, and against the segment as it is how many would enter and leave; `items` are of those that
    were asked for, by name.
    """

    inside: int
    enters: int
    leaves: int
    items: list[Would]
    next_cursor: str | None


class Stay(msgspec.Struct):
    """A customer's time in a segment. `until` None: it is in now."""

    segment: str
    label: str
    label_zh: str
    since: datetime
    until: datetime | None
    segment_version: int


MEMBERS = f"""
SELECT s.customer_id, directory.name, directory.note, s.since, CASE WHEN s.left_position <= %(known)s THEN s.left_at END, s.entered_version
  FROM (SELECT *, entered_at AS since FROM read.segment_stays) s JOIN read.directory ON directory.id = s.customer_id
 WHERE s.segment = %(segment)s AND {AS_OF} AND {{where}} ORDER BY {{order}} LIMIT %(limit)s"""
COUNT = """
SELECT s.segment, count(*) FROM read.segment_stays s JOIN read.directory ON directory.id = s.customer_id
 WHERE s.left_position IS NULL AND {seen} GROUP BY 1"""
WOULD = """
WITH asked AS MATERIALIZED (
    SELECT c.customer_id, COALESCE({stands} AND {condition}, false) AS inside,
           EXISTS (SELECT FROM read.segment_stays s WHERE s.segment = %(segment)s AND s.customer_id = c.customer_id AND s.left_position IS NULL) AS member
      FROM read.customer_traits c {beside}
), seen AS MATERIALIZED (
    SELECT a.customer_id AS id, directory.name, directory.note, a.inside, a.member
      FROM asked a JOIN read.directory ON directory.id = a.customer_id WHERE (a.inside OR a.member) AND {seen})
"""
COUNTED = "SELECT count(*) FILTER (WHERE inside), count(*) FILTER (WHERE inside AND NOT member), count(*) FILTER (WHERE member AND NOT inside) FROM seen"
LISTED = "SELECT id, name, note FROM seen WHERE {chosen} AND {where} ORDER BY {order} LIMIT %(limit)s"
CHOSEN: dict[Shown, str] = {
    "in": "inside",
    "enters": "inside AND NOT member",
    "leaves": "member AND NOT inside",
}
STAYS = """
SELECT s.segment, COALESCE(p.body::jsonb->>'label', s.segment), COALESCE(p.body::jsonb->>'label_zh', s.segment), s.entered_at, s.left_at, s.entered_version
  FROM read.segment_stays s LEFT JOIN read.segments p ON p.name = s.segment
 WHERE s.customer_id = %s ORDER BY (s.left_at IS NOT NULL), s.entered_at DESC, s.segment LIMIT 200"""
BY_NAME = {"name": SortKey("name", TEXT, "id", nullable=False)}
BY_TIME = {"since": SortKey("since", MOMENT, "customer_id", nullable=False)}
WAITS_FOR = ("segment_stays", "segments", "directory")


async def members(
    source: Source,
    segment: str,
    as_of: datetime,
    position: int | None = None,
    *,
    seen_by: UUID | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Member]:
    """Who was in at an instant, as known at a position (None: now), the newest first."""
    known = NOW if position is None else position
    select = Select(MEMBERS, params={"segment": segment, "as_of": as_of, "known": known})
    select.where(SEEN, seen_by=seen_by)
    return await page(source, select, sort_by("-since", BY_TIME), cursor, limit, _member)


def _member(*row: Any) -> Member:
    return Member(*row)


async def counts(source: Source, seen_by: UUID | None = None) -> dict[str, int]:
    """How many are in each segment now, by its name: of all customers, or of those that a team may see. Empty ones are left out."""
    query = COUNT.replace("{seen}", "true" if seen_by is None else SEEN)
    return dict(await fetch(source, query, {"seen_by": seen_by}))


async def preview(
    source: Source,
    rule: str,
    segment: str,
    now: datetime,
    shown: Shown = "enters",
    *,
    seen_by: UUID | None = None,
    cursor: str | None = None,
    limit: int = 100,
) -> SegmentPreview:
    """What a rule would do to a segment; one that is not published yet has nobody in. For a team it is asked of what the team may see: its own
    deals, purchases, cases and answers. Raises Invalid for what is no rule.
    """
    question = Question(seen_by)
    condition = question.ask(parse(rule))
    asked = (
        WOULD.replace("{condition}", condition)
        .replace("{beside}", question.beside)
        .replace("{stands}", STANDS)
    )
    asked = asked.replace("{seen}", "true" if seen_by is None else SEEN)
    params = {**await given(source, question, now), "segment": segment}
    if seen_by is not None:
        params["seen_by"] = seen_by
    ((inside, enters, leaves),) = await fetch(source, asked + COUNTED, params, planned_anew=True)
    select = Select(asked + LISTED.replace("{chosen}", CHOSEN[shown]), params=params)
    found = await page(source, select, sort_by("name", BY_NAME), cursor, limit, Listed)
    items = [Would(one.id, one.name, one.note) for one in found.items]
    return SegmentPreview(inside, enters, leaves, items, found.next_cursor)


class Listed(msgspec.Struct):
    id: UUID
    name: PersonName
    note: str


async def stays(source: Source, customer_id: UUID) -> list[Stay]:
    """Where a customer is in, and was."""
    return [Stay(*row) for row in await fetch(source, STAYS, [customer_id])]
