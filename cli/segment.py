"""cli: segments. What is published and listed is in `api/segment/acts.py`; here are their members, and what a rule would change."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.engine.backend import Backend, backend
from cli.engine.common import Json, Limit, Zone, as_json, example, run, zone
from cli.engine.derive import group
from cli.engine.failure import USAGE, Failure
from cli.engine.options import Cursor, KnownAt, more
from cli.views.segments import show_fields, show_members, show_preview, show_stays

app = group(
    "segment", "Segments of customers: list, show, publish, try a rule, members.", acts="api.segment.acts"
)


class Whom(StrEnum):
    IN, ENTERS, LEAVES = "in", "enters", "leaves"


Named = Annotated[str, typer.Argument(metavar="SEGMENT", help="Its name, or its id.")]


@app.command("try", epilog=example("salesloop segment try 'purchases.count >= 3' --name loyal-buyers"))
def try_(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="As it would be published.")],
    *,
    name: Annotated[
        str | None, typer.Option("--name", help="The segment it would be the next version of.")
    ] = None,
    shown: Annotated[Whom, typer.Option("--show", help="Whom to list.")] = Whom.ENTERS,
    cursor: Cursor = None,
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """What a rule would change: who would be in, who enters and who leaves. Nothing is recorded."""
    query = {"rule": rule, "name": name, "shown": str(shown), "cursor": cursor, "limit": limit}
    found = run(_preview(query))
    if json:
        as_json(found)
        return
    show_preview(found, str(shown))
    more(found)


@app.command(epilog=example("salesloop segment members silent-buyers --as-of 2026-10-31"))
def members(
    segment: Named,
    *,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DAY", help="Who was in on a day, to its end; left out, now."),
    ] = None,
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """Who is in a segment, or was on a day, as known on another."""
    query = {"as_of": as_of, "known_at": known_at, "cursor": cursor, "limit": limit}
    found = run(_members(segment, query))
    if json:
        as_json(found)
        return
    show_members(found.items, zone(tz))
    more(found)


@app.command("of", epilog=example("salesloop segment of 'Acme Tools'"))
def of_(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its name, or its id.")],
    *,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """The segments a customer is in, and was."""
    found = run(_of(customer))
    if json:
        as_json(found)
    else:
        show_stays(found["stays"], zone(tz))


@app.command("fields", epilog=example("salesloop segment fields --lang zh"))
def fields_(*, json: Json = False) -> None:
    """What a rule can ask of a customer."""
    found = run(_fields())
    if json:
        as_json(found)
    else:
        show_fields(found["fields"])


async def _fields() -> Any:
    async with backend() as at:
        return await at.read("/segments/fields", dict[str, Any])


async def _preview(query: dict[str, Any]) -> Any:
    from projections.segment.reading import SegmentPreview

    async with backend() as at:
        return await at.read("/segments/preview", SegmentPreview, query)


async def _members(segment: str, query: dict[str, Any]) -> Any:
    from projections.engine.paging import Page
    from projections.segment.reading import Member

    async with backend() as at:
        id = await _segment(at, segment)
        return await at.read(f"/segments/{id}/members", Page[Member], query)


async def _of(customer: str) -> Any:
    from cli.engine.kinds import read

    async with backend() as at:
        id = await read(at, "customer", customer, "CUSTOMER")
        return await at.read(f"/customers/{id}/segments", dict[str, Any])


async def _segment(at: Backend, given: str) -> UUID:
    """Raises Failure for what is neither a name nor an id."""
    from projections.engine.paging import Page
    from projections.segment.published import SegmentSeen

    try:
        return UUID(given)
    except ValueError:
        found = await at.read("/segments", Page[SegmentSeen], {"name": given})
    if not found.items:
        raise Failure(f"no segment is called {given}", USAGE)
    id: UUID = found.items[0].segment_id
    return id
