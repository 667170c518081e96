"""Projections room: parts of a target that need not be named one by one — shorter periods, a company's teams, a team's reps — with what
each weighs. The command handler divides by it; the weights are recorded with the division, and where they came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from domain.engine.errors import FieldError, Invalid, Refused
from domain.figures.scope import SCOPES, Scope, ScopeKind
from domain.figures.shares import Method, seasonal_weights
from domain.target.commands import Child, DecomposeTarget
from domain.target.target import Target
from domain.time.periods import Period, PeriodKind
from projections.engine.paging import Source, fetch
from projections.figures import figures
from projections.target.attainment import YEARS, years_ago

BY_DAYS = "days of each"
TEAMS = "SELECT id, parent_id FROM read.directory WHERE kind = 'team' AND active ORDER BY name, id"
REPS = """
SELECT id, id FROM read.directory
 WHERE kind = 'rep' AND active AND (parent_id = %(team)s OR %(team)s::uuid IS NULL) ORDER BY name, id
"""


class Into(StrEnum):
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    TEAM = "team"
    REP = "rep"


async def division(
    source: Source, target: Target, into: Into, method: Method, basis: str = ""
) -> DecomposeTarget:
    """`weighted` periods weigh their days; `seasonal` parts what they brought in the same days of the three years before.
    Raises Invalid where there is nothing to divide it into, Refused where there is nothing to weigh by.
    """
    if method == Method.MANUAL or (method == Method.WEIGHTED and into in (Into.TEAM, Into.REP)):
        raise Invalid(
            [FieldError("into", f"{method} shares are of parts that are named: name each with its share")]
        )
    parts = await _parts(source, target, into)
    if not parts:
        raise Invalid([FieldError("into", f"there is no {into} in {target.scope.key} {target.period}")])
    weights, origin = await _weighed(source, target, parts, method)
    children = tuple(_child(*part, weight) for part, weight in zip(parts, weights, strict=True))
    return DecomposeTarget(target_id=target.id, method=method, children=children, basis=basis or origin)


Part = tuple[Scope, Period, UUID | None]
"""A scope and a period, and its owner where that is not the whole's."""


async def _parts(source: Source, target: Target, into: Into) -> list[Part]:
    scope, period = target.scope, target.period
    if into not in (Into.TEAM, Into.REP):
        kind = PeriodKind(into.value)
        return [(scope, part, None) for part in period.parts(kind) if part != period]
    kind_of, query = (ScopeKind.TEAM, TEAMS) if into == Into.TEAM else (ScopeKind.REP, REPS)
    if SCOPES.index(kind_of) <= SCOPES.index(scope.kind):
        return []
    found = await fetch(source, query, {"team": scope.id})
    return [(scope.of(kind_of, id), period, owner) for id, owner in found]


def _child(scope: Scope, period: Period, owner_id: UUID | None, weight: Decimal | None) -> Child:
    return Child(scope=scope, period=period, owner_id=owner_id, weight=weight)


async def _weighed(
    source: Source, target: Target, parts: Sequence[Part], method: Method
) -> tuple[Sequence[Decimal | None], str]:
    """A rate is not divided: its parts weigh nothing."""
    if method == Method.EQUAL or not target.of.adds_up:
        return [None] * len(parts), ""
    if method == Method.WEIGHTED:
        return [Decimal(period.days) for _, period, _ in parts], BY_DAYS
    return await _history(source, target, parts)


async def _history(source: Source, target: Target, parts: Sequence[Part]) -> tuple[Sequence[Decimal], str]:
    asked = [
        figures.asking(target.metric, scope, years_ago(period, n), target.currency)
        for n in range(YEARS, 0, -1)
        for scope, period, _ in parts
    ]
    found = [figure or Decimal(0) for figure in await figures.figures(source, asked)]
    rows = [found[n : n + len(parts)] for n in range(0, len(found), len(parts))]
    origin = f"the same days of {asked[0].window.start} to {asked[-1].window.end}"
    if not any(sum(column) > 0 for column in zip(*rows, strict=True)):
        raise Refused(
            f"there is no history to follow: nothing came in {origin}; name the parts, and what each weighs"
        )
    return seasonal_weights(rows), origin
