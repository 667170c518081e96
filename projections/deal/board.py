"""Projections room: what is asked of the deal board. How it follows the ledger is in `board_fold.py`: a list needs none of that."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.custom_field.value import Told
from domain.engine import currency
from domain.engine.facts import PersonName
from domain.policy.closed import CLOSED
from projections.customer import merged
from projections.deal import related, waiting
from projections.deal.row import DEALS, DealShown
from projections.deal.waiting import WaitingOverride
from projections.engine.condition import Condition
from projections.engine.paging import (
    AMOUNT,
    DAY,
    MOMENT,
    Page,
    Params,
    Select,
    SortKey,
    Source,
    fetch,
    in_order,
    page,
    sort_by,
)
from projections.engine.text_search import searched


class DealView(DealShown, gc=False):
    """A row with the names to show beside its ids (personal data: the owner's and the promiser's). `also_open`: how many of what
    else is about it are open, by kind; `overrides_asked`: those that wait for a decision, the oldest first. Both are left out where
    there is nothing, and of the board as it was. `custom`: values of custom fields, as they were where the board is as it was.
    """

    owner_name: PersonName | None = None
    promised_by_name: PersonName | None = None
    team_name: str | None = None
    customer_name: str | None = None
    product_name: str | None = None
    also_open: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    overrides_asked: list[WaitingOverride] | msgspec.UnsetType = msgspec.UNSET
    custom: dict[str, Told] = {}


class BoardFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None: not narrowed down by this. `text` is looked for in the titles, whole words or beginnings of words; `reference`
    is a deal's name in the system it came from, or the first 8 or more digits of its id; `override` "asked": one waits for a
    decision.
    """

    owner_id: UUID | None = None
    team_id: UUID | None = None
    customer_id: UUID | None = None
    product_id: UUID | None = None
    process: str | None = None
    stage: str | None = None
    status: str | None = None
    source: str | None = None
    reference: str | None = None
    text: str | None = None
    due_before: datetime | None = None
    closing_before: date | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    currency: str | None = None
    override: str | None = None
    custom: Condition | None = None


EVERYTHING = BoardFilter()
SORTS = {
    "due_at": SortKey("due_at", MOMENT, "deal_id"),
    "amount": SortKey("amount", AMOUNT, "deal_id", within="currency"),
    "last_activity_at": SortKey("last_activity_at", MOMENT, "deal_id"),
    "opened_at": SortKey("opened_at", MOMENT, "deal_id", nullable=False),
    "expected_close": SortKey("expected_close", DAY, "deal_id"),
}
STANDS_FOR = {"customer_id": "COALESCE(m.survivor_id, d.customer_id)"}
COLUMNS = ", ".join(STANDS_FOR.get(name, f"d.{name}") for name in DealShown.__struct_fields__)
NAMED = """
SELECT {columns}, o.name, p.name, t.name, c.name, g.name
  FROM {deals} d
  LEFT JOIN read.merged m ON m.customer_id = d.customer_id AND {merged}
  LEFT JOIN read.directory o ON o.id = d.owner_id
  LEFT JOIN read.directory p ON p.id = d.promised_by
  LEFT JOIN read.directory t ON t.id = d.team_id
  LEFT JOIN read.directory c ON c.id = COALESCE(m.survivor_id, d.customer_id)
  LEFT JOIN read.directory g ON g.id = d.product_id
"""
FOUND = "(SELECT * FROM read.deal_board WHERE {where} ORDER BY {order} LIMIT %(limit)s)"
NOW, KNOWN = "m.until IS NULL", merged.THEN.format(m="m.")
GET = NAMED.format(columns=COLUMNS, deals="read.deal_board", merged=NOW) + " WHERE d.deal_id = %s"
LIST = NAMED.format(columns=COLUMNS, deals=FOUND, merged=NOW) + " ORDER BY {order}"
THEN = """
(SELECT {columns} FROM read.deal_board WHERE position <= %(known)s
  UNION ALL SELECT {columns} FROM json_to_recordset(%(changed)s::json) AS changed({typed}))
""".format(
    columns=", ".join(DEALS.names),
    typed=", ".join(f"{name} {column.type}" for name, column in DEALS.columns.items()),
)
"""The board as it was at a position: see `known.py`, which gives the rows that changed since."""
FOUND_THEN = FOUND.replace("read.deal_board", f"{THEN} deal_board")
LIST_THEN = NAMED.format(columns=COLUMNS, deals=FOUND_THEN, merged=KNOWN) + " ORDER BY {order}"
GET_THEN = NAMED.format(columns=COLUMNS, deals=THEN, merged=KNOWN) + " WHERE d.deal_id = %(deal_id)s"
TITLED = "SELECT deal_id FROM read.deal_title WHERE words @@ to_tsquery('simple', %s)"
EXPECTED = f"EXPLAIN (FORMAT JSON) {TITLED}"
HAS_WORDS = """EXISTS (SELECT FROM read.deal_title t WHERE t.deal_id = deal_board.deal_id
                   AND t.words @@ to_tsquery('simple', %(text)s) OFFSET 0)"""
FEW_TITLES = 2_000
TITLES_OF = "SELECT deal_id, title FROM read.deal_board WHERE deal_id = ANY(%s)"
BEGINNING = re.compile(r"[0-9a-f]{8,32}")
"""Of an id: as many digits as tell deals apart."""


async def titles(source: Source, ids: Collection[UUID]) -> dict[UUID, str]:
    """Of those ids that are deals'."""
    return dict(await fetch(source, TITLES_OF, [list(ids)])) if ids else {}


async def get(source: Source, deal_id: UUID) -> DealView | None:
    rows = await fetch(source, GET, [deal_id])
    if not rows:
        return None
    found = _view(*rows[0])
    await _with_related(source, [found])
    return found


async def one_of(source: Source, deal_id: UUID, then: Params) -> DealView | None:
    """As it was at a position."""
    rows = await fetch(source, GET_THEN, {"deal_id": deal_id, **then})
    return _view(*rows[0]) if rows else None


async def _with_related(source: Source, deals: Sequence[DealView]) -> None:
    also_open = await related.open_of(source, [deal.deal_id for deal in deals])
    for deal in deals:
        if deal.deal_id in also_open:
            deal.also_open = also_open[deal.deal_id]
    asked = await waiting.of_deals(source, [deal.deal_id for deal in deals if deal.override_asked_at])
    for deal in deals:
        if deal.deal_id in asked:
            deal.overrides_asked = asked[deal.deal_id]


def _view(*row: Any) -> DealView:
    """The column holds four decimals of every amount; what is told has its currency's."""
    made = DealView(*row)
    if made.amount is not None and made.currency is not None:
        made.amount = currency.written(made.amount, made.currency)
    return made


async def listing(
    source: Source,
    narrowed: BoardFilter = EVERYTHING,
    sort: str = "due_at",
    cursor: str | None = None,
    limit: int = 50,
    *,
    then: Params | None = None,
) -> Page[DealView]:
    """A page of deals. Sorts: the keys of SORTS, `-` before one for descending; deals without a value come last. `then`: of the board
    as it was (`known.relation`).
    Raises Invalid for an unknown sort, a foreign cursor, or a limit outside 1 to 500.
    """
    in_order(narrowed.amount_from, narrowed.amount_to, "amount_to", "amount_from")
    select = Select(LIST_THEN if then else LIST, params={**(then or {})})
    for name in (
        "owner_id",
        "team_id",
        "product_id",
        "process",
        "stage",
        "status",
        "source",
    ):
        select.equal(name, getattr(narrowed, name))
    select.where(merged.SAME_THEN if then else merged.SAME, customer_id=narrowed.customer_id)
    _named(select, narrowed.reference)
    if sort.removeprefix("-") == "due_at" and (narrowed.status in CLOSED or narrowed.stage in CLOSED):
        select.conditions.append("due_at IS NULL")  # a closed deal owes nothing: no open one is looked at
    if narrowed.stage is not None and narrowed.stage not in CLOSED:
        select.conditions.append("status = 'open'")  # those without a due time have an index, which is empty
    select.equal("currency", narrowed.currency)
    select.where("due_at < %(due_before)s", due_before=narrowed.due_before)
    select.where("expected_close < %(closing_before)s", closing_before=narrowed.closing_before)
    select.where("amount >= %(amount_from)s", amount_from=narrowed.amount_from)
    select.where("amount <= %(amount_to)s", amount_to=narrowed.amount_to)
    if narrowed.override:
        select.conditions.append("override_asked_at IS NOT NULL")
    if narrowed.custom is not None:
        narrowed.custom.narrow(select, "deal_id", None if then is None else then["known"])
    if narrowed.text:
        await _with_words(source, select, searched(narrowed.text))
    found = await page(source, select, sort_by(sort, SORTS), cursor, limit, _view)
    if then is None:
        await _with_related(source, found.items)
    return found


def _named(select: Select, reference: str | None) -> None:
    """By the name in the system it came from, or the beginning of its id."""
    digits = (reference or "").replace("-", "").lower()
    if not BEGINNING.fullmatch(digits):
        select.equal("reference", reference)
        return
    select.where(
        "(reference = %(reference)s OR deal_id BETWEEN %(first)s AND %(last)s)",
        reference=reference,
        first=UUID(digits.ljust(32, "0")),
        last=UUID(digits.ljust(32, "f")),
    )


async def _with_words(source: Source, select: Select, words: str) -> None:
    """Rare words give the deals to sort; common ones are looked for along the order of the list. The words' index gives all
    that it has, however few are asked for; so the planner is asked first what it expects, of whole words: it knows those that
    are common, and of beginnings it never expects few.
    """
    [[[expected]]] = await fetch(source, EXPECTED, [words.replace(":*", "")], planned_anew=True)
    if expected["Plan"]["Plan Rows"] <= FEW_TITLES:
        found = await fetch(source, f"{TITLED} LIMIT %s", [words, FEW_TITLES + 1])
        if len(found) <= FEW_TITLES:
            select.where("deal_id = ANY(%(titled)s)", titled=[deal_id for (deal_id,) in found])
            return
    select.where(HAS_WORDS, text=words)
