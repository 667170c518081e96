"""Projections room: figures as a table — metrics over whole weeks, months, quarters or years, for a scope or each of its parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import product
from uuid import UUID

import msgspec

from domain.engine.errors import FieldError, Invalid
from domain.engine.facts import PersonName
from domain.figures.metrics import Metric, Unit, every_metric, metric
from domain.figures.queries import FigureAsked
from domain.figures.scope import Scope, ScopeKind
from domain.time.periods import Window
from projections.engine.paging import Page, Source, opened, sealed
from projections.figures import figures
from projections.people import directory

MOST = 20_000
"""Rows of a table."""
PARTS_AT_ONCE = 200


class By(StrEnum):
    """What a scope is taken apart by."""

    TEAM = "team"
    REP = "rep"
    PRODUCT = "product"


class FigureRow(msgspec.Struct):
    """`part_id` and `part_name` are of the team, rep or product that a scope is taken apart by. `figure` is None for a rate or a mean of nothing;
    `currency` is '' where it is no money.
    """

    metric: str
    unit: str
    since: date
    until: date
    part_id: UUID | None
    part_name: PersonName | None
    currency: str
    figure: Decimal | None


class Part(msgspec.Struct):
    scope: Scope
    id: UUID | None = None
    name: str | None = None


async def table(
    source: Source,
    metrics: Sequence[Metric],
    windows: Sequence[Window],
    parts: Sequence[Part],
    currency: str,
    position: int | None,
    cursor: str | None,
    limit: int,
) -> Page[FigureRow]:
    """By metric, window and part. Raises Invalid for a table that is too long."""
    if (rows := len(metrics) * len(windows) * len(parts)) > MOST:
        raise Invalid(
            [
                FieldError(
                    "metric", f"that would be {rows:,} rows, and {MOST:,} are the most: ask for less at once"
                )
            ]
        )
    start = 0 if cursor is None else opened(cursor, int)
    cells = [*product(metrics, windows, parts)][start : start + limit]
    asked = [_asked(of, window, part.scope, currency) for of, window, part in cells]
    found = await figures.figures(source, asked, position)
    items = [
        FigureRow(one.metric, of.unit, window.start, window.end, part.id, part.name, one.currency, figure)
        for (of, window, part), one, figure in zip(cells, asked, found, strict=True)
    ]
    after = start + len(cells)
    return Page(items, sealed(after) if cells and after < rows else None)


def _asked(of: Metric, window: Window, scope: Scope, currency: str) -> FigureAsked:
    return FigureAsked(of.key, scope, window, currency if of.unit == Unit.MONEY else "")


async def parts_of(source: Source, scope: Scope, by: By | None) -> list[Part]:
    """The scope itself, or each of its teams, reps or products that is in use, by name. Raises Invalid for what it has none of."""
    if by is None:
        return [Part(scope)]
    if by is By.PRODUCT:
        return [
            Part(replace(scope, product_id=one.id), one.id, one.name) for one in await _listed(source, by)
        ]
    if scope.kind is ScopeKind.REP or (scope.kind is ScopeKind.TEAM and by is By.TEAM):
        raise Invalid([FieldError("by", f"a {scope.kind} has no {by}s")])
    of = scope.id if by is By.REP else None
    return [
        Part(replace(scope, kind=ScopeKind(by), id=one.id), one.id, one.name)
        for one in await _listed(source, by, of)
    ]


async def _listed(source: Source, kind: By, of: UUID | None = None) -> list[directory.Listed]:
    found: list[directory.Listed] = []
    cursor: str | None = None
    while True:
        page = await directory.listing(source, str(kind), of, cursor, PARTS_AT_ONCE)
        found += [one for one in page.items if one.active]
        if (cursor := page.next_cursor) is None:
            return found


def chosen(key: str | None) -> list[Metric]:
    """The metric of that name, or all that are measured. Raises Invalid."""
    return [one for one in every_metric() if one.measured] if key is None else [metric(key)]
