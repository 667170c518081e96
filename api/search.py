"""api: finding deals, customers, contacts and leads by any part of their names."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Depends, Response
from pydantic import Field

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import WHOLE, SearchText, Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.roles import Role
from projections import search
from projections.search import Group, Kind

PATHS = ("search",)
TAGS = {"search": "Deals, customers, contacts and leads by any part of their names"}
router = auth.router(tags=[*TAGS])

WAITS_FOR = ("search", "deal_board", "directory", "leads", "merged")
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]


class SearchQuery(Strict):
    text: Annotated[
        SearchText | None,
        Field(description="words, each any part of a name, in any order, without regard to case and accents"),
    ] = None
    kind: Annotated[Kind | None, Field(description="only these")] = None
    limit: Annotated[int, Field(ge=1, le=50, description="of each kind"), WHOLE] = search.SHOWN


class SearchView(msgspec.Struct):
    """Kinds of which nothing was found are left out."""

    groups: list[Group]


@router.get(
    "/search", operation_id="search", summary="Find by any part of a name", responses=shaped(SearchView)
)
async def find(look: Reader, asked: Annotated[SearchQuery, Depends(query(SearchQuery))]) -> Response:
    """Also by a deal's reference, and by the mail address or phone number of a contact or lead. What begins like the text comes first,
    then the newest. What your team sees; auditors and admins see all. Without a text nothing is looked for.
    """
    kinds = tuple(Kind) if asked.kind is None else (asked.kind,)
    pool = look.user.role is not Role.REP
    found = await search.search(
        look.services.pool, asked.text or "", kinds, asked.limit, seen_by=look.team_id, pool=pool
    )
    return look.json(SearchView(found))
