"""cli: figures — what a metric comes to for a scope and days, as known now or at a position, and the events behind it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, Limit, as_json, example, group, run
from cli.engine.failure import USAGE, fail
from cli.engine.language import language, sentence, word
from cli.engine.options import Cursor, Day, KnownAt, PeriodFilter, measured, metric_name, more, whose
from cli.engine.tables import say, table
from cli.views.rules import show_metrics

app = group("figure", "Figures: the metrics there are, what one comes to, and the events behind it.")


class Every(StrEnum):
    WEEK, MONTH, QUARTER, YEAR = "week", "month", "quarter", "year"


class Parts(StrEnum):
    TEAM, REP, PRODUCT = "team", "rep", "product"


Metric = Annotated[str, typer.Argument(metavar="METRIC", help="Such as revenue-won or activities:call.")]
Of = Annotated[str, typer.Option("--scope", metavar="SCOPE", help="company, team:NAME or rep:NAME.")]
Since = Annotated[Day, typer.Option("--since", metavar="DAY", help="Or the first day")]
Until = Annotated[Day, typer.Option("--until", metavar="DAY", help="and the last.")]
Product = Annotated[str | None, typer.Option("--product", help="Of one product alone: name or id.")]
Segment = Annotated[
    str | None,
    typer.Option(
        "--segment", help="Of customers of one sector alone, or segment:NAME of a published segment."
    ),
]
Currency = Annotated[str | None, typer.Option("--currency", help="Of money.")]


@app.command("list", epilog=example("salesloop figure list --lang zh"))
def list_(*, json: Json = False) -> None:
    """Every metric, with its definition."""
    from domain.figures.metrics import every_metric

    if json:
        as_json(list(every_metric()))
    else:
        show_metrics(every_metric(), language())


@app.command(epilog=example("salesloop figure show revenue-won --period 2027-Q1 --currency CNY"))
def show(
    metric: Metric,
    *,
    scope: Of = "company",
    product: Product = None,
    segment: Segment = None,
    period: PeriodFilter = None,
    since: Since = None,
    until: Until = None,
    currency: Currency = None,
    known_at: KnownAt = None,
    json: Json = False,
) -> None:
    """One figure, true for these days."""
    query = {"metric": metric, "period": period, "since": since, "until": until, "currency": currency}
    query |= {"product": product, "segment": segment, "known_at": known_at}
    found, known = run(_show(query, scope))
    if json:
        as_json(found)
        return
    days, figure = found["window"], found["figure"]
    number = measured(None if figure is None else Decimal(figure), metric, found["currency"])
    narrowed = [f"{word(kind)} {of}" for kind, of in (("product", product), _of_segment(segment)) if of]
    about = ", ".join([metric_name(metric), whose(_scope(found["scope"]).whole, known), *narrowed])
    what = f"{about}, {sentence('{start} to {end}', start=days['start'], end=days['end'])}"
    if found["known_at"] is not None:
        what = sentence("{what}, as known at position {position:,}", what=what, position=found["known_at"])
    say(f"{what}: {number}")


def _of_segment(given: str | None) -> tuple[str, str | None]:
    """A published segment by its name, or a sector."""
    published = given is not None and given.startswith("segment:")
    return ("segment", given.partition(":")[2]) if given and published else ("sector", given)


def _scope(told: dict[str, Any]) -> Any:
    import msgspec

    from domain.figures.scope import Scope

    return msgspec.convert(told, Scope, strict=False)


async def _asked(at: Any, query: dict[str, Any], scope: str) -> dict[str, Any]:
    from cli.engine.kinds import days, ids, read

    if not query["period"] and not (query["since"] and query["until"]):
        fail("name --period, or both --since and --until", USAGE)
    of = await read(at, "whose", scope, "--scope")
    narrowed = {"scope": of["kind"], "scope_id": of.get("id")}
    product = {"product": query.pop("product")}
    return query | narrowed | await ids(at, product) | await days(at, query, "since", "until")


async def _show(query: dict[str, Any], scope: str) -> tuple[Any, dict[UUID, str]]:
    async with backend() as at:
        found = await at.read("/figures", dict[str, Any], await _asked(at, query, scope))
        return found, await at.names([_scope(found["scope"]).id])


@app.command(
    "table", epilog=example("salesloop figure table --currency CNY --every quarter --export figures.xlsx")
)
def table_(
    metric: Annotated[
        str | None,
        typer.Argument(metavar="METRIC", help="Left out: all that are measured.", show_default=False),
    ] = None,
    *,
    every: Annotated[Every, typer.Option("--every", help="What a row is of.")] = Every.MONTH,
    by: Annotated[Parts | None, typer.Option("--by", help="A row for each part.", show_default=False)] = None,
    scope: Of = "company",
    product: Product = None,
    segment: Segment = None,
    since: Annotated[Day, typer.Option("--since", metavar="DAY", show_default="a year ago")] = None,
    until: Annotated[Day, typer.Option("--until", metavar="DAY", show_default="today")] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", help="Of money, which is left out without.")
    ] = None,
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Figures over time."""
    query = {"metric": metric, "every": every.value, "by": by and by.value, "since": since, "until": until}
    query |= {"product": product, "segment": segment, "currency": currency, "known_at": known_at}
    page = run(_table(query | {"cursor": cursor, "limit": limit}, scope))
    if json:
        as_json(page)
        return
    rows = [
        (
            metric_name(one.metric),
            one.since,
            one.until,
            one.part_name or "",
            measured(one.figure, one.metric, one.currency),
        )
        for one in page.items
    ]
    table(
        ("metric", "from", "until", *((by.value,) if by else ()), "figure"),
        [row if by else (*row[:3], row[4]) for row in rows],
        right=("figure",),
    )
    more(page)


async def _table(query: dict[str, Any], scope: str) -> Any:
    from cli.engine.kinds import days, ids, read
    from projections.engine.paging import Page
    from projections.figures.table import FigureRow

    async with backend() as at:
        of = await read(at, "whose", scope, "--scope")
        product = {"product": query.pop("product")}
        asked = query | {"scope": of["kind"], "scope_id": of.get("id")} | await ids(at, product)
        return await at.read(
            "/figures/table", Page[FigureRow], asked | await days(at, query, "since", "until")
        )


@app.command(epilog=example("salesloop figure events activities:call --since 2027-03-01 --until 2027-03-31"))
def events(
    metric: Metric,
    *,
    scope: Of = "company",
    product: Product = None,
    segment: Segment = None,
    period: PeriodFilter = None,
    since: Since = None,
    until: Until = None,
    currency: Currency = None,
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """The events behind a figure; they sum to it."""
    query = {"metric": metric, "period": period, "since": since, "until": until, "currency": currency}
    query |= {"product": product, "segment": segment, "known_at": known_at}
    page, known = run(_events(query | {"cursor": cursor, "limit": limit}, scope))
    if json:
        as_json(page)
        return
    from cli.views.reviews import show_behind

    show_behind(page.items, known)
    more(page)


async def _events(query: dict[str, Any], scope: str) -> tuple[Any, dict[UUID, str]]:
    from projections.engine.paging import Page
    from projections.figures.figures import Behind

    async with backend() as at:
        page = await at.read("/figures/events", Page[Behind], await _asked(at, query, scope))
        return page, await at.names([id for one in page.items for id in (one.rep_id, one.subject_id)])
