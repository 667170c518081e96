"""cli: finding deals, customers, contacts and leads by any part of their names."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.engine.backend import Query, backend
from cli.engine.common import Json, as_json, example, run

SHOWN = 10


class Kind(StrEnum):
    DEAL = "deal"
    CUSTOMER = "customer"
    CONTACT = "contact"
    LEAD = "lead"


def add_to(app: typer.Typer) -> None:
    app.command(
        "search",
        epilog=example("salesloop search 'wang boiler'"),
        help="Find deals, customers, contacts and leads by any part of a name.",
    )(search)


def search(
    text: Annotated[
        str, typer.Argument(metavar="TEXT", help="Words, each any part of a name, in any order.")
    ],
    *,
    kind: Annotated[Kind | None, typer.Option("--kind", show_default="all")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=50, help="Of each kind.")] = SHOWN,
    json: Json = False,
) -> None:
    from cli.views.deals import show_found

    found = run(_search({"text": text, "kind": kind, "limit": limit}))
    if json:
        as_json(found)
    else:
        show_found(found)


async def _search(query: dict[str, Any]) -> Any:
    from projections import search as names

    async def direct(source: Any, asked: Query) -> Any:
        kinds = (names.Kind(asked["kind"]),) if "kind" in asked else tuple(names.Kind)
        return {"groups": await names.search(source, asked["text"], kinds, asked["limit"])}

    async with backend() as at:
        found = await at.read("/search", dict[str, list[names.Group]], query, direct)
        return found["groups"]
