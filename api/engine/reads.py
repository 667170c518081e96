"""api: a read model of streams as two routes — its list, narrowed down and sorted page by page, and one of it by its id."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import create_model

from api.engine.acts import Reads
from api.engine.auth import may_read
from api.engine.fields import Truth
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.routes import add_read
from api.engine.scopes import Everybodys, Filters, listed, seen
from api.engine.values import published
from domain.engine.fields import ShortText
from projections.engine.paging import Page


def add_reads(
    router: APIRouter, asked: type[Everybodys], of: str, *, path: str, many: str, more: str, one: str
) -> None:
    """`asked` is the query, with the read model that it is of; `of` is what the operations are called after. `many` and `one` say what
    they are, `more` what else there is to say of the list.
    """
    model = asked.MODEL
    id_name, noun = model.columns[0], re.sub(r"(?<!^)(?=[A-Z])", " ", of).lower()

    async def list_(look: Look, asked: Everybodys) -> Response:
        return await listed(look, asked)

    async def read(look: Look, **path: UUID) -> Response:
        id = path[id_name]
        found: Any = seen(look, await model.get(look.services.pool, id), noun, id)
        return look.json(found, found.version)

    list_.__doc__, read.__doc__ = more, ""
    asks = Annotated[asked, Depends(query(asked))]  # type: ignore[valid-type]
    shape: Any = Page[model.view]  # type: ignore[name-defined]
    looks = Annotated[Look, Depends(may_read(waits_for=model.needed()))]
    add_read(router, path, list_, shape, operation=f"list{of}s", summary=many, look=looks, asked=asks)
    takes: dict[str, Any] = {
        id_name: UUID,
        "look": Annotated[Look, Depends(may_read(waits_for=model.needed(), tagged=True))],
    }
    add_read(
        router,
        f"{path}/{{{id_name}}}",
        read,
        model.view,
        operation=f"read{of}",
        summary=one,
        tagged=True,
        **takes,
    )


def add_table(router: APIRouter, reads: Reads) -> None:
    """The routes of one that is stated as data."""
    add_reads(
        router,
        filters_of(reads),
        reads.of,
        path=reads.path,
        many=reads.many,
        more=reads.more,
        one=reads.one,
    )


def filters_of(reads: Reads) -> type[Everybodys]:
    """The query of its list."""
    module, _, name = reads.model.partition(":")
    model = getattr(import_module(module), name)
    made = dict(_filter(model, token) for token in reads.by.split())
    sorts = [f"{sign}{one.removeprefix('-')}" for one in model.order for sign in ("", "-")]
    made["sort"] = (Literal[tuple(sorts)], model.order[0])
    base: Any = Filters if "team_id" in model.filters else Everybodys
    shape: Any = create_model
    asked: type[Everybodys] = shape(
        f"{reads.of}Filters", __base__=base, __doc__="What to narrow the list down to.", **made
    )
    asked.MODEL = model
    return asked


ASKED = {bool: Truth, str: ShortText}
"""What is asked for in a query otherwise than it is said in a body."""


def _filter(model: Any, token: str) -> tuple[str, Any]:
    plainly, _, words = token.partition("=")
    name = plainly if plainly in model.filters else f"{plainly}_id"
    hint = model.filters[name]
    kind = Literal[tuple(words.split("|"))] if words else ASKED.get(hint) or published(hint)
    return name, (kind | None, None)
