"""Purchases: what each customer has bought, true on a day and known at a position, is what the raw events say of deals."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.deal import commands as c
from domain.deal.deal import Deal
from domain.import_undo import UndoImport
from projections.customer import purchases
from projections.engine.paging import fetch
from tests.projections.buying import FIRST, Bought, bought, late, won
from tests.projections.telling import Books, needs, quote, to, win, yuan

FOUND = f"SELECT deal_id, customer_id, day, amount FROM read.purchases WHERE {purchases.true()}"


async def known(books: Books, on: date, position: int) -> set[Bought]:
    return {Bought(*row) for row in await fetch(books.pool, FOUND, {"on": on, "known": position})}


async def test_each_change_of_a_sale_is_known_from_its_position_on(books: Books) -> None:
    acme, boiler = uuid.uuid4(), uuid.uuid4()
    for id, name in ((acme, "Acme"), (boiler, "Boiler Works")):
        await books.given(RegisterCustomer(customer_id=id, profile=Profile(name=name)))
    deal = await books.opened(late(FIRST), customer_id=acme)
    imported, job = won(books, acme, FIRST, 70), uuid.uuid4()
    changes: list[Any] = [
        *(
            needs(deal),
            quote(deal),
            to(deal, "negotiation"),
            win(deal, yuan(100)),
            c.CorrectClosing(deal_id=deal, amount=yuan(120)),
        ),
        c.CorrectClosing(deal_id=deal, closed_on=FIRST, amount=yuan(110)),
        c.CorrectDeal(deal_id=deal, customer_id=boiler),
        c.ReopenDeal(deal_id=deal, stage="negotiation"),
        win(deal, yuan(90)),
        imported,
    ]
    for change in changes:
        await books.given(change, reason="as it was")
    held = await books.office.ledger.load({imported.deal_id: Deal})
    version = held[imported.deal_id].version
    await books.given(UndoImport(kind="deal", id=imported.deal_id, job_id=job, since=1, version=version))
    head = await books.follow(2)

    events = await books.office.ledger.read(0, head)
    for position in range(head + 1):
        for on in (FIRST, date(2026, 12, 31)):
            expected = bought([one for one in events if one.position <= position], on)
            assert await known(books, on, position) == expected, position
    assert await books.differences() == []
