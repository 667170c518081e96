"""cli: targets — listed, one with its versions, what it was divided into, and what came of it by a day. What can be done is in
`api/target/acts.py`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from api.engine.acts import WHICH
from cli.engine.backend import backend
from cli.engine.common import Json, Limit, as_json, example, run
from cli.engine.derive import group
from cli.engine.failure import fail
from cli.engine.options import Cursor, Day, KnownAt, OwnerFilter, ScopeFilter, more, today
from cli.engine.shown import Shown, add_list

if TYPE_CHECKING:
    from projections.target.tree import Branch

app = group(
    "target",
    "Targets: propose, agree, divide, revise; the tree, and attainment on any day.",
    acts="api.target.acts",
)
WEEK = timedelta(days=6)
Id = Annotated[str, typer.Argument(metavar="TARGET", help="Its id.")]
MetricFilter = Annotated[str | None, typer.Option("--metric", help="Such as revenue-won.")]


add_list(
    app,
    Shown(
        path="/targets",
        model="projections.target.tree:TargetTree",
        view="cli.views.loop:show_targets",
        options="metric scope period period_kind=year|quarter|month|week on owner team parent "
        "status=proposed|agreed|unagreed|withdrawn sort=starts|metric",
        help="Targets, the earliest period first.",
        example="salesloop target list --scope company --period 2027-Q1",
        names=lambda one: (one.scope.id, one.owner_id),
    ),
)


@app.command(epilog=example(f"salesloop target show {WHICH}"))
def show(target: Id, *, json: Json = False) -> None:
    """One target, every version of it."""
    branch, known = run(_tree(target, 0))
    if json:
        as_json(branch.target)
        return
    from cli.views.loop import show_target

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
    from cli.views.loop import show_tree

    show_tree(branch, known)


async def _tree(given: str, depth: int) -> tuple[Branch, dict[UUID, str]]:
    from cli.engine.kinds import read
    from projections.target import tree as target_tree

    async with backend() as at:
        id = await read(at, "id", given, "TARGET")

        async def direct(source: Any, _: Any) -> Any:
            return await target_tree.tree(source, UUID(id), depth) or fail(f"no target has the id {id}")

        found = await at.read(f"/targets/{id}/tree", target_tree.Branch, {"depth": depth}, direct)
        return found, await at.names(_ids(found))


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
        Day, typer.Option("--day", metavar="DAY", help="True on it.", show_default="today")
    ] = None,
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """What came against the version in force on a day, and against where it should be by then."""
    query = {"metric": metric, "period": period, "day": day, "known_at": known_at, "cursor": cursor}
    page, known = run(_attainment(query | {"limit": limit}, scope, {"owner": owner}))
    if json:
        as_json(page)
        return
    from cli.views.loop import show_attainment

    show_attainment(page.items, known)
    more(page)


async def _attainment(
    query: dict[str, Any], scope: str | None, whose: dict[str, str | None]
) -> tuple[Any, dict[UUID, str]]:
    from cli.engine.kinds import days, ids, scoped
    from projections.engine.paging import Page
    from projections.target.attainment import Attainment

    async with backend() as at:
        narrowed = query | await days(at, query, "day") | await scoped(at, scope) | await ids(at, whose)
        page = await at.read("/attainment", Page[Attainment], narrowed)
        return page, await at.names([one.scope.id for one in page.items])


@app.command(epilog=example(f"salesloop target pace {WHICH} --since 2027-02-01 --until 2027-02-14"))
def pace(
    target: Id,
    *,
    since: Annotated[
        Day, typer.Option("--since", metavar="DAY", show_default="a week before --until")
    ] = None,
    until: Annotated[Day, typer.Option("--until", metavar="DAY", show_default="today")] = None,
    known_at: KnownAt = None,
    json: Json = False,
) -> None:
    """One target's attainment day by day, each day against the version in force on it."""
    found, known = run(_pace(target, {"since": since, "until": until, "known_at": known_at}))
    if json:
        as_json(found)
        return
    from cli.views.loop import show_attainment

    show_attainment(found["days"], known)


async def _pace(given: str, query: dict[str, Any]) -> tuple[Any, dict[UUID, str]]:
    from cli.engine.kinds import days, read
    from projections.target.attainment import Attainment

    async with backend() as at:
        id = await read(at, "id", given, "TARGET")
        asked = query | await days(at, query, "since", "until")
        last = asked["until"] or await today(at)
        first = asked["since"] or (date.fromisoformat(last) - WEEK).isoformat()
        asked |= {"since": first, "until": last}
        found = await at.read(f"/targets/{id}/attainment", dict[str, list[Attainment]], asked)
        return found, await at.names([one.scope.id for one in found["days"]])
