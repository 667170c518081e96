"""The deal board shows every deal as its facts leave it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.product import ListProduct
from domain.deal import commands as c
from domain.engine.context import Actor
from domain.engine.errors import Invalid
from domain.engine.values import NextStep
from domain.policy.process import DEFAULT_PROCESS, Process, PublishProcess, Stage
from projections.deal import board as deal_board
from projections.deal.board import BoardFilter, DealView
from tests.office import NOW
from tests.projections.telling import DAY, Books, call, lose, needs, quote, to, win, yuan


async def shown(books: Books, deal_id: object) -> DealView:
    await books.follow()
    deal = await deal_board.get(books.pool, deal_id)  # type: ignore[arg-type]
    assert deal is not None
    return deal


async def test_an_opened_deal_stands_in_the_first_stage_with_its_promise(books: Books) -> None:
    customer, product = uuid4(), uuid4()
    await books.given(
        RegisterCustomer(customer_id=customer, profile=Profile(name="Acme", sector="steel")),
        ListProduct(product_id=product, name="Boiler 9"),
    )
    deal_id = await books.opened(
        customer_id=customer, product_id=product, amount=yuan("1200.50"), expected_close=date(2026, 5, 1)
    )

    deal = await shown(books, deal_id)

    assert (deal.stage, deal.status, deal.probability) == ("identify", "open", Decimal("0.05"))
    assert (deal.amount, deal.currency, deal.expected_close) == (Decimal("1200.5"), "CNY", date(2026, 5, 1))
    assert (deal.opened_at, deal.stage_entered_at, deal.last_activity_at) == (NOW, NOW, None)
    assert (deal.owner_name, deal.team_name) == ("Zhang Min", "North")
    assert (deal.customer_name, deal.product_name) == ("Acme", "Boiler 9")
    assert (deal.promised, deal.promised_by, deal.by_rule) == ("follow up", deal.owner_id, True)
    assert deal.due_at is not None
    assert deal.due_at > NOW
    assert deal.version == len(await books.office.ledger.stream(deal_id))


async def test_a_deal_nobody_opened_is_not_there(books: Books) -> None:
    assert await deal_board.get(books.pool, uuid4()) is None


async def test_an_activity_is_counted_and_makes_the_next_promise(books: Books) -> None:
    deal_id = await books.opened()
    first = (await shown(books, deal_id)).promise_id
    await books.given(call(deal_id), now=NOW + DAY)
    await books.given(call(deal_id), now=NOW + DAY, occurred_at=NOW + DAY / 2)

    deal = await shown(books, deal_id)

    assert deal.activity_count == 2
    assert deal.last_activity_at == NOW + DAY, "one told of later can be older"
    assert deal.promise_id not in (None, first)


async def test_a_stage_move_brings_the_probability_of_the_pinned_process_version(books: Books) -> None:
    deal_id = await books.opened()
    stages = [Stage(name="identify", probability=Decimal("0.3")), *DEFAULT_PROCESS.stages[1:]]
    await books.given(PublishProcess(process=Process(name="default", version=9, stages=tuple(stages))))
    newer = await books.opened()
    await books.given(to(deal_id, "contact"), now=NOW + DAY)

    old, new = await shown(books, deal_id), await shown(books, newer)

    assert (old.process_version, old.stage, old.probability) == (1, "contact", Decimal("0.10"))
    assert (new.process_version, new.stage, new.probability) == (2, "identify", Decimal("0.3"))
    assert old.stage_entered_at == NOW + DAY
    await books.given(to(deal_id, "identify"), c.MoveToProcess(deal_id=deal_id, version=2))
    assert (await shown(books, deal_id)).probability == Decimal("0.3")


async def test_corrections_and_changes_show(books: Books) -> None:
    deal_id, rep = await books.opened(), await books.hire("Wang Fang")
    customer = uuid4()
    await books.given(RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")))
    await books.given(
        c.CorrectDeal(deal_id=deal_id, title="Forty-one boilers", customer_id=customer),
        c.ChangeAmount(deal_id=deal_id, amount=yuan(7)),
        c.MoveExpectedClose(deal_id=deal_id, expected_close=date(2026, 7, 7)),
        c.HandOver(deal_id=deal_id, to=rep, handover_note="knows the plant"),
        c.PromiseNext(deal_id=deal_id, next_step=NextStep("send the offer", NOW + 3 * DAY)),
    )

    deal = await shown(books, deal_id)

    assert (deal.title, deal.customer_id, deal.amount) == ("Forty-one boilers", customer, Decimal(7))
    assert deal.expected_close == date(2026, 7, 7)
    assert (deal.owner_id, deal.promised_by, deal.owner_name) == (rep, rep, "Wang Fang")
    assert (deal.promised, deal.due_at, deal.by_rule) == ("send the offer", NOW + 3 * DAY, False)
    assert deal.reassignments == 0


async def test_a_won_deal_keeps_its_contract_and_has_no_promise(books: Books) -> None:
    deal_id = await books.opened()
    await books.given(needs(deal_id), quote(deal_id), to(deal_id, "negotiation"), win(deal_id, yuan(900)))

    deal = await shown(books, deal_id)

    assert (deal.status, deal.stage, deal.probability) == ("won", "won", Decimal(1))
    assert (deal.amount, deal.closed_on, deal.contract_reference) == (Decimal(900), NOW.date(), "C-1")
    assert (deal.promise_id, deal.promised, deal.due_at, deal.arming) == (None, None, None, 0)


async def test_a_reopened_deal_forgets_how_it_was_closed(books: Books) -> None:
    deal_id = await books.opened()
    await books.given(lose(deal_id))
    lost = await shown(books, deal_id)
    await books.given(c.ReopenDeal(deal_id=deal_id, stage="contact"))

    deal = await shown(books, deal_id)

    assert (lost.status, lost.loss_reason, lost.promise_id) == ("lost", "price", None)
    assert (deal.status, deal.stage, deal.closed_on, deal.loss_reason) == ("open", "contact", None, "")
    assert deal.promise_id is not None


async def test_timers_leave_their_marks_and_a_new_due_time_wipes_them(books: Books) -> None:
    deal_id, other = await books.opened(), await books.hire()
    deal = await shown(books, deal_id)
    assert deal.promise_id is not None
    timer: dict[str, Any] = {"deal_id": deal_id, "promise_id": deal.promise_id, "arming": 1}
    due = deal.due_at or NOW
    await books.given(
        c.RemindPromise(**timer), c.MissPromise(**timer), c.EscalatePromise(**timer), now=due + DAY
    )
    told = await shown(books, deal_id)
    assert (told.reminded_at, told.missed_at, told.escalated_at) == (due + DAY,) * 3

    await books.given(c.ReassignPromise(**timer, to=other), now=due + 3 * DAY)
    deal = await shown(books, deal_id)

    assert (deal.owner_id, deal.promised_by, deal.reassignments) == (other, other, 1)
    assert (deal.reminded_at, deal.missed_at, deal.escalated_at) == (None, None, None)


async def ask(books: Books, deal_id: UUID, stage: str, days: int = 0) -> UUID:
    override_id = uuid4()
    command = c.RequestOverride(deal_id=deal_id, override_id=override_id, to=stage)
    await books.given(command, now=NOW + days * DAY, reason="the tender closes")
    return override_id


def decide(deal_id: UUID, override_id: UUID, *, approved: bool) -> c.DecideOverride:
    return c.DecideOverride(deal_id=deal_id, override_id=override_id, approved=approved)


async def asked_of(books: Books, **narrowed: Any) -> set[UUID]:
    await books.follow()
    page = await deal_board.listing(books.pool, BoardFilter(override="asked", **narrowed))
    return {deal.deal_id for deal in page.items}


async def test_an_override_that_waits_says_since_when_by_whom_and_why(books: Books) -> None:
    deal_id, other = await books.opened(), await books.opened()
    first = await ask(books, deal_id, "solution")
    second = await ask(books, deal_id, "negotiation", days=1)

    deal = await shown(books, deal_id)

    assert deal.override_asked_at == NOW
    assert isinstance(deal.overrides_asked, list)
    told = [(one.override_id, one.to, one.reason, one.asked_at) for one in deal.overrides_asked]
    assert told == [
        (first, "solution", "the tender closes", NOW),
        (second, "negotiation", "the tender closes", NOW + DAY),
    ]
    assert deal.overrides_asked[0].requested_by == "user:u-1"
    assert deal.overrides_asked[0].missing
    assert await asked_of(books) == {deal_id}
    assert await asked_of(books, team_id=books.office.team_id) == {deal_id}
    assert await asked_of(books, team_id=uuid4()) == set()
    assert (await shown(books, other)).overrides_asked is msgspec.UNSET


@pytest.mark.parametrize("approved", [True, False])
async def test_a_decision_ends_its_own_waiting_and_no_other(books: Books, approved: bool) -> None:
    deal_id = await books.opened()
    first = await ask(books, deal_id, "solution")
    second = await ask(books, deal_id, "negotiation", days=1)
    someone = Actor("user", "the manager")

    await books.given(decide(deal_id, first, approved=approved), actor=someone)
    assert (await shown(books, deal_id)).override_asked_at == NOW + DAY
    await books.given(decide(deal_id, second, approved=approved), actor=someone)

    assert (await shown(books, deal_id)).override_asked_at is None
    assert await asked_of(books) == set()


async def test_what_passes_the_stage_or_closes_the_deal_ends_the_waiting(books: Books) -> None:
    passed, before, lost, won = [await books.opened(amount=yuan(9)) for _ in range(4)]
    for deal_id in (passed, before, lost, won):
        await ask(books, deal_id, "solution")
    await books.given(to(before, "contact"), needs(passed), to(passed, "solution"), lose(lost))
    await books.given(needs(won), quote(won), to(won, "negotiation"), win(won, yuan(9)))

    assert await asked_of(books) == {before}
    await books.given(c.ReopenDeal(deal_id=lost, stage="contact"))
    assert await asked_of(books) == {before}, "what was asked for before the closing is asked for anew"


async def test_the_list_narrows_down(books: Books) -> None:
    other = await books.hire()
    small = await books.opened(title="Small pumps", amount=yuan(10), expected_close=date(2026, 4, 1))
    large = await books.opened(title="Large pumps for 北京锅炉厂", amount=yuan(10_000), owner_id=other)
    gone = await books.opened(title="Gone", amount=yuan(500))
    await books.given(lose(gone), to(large, "contact"))
    await books.follow()

    async def found(**narrowed: object) -> set[object]:
        page = await deal_board.listing(books.pool, BoardFilter(**narrowed))  # type: ignore[arg-type]
        return {deal.deal_id for deal in page.items}

    assert await found() == {small, large, gone}
    assert await found(owner_id=other) == {large}
    assert await found(team_id=books.office.team_id, status="open") == {small, large}
    assert await found(team_id=uuid4()) == set()
    assert await found(stage="contact") == {large}
    assert await found(amount_from=Decimal(500), amount_to=Decimal(9_999)) == {gone}
    assert await found(closing_before=date(2026, 4, 2)) == {small}
    assert await found(due_before=NOW) == set()
    assert await found(text="pump") == {small, large}
    assert await found(text="PUMPS large") == {large}
    assert await found(text="锅炉") == {large}
    assert await found(text="炉锅") == set()
    assert await found(text="' | !:* (") == set()


async def test_an_unknown_sort_a_foreign_cursor_and_a_silly_limit_are_refused(books: Books) -> None:
    await books.opened()
    await books.opened()
    await books.follow()
    page = await deal_board.listing(books.pool, sort="amount", limit=1)
    for wrong in (
        {"sort": "owner_id"},
        {"sort": "-amount", "cursor": page.next_cursor},
        {"cursor": "bm9uc2Vuc2U="},
        {"cursor": "x"},
        {"limit": 0},
        {"limit": 501},
    ):
        with pytest.raises(Invalid):
            await deal_board.listing(books.pool, **wrong)
