"""The read models of service cases, as the facts leave them, and as a rebuild makes them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import msgspec

from domain.case import commands as c
from domain.case.policy import Clock, Severity
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.survey.commands import NoteFeedback
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
        NoteFeedback(case_id=case, score=2, text="late"),
    )
    await books.given(*solved, now=NOW + 2 * HOUR)
    await books.follow(1)
    closed = await Cases.get(books.pool, case)
    assert closed is not None
    assert (closed.status, closed.score, closed.said, closed.solution) == ("closed", 2, "late", "a valve")
    assert [one.case_id for one in (await Cases.listing(books.pool, status="open")).items] == [other]
    assert await books.differences() == []


async def test_a_reopening_counts_in_the_segment_of_the_solution_however_the_facts_come(books: Books) -> None:
    """In a stretch of its own, in one, and when all is read anew."""
    customer, case = uuid.uuid4(), uuid.uuid4()
    steel, retail = (Profile(name="Acme", sector=sector) for sector in ("steel", "retail"))
    await books.given(RegisterCustomer(customer_id=customer, profile=steel))
    opening = c.OpenCase(
        case_id=case,
        title="it leaks",
        customer_id=customer,
        severity=Severity.SEVERE,
        owner_id=books.office.rep_id,
    )
    solve = c.SolveCase(case_id=case, solution="a valve")
    await books.given(opening, solve, now=NOW)
    await books.follow(1)
    await books.given(RegisterCustomer(customer_id=customer, profile=retail), now=NOW + HOUR)
    await books.given(c.ReopenCase(case_id=case, why="it leaks again"), solve, now=NOW + 2 * HOUR)
    await books.follow()
    asked = (
        "SELECT segment, sum(value), sum(weight) FROM read.contributions WHERE metric = 'reopened' GROUP BY 1"
    )
    rows = await books.office.rows(f"{asked} ORDER BY 1")
    assert [(segment, int(value), int(weight)) for segment, value, weight in rows] == [
        ("retail", 0, 1),
        ("steel", 1, 1),
    ]
    assert await books.differences() == []


async def test_a_case_that_is_about_no_deal_any_more_leaves_its_pages(books: Books) -> None:
    customer, case = uuid.uuid4(), uuid.uuid4()
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
    await books.follow()
    on_board = await board.get(books.pool, deal)
    assert on_board is not None
    assert on_board.also_open == {"case": 1}
    await books.given(c.UnlinkCase(case_id=case), now=NOW + HOUR)
    await books.follow()
    on_board = await board.get(books.pool, deal)
    assert on_board is not None
    assert on_board.also_open is msgspec.UNSET
    topics = [one.topic for one in (await history.listing(books.pool, deal)).items]
    assert topics[-2:] == ["deal.blocked", "deal.unblocked"]
    assert await books.differences() == []
