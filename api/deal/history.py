"""api: a deal's whole history — who, what, when recorded, when true, before → after, why, through which door."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from api.engine import auth
from api.engine.acts import Reads
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.errors import invalid
from api.engine.fields import MAX_PAGE, WHOLE, Paging
from api.engine.querying import query
from api.engine.reading import Look, sees
from api.engine.reads import filters_of
from api.engine.routes import add_read
from api.engine.scopes import KnownAt, seen
from domain.engine.errors import NotFound
from projections.deal import board as deal_board
from projections.deal import history as deal_history
from projections.deal.events import DealEvent
from projections.engine.paging import Page

EXAMPLES = {
    "sentence": "logged: call, outbound, reached",
    "HistoryEntryAnswer.data": {"kind": "call", "outcome": "reached"},
    "ChangeAnswer.before": "needs",
    "ChangeAnswer.after": "solution",
}
TAGS = {"history": "Every event of a deal, rendered"}
router = auth.router("/deals", tags=[*TAGS])

Reader = Annotated[Look, Depends(may_read(waits_for=("deal_history", "deal_board", "directory")))]


class HistoryOptions(Paging):
    lang: Annotated[Literal["en", "zh"], Field(description="of the sentences")] = "en"
    order: Annotated[Literal["oldest", "newest"], Field(description="which comes first")] = "oldest"
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE), WHOLE] = 100


class DealHistoryOptions(HistoryOptions):
    known_at: KnownAt = None


class HistoryEntry(DealEvent):
    """One event of the deal. `sentence` says it without the actor, in the language asked for; `data` is the fact as
    stored; `who_name` is the rep's name where the actor is one (personal data).
    """

    sentence: str  # type: ignore[assignment]


@router.get(
    "/{deal_id}/history",
    operation_id="readHistory",
    summary="Every event of a deal",
    responses=shaped(Page[HistoryEntry]),
)
async def read_history(
    deal_id: UUID,
    look: Reader,
    asked: Annotated[DealHistoryOptions, Depends(query(DealHistoryOptions))],
) -> Response:
    """With `known_at` what was recorded up to then; that is read from the newest on."""
    await _check_seen(look, deal_id)
    upto = await look.known(("deal_history",), asked.known_at)
    if upto is not None and asked.order != "newest":
        raise invalid("query.known_at", "is answered from the newest on: put order=newest beside it")
    found = await deal_history.page_as_json(
        look.source,
        deal_id,
        asked.lang,
        asked.cursor,
        asked.limit,
        newest_first=asked.order == "newest",
        upto=upto,
    )
    if found is None:
        raise _unknown(deal_id)
    return look.answer(found)


def add_history(router: APIRouter, reads: Reads) -> None:
    """The events of one stream of another capability, told by its read model's `sentences`."""
    model = filters_of(reads).MODEL
    id_name = model.columns[0]

    async def read(look: Look, asked: HistoryOptions, **path: UUID) -> Response:
        id, kind = path[id_name], model.aggregate.KIND
        found: Any = await model.get(look.services.pool, id)
        seen(look, found, kind, id)
        newest = asked.order == "newest"
        page = await deal_history.in_one_language(
            look.source, id, asked.lang, asked.cursor, asked.limit, newest_first=newest
        )
        return look.json(page)

    reader = Annotated[Look, Depends(may_read(waits_for=(model.name, "directory")))]
    options = Annotated[HistoryOptions, Depends(query(HistoryOptions))]
    takes: dict[str, Any] = {id_name: UUID, "look": reader, "asked": options}
    add_read(
        router,
        f"{reads.path}/{{{id_name}}}/history",
        read,
        Page[HistoryEntry],
        operation=f"read{reads.of}History",
        summary=f"Every event of a {model.aggregate.KIND}",
        **takes,
    )


async def _check_seen(look: Look, deal_id: UUID) -> None:
    """Who sees one team only is told nothing of other teams' deals."""
    if look.team_id is not None:
        deal = await deal_board.get(look.services.pool, deal_id)
        if deal is None or not sees(look, deal.team_id, deal.owner_id):
            raise _unknown(deal_id)


def _unknown(deal_id: UUID) -> NotFound:
    return NotFound(f"no deal has the id {deal_id}", kind="deal", id=str(deal_id))
