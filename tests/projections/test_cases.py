"""The read models of service cases, as the facts leave them, and as a rebuild makes them."""

from __future__ import annotations

import uuid
from datetime import timedelta

from domain.case import commands as c
from domain.case.case import Clock, Severity
from domain.customer import Profile, RegisterCustomer
from projections.case import Cases
from projections.deal import board, history
from tests.office import NOW
from tests.projections.telling import Books

HOUR = timedelta(hours=1)


async def test_a_board_and_the_deal_s_pages_follow_and_a_rebuild_is_equal(books: Books) -> None:
    customer, case, other = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    await books.given(RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")))
    deal = await books.opened(customer_id=customer)
    opening = c.OpenCase(
        case_id=case,
        title="it leaks",
        customer_id=customer,
        severity=Severity.SEVERE,
        owner_id=books.office.rep_id,
        deal_id=deal,
    )
    await books.given(opening, now=NOW)
    await books.given(
        c.OpenCase(
            case_id=other,
            title="a question",
            customer_id=customer,
            severity=Severity.MINOR,
            owner_id=books.office.rep_id,
        ),
        now=NOW,
    )
    await books.given(c.MissClock(case_id=case, arming=1, clock=Clock.ANSWER), now=NOW + HOUR)
    await books.follow(2)
    seen = (await Cases.listing(books.pool, overdue=True)).items
    assert [(one.case_id, one.missed, one.status) for one in seen] == [(case, ["answer"], "open")]
    assert seen[0].due_at == NOW + HOUR
    on_board = await board.get(books.pool, deal)
    assert on_board is not None
    assert on_board.also_open == {"case": 1}
    topics = [one.topic for one in (await history.listing(books.pool, deal)).items]
    assert topics[-3:] == ["case.opened", "deal.blocked", "case.missed"]

    solved = (
        c.SolveCase(case_id=case, solution="a valve"),
        c.NoteFeedback(case_id=case, score=2, text="late"),
    )
    await books.given(*solved, now=NOW + 2 * HOUR)
    await books.follow(1)
    closed = await Cases.get(books.pool, case)
    assert closed is not None
    assert (closed.status, closed.score, closed.said, closed.solution) == ("closed", 2, "late", "a valve")
    assert [one.case_id for one in (await Cases.listing(books.pool, status="open")).items] == [other]
    assert await books.differences() == []
