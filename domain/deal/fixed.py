"""Domain room: what a later file cannot change of a deal. A row that tells it otherwise is refused, naming the field; told
for the first time beside something that is recorded, it is named in the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import fields
from zoneinfo import ZoneInfo

from domain.deal.commands import ImportDeal
from domain.deal.deal import Deal
from domain.deal.facts import RowMarks
from domain.engine.errors import FieldError, Invalid
from domain.engine.values import Needs

FIXED = ("opened_at", "stage_at", "opening_amount")


def not_taken(
    row: ImportDeal, deal: Deal, new: RowMarks, last: RowMarks, changed: Collection[str]
) -> list[FieldError]:
    """What the answer is to name. Raises Invalid where it was told otherwise before, or nothing else is recorded."""
    otherwise: list[FieldError] = []
    first: list[FieldError] = []
    for name in _told_otherwise(row, deal, new, last, changed):
        (otherwise if getattr(last, name) else first).append(FieldError(name, _why(name, deal, row)))
    if otherwise or (first and not changed):
        raise Invalid([*otherwise, *first])
    return first


def named_in(part: str, row: ImportDeal, deal: Deal) -> list[str]:
    """The fields of a part that the row tells otherwise than the deal has them."""
    if part == "needs":
        names = [f.name for f in fields(Needs)]
        return [f"needs.{n}" for n in names if getattr(row.needs, n) != getattr(deal.needs, n)]
    if part == "quote" and row.quote is not None:
        return ["quote.amount" if row.quote.reference in deal.quotes else "quote.reference"]
    return [part]


def _told_otherwise(
    row: ImportDeal, deal: Deal, new: RowMarks, last: RowMarks, changed: Collection[str]
) -> Iterator[str]:
    for name in FIXED:
        before, now = getattr(last, name), getattr(new, name)
        unknown = before is None and name != "opened_at"
        agrees = name == "opened_at" and row.opened_at == deal.opened_at
        used = name == "stage_at" and "standing" in changed
        if now and now != before and not (unknown or agrees or used):
            yield name


def _why(name: str, deal: Deal, row: ImportDeal) -> str:
    """In the days of the file."""
    if name == "opened_at":
        at = deal.opened_at.astimezone(ZoneInfo(row.timezone)) if deal.opened_at is not None else None
        since = f", {at:%Y-%m-%d %H:%M}" if at is not None else ""
        return f"differs from when the deal was opened{since}: a later file cannot change that"
    if name == "stage_at":
        return f"the deal is in {deal.stage} already: a later file cannot change since when"
    said = f" ({row.opening_amount.amount} {row.opening_amount.currency})" if row.opening_amount else ""
    return f"a later file cannot change what the deal was thought to be worth when it was opened{said}"
