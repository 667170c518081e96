"""cli: who has taken up an offer, for people."""

from __future__ import annotations

from typing import Any

from cli.engine.common import money
from cli.engine.language import sentence
from cli.engine.tables import say, table


def show_uptake(found: Any) -> None:
    """`found` as the API answers it."""
    offered, taken = found["offered"], found["taken_up"]
    share = f"{taken / offered:.0%}" if offered else "–"
    told = "made to {offered:,} customers, taken up by {taken:,} ({share})"
    revenue = ", ".join(money(amount, currency) for currency, amount in sorted(found["revenue"].items()))
    say(" ".join([sentence(told, offered=offered, taken=taken, share=share), revenue]).strip())
    rows = [
        (
            one["customer_name"] or one["customer_id"],
            one["offered_on"],
            one["bought_on"] or "",
            one["deal_id"] or "",
        )
        for one in found["customers"]
    ]
    if rows:
        table(
            ("customer", "offered on", "bought on", "deal"),
            rows,
            whole=("offered on", "bought on"),
            spare=("deal",),
        )
