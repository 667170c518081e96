"""What each rep has on their hands, and who gets the next deal."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from domain.deal import commands as c
from domain.engine.values import Money, NextStep
from domain.people.people import ComeBack, FormTeam, HireRep, PlanLeave, RepLeaves
from projections.people import rep_load
from projections.people.rep_load import Load
from tests.office import NOW
from tests.projections.telling import DAY, Books, lose, needs, quote, to, win, yuan

MINUTE = timedelta(minutes=1)


async def load(books: Books, rep_id: uuid.UUID) -> Load:
    await books.follow()
    (found,) = await rep_load.reps(books.pool, NOW + 3 * DAY, rep_id=rep_id)
    return found


async def test_open_deals_amounts_and_promises_are_summed(books: Books) -> None:
    step = NextStep("offer", NOW + DAY)
    await books.opened(amount=yuan(100), next_step=step)
    await books.opened(amount=Money(Decimal(7), "EUR"))
    await books.opened()
    won, lost = await books.opened(amount=yuan(50)), await books.opened(amount=yuan(60))
    await books.given(needs(won), quote(won), to(won, "negotiation"), win(won, yuan(50)), lose(lost))

    found = await load(books, books.office.rep_id)

    assert (found.open_deals, found.live_promises, found.overdue_promises) == (3, 3, 1)
    assert found.open_amounts == {"CNY": Decimal(100), "EUR": Decimal(7)}
    assert (found.rep_name, found.team_name, found.active, found.away) == ("Zhang Min", "North", True, False)


async def test_a_promise_is_overdue_from_its_minute_on_while_it_lives_and_for_who_owes_it(
    books: Books,
) -> None:
    other, due = await books.hire(), NOW + DAY
    moved, handed, kept = [
        await books.opened(next_step=NextStep("offer", due + n * MINUTE)) for n in range(3)
    ]

    async def overdue(at: datetime) -> tuple[int, int]:
        await books.follow()
        loads = {load.rep_id: load.overdue_promises for load in await rep_load.reps(books.pool, at)}
        return loads[books.office.rep_id], loads[other]

    minutes = [await overdue(due + n * MINUTE) for n in range(4)]
    assert minutes == [(0, 0), (1, 0), (2, 0), (3, 0)]
    assert await overdue(due + DAY) == (3, 0)

    later = NextStep("offer", due + 2 * DAY)
    await books.given(c.HandOver(deal_id=handed, to=other, handover_note="yours"))
    await books.given(c.PromiseNext(deal_id=moved, next_step=later))
    assert await overdue(due + DAY) == (1, 1)
    await books.given(lose(kept))
    assert await overdue(due + DAY) == (0, 1)
    assert await overdue(due + 3 * DAY) == (1, 1)


async def test_a_deal_weighs_on_who_has_it(books: Books) -> None:
    other, deal_id = await books.hire(), await books.opened(amount=yuan(100))
    await books.given(c.HandOver(deal_id=deal_id, to=other, handover_note="yours"))
    await books.given(c.ChangeAmount(deal_id=deal_id, amount=yuan(70)))

    before, after = await load(books, books.office.rep_id), await load(books, other)

    assert (before.open_deals, before.open_amounts, before.live_promises) == (0, {}, 0)
    assert (after.open_deals, after.open_amounts, after.live_promises) == (1, {"CNY": Decimal(70)}, 1)
    assert after.allocated == 1


async def test_a_reopened_deal_weighs_again(books: Books) -> None:
    deal_id = await books.opened(amount=yuan(100))
    await books.given(lose(deal_id), c.ReopenDeal(deal_id=deal_id, stage="contact"))
    found = await load(books, books.office.rep_id)
    assert (found.open_deals, found.open_amounts, found.live_promises) == (1, {"CNY": Decimal(100)}, 1)


async def test_who_left_or_is_on_leave_is_told_and_the_most_loaded_come_first(books: Books) -> None:
    south, team = uuid.uuid4(), books.office.team_id
    await books.given(FormTeam(team_id=south, name="South"))
    busy, gone, away, free = [await books.hire(name) for name in ("Busy", "Gone", "Away", "Free")]
    elsewhere = await books.hire("Elsewhere", team_id=south)
    await books.given(RepLeaves(rep_id=gone), PlanLeave(rep_id=away, starts_at=NOW, ends_at=NOW + 9 * DAY))
    for owner, deals in ((busy, 3), (books.office.rep_id, 2), (free, 1)):
        for _ in range(deals):
            await books.opened(owner_id=owner)
    await books.follow()

    async def here(days: int, team_id: uuid.UUID = team) -> list[uuid.UUID]:
        found = await rep_load.reps(books.pool, NOW + days * DAY, team_id, active=True)
        return [load.rep_id for load in found if not load.away]

    assert await here(1) == [busy, books.office.rep_id, free]
    assert away in await here(9), "the leave is over"
    assert gone not in await here(9)
    assert await here(1, south) == [elsewhere]
    await books.given(ComeBack(rep_id=away), now=NOW + DAY)
    await books.follow()
    assert away in await here(2)


async def test_a_rep_who_moves_is_counted_in_the_new_team(books: Books) -> None:
    south, rep = uuid.uuid4(), await books.hire()
    await books.given(
        FormTeam(team_id=south, name="South"), HireRep(rep_id=rep, name="Li Wei", team_id=south)
    )
    await books.follow()
    assert [found.rep_id for found in await rep_load.reps(books.pool, NOW, team_id=south)] == [rep]
    north = await rep_load.reps(books.pool, NOW, team_id=books.office.team_id)
    assert [found.rep_id for found in north] == [books.office.rep_id]
