"""api: deals — what is done to them, and the board of how they stand now."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field, StringConstraints

from api.custom_field.values import CUSTOM, CustomFilter, add_custom, declared
from api.deal.acts import DEALS, PROMISES
from api.deal.approvals import DECIDE, add_acts_of_overrides, may_decide_one
from api.engine import auth
from api.engine.allowed import add_allowed
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.errors import invalid
from api.engine.fields import (
    PLAIN,
    Amount,
    Code,
    Currency,
    Day,
    Instant,
    Paging,
    RuleName,
    SearchText,
    Strict,
)
from api.engine.querying import query
from api.engine.reading import Look, sees
from api.engine.routes import Given, add_acts
from api.engine.scopes import KnownAt
from api.engine.writing import Writer
from domain.custom_field.declaration import FieldSet, RecordKind
from domain.deal.deal import Deal
from domain.engine.errors import NotFound
from projections.custom_field import condition_of
from projections.deal import board as deal_board
from projections.deal import known
from projections.deal.board import BoardFilter, DealView
from projections.engine.paging import Page

EXAMPLES = {
    "competitor": "Northwind",
    "contract_reference": "C-2026-041",
    "customer_name": "Garnet Controls",
    "handover_note": "they want two variants by Friday",
    "kind": "call",
    "loss_reason": "price",
    "process": "default",
    "product_name": "Atlas Max",
    "promised": "send the offer",
    "reference": "Q-2026-118",
    "stage": "needs",
    "to": "negotiation",
    "team_name": "North",
    "StageAnswer.name": "needs",
    "StageAnswer.probability": "0.25",
}
TAGS = {
    "deals": "Deals and everything that can be done to them",
    "promises": "The next step that someone owes by a due time",
}
router = auth.router("/deals", tags=["deals"])
promises = auth.router("/deals", tags=["promises"])
MORE = (promises,)

WAITS_FOR = ("deal_board", "directory", "merged", CUSTOM)
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]
Reference = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=PLAIN)]
SortName = Annotated[
    str,
    Field(
        pattern=f"^-?({'|'.join(deal_board.SORTS)})$",
        description="put - before it for descending; deals without a value come last. By amount, the deals of a currency stand "
        "together: amounts of another are not more or less. Narrow down by `currency` for one alone",
    ),
]


class DealFilters(Paging):
    """What to narrow the list down to."""

    owner_id: UUID | None = None
    team_id: UUID | None = None
    customer_id: UUID | None = None
    product_id: UUID | None = None
    process: Annotated[RuleName | None, Field(description="by which process it goes")] = None
    stage: Annotated[Code | None, Field(description="of a process: those are data, see /processes")] = None
    status: Literal["open", "won", "lost"] | None = None
    source: Annotated[Reference | None, Field(description="the system a deal was imported from")] = None
    reference: Annotated[
        Reference | None,
        Field(description="its name in that system, or the first 8 digits or more of its id"),
    ] = None
    text: Annotated[SearchText | None, Field(description="words of the title, or their beginnings")] = None
    due_before: Instant | None = None
    closing_before: Day | None = None
    amount_from: Amount | None = None
    amount_to: Amount | None = None
    currency: Currency | None = None
    override: Annotated[
        Literal["asked"] | None, Field(description="one was asked for and waits for a decision")
    ] = None
    custom: CustomFilter = None
    sort: SortName = "due_at"
    known_at: KnownAt = None

    def narrowed(self, team_id: UUID | None, fields: FieldSet) -> BoardFilter:
        given = {name: getattr(self, name) for name in BoardFilter.__struct_fields__}
        custom = condition_of(self.custom, fields) if self.custom is not None else None
        return BoardFilter(**given | {"team_id": team_id, "custom": custom})


async def _owner(writer: Writer, _: Any, given: Given) -> None:
    """A rep's own, where nobody is named."""
    given["owner_id"] = given["owner_id"] or writer.user.rep_id
    if given["owner_id"] is None:
        raise invalid("owner_id", "name the rep who owns the deal")


async def _whose(writer: Writer, _: Any, given: Given) -> None:
    """A rep's own touch, where nobody is named."""
    if given["activity"].rep_id is None and writer.user.rep_id is not None:
        given["activity"] = replace(given["activity"], rep_id=writer.user.rep_id)


add_acts(router, DEALS, {"openDeal": _owner, "logActivity": _whose})
add_acts(promises, PROMISES)
add_allowed(router, (*DEALS, *PROMISES), Deal, "/deals", {DECIDE.operation: may_decide_one})


@router.get(
    "",
    operation_id="listDeals",
    summary="Deals, filtered, sorted, page by page",
    responses=shaped(Page[DealView]),
)
async def list_deals(look: Reader, asked: Annotated[DealFilters, Depends(query(DealFilters))]) -> Response:
    """Those of your team; auditors and admins see all. Pages stay right while deals move: nothing is skipped or counted.

    With `known_at` they are as the list was then, those that your team had then; names are today's. Titles are not searched then, and
    where more than 5,000 deals have changed since, narrow down by owner, team or stage.
    """
    fields = await declared(look, RecordKind.DEAL)
    narrowed = asked.narrowed(look.team(asked.team_id), fields)
    turned = asked.sort, asked.cursor, asked.limit
    position = await look.known(WAITS_FOR, asked.known_at)
    if position is None:
        found = await deal_board.listing(look.source, narrowed, *turned)
        add_acts_of_overrides(found.items, look.user)
    else:
        found = await known.listing(look.source, position, narrowed, *turned)
    await add_custom(look, found.items, fields, "deal_id", position)
    return look.json(found)


class AsKnown(Strict):
    known_at: KnownAt = None


@router.get(
    "/{deal_id}", operation_id="readDeal", summary="One deal", responses=shaped(DealView, tagged=True)
)
async def read_deal(
    deal_id: UUID,
    look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR, tagged=True))],
    asked: Annotated[AsKnown, Depends(query(AsKnown))],
) -> Response:
    """The ETag is the version to send as If-Match. With `known_at` it is the deal as it was then, for who sees it now."""
    found: DealView | None = await deal_board.get(look.services.pool, deal_id)
    if found is None or not sees(look, found.team_id, found.owner_id):
        raise NotFound(f"no deal has the id {deal_id}", kind="deal", id=str(deal_id))
    position = await look.known(WAITS_FOR, asked.known_at)
    if position is not None:
        found = await known.get(look.services.pool, deal_id, position)
    if found is None:
        raise NotFound(f"the deal {deal_id} was not known then", kind="deal", id=str(deal_id))
    add_acts_of_overrides([found], look.user)
    await add_custom(look, [found], await declared(look, RecordKind.DEAL), "deal_id", position)
    return look.json(found, found.version)
