"""cli: targets — listed, one with its versions, what it was divided into, and what came of it by a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.common import Json, Limit, as_json, example, fail, group, ledger, run
from cli.loop import (
    DAYS,
    Cursor,
    KnownAt,
    PeriodFilter,
    ScopeFilter,
    known_upto,
    more,
    names,
    scope_of,
    today,
)

if TYPE_CHECKING:
    from datetime import date

    from projections.attainment import Attainment
    from projections.paging import Page
    from projections.target_tree import Branch, Targeted

app = group("target", "Targets: propose, agree, divide, revise; the tree, and attainment on any day.")
DAY, WEEK, MOST_DAYS = timedelta(days=1), timedelta(days=6), 366
WHICH = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
Id = Annotated[UUID, typer.Argument(metavar="TARGET", help="Its id.")]
MetricFilter = Annotated[str | None, typer.Option("--metric", help="Such as revenue-won.")]
OwnerFilter = Annotated[UUID | None, typer.Option("--owner", help="A person's id.")]


class Status(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    UNAGREED = "unagreed"
    WITHDRAWN = "withdrawn"


@app.command("list", epilog=example("salesloop target list --scope company --period 2027-Q1"))
def list_(
    *,
    metric: MetricFilter = None,
    scope: ScopeFilter = None,
    period: PeriodFilter = None,
    owner: OwnerFilter = None,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """Targets, the earliest period first."""
    page, known = run(_list(_narrowed(metric, scope, period, owner) | {"status": status}, cursor, limit))
    if json:
        as_json(page)
        return
    from cli.loop_views import show_targets

    show_targets(page.items, known)
    more(page)


def _narrowed(
    metric: str | None, scope: str | None, period: str | None, owner: UUID | None
) -> dict[str, Any]:
    key = scope_of(scope).key if scope else None
    return {"metric": metric, "scope_key": key, "period_name": period, "owner_id": owner}


async def _list(
    narrowed: dict[str, Any], cursor: str | None, limit: int
) -> tuple[Page[Targeted], dict[UUID, str]]:
    from projections import target_tree

    async with ledger() as opened:
        found = target_tree.TargetFilter(**narrowed)
        page = await target_tree.listing(opened.pool, found, cursor=cursor, limit=limit)
        ids = [id for target in page.items for id in (target.scope.id, target.owner_id)]
        return page, await names(opened.pool, ids)


@app.command(epilog=example(f"salesloop target show {WHICH}"))
def show(target: Id, *, json: Json = False) -> None:
    """One target, every version of it."""
    branch, known = run(_tree(target, 0))
    if json:
        as_json(branch.target)
        return
    from cli.loop_views import show_target

    show_target(branch.target, known)


@app.command(epilog=example(f"salesloop target tree {WHICH}"))
def tree(
    target: Id,
    *,
    depth: Annotated[int, typer.Option("--depth", min=0, max=9, help="Generations below it.")] = 9,
    json: Json = False,
) -> None:
    """A target and what it was divided into."""
    branch, known = run(_tree(target, depth))
    if json:
        as_json(branch)
        return
    from cli.loop_views import show_tree

    show_tree(branch, known)


async def _tree(target: UUID, depth: int) -> tuple[Branch, dict[UUID, str]]:
    from projections import target_tree

    async with ledger() as opened:
        found = await target_tree.tree(opened.pool, target, depth)
        if found is None:
            fail(f"no target has the id {target}")
        return found, await names(opened.pool, _ids(found))


def _ids(branch: Branch) -> list[UUID | None]:
    own = [branch.target.scope.id, branch.target.owner_id]
    return own + [id for child in branch.children for id in _ids(child)]


# --- attainment ------------------------------------------------------------------------------------------------------


@app.command(epilog=example("salesloop target attainment --scope company --period 2027-Q1 --day 2027-02-15"))
def attainment(
    *,
    metric: MetricFilter = None,
    scope: ScopeFilter = None,
    period: Annotated[
        str | None, typer.Option("--period", metavar="PERIOD", show_default="those the day is in")
    ] = None,
    owner: OwnerFilter = None,
    day: Annotated[
        datetime | None, typer.Option("--day", formats=DAYS, help="True on it.", show_default="today")
    ] = None,
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """What came against the version in force on a day, and against where it should be by then."""
    narrowed = _narrowed(metric, scope, period, owner)
    page, known = run(_attainment(narrowed, day.date() if day else None, known_at, cursor, limit))
    if json:
        as_json(page)
        return
    from cli.loop_views import show_attainment

    show_attainment(page.items, known)
    more(page)


async def _attainment(
    narrowed: dict[str, Any], day: date | None, known_at: str | None, cursor: str | None, limit: int
) -> tuple[Page[Attainment], dict[UUID, str]]:
    from projections import attainment as board
    from projections.target_tree import TargetFilter

    async with ledger() as opened:
        position = await known_upto(opened.pool, ("contributions", "target_tree"), known_at)
        on = day or await today(opened.pool)
        found = TargetFilter(**narrowed, on=None if narrowed["period_name"] else on)
        page = await board.listing(opened.pool, on, found, position, cursor, limit)
        return page, await names(opened.pool, [one.scope.id for one in page.items])


@app.command(epilog=example(f"salesloop target pace {WHICH} --since 2027-02-01 --until 2027-02-14"))
def pace(
    target: Id,
    *,
    since: Annotated[
        datetime | None, typer.Option("--since", formats=DAYS, show_default="a week before --until")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=DAYS, show_default="today")] = None,
    known_at: KnownAt = None,
    json: Json = False,
) -> None:
    """One target's attainment day by day, each day against the version in force on it."""
    days = [day.date() if day else None for day in (since, until)]
    lines, known = run(_pace(target, days[0], days[1], known_at))
    if json:
        as_json({"days": lines})
        return
    from cli.loop_views import show_attainment

    show_attainment(lines, known)


async def _pace(
    target: UUID, since: date | None, until: date | None, known_at: str | None
) -> tuple[list[Attainment], dict[UUID, str]]:
    from projections import attainment as board
    from projections.paging import in_order

    async with ledger() as opened:
        position = await known_upto(opened.pool, ("contributions", "target_tree"), known_at)
        last = until or await today(opened.pool)
        first = since or last - WEEK
        in_order(first, last, "until", "since")
        days = [first + n * DAY for n in range(min((last - first).days + 1, MOST_DAYS))]
        lines = await board.series(opened.pool, target, days, position)
        return lines, await names(opened.pool, [one.scope.id for one in lines])
