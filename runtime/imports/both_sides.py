"""Runtime room, file import: of a row that changed what was also changed here, what each side made of it, who did it here, and when."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any
from uuid import UUID

from domain.deal.commands import ImportDeal
from domain.deal.deal import Deal
from domain.deal.facts import ImportNoted
from domain.engine.command import Command
from domain.engine.recorded import Recorded
from domain.engine.undoing import standing
from domain.engine.values import Money
from runtime.codec import COLUMNS, decode_row
from runtime.database import Pool
from runtime.imports.results import Reason

STREAM = f"SELECT {COLUMNS} FROM ledger.events WHERE stream_id = %s ORDER BY version"
OF_PART = {
    "title": ("title", ("deal.title-corrected",)),
    "customer": ("customer_id", ("deal.customer-corrected",)),
    "product": ("product_id", ("deal.product-corrected",)),
    "owner": ("owner_id", ("deal.owner-changed",)),
    "amount": ("amount", ("deal.amount-changed", "deal.closing-corrected", "deal.won")),
    "expected_close": ("expected_close", ("deal.expected-close-moved",)),
    "standing": (
        "stage",
        ("deal.stage-moved", "deal.won", "deal.lost", "deal.reopened", "deal.closing-corrected"),
    ),
}
"""By part of a row, the attribute that deal and row have of it, and the facts that change it."""


async def both_sides(pool: Pool, row: Command, parts: Iterable[str]) -> tuple[Reason, ...]:
    """One for each part of a deal that is a plain value."""
    if not isinstance(row, ImportDeal):
        return ()
    async with pool.connection() as connection:
        rows = await (await connection.execute(STREAM, [row.deal_id])).fetchall()
    events = standing(map(decode_row, rows), attrgetter("fact"), attrgetter("originator_version"))
    told = [n for n, event in enumerate(events) if isinstance(event.fact, ImportNoted)]
    if not told:
        return ()
    then, now = _folded(row.deal_id, events[: told[-1] + 1]), _folded(row.deal_id, events)
    found = []
    for part in parts:
        name, topics = OF_PART.get(part, ("", ()))
        ours = [event for event in events[told[-1] + 1 :] if event.fact.TOPIC in topics]
        if ours:
            found.append(
                _reason(
                    part,
                    _text(getattr(row, name)),
                    _text(getattr(then, name)),
                    _text(getattr(now, name)),
                    ours[-1],
                )
            )
    return tuple(found)


def _reason(part: str, said: str, before: str, here: str, last: Recorded) -> Reason:
    part = "stage" if part == "standing" else part
    by, at = str(last.meta.actor), f"{last.recorded_at:%Y-%m-%d %H:%M %Z}"
    return Reason("", "", f"{part}: in the file {before} → {said}, here {before} → {here} by {by} at {at}")


def _folded(id: UUID, events: Iterable[Recorded]) -> Deal:
    deal = Deal(id)
    for event in events:
        event.mutate(deal)
    return deal


def _text(value: Any) -> str:
    if isinstance(value, Money):
        return f"{value.amount:f} {value.currency}"
    return str(value) if value not in (None, "") else "–"
