"""Projections room: what the meter has to know where an import of a deal is undone — what the deal counted since, and how it stood before.

The contributions tell it: they say of whom something counted then, whatever has changed since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection, sql

from domain.deal import facts as f
from domain.engine.recorded import Recorded
from domain.engine.undoing import TakesBack, standing
from domain.engine.values import ActivityKind
from domain.figures import metrics as m
from domain.figures.meter import Meter, MeterState
from domain.figures.meter import tallies as t
from domain.policy.closed import LOST, WON
from projections.engine import streams

COLUMNS = "position, metric, day, value, weight, currency, rep_id, team_id, customer_id, product_id, segment"
COUNTED = sql.SQL(
    "SELECT " + COLUMNS + " FROM {table} WHERE position = ANY(%s) AND subject_id = %s ORDER BY position, n"
)
CLOSED = sql.SQL(
    "SELECT "
    + COLUMNS
    + " FROM {table} WHERE metric = %s AND day = %s AND subject_id = %s AND position <= %s AND weight > 0"
    " ORDER BY position DESC LIMIT 1"
)


class Story(NamedTuple):
    """Of a deal whose import is undone: what stays, and what is taken back; oldest first."""

    earlier: Sequence[Recorded]
    taken: Sequence[Recorded]


async def undone(
    connection: AsyncConnection[Any],
    table: sql.Composable,
    marks: Collection[Recorded],
    stages: Mapping[str, Any],
) -> dict[UUID, t.Undone]:
    """By deal, for marks of different deals. Everything before them must be in the table."""
    if not marks:
        return {}
    last = max(mark.position for mark in marks)
    known: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for recorded in await streams.streams(connection, [mark.originator_id for mark in marks], last):
        known[recorded.originator_id].append(recorded)
    found = {}
    for mark in marks:
        story = _story(known[mark.originator_id], mark)
        found[mark.originator_id] = await _undone(connection, table, mark.originator_id, story, stages)
    return found


def _story(events: Sequence[Recorded], mark: Recorded) -> Story:
    assert isinstance(mark.fact, f.DealImportUndone)
    before = [event for event in events if event.position < mark.position]
    stood = standing(before, attrgetter("fact"), attrgetter("originator_version"))
    stood = [event for event in stood if not isinstance(event.fact, TakesBack)]
    since = mark.fact.since
    return Story(
        [event for event in stood if event.originator_version < since],
        [event for event in stood if event.originator_version >= since],
    )


async def _undone(
    connection: AsyncConnection[Any],
    table: sql.Composable,
    deal_id: UUID,
    story: Story,
    stages: Mapping[str, Any],
) -> t.Undone:
    counted = [event.position for event in story.taken if _counts_by_itself(event)]
    said = {id: position for id, position in _said(story.earlier) if id in set(_corrected(story.taken))}
    query = COUNTED.format(table=table)
    rows = await (await connection.execute(query, [[*counted, *said.values()], deal_id])).fetchall()
    parts = [(row[0], _part(row, deal_id), int(row[4])) for row in rows]
    given = {position: part for position, part, sign in parts if sign > 0}
    activities = {
        f"{deal_id}:{id}": _done(given[position]) for id, position in said.items() if position in given
    }
    taken = tuple((part, sign) for position, part, sign in parts if position in set(counted))
    tally = await _tally(connection, table, deal_id, story, stages)
    return t.Undone(taken, tally, activities)


def _counts_by_itself(event: Recorded) -> bool:
    """What a closing contributes follows from how the deal stands."""
    if isinstance(event.fact, f.StageMoved):
        return event.fact.after not in (WON, LOST)
    return isinstance(event.fact, f.ActivityLogged | f.ActivityCorrected | f.PromiseEnded)


def _said(events: Sequence[Recorded]) -> Iterator[tuple[UUID, int]]:
    """Activities with the position at which each was logged, or last corrected so that it counts otherwise."""
    for event in events:
        if isinstance(event.fact, f.ActivityLogged):
            yield event.fact.activity_id, event.position
        elif isinstance(event.fact, f.ActivityCorrected):
            before, after = event.fact.before, event.fact.after
            if (before.kind, before.rep_id) != (after.kind, after.rep_id):
                yield event.fact.activity_id, event.position


def _corrected(events: Sequence[Recorded]) -> Iterator[UUID]:
    return (event.fact.activity_id for event in events if isinstance(event.fact, f.ActivityCorrected))


async def _tally(
    connection: AsyncConnection[Any],
    table: sql.Composable,
    deal_id: UUID,
    story: Story,
    stages: Mapping[str, Any],
) -> t.DealTally:
    """As it was; of whom a closing counted the contributions tell."""
    meter = Meter(MeterState(stages=dict(stages)))
    for event in story.earlier or story.taken:
        meter.read(event)
    tally = meter.state.deals[deal_id]
    if not story.earlier or tally.closed is None:
        return replace(tally, closed=None)
    query = CLOSED.format(table=table)
    asked = [m.WIN_RATE, tally.closed.on, deal_id, story.earlier[-1].position]
    row = await (await connection.execute(query, asked)).fetchone()
    return tally if row is None else replace(tally, closed=replace(tally.closed, who=_part(row, deal_id).who))


def _part(row: Sequence[Any], deal_id: UUID) -> t.Part:
    _, metric, day, value, weight, currency, *whom = row
    return t.Part(metric, day, value if weight > 0 else m.ZERO - value, t.Standing(*whom), deal_id, currency)


def _done(part: t.Part) -> t.Done:
    kind = part.metric.partition(":")[2]
    return t.Done(ActivityKind(kind), part.on, part.who)
