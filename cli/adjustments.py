"""cli: adjustments — a change of strategy with a hypothesis, as it stands. What can be done is in `cli/loop_acts.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.acts import WHICH
from cli.engine.common import Json, Limit, Zone, as_json, example, run, zone
from cli.engine.derive import group
from cli.engine.house import house
from cli.engine.options import Cursor, OwnerFilter, ScopeFilter, more

app = group(
    "adjustment",
    "Adjustments of the strategy: list, show, start, decide, hand over.",
    acts="api.adjustment.acts",
)


class Status(StrEnum):
    STARTED = "started"
    RUNNING = "running"
    MEASURED = "measured"
    DECIDED = "decided"


@app.command("list", epilog=example("salesloop adjustment list --status measured"))
def list_(
    *,
    scope: ScopeFilter = None,
    metric: Annotated[str | None, typer.Option("--metric")] = None,
    owner: OwnerFilter = None,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """By when something is to happen; decided ones come last."""
    query = {"metric": metric, "status": status, "cursor": cursor, "limit": limit}
    page, known = run(_list(query, scope, {"owner": owner}))
    if json:
        as_json(page)
        return
    from cli.views.reviews import show_adjustments

    show_adjustments(page.items, known, zone(tz))
    more(page)


async def _list(
    query: dict[str, Any], scope: str | None, whose: dict[str, str | None]
) -> tuple[Any, dict[UUID, str]]:
    from cli.engine.kinds import ids, scoped
    from cli.engine.reads import pages
    from projections.adjustment import Adjustments, AdjustmentSeen
    from projections.engine.paging import Page

    async with house() as at:
        narrowed = query | await scoped(at, scope) | await ids(at, whose)
        page = await at.read("/adjustments", Page[AdjustmentSeen], narrowed, pages(Adjustments))
        return page, await at.names([one.scope.id for one in page.items])


@app.command(epilog=example(f"salesloop adjustment show {WHICH}"))
def show(
    adjustment: Annotated[str, typer.Argument(metavar="ADJUSTMENT", help="Its id.")],
    *,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """One adjustment: before, after, its control, and what it brought."""
    found, known = run(_show(adjustment))
    if json:
        as_json(found)
        return
    from cli.views.reviews import show_adjustment

    show_adjustment(found, known, zone(tz))


async def _show(given: str) -> tuple[Any, dict[UUID, str]]:
    from cli.engine.kinds import read
    from cli.engine.reads import one
    from projections.adjustment import Adjustments, AdjustmentSeen

    async with house() as at:
        id = await read(at, "id", given, "ADJUSTMENT")
        found = await at.read(
            f"/adjustments/{id}", AdjustmentSeen, None, one(Adjustments.get, "adjustment", id)
        )
        compared = [one.scope.id for one in found.controls]
        return found, await at.names([found.scope.id, found.owner_id, found.decided_by, *compared])
