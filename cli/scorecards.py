"""cli: scorecards — listed, one with its closings, computed again beside what is known now, drilled to the events."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.common import (
    Json,
    Limit,
    Zone,
    as_json,
    example,
    fail,
    group,
    ledger,
    run,
    zone,
)
from cli.loop import (
    Cursor,
    PeriodFilter,
    ScopeFilter,
    more,
    names,
    scope_of,
)

if TYPE_CHECKING:
    from projections.figures import Behind
    from projections.paging import Page
    from projections.scorecards import Closing, Recomputed, ScorecardSeen
    from runtime.ledger import Ledger

app = group(
    "scorecard", "Scorecards: define, open, score, close, compute again, drill to the events, appeal."
)
WHICH = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
Id = Annotated[UUID, typer.Argument(metavar="SCORECARD", help="Its id.")]
Number = Annotated[
    int | None, typer.Option("--closing", min=1, help="Which closing.", show_default="the last")
]


class Status(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


# --- looking ---------------------------------------------------------------------------------------------------------


@app.command("list", epilog=example("salesloop scorecard list --period 2027-Q1 --status open"))
def list_(
    *,
    scope: ScopeFilter = None,
    period: PeriodFilter = None,
    owner: Annotated[UUID | None, typer.Option("--owner", help="A person's id.")] = None,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """Scorecards, the latest period first."""
    key = scope_of(scope).key if scope else None
    narrowed = {"scope_key": key, "period_name": period, "owner_id": owner, "status": status}
    page, known = run(_list(narrowed, cursor, limit))
    if json:
        as_json(page)
        return
    from cli.review_views import show_scorecards

    show_scorecards(page.items, known)
    more(page)


async def _list(
    narrowed: dict[str, Any], cursor: str | None, limit: int
) -> tuple[Page[ScorecardSeen], dict[UUID, str]]:
    from projections import scorecards

    async with ledger() as opened:
        found = scorecards.ScorecardFilter(**narrowed)
        page = await scorecards.listing(opened.pool, found, cursor=cursor, limit=limit)
        ids = [id for card in page.items for id in (card.scope.id, card.owner_id)]
        return page, await names(opened.pool, ids)


async def _seen(opened: Ledger, id: UUID) -> ScorecardSeen:
    from projections import scorecards

    return await scorecards.get(opened.pool, id) or fail(f"no scorecard has the id {id}")


@app.command(epilog=example(f"salesloop scorecard show {WHICH}"))
def show(scorecard: Id, *, json: Json = False, tz: Zone = None) -> None:
    """One scorecard: each measure's figure, score and weight as last closed, and what was said of it."""
    card, known = run(_show(scorecard))
    if json:
        as_json(card)
        return
    from cli.review_views import show_scorecard

    show_scorecard(card, known, zone(tz))


async def _show(id: UUID) -> tuple[ScorecardSeen, dict[UUID, str]]:
    async with ledger() as opened:
        card = await _seen(opened, id)
        said = [remark.by for remark in card.remarks]
        return card, await names(opened.pool, [card.scope.id, card.owner_id, card.manager_id, *said])


@app.command(epilog=example(f"salesloop scorecard recompute {WHICH}"))
def recompute(scorecard: Id, *, closing: Number = None, json: Json = False) -> None:
    """Compute a closing again from the ledger, and beside it as known now. Ends with 1 if the bytes differ."""
    found = run(_recompute(scorecard, closing))
    if json:
        as_json(found)
    else:
        from cli.review_views import show_recomputed

        show_recomputed(found)
    if not found.equal:
        raise typer.Exit(1)


async def _recompute(id: UUID, wanted: int | None) -> Recomputed:
    from projections import scorecards
    from projections.status import reached

    async with ledger() as opened:
        closing = _closing(await _seen(opened, id), wanted)
        known_at = await reached(opened.pool, ("scorecards", "contributions"))
        return await scorecards.again(opened.pool, id, closing, known_at)


def _closing(card: ScorecardSeen, wanted: int | None) -> Closing:
    found = [one for one in card.closings if wanted in (None, one.number)]
    return found[-1] if found else fail("the scorecard has no such closing")


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
    page, known = run(_events(scorecard, measure, closing, cursor, limit))
    if json:
        as_json(page)
        return
    from cli.review_views import show_behind

    show_behind(page.items, known)
    more(page)


async def _events(
    id: UUID, measure: str | None, wanted: int | None, cursor: str | None, limit: int
) -> tuple[Page[Behind], dict[UUID, str]]:
    from projections import figures, scorecards

    async with ledger() as opened:
        card = await _seen(opened, id)
        asked = await scorecards.asked_by(opened.pool, card, measure)
        page = await figures.drill(opened.pool, asked, _closing(card, wanted).position, cursor, limit)
        ids = [id for one in page.items for id in (one.rep_id, one.subject_id)]
        return page, await names(opened.pool, ids)


@app.command(epilog=example("salesloop scorecard definition field-sales"))
def definition(name: Annotated[str, typer.Argument()], *, json: Json = False) -> None:
    """All versions of a scorecard's measures."""
    versions = run(_definition(name))
    if json:
        as_json(versions)
        return
    from cli.review_views import show_definition

    show_definition(versions[-1])


async def _definition(name: str) -> Any:
    from domain.scorecard.definition import Definitions, definition_stream

    id = definition_stream(name)
    async with ledger() as opened:
        held = (await opened.load({id: Definitions}))[id]
        if not isinstance(held, Definitions) or not held.versions:
            fail(f"no scorecard is called {name!r}")
        return held.versions
