"""Projections room: purchases — every deal that a customer has won with us, with the day and the amount it closed with.

A row says what was believed of one deal from `position` on, until `until_position` where something else was recorded: the deal was
reopened, its closing corrected, the import that won it undone. So what was true on a day and known at a position are rows of one
table (`true`). The meter finds what changes (`Meter.sale`), and the contributions write it in the same transaction as the figures:
revenue and purchases never differ.

Rows stay with the customer that the deal was won for. Whom an id stands for after a merge is for the reader to ask.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from domain.figures.meter import tallies as t
from projections.engine.rows import Rows
from projections.engine.tables import AnyScale, Table


class PurchaseRow(msgspec.Struct, gc=False):
    """`amount` is None where the deal was won without one; `currency` is '' then. Rep and team are those that the sale counts for."""

    deal_id: UUID
    position: int
    until_position: int | None
    customer_id: UUID
    product_id: UUID | None
    rep_id: UUID
    team_id: UUID
    day: date
    amount: AnyScale | None
    currency: str


PURCHASES = Table(
    "purchases",
    PurchaseRow,
    key=("deal_id", "position"),
    indexes={"customer": "(customer_id, day)", "day": "(day)"},
)


def true(of: str = "") -> str:
    """Of a row, in SQL: it is true on the day `on`, as known at the position `known` (`streams.NOW`: now). `of` is the table's other name."""
    of = of and f"{of}."
    return f"{of}day <= %(on)s AND {of}position <= %(known)s AND ({of}until_position IS NULL OR {of}until_position > %(known)s)"


def change(rows: Rows[PurchaseRow], position: int, sale: t.Sale) -> None:
    """What is believed of a deal from a position on. The row of what was believed before must be loaded (`standing`)."""
    if sale.before is not None:
        ended = rows.find(sale.deal_id, sale.since)
        assert ended is not None
        ended.until_position = position
    if (after := sale.after) is not None:
        money, who = after.amount, after.who
        bought = PurchaseRow(
            deal_id=sale.deal_id,
            position=position,
            until_position=None,
            customer_id=after.customer_id,
            product_id=who.product_id,
            rep_id=who.rep_id,
            team_id=who.team_id,
            day=after.on,
            amount=money.amount if money is not None else None,
            currency=money.currency if money is not None else "",
        )
        rows.add(bought)


def standing(deals: dict[UUID, t.DealTally]) -> list[tuple[UUID, int]]:
    """The keys of the rows that say how these deals stand."""
    return [(id, deal.closed.since) for id, deal in deals.items() if t.bought(deal.closed) and deal.closed]
