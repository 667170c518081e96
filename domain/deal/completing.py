"""Domain room: what a later row leaves empty is what the deal holds. An empty cell takes nothing away, and what stands in
for one (a default, a list price, a name made of others) replaces nothing.

So what is known need not be told again: a file that closes deals needs not say when they were opened, or whose they are.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from domain.deal.commands import NOBODY, ImportDeal
from domain.deal.deal import Deal
from domain.deal.facts import RowMarks
from domain.deal.fixed import FIXED
from domain.deal.row import PARTS, differing, is_guess, marks_held, marks_of
from domain.engine.values import NO_NEEDS, Money, Needs, NextStep, Quote
from domain.policy.closed import LOST, WON

COMPOSED = "title of names"
"""Among what a row assumes: its title is made of the names it refers to."""
OPEN_ALONE = "stages of open deals"
"""Likewise: its mapping has no word for won or lost, so it cannot say that a deal which is closed is open."""
OURS = "our own list"
"""Likewise: it goes by the deal's own id, so its file is a list of ours: where it says what is so here, it tells nothing."""
EMPTY = (None, "", NOBODY)
OF_A_CLOSING = ("closed_on", "contract_reference", "loss_reason", "competitor")
TIMES = ("stage_at", "opening_amount")
HELD = {
    "title": "title",
    "owner_id": "owner",
    "opened_at": "opened_at",
    "customer_id": "customer",
    "product_id": "product",
    "amount": "amount",
    "expected_close": "expected_close",
}
"""The deal's own attributes, each with the field of a file that tells it."""


def tells(row: ImportDeal, name: str) -> bool:
    """Whether the file itself says this of the deal."""
    return getattr(row, name) not in EMPTY and HELD.get(name, name) not in row.assumed


def without_closings(row: ImportDeal, deal: Deal) -> ImportDeal:
    """The row without what a list of open deals cannot know of a closed one: how it stands, and what it is worth."""
    if OPEN_ALONE not in row.assumed or deal.is_open:
        return row
    return replace(row, assumed=row.assumed | {"stage", "amount"})


def completed(row: ImportDeal, deal: Deal) -> ImportDeal:
    """The row as it would be, had its file said all that is known."""
    status = WON if deal.status == WON else deal.stage
    stage = status if "stage" in row.assumed else row.stage
    kept: dict[str, Any] = {"stage": stage}
    for name in HELD:
        kept[name] = getattr(row if tells(row, name) else deal, name)
    if not _title_stands(row, deal):
        kept["title"] = deal.title
    if stage in (WON, LOST):
        kept |= _closing(row, deal, stage)
    kept["amount"] = _amount(row, deal, stage)
    kept |= {"needs": _needs(row, deal), "quote": _quote(row, deal), "next_step": _step(row, deal)}
    return replace(row, **kept)


def told_parts(row: ImportDeal, deal: Deal) -> set[str]:
    """The parts of the row that its file tells of this deal, under the names of their marks."""
    own = {HELD[name] for name in HELD if tells(row, name)} | {n for n in TIMES if tells(row, n)}
    said = {
        "standing": "stage" not in row.assumed,
        "needs": row.needs != NO_NEEDS,
        "quote": row.quote is not None,
        "next_step": row.next_step is not None,
    }
    own |= {part for part, told in said.items() if told}
    if "currency" in row.assumed:
        own.discard("opening_amount")  # in which one it was is not known any more
    return own if _title_stands(row, deal) else own - {"title"}


def echoed(row: ImportDeal, deal: Deal, new: RowMarks, last: RowMarks) -> set[str]:
    """The parts of a row of our own list that say what is so here."""
    if OURS not in row.assumed:
        return set()
    opened = {"opened_at"} if row.opened_at == deal.opened_at else set()
    return {*PARTS} - {*FIXED} - differing(new, marks_held(deal, last, row.quote)) | opened


def says_what_is_so(row: ImportDeal, deal: Deal) -> bool:
    """A row of our own list, of a deal that people opened here, that changes nothing of it."""
    if OURS not in row.assumed:
        return False
    new = marks_of(completed(row, deal))
    return told_parts(row, deal) <= echoed(row, deal, new, RowMarks())


def _title_stands(row: ImportDeal, deal: Deal) -> bool:
    """A title made of fewer names than the deal has is none."""
    if COMPOSED not in row.assumed:
        return True
    return all(tells(row, name) or getattr(deal, name) is None for name in ("customer_id", "product_id"))


def _closing(row: ImportDeal, deal: Deal, stage: str) -> dict[str, Any]:
    """What a closing asks and nobody ever told may be assumed."""
    kept: dict[str, Any] = {}
    for name in OF_A_CLOSING:
        held = getattr(deal, name) if deal.status == stage else None
        kept[name] = getattr(row, name) if tells(row, name) or held in EMPTY else held
    return kept


def _amount(row: ImportDeal, deal: Deal, stage: str) -> Money | None:
    if not tells(row, "amount"):
        if stage != WON or not deal.is_open:
            return deal.amount
        guess = deal.imported is None or is_guess(deal.amount, deal.imported.marks)
        return row.amount if guess else deal.amount or row.amount
    return _in_currency(row, row.amount, deal.amount)


def _in_currency(row: ImportDeal, said: Money | None, held: Money | None) -> Money | None:
    """An amount whose row names no currency is in the one it was in."""
    if said is None or held is None or "currency" not in row.assumed:
        return said
    return Money(said.amount, held.currency)


def _needs(row: ImportDeal, deal: Deal) -> Needs:
    if row.needs == NO_NEEDS:
        return deal.needs
    said = {f.name: getattr(row.needs, f.name) for f in fields(Needs)}
    kept = {n: v for n, v in said.items() if v not in (*EMPTY, ()) and n not in row.assumed}
    needs = replace(deal.needs, **kept)
    return replace(needs, budget=_in_currency(row, needs.budget, deal.needs.budget))


def _quote(row: ImportDeal, deal: Deal) -> Quote | None:
    quote = row.quote
    held = deal.quotes.get(quote.reference) if quote is not None else None
    if quote is None or held is None:
        return quote
    amount = held.amount if "quote_amount" in row.assumed else _in_currency(row, quote.amount, held.amount)
    return replace(quote, amount=amount or held.amount, valid_until=quote.valid_until or held.valid_until)


def _step(row: ImportDeal, deal: Deal) -> NextStep | None:
    step, promise = row.next_step, deal.promise
    if step is None or promise is None:
        return step
    what = promise.what if "next_step" in row.assumed else step.what
    due = promise.deadlines.due_at if "next_step_due" in row.assumed else step.due_at
    return NextStep(what, due)
