"""cli: action items — what somebody is to do by a time, as it stands. What can be done is in `cli/loop_acts.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.acts import WHICH
from cli.engine.common import Json, Limit, Zone, as_json, example, run, zone
from cli.engine.derive import group
from cli.engine.house import house
from cli.engine.options import Cursor, OwnerFilter, TeamFilter, more

app = group(
    "action",
    "Action items: list, show, open, finish, move, hand over, excuse, break.",
    acts="api.action_item.acts",
)


class Outcome(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    LATE = "late"
    BROKEN = "broken"
    EXCUSED = "excused"


@app.command("list", epilog=example("salesloop action list --owner 'Li Wei'"))
def list_(
    *,
    owner: OwnerFilter = None,
    team: TeamFilter = None,
    cycle: Annotated[str | None, typer.Option("--cycle", help="A cycle: SCOPE@PERIOD, or its id.")] = None,
    outcome: Annotated[Outcome | None, typer.Option("--outcome", show_default="all")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """What is due first comes first."""
    query = {"outcome": outcome, "cursor": cursor, "limit": limit}
    page, known = run(_list(query, {"owner": owner, "team": team, "cycle": cycle}))
    if json:
        as_json(page)
        return
    from cli.views.reviews import show_items

    show_items(page.items, known, zone(tz))
    more(page)


async def _list(query: dict[str, Any], whose: dict[str, str | None]) -> tuple[Any, dict[UUID, str]]:
    from cli.engine.kinds import ids
    from cli.engine.reads import pages
    from projections.action_item import ActionItems, ItemSeen
    from projections.engine.paging import Page

    async with house() as at:
        narrowed = query | await ids(at, whose)
        page = await at.read("/action-items", Page[ItemSeen], narrowed, pages(ActionItems))
        return page, await at.names([item.owner_id for item in page.items])


@app.command(epilog=example(f"salesloop action show {WHICH}"))
def show(
    item: Annotated[str, typer.Argument(metavar="ITEM", help="Its id.")],
    *,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """One action item, who was told of it, and how it ended."""
    found, known = run(_show(item))
    if json:
        as_json(found)
        return
    from cli.views.reviews import show_item

    show_item(found, known, zone(tz))


async def _show(given: str) -> tuple[Any, dict[UUID, str]]:
    from cli.engine.kinds import read
    from cli.engine.reads import one
    from projections.action_item import ActionItems, ItemSeen

    async with house() as at:
        id = await read(at, "id", given, "ITEM")
        found = await at.read(f"/action-items/{id}", ItemSeen, None, one(ActionItems.get, "action item", id))
        return found, await at.names([found.owner_id, found.manager_id])
