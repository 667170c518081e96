"""cli: what ids stand for, read from the database's read models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from projections.engine.paging import Source


async def names(source: Source, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """What ids stand for, as far as the directory and the deal board know."""
    from projections.deal import board as deal_board
    from projections.people import directory

    wanted = {id for id in ids if id is not None}
    return await directory.names(source, wanted) | await deal_board.titles(source, wanted)
