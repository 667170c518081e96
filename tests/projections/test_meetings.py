"""Review meetings and their schedules as the facts leave them, and the cycles that a meeting looks back on."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.cycle.facts import AgendaItem
from domain.cycle.policy import Cadence, Step
from domain.engine.command import Command
from domain.figures.scope import rep
from domain.meeting import commands as c
from domain.meeting.plan import Plan, meeting_id, schedule_id
from domain.time.periods import named_period
from projections.engine.wait import Waiter
from projections.meeting import Meetings, MeetingSchedules, MeetingSeen
from projections.ports.loop import LoopReads
from tests.projections.looping import APRIL, MANAGER, MAY, REVIEW_DAY, Turn
from tests.projections.telling import DAY, Books

PLAN = Plan(cadence=Cadence.WEEKLY, day=3, at="09:30", chair_id=MANAGER)
AGENDA = (AgendaItem(code="deals-stalled", detail="3"),)


def of(books: Books) -> UUID:
    return schedule_id(rep(books.office.rep_id), Cadence.WEEKLY)


def calling(books: Books, number: int) -> c.CallMeeting:
    return c.CallMeeting(schedule_id=of(books), arming=1, number=number, agenda=AGENDA, position=7)


async def told(books: Books, *commands: Command) -> MeetingSeen:
    await books.given(*commands, now=REVIEW_DAY)
    await books.follow()
    found = await Meetings.get(books.pool, meeting_id(of(books), 1))
    assert found is not None
    return found


async def test_a_meeting_is_seen_with_what_was_decided_and_what_is_owed(books: Books) -> None:
    rep_id, decision, item = books.office.rep_id, uuid.uuid4(), uuid.uuid4()
    seen = await told(books, c.SetMeetingSchedule(scope=rep(rep_id), plan=PLAN), calling(books, 1))
    assert (seen.status, seen.chair_id, seen.agenda, seen.pack_position) == ("called", MANAGER, [*AGENDA], 7)
    assert [(w.step, w.of) for w in seen.waits] == [(Step.HOLD, MANAGER)]

    due = REVIEW_DAY + 3 * DAY
    held: dict[str, Any] = {
        "decisions": (c.Question(decision_id=decision, question="one list?", of=rep_id, due_at=due),),
        "action_items": (c.Agreed(item_id=item, what="call ten", owner_id=rep_id, due_at=due),),
    }
    id = seen.meeting_id
    seen = await told(books, c.HoldMeeting(meeting_id=id, held_by=MANAGER, notes="short", **held))
    assert (seen.status, seen.over, seen.held_at, seen.notes) == ("held", False, REVIEW_DAY, "short")
    assert (seen.action_items, seen.waits_until) == ([item], due)
    assert [(d.question, d.of, d.due_at, d.choice) for d in seen.decisions] == [
        ("one list?", rep_id, due, "")
    ]

    take = c.TakeMeetingDecision(meeting_id=id, decision_id=decision, taken_by=rep_id, choice="yes")
    seen = await told(books, take)
    (decided,) = seen.decisions
    assert (decided.choice, decided.taken_by, decided.taken_at) == ("yes", rep_id, REVIEW_DAY)
    assert (seen.over, seen.waits) == (True, [])


async def test_meetings_and_schedules_are_listed(books: Books) -> None:
    scope = rep(books.office.rep_id)
    first = await told(books, c.SetMeetingSchedule(scope=scope, plan=PLAN), calling(books, 1))
    await books.given(calling(books, 2), now=REVIEW_DAY + timedelta(days=7))
    await books.follow()

    page = await Meetings.listing(books.pool, scope_key=scope.key)
    assert [(m.number, m.status, m.over) for m in page.items] == [(2, "called", False), (1, "lapsed", True)]
    assert page.items[0].previous_id == first.meeting_id
    owing = await Meetings.listing(books.pool, "waits_until", scope_key=scope.key, over=False)
    assert [m.number for m in owing.items] == [2]
    (running,) = (await MeetingSchedules.listing(books.pool, scope_key=scope.key)).items
    assert (running.status, running.called, running.plan) == ("running", 2, PLAN)

    await books.given(c.CancelMeetingSchedule(schedule_id=of(books), why="enough"))
    await books.follow()
    seen = await MeetingSchedules.get(books.pool, of(books))
    assert seen is not None
    assert (seen.status, seen.next_at, seen.plan) == ("cancelled", None, PLAN)


async def test_the_cycles_of_a_scope_are_told_the_newest_first_as_known_then(books: Books) -> None:
    turns = [Turn(books.office.rep_id, period) for period in (APRIL, named_period("2026-Q2"), MAY)]
    other = Turn(await books.hire())
    heads = []
    for turn in (*turns, other):
        await books.given(*turn.opening())
        heads.append(await books.office.ledger.head())
    await books.follow()
    april, quarter, may = (turn.id for turn in turns)
    async with Waiter(books.office.url) as waiter:
        reads: Any = LoopReads(books.pool, waiter)
        assert await reads.cycles(turns[0].scope, heads[-1]) == [quarter, may, april]
        assert await reads.cycles(turns[0].scope, heads[0]) == [april]
