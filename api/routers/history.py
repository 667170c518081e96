"""api: a deal's whole history — who, what, when recorded, when true, before → after, why, through which door."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Response

from api import auth
from api.answers import shaped
from api.auth import may_read
from api.fields import MAX_PAGE, CursorText
from api.reading import Look
from domain.errors import NotFound
from projections import deal_board, deal_history
from projections.deal_history import Happening
from projections.paging import Page

router = auth.router("/deals", tags=["history"])

Reader = Annotated[Look, Depends(may_read(waits_for=("deal_history", "deal_board", "directory")))]
Language = Annotated[Literal["en", "zh"], Query(description="of the sentences")]


class HistoryEntry(Happening):
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
    *,
    lang: Language = "en",
    order: Annotated[Literal["oldest", "newest"], Query(description="which comes first")] = "oldest",
    cursor: Annotated[CursorText | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Response:
    await _check_seen(look, deal_id)
    found = await deal_history.listing(look.desk.pool, deal_id, cursor, limit, newest_first=order == "newest")
    if not found.items and cursor is None:
        raise _unknown(deal_id)
    return look.json(Page([_in_language(happening, lang) for happening in found.items], found.next_cursor))


async def _check_seen(look: Look, deal_id: UUID) -> None:
    """Who sees one team only is told nothing of other teams' deals."""
    if look.team_id is not None:
        deal = await deal_board.get(look.desk.pool, deal_id)
        if deal is None or deal.team_id != look.team_id:
            raise _unknown(deal_id)


def _unknown(deal_id: UUID) -> NotFound:
    return NotFound(f"no deal has the id {deal_id}", kind="deal", id=str(deal_id))


def _in_language(happening: Happening, lang: str) -> HistoryEntry:
    return HistoryEntry(**{**msgspec.structs.asdict(happening), "sentence": happening.sentence[lang]})
