"""api: the deal board — the deals as they stand now."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import Field, StringConstraints

from api import auth
from api.answers import shaped
from api.auth import may_read
from api.fields import MAX_PAGE, PLAIN, Code, Currency, CursorText, Day, Instant
from api.reading import Look
from domain.errors import NotFound
from domain.values import MAX_AMOUNT
from projections import deal_board
from projections.deal_board import BoardFilter, DealView
from projections.paging import Page

router = auth.router("/deals", tags=["deals"])

WAITS_FOR = ("deal_board", "directory")
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]
Search = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PLAIN)]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=PLAIN)]
SomeAmount = Annotated[Decimal, Field(ge=0, lt=MAX_AMOUNT, max_digits=19, decimal_places=4)]
SortName = Annotated[
    str,
    Query(
        pattern=f"^-?({'|'.join(deal_board.SORTS)})$",
        description="put - before it for descending; deals without a value come last",
    ),
]


@router.get(
    "",
    operation_id="listDeals",
    summary="Deals, filtered, sorted, page by page",
    responses=shaped(Page[DealView]),
)
async def list_deals(
    look: Reader,
    *,
    owner_id: UUID | None = None,
    team_id: UUID | None = None,
    customer_id: UUID | None = None,
    product_id: UUID | None = None,
    stage: Annotated[Code | None, Query()] = None,
    status: Annotated[str | None, Query(pattern="^(open|won|lost)$")] = None,
    source: Annotated[Reference | None, Query(description="the system a deal was imported from")] = None,
    reference: Annotated[Reference | None, Query(description="a deal's name in that system")] = None,
    text: Annotated[Search | None, Query(description="words of the title, or their beginnings")] = None,
    due_before: Instant | None = None,
    closing_before: Day | None = None,
    amount_from: SomeAmount | None = None,
    amount_to: SomeAmount | None = None,
    currency: Currency | None = None,
    sort: SortName = "due_at",
    cursor: Annotated[CursorText | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> Response:
    """Those of your team; auditors and admins see all. Pages stay right while deals move: nothing is skipped or counted."""
    narrowed = BoardFilter(
        owner_id=owner_id,
        team_id=look.team(team_id),
        customer_id=customer_id,
        product_id=product_id,
        stage=stage,
        status=status,
        source=source,
        reference=reference,
        text=text,
        due_before=due_before,
        closing_before=closing_before,
        amount_from=amount_from,
        amount_to=amount_to,
        currency=currency,
    )
    return look.json(await deal_board.listing(look.desk.pool, narrowed, sort, cursor, limit))


@router.get(
    "/{deal_id}", operation_id="readDeal", summary="One deal", responses=shaped(DealView, tagged=True)
)
async def read_deal(
    deal_id: UUID, look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR, tagged=True))]
) -> Response:
    """The ETag is the version to send as If-Match."""
    found = await deal_board.get(look.desk.pool, deal_id)
    if found is None or look.team_id not in (None, found.team_id):
        raise NotFound(f"no deal has the id {deal_id}", kind="deal", id=str(deal_id))
    return look.json(found, found.version)
