"""What a person's calendar shows as deals, action items and meetings go on: moved, ended, handed over, given back."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.action_item import commands as i
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.cycle.policy import Cadence
from domain.deal import commands as d
from domain.engine.values import NextStep
from domain.figures.scope import COMPANY, Scope, rep, team
from domain.meeting import commands as m
from domain.meeting.plan import Plan, meeting_id, schedule_id
from domain.revisit import commands as v
from domain.revisit.revisit import revisit_of
from projections.calendar import AHEAD, BACK, CalendarEntry, Kind, Person, of_person
from tests.office import NOW
from tests.projections.telling import DAY, Books, lose

DUE = NOW + 3 * DAY


async def seen(
    books: Books, person: UUID, *, now: datetime = NOW, team_id: UUID | None = None, manages: bool = False
) -> list[CalendarEntry]:
    await books.follow()
    return await of_person(books.pool, Person(person, team_id or books.office.team_id, manages), now)


async def promised(books: Books, **changes: Any) -> UUID:
    step = NextStep(what="send the offer", due_at=DUE)
    return await books.opened(next_step=step, **changes)


def states(entries: list[CalendarEntry]) -> list[tuple[str, datetime, bool]]:
    return [(one.text, one.starts_at, one.is_off) for one in entries]


# -- promises -------------------------------------------------------------------------------------


async def test_a_promise_is_shown_with_its_deal_and_customer_and_moves_under_its_id(books: Books) -> None:
    customer = uuid.uuid4()
    await books.given(RegisterCustomer(customer_id=customer, profile=Profile(name="Boiler Works")))
    deal = await promised(books, customer_id=customer)
    (first,) = await seen(books, books.office.rep_id)
    assert (first.kind, first.text, first.deal, first.customer) == (
        Kind.PROMISE,
        "send the offer",
        "Forty boilers",
        "Boiler Works",
    )
    assert (first.starts_at, first.is_off, first.about_id) == (DUE, False, deal)

    moved = d.PromiseNext(deal_id=deal, next_step=NextStep(what="send the offer", due_at=DUE + DAY))
    await books.given(moved, now=NOW + timedelta(hours=1))
    (later,) = await seen(books, books.office.rep_id)
    assert (later.id, later.starts_at, later.is_off) == (first.id, DUE + DAY, False)
    assert later.position > first.position
    assert later.changed_at >= first.changed_at
    again = await seen(books, books.office.rep_id)
    assert again == [later], "nothing happened: the same"


async def test_what_ended_is_off_with_a_later_sequence(books: Books) -> None:
    deal = await promised(books)
    (live,) = await seen(books, books.office.rep_id)
    await books.given(lose(deal))
    (ended,) = await seen(books, books.office.rep_id)
    assert (ended.id, ended.is_off, ended.starts_at) == (live.id, True, DUE)
    assert ended.position > live.position


async def test_what_is_off_is_told_for_30_days(books: Books) -> None:
    rep_id, li = books.office.rep_id, await books.hire()
    step = NextStep(what="send the offer", due_at=datetime.now(UTC) + 10 * DAY)
    ended, given = await books.opened(next_step=step), await books.opened(next_step=step)
    today = datetime.now(UTC)
    given_away = d.HandOver(deal_id=given, to=li, handover_note="she knows them")
    await books.given(lose(ended), given_away, now=today)
    assert [one.is_off for one in await seen(books, rep_id, now=today + 30 * DAY)] == [True, True]
    assert await seen(books, rep_id, now=today + 32 * DAY) == []


async def test_the_position_of_a_live_promise_is_what_its_read_model_knows(books: Books) -> None:
    """Else what ended could come with an earlier sequence than it had before."""
    deal = await promised(books)
    (live,) = await seen(books, books.office.rep_id)
    await books.given(lose(deal))  # not followed
    person = Person(books.office.rep_id, books.office.team_id, False)
    assert await of_person(books.pool, person, NOW) == [live]


async def test_what_is_handed_over_is_off_as_it_was_and_comes_back_with_what_is_given_back(
    books: Books,
) -> None:
    deal, li = await promised(books), await books.hire()
    zhang = books.office.rep_id
    (before,) = await seen(books, zhang)
    await books.given(d.HandOver(deal_id=deal, to=li, handover_note="she knows them"))
    moved = d.PromiseNext(deal_id=deal, next_step=NextStep(what="secret now", due_at=DUE + DAY))
    await books.given(moved)
    (given,), (theirs,) = await seen(books, zhang), await seen(books, li)
    assert (given.id, given.is_off, given.starts_at, given.text, given.deal) == (before.id, True, DUE, "", "")
    assert given.position > before.position
    assert (theirs.id, theirs.is_off, theirs.starts_at) == (before.id, False, DUE + DAY)

    await books.given(d.HandOver(deal_id=deal, to=zhang, handover_note="back"))
    (back,), (off,) = await seen(books, zhang), await seen(books, li)
    assert (back.id, back.is_off, back.text) == (before.id, False, "secret now")
    assert (off.is_off, off.text) == (True, "")
    assert back.position > given.position
    assert await books.differences() == []


async def test_it_reaches_90_days_back_and_400_ahead(books: Books) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    for at in (midnight - BACK, midnight - BACK - DAY, midnight + AHEAD - DAY, midnight + AHEAD):
        step = NextStep(what=f"{at:%Y-%m-%d}", due_at=at)
        await books.opened(now=min(NOW, at) - DAY, next_step=step)
    days = [one.starts_at for one in await seen(books, books.office.rep_id)]
    assert days == [midnight - BACK, midnight + AHEAD - DAY]


async def test_nobody_sees_what_others_owe(books: Books) -> None:
    await promised(books)
    assert await seen(books, await books.hire()) == []
    assert await seen(books, uuid.uuid4(), manages=True) == []


# -- action items ---------------------------------------------------------------------------------


async def test_an_action_item_is_shown_moved_handed_over_and_done(books: Books) -> None:
    zhang, li, item = books.office.rep_id, await books.hire(), uuid.uuid4()
    await books.given(i.OpenActionItem(item_id=item, what="call ten", owner_id=zhang, due_at=DUE))
    (opened,) = await seen(books, zhang)
    assert (opened.kind, opened.id, opened.text, opened.starts_at) == (
        Kind.ACTION_ITEM,
        item,
        "call ten",
        DUE,
    )
    await books.given(i.MoveActionItem(item_id=item, due_at=DUE + DAY))
    (moved,) = await seen(books, zhang)
    assert (moved.starts_at, moved.position > opened.position) == (DUE + DAY, True)
    await books.given(i.HandOverActionItem(item_id=item, to=li))
    (given,) = await seen(books, zhang)
    assert (given.id, given.is_off, given.starts_at, given.text) == (item, True, DUE + DAY, "")
    await books.given(i.FinishActionItem(item_id=item))
    (done,) = await seen(books, li)
    assert (done.is_off, done.position > given.position) == (True, True)


# -- revisits -------------------------------------------------------------------------------------


async def test_a_revisit_is_one_entry_a_customer_moved_handed_over_made_and_promised_again(
    books: Books,
) -> None:
    zhang, li, customer = books.office.rep_id, await books.hire(), uuid.uuid4()
    await books.given(RegisterCustomer(customer_id=customer, profile=Profile(name="Boiler Works")))
    await books.given(v.PromiseRevisit(customer_id=customer, owner_id=zhang, due_at=DUE))
    (live,) = await seen(books, zhang)
    revisit = revisit_of(customer)
    assert (live.kind, live.id, live.about_id, live.text) == (
        Kind.REVISIT,
        revisit,
        revisit,
        "Boiler Works",
    )
    await books.given(v.MoveRevisit(revisit_id=revisit, due_at=DUE + DAY))
    await books.given(v.HandOverRevisit(revisit_id=revisit, to=li))
    (given,), (theirs,) = await seen(books, zhang), await seen(books, li)
    assert (given.id, given.is_off, given.starts_at, given.text) == (revisit, True, DUE + DAY, "")
    assert states([theirs]) == [("Boiler Works", DUE + DAY, False)]
    await books.given(v.RecordRevisit(revisit_id=revisit))
    (done,) = await seen(books, li)
    assert states([done]) == [("Boiler Works", DUE + DAY, True)]
    await books.given(v.PromiseRevisit(customer_id=customer, owner_id=li, due_at=DUE + 40 * DAY))
    (again,) = await seen(books, li)
    assert (again.id, again.starts_at, again.is_off) == (revisit, DUE + 40 * DAY, False)
    assert await books.differences() == []


# -- meetings -------------------------------------------------------------------------------------


def plan(**changes: Any) -> Plan:
    usual: dict[str, Any] = {"cadence": Cadence.WEEKLY, "day": 3, "at": "09:30"}
    return Plan(**usual | changes)


async def test_the_next_meeting_keeps_its_id_when_it_is_called_and_when_it_is_cancelled(books: Books) -> None:
    scope, zhang = team(books.office.team_id), books.office.rep_id
    await books.given(m.SetMeetingSchedule(scope=scope, plan=plan()))
    (planned,) = await seen(books, zhang)
    schedule = schedule_id(scope, Cadence.WEEKLY)
    assert (planned.id, planned.about_id, planned.text) == (meeting_id(schedule, 1), None, "North")
    await books.given(m.SetMeetingSchedule(scope=scope, plan=plan(day=5)))
    (moved,) = await seen(books, zhang)
    assert (moved.id, moved.starts_at - planned.starts_at) == (planned.id, 2 * DAY)

    await books.given(m.CallMeeting(schedule_id=schedule, arming=2, number=1))
    called, second = await seen(books, zhang)
    assert (called.id, called.about_id, called.starts_at) == (planned.id, planned.id, moved.starts_at)
    assert (second.id, second.about_id) == (meeting_id(schedule, 2), None)
    assert called.position > moved.position > planned.position

    await books.given(
        m.CancelMeeting(meeting_id=called.id, why="snow"),
        m.CancelMeetingSchedule(schedule_id=schedule, why="no more"),
    )
    off = await seen(books, zhang)
    assert [(one.id, one.starts_at, one.is_off) for one in off] == [
        (called.id, called.starts_at, True),
        (second.id, second.starts_at, True),
    ]
    assert off[0].position > called.position
    assert off[1].position > second.position


async def attends(books: Books, scope: Scope, **plan_: Any) -> set[str]:
    """Who has it, after a schedule of that scope was set: the rep, another of the team, one elsewhere, two managers."""
    office = books.office
    second, elsewhere = await books.hire("Wang Fang"), uuid.uuid4()
    await books.given(m.SetMeetingSchedule(scope=scope, plan=plan(**plan_)))
    people = {
        "rep": (office.rep_id, office.team_id, False),
        "second": (second, office.team_id, False),
        "elsewhere": (uuid.uuid4(), elsewhere, False),
        "manager": (MANAGER, office.team_id, True),
        "other manager": (uuid.uuid4(), elsewhere, True),
    }
    await books.follow()
    return {
        name
        for name, (id, team_id, manages) in people.items()
        if await of_person(books.pool, Person(id, team_id, manages), NOW)
    }


MANAGER = UUID(int=0xA1)


async def test_a_team_meets_as_a_whole_a_rep_with_the_chair_and_the_company_s_managers(books: Books) -> None:
    assert await attends(books, team(books.office.team_id)) == {"rep", "second", "manager"}


async def test_of_a_rep_s_review_the_rep_and_the_chair_know(books: Books) -> None:
    assert await attends(books, rep(books.office.rep_id), chair_id=MANAGER) == {"rep", "manager"}


async def test_the_company_s_review_is_the_managers_(books: Books) -> None:
    assert await attends(books, COMPANY) == {"manager", "other manager"}
