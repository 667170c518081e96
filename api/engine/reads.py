"""api: a read model of streams as two routes — its list, narrowed down and sorted page by page, and one of it by its id."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.routes import takes
from api.engine.scopes import Filters, listed, seen
from projections.engine.paging import Page


def add_reads(
    router: APIRouter, asked: type[Filters], of: str, *, path: str, many: str, more: str, one: str
) -> None:
    """`asked` is the query, with the read model that it is of; `of` is what the operations are called after. `many` and `one` say what
    they are, `more` what else there is to say of the list.
    """
    model, within = asked.MODEL, path.removeprefix(router.prefix)
    id_name, noun = model.columns[0], re.sub(r"(?<!^)(?=[A-Z])", " ", of).lower()

    async def list_(look: Look, asked: Filters) -> Response:
        return await listed(look, asked)

    async def read(look: Look, **path: UUID) -> Response:
        id = path[id_name]
        found: Any = seen(look, await model.get(look.services.pool, id), noun, id)
        return look.json(found, found.version)

    list_.__doc__, read.__doc__ = more, ""
    asks = Annotated[asked, Depends(query(asked))]  # type: ignore[valid-type]
    takes(list_, look=Annotated[Look, Depends(may_read(waits_for=(model.name,)))], asked=asks)
    looks = Annotated[Look, Depends(may_read(waits_for=(model.name,), tagged=True))]
    takes(read, **{id_name: UUID}, look=looks)
    router.add_api_route(
        within,
        list_,
        methods=["GET"],
        operation_id=f"list{of}s",
        summary=many,
        responses=shaped(Page[model.view]),  # type: ignore[name-defined]
    )
    router.add_api_route(
        f"{within}/{{{id_name}}}",
        read,
        methods=["GET"],
        operation_id=f"read{of}",
        summary=one,
        responses=shaped(model.view, tagged=True),
    )
