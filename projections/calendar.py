"""Projections room: what a person's calendar shows — promises, action items, revisits and review meetings, each as it is now and as it ended.

What people owe stands in the read models of deals, action items, revisits and meetings, and is asked there. Who had to hand something over is
nowhere among them: that is kept here, so that it is taken off that calendar, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.action_item.action_item import ActionItemHandedOver
from domain.deal.facts import DealImportUndone, PromiseHandedOver
from domain.engine.facts import FreeText
from domain.engine.values import id_within
from domain.meeting.plan import meeting_id
from domain.revisit.revisit import RevisitHandedOver
from projections.customer import merged
from projections.engine.fold import Folded, on
from projections.engine.paging import Source, fetch
from projections.engine.projection import Entry
from projections.engine.tables import Table

BACK, AHEAD, KEPT = timedelta(days=90), timedelta(days=400), timedelta(days=30)
"""From when until when a calendar reaches; and for how long it says of something that it is off."""
MOST = 1_000
"""Of each kind: the next ones, and of what is off the latest."""


class Kind(StrEnum):
    PROMISE = "promise"
    ACTION_ITEM = "action-item"
    REVISIT = "revisit"
    MEETING = "meeting"


class HandedOverRow(msgspec.Struct, gc=False):
    """A promise, an action item or a revisit that the person had until that position of the ledger."""

    person_id: UUID
    thing_id: UUID
    kind: str = ""
    stream_id: UUID = UUID(int=0)
    position: int = 0


HANDED_OVER = Table("handed_over", HandedOverRow, key=("person_id", "thing_id"))


class HandedOver(Folded):
    name = "handed_over"
    tables = (HANDED_OVER,)

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.given = self.rows(HANDED_OVER)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries = await self.read(connection, after, upto)
        await self.given.load(connection, [_key(entry) for entry in entries])
        for entry in entries:
            key = _key(entry)
            row = self.given.find(*key) or self.given.add(HandedOverRow(*key))
            row.stream_id, row.position = entry.stream_id, entry.position
            self.handlers[type(entry.fact)](self, row, entry)
        await self.save(connection)

    @on(PromiseHandedOver)
    def _promise(self, row: HandedOverRow, entry: Entry[PromiseHandedOver]) -> None:
        row.kind = Kind.PROMISE

    @on(DealImportUndone)
    def _undone(self, row: HandedOverRow, entry: Entry[DealImportUndone]) -> None:
        """The promise of a deal that is gone, or somebody else's again, is off its owner's calendar; where it is owed again it is newer."""
        row.kind = Kind.PROMISE

    @on(ActionItemHandedOver)
    def _action_item(self, row: HandedOverRow, entry: Entry[ActionItemHandedOver]) -> None:
        row.kind = Kind.ACTION_ITEM

    @on(RevisitHandedOver)
    def _revisit(self, row: HandedOverRow, entry: Entry[RevisitHandedOver]) -> None:
        row.kind = Kind.REVISIT


def _key(entry: Entry[Any]) -> tuple[UUID, UUID]:
    fact = entry.fact
    if isinstance(fact, DealImportUndone):
        return fact.before.owner_id, id_within(entry.stream_id, f"promise:{fact.promises}")
    return fact.before, fact.promise_id if isinstance(fact, PromiseHandedOver) else entry.stream_id


# -- queries --------------------------------------------------------------------------------------


class Person(msgspec.Struct, frozen=True):
    """Whose calendar it is. A manager attends what the whole company meets for, too."""

    id: UUID
    team_id: UUID | None
    is_manager: bool


class CalendarEntry(msgspec.Struct, kw_only=True):
    """`text` is what is owed, who is to be seen again, or whose review it is; `about_id` the deal, the action item, the revisit or the meeting,
    None for a meeting that is not called yet. `is_off`: it ended, was cancelled or handed over. `position` is that of the last event of it in the ledger, which was
    recorded at `changed_at`. Times are UTC.
    """

    kind: Kind
    id: UUID
    about_id: UUID | None
    text: FreeText
    deal: str
    customer: str
    starts_at: datetime
    is_off: bool
    position: int
    changed_at: datetime


LIVE = f"""
SELECT 'promise' AS kind, a.promise_id AS id, a.deal_id AS about_id, a.promised AS text, a.title AS deal, COALESCE(c.name, '') AS customer,
       a.due_at AS starts_at, false AS is_off, last.position, NULL::int8 AS number
  FROM (SELECT * FROM read.agenda WHERE promised_by = %(person)s AND due_at >= %(from)s AND due_at < %(until)s
         ORDER BY due_at LIMIT %(most)s) a
  {merged.JOIN.format(id="a.customer_id")}
  LEFT JOIN read.directory c ON c.id = {merged.WHOSE.format(id="a.customer_id")}
  JOIN LATERAL (SELECT e.position FROM ledger.events e WHERE e.stream_id = a.deal_id
                   AND e.position + 0 <= (SELECT position FROM read.positions WHERE name = 'agenda' AND suffix = '')
                 ORDER BY e.version DESC LIMIT 1) last ON true
"""
"""A deal has one live promise: whatever came last about the deal is the newest of it."""
ENDED = f"""
SELECT 'promise', x.promise_id, x.deal_id, x.promised, COALESCE(a.title, ''), COALESCE(c.name, ''), x.due_at, true, x.position, NULL
  FROM (SELECT * FROM read.agenda_ended WHERE owner_id = %(person)s AND ended_at >= %(from)s AND due_at >= %(from)s AND due_at < %(until)s
         ORDER BY ended_at DESC LIMIT %(most)s) x
  LEFT JOIN read.agenda a ON a.deal_id = x.deal_id
  {merged.JOIN.format(id="a.customer_id")}
  LEFT JOIN read.directory c ON c.id = {merged.WHOSE.format(id="a.customer_id")}
"""
ITEMS = """
SELECT 'action-item', i.item_id, i.item_id, i.body::jsonb->>'what', '', '', i.due_at, i.outcome <> 'open', (i.body::jsonb->>'position')::int8, NULL
  FROM (SELECT * FROM read.action_items WHERE owner_id = %(person)s AND due_at >= %(from)s AND due_at < %(until)s
           AND (outcome = 'open' OR (body::jsonb->>'ended_at')::timestamptz >= %(from)s)
         ORDER BY outcome <> 'open', due_at LIMIT %(most)s) i
"""
REVISITS = f"""
SELECT 'revisit', r.revisit_id, r.revisit_id, COALESCE(c.name, '?'), '', '', r.due_at, r.outcome <> 'open', (r.body::jsonb->>'position')::int8, NULL
  FROM (SELECT * FROM read.revisits WHERE owner_id = %(person)s AND due_at >= %(from)s AND due_at < %(until)s
         ORDER BY outcome <> 'open', due_at LIMIT %(most)s) r
  {merged.JOIN.format(id="r.customer_id")}
  LEFT JOIN read.directory c ON c.id = {merged.WHOSE.format(id="r.customer_id")}
"""
"""A customer has one entry, which moves on when the next revisit is promised."""
GIVEN = """
SELECT h.kind, h.thing_id, h.stream_id, '', '', '', due.at, true, h.position, NULL
  FROM (SELECT h.* FROM read.handed_over h JOIN ledger.events e ON e.position = h.position
         WHERE h.person_id = %(person)s AND e.recorded_at >= %(kept)s ORDER BY h.position DESC LIMIT %(most)s) h
  JOIN LATERAL (SELECT COALESCE(e.data->'deadlines'->>'due_at', e.data->'after'->>'due_at')::timestamptz AS at FROM ledger.events e
                 WHERE e.stream_id = h.stream_id AND e.position + 0 < h.position
                   AND e.topic IN ('promise.made', 'promise.rearmed', 'action-item.opened', 'action-item.moved', 'revisit.promised', 'revisit.moved')
                   AND COALESCE(e.data->>'promise_id', h.thing_id::text) = h.thing_id::text
                 ORDER BY e.version DESC LIMIT 1) due ON due.at >= %(from)s AND due.at < %(until)s
"""
"""At the time at which it was due when it was handed over; what became of it since is not this person's."""
ATTENDS = """
(%(person)s = {chair} OR (team_id = %(team)s AND starts_with(scope_key, 'team:')) OR split_part(scope_key, ';', 1) = 'rep:' || %(person)s::text
 OR (%(manager)s AND team_id IS NULL))
"""
MEETINGS = f"""
SELECT 'meeting', m.meeting_id, m.meeting_id, COALESCE(d.name, ''), '', '', m.starts_at, m.status = 'cancelled', (m.body::jsonb->>'position')::int8, NULL
  FROM (SELECT * FROM read.meetings WHERE starts_at >= %(from)s AND starts_at < %(until)s AND {ATTENDS.format(chair="chair_id")}
         ORDER BY starts_at DESC LIMIT %(most)s) m
  LEFT JOIN read.directory d ON d.id = (m.body::jsonb->'scope'->>'id')::uuid
"""
PLANNED = f"""
SELECT 'meeting', s.schedule_id, NULL::uuid, COALESCE(d.name, ''), '', '', COALESCE(s.next_at, last.at), s.status <> 'running',
       (s.body::jsonb->>'position')::int8, (s.body::jsonb->>'called')::int8 + 1
  FROM (SELECT * FROM read.meeting_schedules WHERE {ATTENDS.format(chair="(body::jsonb->'plan'->>'chair_id')::uuid")} LIMIT %(most)s) s
  LEFT JOIN read.directory d ON d.id = (s.body::jsonb->'scope'->>'id')::uuid
  LEFT JOIN LATERAL (SELECT (e.data->>'next_at')::timestamptz AS at FROM ledger.events e
                      WHERE s.next_at IS NULL AND e.stream_id = s.schedule_id AND e.topic IN ('meeting-schedule.set', 'meeting-schedule.called')
                      ORDER BY e.version DESC LIMIT 1) last ON true
 WHERE COALESCE(s.next_at, last.at) >= %(from)s AND COALESCE(s.next_at, last.at) < %(until)s
"""
"""The next one of each schedule, which is not called yet. Of a schedule that was cancelled it is the one that does not take place."""
ALL = f"""
WITH found AS ({" UNION ALL ".join(f"({one})" for one in (LIVE, ENDED, ITEMS, REVISITS, GIVEN, MEETINGS, PLANNED))})
SELECT f.kind, f.id, f.about_id, f.text, f.deal, f.customer, f.starts_at, f.is_off, f.position, e.recorded_at, f.number
  FROM found f JOIN ledger.events e ON e.position = f.position
 WHERE NOT f.is_off OR e.recorded_at >= %(kept)s OR f.kind = 'meeting'
"""


async def of_person(source: Source, person: Person, now: datetime) -> list[CalendarEntry]:
    """What they owe and attend, from 90 days ago until 400 days ahead, by time; what is off is told for 30 days, a meeting's for as long
    as the calendar reaches. Of one moment.
    """
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    asked = {
        "person": person.id,
        "team": person.team_id,
        "manager": person.is_manager,
        "from": day - BACK,
        "until": day + AHEAD,
        "kept": day - KEPT,
        "most": MOST,
    }
    rows = await fetch(source, ALL, asked)
    return sorted(newest(map(_entry, rows)), key=lambda one: (one.starts_at, one.kind, str(one.id)))


def _entry(row: tuple[Any, ...]) -> CalendarEntry:
    kind, id, about_id, text, deal, customer, starts_at, is_off, position, changed_at, number = row
    return CalendarEntry(
        kind=Kind(kind),
        id=id if number is None else meeting_id(id, number),
        about_id=about_id,
        text=text,
        deal=deal,
        customer=customer,
        starts_at=starts_at,
        is_off=is_off,
        position=position,
        changed_at=changed_at,
    )


def newest(entries: Iterable[CalendarEntry]) -> list[CalendarEntry]:
    """Of each thing what came last: what was handed over and came back is owed again; a meeting that is called is planned no more."""
    found: dict[UUID, CalendarEntry] = {}
    for one in entries:
        held = found.get(one.id)
        if held is None or held.position < one.position:
            found[one.id] = one
    return list(found.values())
