"""cli: the lifecycle of customers — stages, transitions, cohorts, churn. Policies are published by the act table's command."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, Limit, as_json, example, run
from cli.engine.derive import group
from cli.engine.export_options import filed
from cli.engine.options import Cursor, Day, KnownAt, TeamFilter, more
from cli.views.lifecycle import (
    show_churn,
    show_cohorts,
    show_customers,
    show_life,
    show_stages,
    show_transitions,
)

app = group(
    "lifecycle",
    "The lifecycle of customers: stages, customers, transitions, cohorts, churn, policies.",
    acts="api.lifecycle.acts",
)


class StageOf(StrEnum):
    PROSPECT, FIRST_PURCHASE, REPEAT = "prospect", "first-purchase", "repeat"
    LOYAL, DORMANT, WON_BACK = "loyal", "dormant", "won-back"


On = Annotated[
    Day, typer.Option("--on", metavar="DAY", help="As of the end of this day.", show_default="today")
]
By = Annotated[str, typer.Option("--policy", help="The lifecycle policy to judge by.")]
Months = Annotated[int, typer.Option("--months", min=1, max=60, help="How many.")]


@app.command(epilog=example("salesloop lifecycle stages --on 2026-09-30"))
@filed
def stages(
    *,
    team: TeamFilter = None,
    on: On = None,
    known_at: KnownAt = None,
    policy: By = "default",
    json: Json = False,
) -> None:
    """How many customers are in each stage, and what they are worth."""
    found = run(_read("", {"on": on, "known_at": known_at, "policy": policy}, team))
    as_json(found) if json else show_stages(found)


@app.command(epilog=example("salesloop lifecycle customers --stage loyal"))
def customers(
    *,
    stage: Annotated[StageOf | None, typer.Option("--stage", show_default="all that have bought")] = None,
    team: TeamFilter = None,
    on: On = None,
    known_at: KnownAt = None,
    policy: By = "default",
    cursor: Cursor = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Customers with the stage that each is in."""
    query = {"stage": stage and stage.value, "on": on, "known_at": known_at, "policy": policy}
    page = run(_customers(query | {"cursor": cursor, "limit": limit}, team))
    if json:
        as_json(page)
        return
    show_customers(page.items)
    more(page)


@app.command(epilog=example("salesloop lifecycle show 'Acme Tools'"))
def show(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="A customer: name or id.")],
    *,
    on: On = None,
    known_at: KnownAt = None,
    policy: By = "default",
    json: Json = False,
) -> None:
    """The stages of one customer, and the purchases behind them."""
    found = run(_life(customer, {"on": on, "known_at": known_at, "policy": policy}))
    as_json(found) if json else show_life(found)


@app.command(epilog=example("salesloop lifecycle transitions --since 2026-06-30 --on 2026-09-30"))
@filed
def transitions(
    *,
    since: Annotated[Day, typer.Option("--since", metavar="DAY", show_default="a year before")] = None,
    team: TeamFilter = None,
    on: On = None,
    known_at: KnownAt = None,
    policy: By = "default",
    json: Json = False,
) -> None:
    """From which stage to which customers went between two days."""
    query = {"since": since, "on": on, "known_at": known_at, "policy": policy}
    found = run(_read("/transitions", query, team))
    as_json(found) if json else show_transitions(found)


@app.command(epilog=example("salesloop lifecycle cohorts --export cohorts.csv"))
@filed
def cohorts(
    *,
    team: TeamFilter = None,
    on: On = None,
    known_at: KnownAt = None,
    months: Months = 12,
    json: Json = False,
) -> None:
    """Customers by the month of their first purchase, and how many bought again."""
    found = run(_read("/cohorts", {"on": on, "known_at": known_at, "months": months}, team))
    as_json(found) if json else show_cohorts(found["cohorts"], months)


@app.command(epilog=example("salesloop lifecycle churn --months 6"))
@filed
def churn(
    *,
    team: TeamFilter = None,
    on: On = None,
    known_at: KnownAt = None,
    policy: By = "default",
    months: Months = 12,
    json: Json = False,
) -> None:
    """Month by month, how many active customers became dormant."""
    query = {"on": on, "known_at": known_at, "policy": policy, "months": months}
    found = run(_read("/churn", query, team))
    as_json(found) if json else show_churn(found["months"])


async def _read(path: str, query: dict[str, Any], team: str | None) -> Any:
    from cli.engine.kinds import days, ids

    async with backend() as at:
        narrowed = (
            query
            | await days(at, query, *[n for n in ("on", "since") if n in query])
            | await ids(at, {"team": team})
        )
        return await at.read(f"/lifecycle{path}", dict[str, Any], narrowed, filed=True)


async def _customers(query: dict[str, Any], team: str | None) -> Any:
    from cli.engine.kinds import days, ids
    from projections.engine.paging import Page
    from projections.lifecycle.tables import CustomerStanding

    async with backend() as at:
        narrowed = query | await days(at, query, "on") | await ids(at, {"team": team})
        return await at.read("/lifecycle/customers", Page[CustomerStanding], narrowed)


async def _life(customer: str, query: dict[str, Any]) -> Any:
    from cli.engine.kinds import days, ids
    from projections.lifecycle.tables import CustomerLife

    async with backend() as at:
        narrowed = query | await days(at, query, "on")
        id = (await ids(at, {"customer": customer}))["customer_id"]
        return await at.read(f"/lifecycle/customers/{id}", CustomerLife, narrowed)
