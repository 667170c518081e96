"""Domain room: what an imported row said, small enough to remember — a digest of all of it and a mark for each part.

The digest tells an equal row from a changed one. The marks tell which part the file changed, and whether
somebody changed that part here in the meantime: neither side's change is ever lost unseen.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from uuid import UUID

from domain.deal.facts import RowMarks
from domain.deal.past_stage import PastStage
from domain.engine.marks import mark as _mark
from domain.engine.values import NO_NEEDS, Activity, Money, Needs, Quote, id_text
from domain.policy.closed import LOST, WON

if TYPE_CHECKING:
    from domain.deal.commands import ImportDeal, PastActivity
    from domain.deal.state import DealState


PARTS = tuple(f.name for f in fields(RowMarks) if f.name != "custom")


GUESS = "~"
"""Before the mark of an amount that nobody told: a list price stood in for it."""


def differing(one: RowMarks, other: RowMarks) -> set[str]:
    return {part for part in PARTS if _plain(getattr(one, part)) != _plain(getattr(other, part))}


def _plain(mark: str | None) -> str | None:
    return mark.removeprefix(GUESS) if mark else mark


def is_guess(amount: Money | None, last: RowMarks) -> bool:
    """Whether the amount of a deal is what stood in for one at its last import, and nobody has said one since."""
    return last.amount == GUESS + _mark(_money(amount))


def marks_of(row: ImportDeal) -> RowMarks:
    closed = row.stage in (WON, LOST)
    closed_on = row.closed_on if closed else None
    contract = row.contract_reference if row.stage == WON else ""
    reason, rival = (row.loss_reason, row.competitor) if row.stage == LOST else ("", "")
    step, quote = row.next_step, row.quote
    return RowMarks(
        title=_mark(row.title),
        owner=_reference(row.owner_id),
        customer=_reference(row.customer_id),
        product=_reference(row.product_id),
        amount=_guessed(row) + _mark(_money(row.amount or row.opening_amount)),
        expected_close=_common(row.expected_close),
        standing=_common(row.stage, closed_on, contract, reason, rival),
        needs=_needs(row.needs),
        quote=_quote(quote) if quote else "",
        next_step=_mark(step.what, step.due_at) if step else "",
        opened_at=_common(row.opened_at) if row.opened_at else "",
        stage_at=_common(row.stage_at) if row.stage_at and not closed else "",
        opening_amount=_common(_money(row.opening_amount)) if row.opening_amount else "",
    )


def _guessed(row: ImportDeal) -> str:
    return GUESS if "amount" in row.assumed or row.amount is None else ""


def marks_held(deal: DealState, last: RowMarks, quote: Quote | None = None) -> RowMarks:
    """The marks of what the deal is here now, with its own version of a quote. Next steps are not compared: a step that
    a file names anew is the next step.
    """
    stage = WON if deal.status == WON else deal.stage
    own = deal.quotes.get(quote.reference) if quote is not None else None
    return RowMarks(
        title=_mark(deal.title),
        owner=_mark(deal.owner_id),
        customer=_mark(deal.customer_id),
        product=_mark(deal.product_id),
        amount=_mark(_money(deal.amount)),
        expected_close=_mark(deal.expected_close),
        standing=_mark(stage, deal.closed_on, deal.contract_reference, deal.loss_reason, deal.competitor),
        needs=_needs(deal.needs),
        quote=_quote(own) if own is not None else last.quote,
        next_step=last.next_step,
        opened_at=last.opened_at,
        stage_at=last.stage_at,
        opening_amount=last.opening_amount,
    )


def digest_of(row: ImportDeal) -> str:
    """A digest of all that the row says. The reason for overriding gates is not part of what it says."""
    quote, step = row.quote, row.next_step
    told = (
        row.title, _id(row.owner_id), row.source, row.reference, _instant(row.opened_at), row.stage,
        _instant(row.stage_at), _id(row.customer_id), _id(row.product_id), _money(row.amount),
        _money(row.opening_amount), row.expected_close, row.closed_on, _instant(row.closed_at),
        row.contract_reference, row.loss_reason, row.competitor, row.process, row.policy, _needs(row.needs),
        quote and quote.reference, quote and _money(quote.amount), quote and quote.valid_until, step and step.what, step and step.due_at, *map(_activity, row.activities),
        *map(_past, row.stage_history if len(row.stage_history) > 1 else ()),
        *(f"{name}={row.custom[name].written}" for name in sorted(row.custom)),
    )  # fmt: skip
    return hashlib.sha256("\x1e".join(map(str, told)).encode()).hexdigest()


def _activity(past: PastActivity) -> str:
    did: Activity = past.activity
    told = (
        past.activity_id, past.at, did.kind, did.direction, did.outcome, did.duration_minutes, did.rep_id,
        did.contact_id, did.summary, did.name, did.started_at,
    )  # fmt: skip
    return "\x1f".join(map(str, told))


def _past(past: PastStage) -> str:
    told = (
        past.stage, _instant(past.at), _money(past.amount), past.expected_close, _needs(past.needs),
        _quote(past.quote) if past.quote else "", past.closed_on, past.contract_reference, past.loss_reason,
        past.competitor,
    )  # fmt: skip
    return "\x1f".join(map(str, told))


def _needs(needs: Needs) -> str:
    if needs is NO_NEEDS or needs == NO_NEEDS:
        return ""
    return _mark(needs.pain_points, _money(needs.budget), needs.decision_process, *needs.decision_makers)


def _quote(quote: Quote) -> str:
    return _mark(quote.reference, _money(quote.amount), quote.valid_until)


def _money(money: Money | None) -> str:
    """Equal for equal amounts, however many zeros they are written with."""
    return "" if money is None else f"{money.amount.normalize():f} {money.currency}"


def _id(id: UUID | None) -> str:
    """The rows of a file share owners, customers and products."""
    return "None" if id is None else id_text(id.int)


def _reference(id: UUID | None) -> str:
    return _mark(None) if id is None else _mark_of_id(id.int)


@lru_cache(maxsize=4_096)
def _mark_of_id(number: int) -> str:
    return _mark(id_text(number))


def _instant(at: datetime | None) -> str:
    return _in_utc(at) if at is not None and at.tzinfo is UTC else str(at)


@lru_cache(maxsize=4_096)
def _in_utc(at: datetime) -> str:
    """Equal instants of different zones are written differently, so only those of one are remembered."""
    return str(at)


_common = lru_cache(maxsize=4_096)(_mark)
"""For what the rows of a file have in common, such as days and reasons."""
