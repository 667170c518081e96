"""cli: scorecards — as closed, computed again, and the events behind them. What can be done is in `api/scorecard/acts.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.engine.acts import WHICH
from cli.engine.backend import backend
from cli.engine.common import Json, Limit, Zone, as_json, example, run, zone
from cli.engine.derive import group
from cli.engine.failure import fail
from cli.engine.options import Cursor, more
from cli.engine.shown import Shown, add_list

if TYPE_CHECKING:
    from cli.engine.backend import Backend

app = group(
    "scorecard",
    "Scorecards: define, open, score, close, compute again, drill to the events, appeal.",
    acts="api.scorecard.acts",
)
Id = Annotated[str, typer.Argument(metavar="SCORECARD", help="Its id.")]
Number = Annotated[
    int | None, typer.Option("--closing", min=1, help="Which closing.", show_default="the last")
]


add_list(
    app,
    Shown(
        path="/scorecards",
        model="projections.scorecard:Scorecards",
        view="cli.views.reviews:show_scorecards",
        options="definition scope period period_kind=year|quarter|month|week owner manager team status=open|closed "
        "sort=-starts",
        help="Scorecards, the latest period first.",
        example="salesloop scorecard list --period 2027-Q1 --status open",
        names=lambda one: (one.scope.id, one.owner_id),
    ),
)


async def _seen(at: Backend, given: str) -> Any:
    from cli.engine.kinds import read
    from cli.engine.reads import one
    from projections.scorecard import Scorecards, ScorecardSeen

    id = await read(at, "id", given, "SCORECARD")
    return await at.read(f"/scorecards/{id}", ScorecardSeen, None, one(Scorecards.get, "scorecard", id))


@app.command(epilog=example(f"salesloop scorecard show {WHICH}"))
def show(scorecard: Id, *, json: Json = False, tz: Zone = None) -> None:
    """One scorecard: each measure's figure, score and weight as last closed, and what was said of it."""
    card, known = run(_show(scorecard))
    if json:
        as_json(card)
        return
    from cli.views.reviews import show_scorecard

    show_scorecard(card, known, zone(tz))


async def _show(given: str) -> tuple[Any, dict[UUID, str]]:
    async with backend() as at:
        card = await _seen(at, given)
        said = [remark.by for remark in card.remarks]
        return card, await at.names([card.scope.id, card.owner_id, card.manager_id, *said])


@app.command(epilog=example(f"salesloop scorecard recompute {WHICH}"))
def recompute(scorecard: Id, *, closing: Number = None, json: Json = False) -> None:
    """Compute a closing again from the ledger, and beside it as known now. Ends with 1 if the bytes differ."""
    found = run(_recompute(scorecard, closing))
    if json:
        as_json(found)
    else:
        from cli.views.reviews import show_recomputed

        show_recomputed(found)
    if not found.equal:
        raise typer.Exit(1)


async def _recompute(given: str, wanted: int | None) -> Any:
    from projections.scorecard import Recomputed

    async with backend() as at:
        return await at.read(await _closing(at, given, wanted), Recomputed)


async def _closing(at: Backend, given: str, wanted: int | None) -> str:
    """The path of a closing, or of the last one."""
    card = await _seen(at, given)
    found = [one.number for one in card.closings if wanted in (None, one.number)]
    return (
        f"/scorecards/{card.scorecard_id}/closings/{found[-1]}"
        if found
        else fail("the scorecard has no such closing")
    )


@app.command(epilog=example(f"salesloop scorecard events {WHICH} --measure revenue"))
def events(
    scorecard: Id,
    *,
    measure: Annotated[
        str | None, typer.Option("--measure", help="A measure's key.", show_default="the first")
    ] = None,
    closing: Number = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """The events behind a measure, as known when it was closed."""
    page, known = run(_events(scorecard, closing, {"measure": measure, "cursor": cursor, "limit": limit}))
    if json:
        as_json(page)
        return
    from cli.views.reviews import show_behind

    show_behind(page.items, known)
    more(page)


async def _events(given: str, wanted: int | None, query: dict[str, Any]) -> tuple[Any, dict[UUID, str]]:
    from projections.engine.paging import Page
    from projections.figures.figures import Behind

    async with backend() as at:
        page = await at.read(f"{await _closing(at, given, wanted)}/events", Page[Behind], query)
        return page, await at.names([id for one in page.items for id in (one.rep_id, one.subject_id)])


@app.command(epilog=example("salesloop scorecard definition field-sales"))
def definition(name: Annotated[str, typer.Argument()], *, json: Json = False) -> None:
    """All versions of a scorecard's measures."""
    versions = run(_definition(name))
    if json:
        as_json(versions)
        return
    from cli.views.reviews import show_definition

    show_definition(versions[-1])


async def _definition(name: str) -> Any:
    from domain.scorecard.definition import Definition

    async with backend() as at:
        found = await at.read(f"/scorecard-definitions/{name}", dict[str, list[Definition]])
        return found["versions"]
