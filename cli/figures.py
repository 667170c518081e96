"""cli: figures — what a metric comes to for a scope and days, as known now or at a position, and the events behind it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli.common import USAGE, Json, Limit, as_json, example, fail, group, ledger, run
from cli.cycles import LanguageOption
from cli.desk_views import show_metrics
from cli.loop import (
    DAYS,
    Cursor,
    KnownAt,
    PeriodFilter,
    known_upto,
    measured,
    metric_name,
    more,
    names,
    period_of,
    scope_of,
    whose,
)
from cli.tables import say
from cli.views import Language

if TYPE_CHECKING:
    from domain.figures import FigureAsked
    from projections.figures import Behind
    from projections.paging import Page
    from runtime.ledger import Ledger

app = group("figure", "Figures: the metrics there are, what one comes to, and the events behind it.")
Metric = Annotated[str, typer.Argument(metavar="METRIC", help="Such as revenue-won or activities:call.")]
Of = Annotated[str, typer.Option("--scope", metavar="SCOPE", help="company, team:ID or rep:ID.")]
Since = Annotated[datetime | None, typer.Option("--since", formats=DAYS, help="Or the first day")]
Until = Annotated[datetime | None, typer.Option("--until", formats=DAYS, help="and the last.")]
Currency = Annotated[str, typer.Option("--currency", help="Of money.")]


@app.command("list", epilog=example("salesloop figure list --lang zh"))
def list_(*, lang: LanguageOption = Language.EN, json: Json = False) -> None:
    """Every metric, with its definition."""
    from domain.metrics import every_metric

    if json:
        as_json(list(every_metric()))
        return
    show_metrics(every_metric(), lang.value)


@app.command(epilog=example("salesloop figure show revenue-won --period 2027-Q1 --currency CNY"))
def show(
    metric: Metric,
    *,
    scope: Of = "company",
    period: PeriodFilter = None,
    since: Since = None,
    until: Until = None,
    currency: Currency = "",
    known_at: KnownAt = None,
    json: Json = False,
) -> None:
    """One figure, true for these days."""
    asked, position, found, known = run(_show((metric, scope, period, since, until, currency), known_at))
    if json:
        as_json({"asked": asked, "known_at": position, "figure": found})
        return
    days = f"{asked.window.start} to {asked.window.end}"
    told = measured(found, asked.metric, asked.currency)
    then = "" if position is None else f", as known at position {position:,}"
    say(f"{metric_name(metric)}, {whose(asked.scope, known)}, {days}{then}: {told}")


Asked = tuple[str, str, str | None, datetime | None, datetime | None, str]


async def _show(
    given: Asked, known_at: str | None
) -> tuple[FigureAsked, int | None, Decimal | None, dict[UUID, str]]:
    from projections import figures

    async with ledger() as opened:
        position = await known_upto(opened.pool, ("contributions",), known_at)
        asked = await _asked(opened, *given)
        (found,) = await figures.figures(opened.pool, [asked], position)
        return asked, position, found, await names(opened.pool, [asked.scope.id])


async def _asked(
    opened: Ledger,
    metric: str,
    scope: str,
    period: str | None,
    since: datetime | None,
    until: datetime | None,
    currency: str,
) -> FigureAsked:
    from domain.figures import FigureAsked
    from domain.periods import Window
    from projections import scopes
    from projections.paging import in_order

    window: Any
    if period and not since and not until:
        window = await period_of(opened, period)
    elif since and until and not period:
        in_order(since, until, "until", "since")
        window = Window(since.date(), until.date())
    else:
        fail("name --period, or both --since and --until", USAGE)
    of = scope_of(scope)
    await scopes.check(opened.pool, of)
    return FigureAsked(metric, of, Window(window.start, window.end), currency)


@app.command(epilog=example("salesloop figure events activities:call --since 2027-03-01 --until 2027-03-31"))
def events(
    metric: Metric,
    *,
    scope: Of = "company",
    period: PeriodFilter = None,
    since: Since = None,
    until: Until = None,
    currency: Currency = "",
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
) -> None:
    """The events behind a figure; they sum to it."""
    page, known = run(_events((metric, scope, period, since, until, currency), known_at, cursor, limit))
    if json:
        as_json(page)
        return
    from cli.review_views import show_behind

    show_behind(page.items, known)
    more(page)


async def _events(
    given: Asked, known_at: str | None, cursor: str | None, limit: int
) -> tuple[Page[Behind], dict[UUID, str]]:
    from projections import figures

    async with ledger() as opened:
        position = await known_upto(opened.pool, ("contributions",), known_at)
        page = await figures.drill(opened.pool, await _asked(opened, *given), position, cursor, limit)
        ids = [id for one in page.items for id in (one.rep_id, one.subject_id)]
        return page, await names(opened.pool, ids)
