"""The agenda: who owes what by when, the most overdue first, and how promises ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.deal import commands as c
from domain.engine.values import NextStep, PromiseOutcome
from projections.deal import agenda
from projections.deal.agenda import AgendaItem
from tests.office import NOW
from tests.projections.telling import DAY, Books, call, lose, needs, quote, to, win, yuan

HOUR = timedelta(hours=1)


async def live(books: Books, deal_id: UUID) -> AgendaItem:
    await books.follow()
    (item,) = [item for item in (await agenda.listing(books.pool)).items if item.deal_id == deal_id]
    return item


async def test_live_promises_come_the_most_overdue_first(books: Books) -> None:
    other, customer = await books.hire("Wang Fang"), uuid4()
    await books.given(RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")))
    soon, late, later = [
        await books.opened(
            title=f"in {days}", customer_id=customer, next_step=NextStep("offer", NOW + days * DAY)
        )
        for days in (5, 2, 9)
    ]
    await books.given(c.HandOver(deal_id=late, to=other, handover_note="yours"), lose(later))
    await books.follow()

    everybody = (await agenda.listing(books.pool)).items
    hers = (await agenda.listing(books.pool, rep_id=other)).items
    overdue = (await agenda.listing(books.pool, due_before=NOW + 3 * DAY)).items
    elsewhere = (await agenda.listing(books.pool, team_id=uuid4())).items

    assert [item.deal_id for item in everybody] == [late, soon]
    assert [item.deal_id for item in hers] == [late]
    assert (hers[0].title, hers[0].customer_name, hers[0].promised_by_name) == ("in 2", "Acme", "Wang Fang")
    assert (hers[0].team_name, hers[0].promised, hers[0].due_at) == ("North", "offer", NOW + 2 * DAY)
    assert [item.deal_id for item in overdue] == [late]
    assert elsewhere == []


async def test_an_item_says_how_far_it_has_gone(books: Books) -> None:
    deal_id = await books.opened()
    item = await live(books, deal_id)
    assert item.promise_id is not None
    assert item.due_at is not None
    timer: dict[str, Any] = {"deal_id": deal_id, "promise_id": item.promise_id, "arming": 1}
    due = item.due_at
    assert item.state(NOW) == "waiting"
    assert item.state(due + HOUR) == "overdue"
    for command, state in (
        (c.RemindPromise(**timer), "reminded"),
        (c.MissPromise(**timer), "missed"),
        (c.EscalatePromise(**timer), "escalated"),
    ):
        await books.given(command, now=due + HOUR)
        assert (await live(books, deal_id)).state(due - HOUR) == state


async def test_an_ended_promise_is_kept_with_its_outcome(books: Books) -> None:
    kept, late, excused, broken = [await books.opened() for _ in range(4)]
    other = await books.hire()
    await books.follow()
    promised = {item.deal_id: item for item in (await agenda.listing(books.pool)).items}
    due = promised[kept].due_at or NOW
    await books.given(call(kept), now=NOW + HOUR)
    await books.given(call(late), now=due + HOUR)
    excuse = c.ExcusePromise(deal_id=excused, promise_id=promised[excused].promise_id or uuid4())
    await books.given(excuse, reason="the customer is away")
    timer: dict[str, Any] = {
        "deal_id": broken,
        "promise_id": promised[broken].promise_id or uuid4(),
        "arming": 1,
    }
    await books.given(c.MissPromise(**timer), c.ReassignPromise(**timer, to=other), now=due + 5 * DAY)
    await books.follow()

    ended = {item.deal_id: item for item in (await agenda.ended(books.pool)).items}
    (figures,) = await agenda.outcomes(books.pool, rep_id=books.office.rep_id)

    assert {deal_id: item.outcome for deal_id, item in ended.items()} == {
        kept: "kept",
        late: "late",
        excused: "excused",
        broken: "broken",
    }
    assert all(item.owner_id == books.office.rep_id for item in ended.values()), (
        "who owed it, not who got the deal"
    )
    assert (figures.kept, figures.late, figures.excused, figures.broken) == (1, 1, 1, 1)
    assert figures.owner_name == "Zhang Min"
    only = await agenda.ended(books.pool, outcome=PromiseOutcome.BROKEN)
    assert [item.deal_id for item in only.items] == [broken]


async def test_outcomes_are_counted_by_the_day_on_which_they_happened(books: Books) -> None:
    deal_id = await books.opened()
    for day in (1, 2, 3):
        await books.given(call(deal_id), now=NOW + day * DAY)
    await books.follow()
    first = NOW.date() + DAY

    async def kept(since: int, until: int) -> int:
        days: dict[str, Any] = {"since": first + (since - 1) * DAY, "until": first + (until - 1) * DAY}
        found = await agenda.outcomes(books.pool, team_id=books.office.team_id, **days)
        return sum(figures.kept for figures in found)

    assert [await kept(1, 3), await kept(2, 2), await kept(3, 9), await kept(4, 9)] == [3, 1, 1, 0]


async def test_the_health_number_is_the_open_deals_without_a_promise(books: Books) -> None:
    open_deal, won, lost = [await books.opened() for _ in range(3)]
    await books.given(needs(won), quote(won), to(won, "negotiation"), win(won, yuan(5)), lose(lost))
    await books.follow()
    assert await agenda.unpromised(books.pool) == []

    tamper = "UPDATE read.agenda SET promise_id = NULL, due_at = NULL WHERE deal_id = ANY(%s)"
    await books.connection.execute(tamper, [[open_deal, won]])

    assert await agenda.unpromised(books.pool) == [open_deal], "closed deals owe nothing"
    assert await agenda.health(books.pool) == agenda.Health(live=0, lacking=1, overdue=0)


async def test_the_health_number_counts_more_than_the_list_shows(books: Books) -> None:
    for _ in range(3):
        await books.opened()
    await books.follow()
    await books.connection.execute("UPDATE read.agenda SET promise_id = NULL, due_at = NULL")
    assert len(await agenda.unpromised(books.pool, limit=2)) == 2
    assert (await agenda.health(books.pool)).lacking == 3
