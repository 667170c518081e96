"""api: the metrics, and figures — of a scope and days, as known now or at a position, drilled to the events behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from fastapi import Depends, Response
from pydantic import Field, model_validator

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.errors import invalid
from api.engine.fields import Day, Paging, ShortText, Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.scopes import KnownAt, MetricKey, OfSegment, PeriodName, period, within_reach
from domain.cycle.in_force import COMPANY
from domain.cycle.policies import CyclePolicies
from domain.engine import currency
from domain.figures.metrics import Metric, Unit, every_metric
from domain.figures.queries import FigureAsked
from domain.figures.scope import Scope, ScopeKind
from domain.time.periods import PeriodKind, Window
from domain.time.windows import windows
from projections.engine.paging import Page, in_order
from projections.figures import figures, scopes
from projections.figures.figures import Behind
from projections.figures.table import MOST, By, FigureRow, chosen, parts_of, table

PATHS = ("figures",)
EXAMPLES = {
    "en": "Revenue won",
    "key": "promise-keeping",
    "metric": "revenue-won",
    "unit": "CNY",
    "zh": "\u6210\u4ea4\u989d",
}
TAGS = {"figures": "Metrics and what they come to, as known at any position"}
router = auth.router("/figures", tags=[*TAGS])

WAITS_FOR = ("contributions", "segment_stays", "merged")
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]
Anybody = Annotated[Look, Depends(may_read())]


class OfScope(Strict):
    """Left out, the scope is the company's, or the reader's team for who sees one team only."""

    scope: ScopeKind | None = None
    scope_id: UUID | None = None
    product_id: UUID | None = None
    segment: OfSegment = ""

    def value(self, look: Look) -> Scope:
        kind, id = self.scope, self.scope_id
        if kind is None:
            kind, id = (ScopeKind.TEAM, look.team_id) if look.team_id else (ScopeKind.COMPANY, None)
        scope = Scope(kind=kind, id=id, product_id=self.product_id, segment=self.segment)
        if (scope.id is None) != (kind is ScopeKind.COMPANY):
            raise invalid("query.scope_id", "names the team or the rep, and nobody else")
        return scope


class FigureQuery(OfScope):
    """A period, or the days `since` and `until`, both included."""

    metric: MetricKey = "revenue-won"
    period: PeriodName | None = None
    since: Day | None = None
    until: Day | None = None
    currency: ShortText = ""
    known_at: KnownAt = None

    @model_validator(mode="after")
    def one_of_both(self) -> FigureQuery:
        days = self.since is not None and self.until is not None
        if (self.since is None) != (self.until is None) or (days and self.period is not None):
            raise ValueError("name a period, or both since and until")
        return self


class BehindQuery(FigureQuery, Paging):
    pass


class Catalogue(msgspec.Struct):
    """Activities are counted by kind (activities:call), conversions by stage (stage-conversion:needs), too."""

    metrics: list[Metric]


@dataclass(frozen=True)
class FigureView:
    """`figure` is empty for a rate or a mean of nothing."""

    metric: str
    scope: Scope
    window: Window
    currency: str
    known_at: int | None
    figure: Decimal | None


async def _asked(asked: FigureQuery, look: Look) -> tuple[FigureAsked, int | None]:
    """What is asked for, and as known at which position."""
    scope = asked.value(look)
    if asked.currency and (wrong := currency.problem(asked.currency)):
        raise invalid("query.currency", wrong)
    await within_reach(look, scope)
    await scopes.check(look.services.pool, scope)
    position = await look.known(WAITS_FOR, asked.known_at)
    if asked.since is not None and asked.until is not None:
        in_order(asked.since, asked.until, "until", "since")
        window = Window(asked.since, asked.until)
    elif asked.period is not None:
        found = await period(look.services.ledger, asked.period)
        window = Window(found.start, found.end)
    else:
        raise invalid("query.period", "name a period, or since and until")
    return FigureAsked(asked.metric, scope, window, asked.currency), position


@router.get(
    "/catalogue",
    operation_id="listMetrics",
    summary="Every metric, with its definition in English and Chinese",
    responses=shaped(Catalogue),
)
async def list_metrics(look: Anybody) -> Response:
    return look.json(Catalogue(list(every_metric())))


@router.get("", operation_id="readFigure", summary="One figure", responses=shaped(FigureView))
async def read_figure(look: Reader, asked: Annotated[FigureQuery, Depends(query(FigureQuery))]) -> Response:
    """True for these days; as known now, or at `known_at`, of which the answer tells the position."""
    one, position = await _asked(asked, look)
    (figure,) = await figures.figures(look.services.pool, [one], position)
    return look.json(FigureView(one.metric, one.scope, one.window, one.currency, position, figure))


class TableQuery(OfScope, Paging):
    """The days `since` and `until` stand for the whole period that they are in; left out, the last year up to today."""

    metric: Annotated[MetricKey | None, Field(description="left out: every metric that is measured")] = None
    every: Annotated[PeriodKind, Field(description="what a row is of")] = PeriodKind.MONTH
    since: Day | None = None
    until: Day | None = None
    by: Annotated[By | None, Field(description="a row for each part of the scope")] = None
    currency: Annotated[ShortText, Field(description="of money; left out, metrics of money are too")] = ""
    known_at: KnownAt = None


@router.get(
    "/table",
    operation_id="tableFigures",
    summary="Figures over time, as a table",
    responses=shaped(Page[FigureRow]),
)
async def table_figures(look: Reader, asked: Annotated[TableQuery, Depends(query(TableQuery))]) -> Response:
    """By metric, then by time, then by part; weeks begin on Monday, years in January. True for these days, as known now or at `known_at`."""
    scope = asked.value(look)
    if asked.currency and (wrong := currency.problem(asked.currency)):
        raise invalid("query.currency", wrong)
    await within_reach(look, scope)
    await scopes.check(look.services.pool, scope)
    position = await look.known(WAITS_FOR, asked.known_at)
    until = asked.until or await _today(look)
    since = asked.since or until.replace(year=until.year - 1, day=1)
    in_order(since, until, "until", "since")
    over = windows(asked.every, since, until, MOST)
    metrics = [
        one for one in chosen(asked.metric) if asked.currency or asked.metric or one.unit != Unit.MONEY
    ]
    parts = await parts_of(look.source, scope, asked.by)
    found = await table(
        look.source, metrics, over, parts, asked.currency, position, asked.cursor, asked.limit
    )
    return look.json(found)


async def _today(look: Look) -> date:
    """The company's day."""
    policies = (await look.services.ledger.load({COMPANY: CyclePolicies}))[COMPANY]
    assert isinstance(policies, CyclePolicies)
    return datetime.now(ZoneInfo(policies.current.calendar.timezone)).date()


@router.get(
    "/events",
    operation_id="drillFigure",
    summary="The events behind a figure",
    responses=shaped(Page[Behind]),
)
async def drill(look: Reader, asked: Annotated[BehindQuery, Depends(query(BehindQuery))]) -> Response:
    """They sum to it."""
    one, position = await _asked(asked, look)
    return look.json(await figures.drill(look.source, one, position, asked.cursor, asked.limit))
