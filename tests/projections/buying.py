"""tests: customers who buy — won deals as files tell them, and what customers have bought by the raw events alone."""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from domain.deal import commands as c
from domain.deal import facts as f
from domain.engine.recorded import Recorded
from domain.engine.undoing import TakesBack, standing
from tests.projections.telling import Books, yuan

DAY = timedelta(days=1)
FIRST = date(2026, 1, 1)


class Bought(NamedTuple):
    deal_id: UUID
    customer_id: UUID
    day: date
    amount: Decimal | None


def bought(events: list[Recorded], on: date) -> set[Bought]:
    """By the events alone, deal by deal."""
    by_deal: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for one in events:
        if one.fact.TOPIC.startswith("deal."):
            by_deal[one.originator_id].append(one)
    found = (_of_deal(id, events) for id, events in by_deal.items())
    return {one for one in found if one is not None and one.day <= on}


def _of_deal(id: UUID, events: list[Recorded]) -> Bought | None:
    customer: UUID | None = None
    day, amount = None, None
    for one in standing(events, attrgetter("fact"), attrgetter("originator_version")):
        match one.fact:
            case TakesBack() as undone if undone.gone:
                customer, day = None, None
            case f.DealOpened(customer_id=of):
                customer = of
            case f.CustomerCorrected(after=of):
                customer = of
            case f.DealWon(closed_on=on, amount=money):
                day, amount = on, money
            case f.AmountChanged(after=money) if day is not None:
                amount = money
            case f.ClosingCorrected(after=closing) if day is not None:
                day, amount = closing.closed_on, closing.amount
            case f.DealReopened():
                day, amount = None, None
            case _:
                pass
    if customer is None or day is None:
        return None
    return Bought(id, customer, day, amount.amount if amount is not None else None)


def won(books: Books, customer_id: UUID, day: date, amount: int, id: UUID | None = None) -> c.ImportDeal:
    """As a file tells it, from opening to closing."""
    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    return c.ImportDeal(
        deal_id=id or uuid.uuid4(),
        title="Boilers",
        owner_id=books.office.rep_id,
        source="crm",
        reference=str(uuid.uuid4()),
        opened_at=at - DAY,
        stage="won",
        customer_id=customer_id,
        amount=yuan(amount),
        closed_on=day,
        closed_at=at,
        contract_reference="C-1",
        override_reason="as it was",
    )


def late(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
