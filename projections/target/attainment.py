"""Projections room: attainment — what came against the target in force on a day, and against where it should be by then.

No table of its own: figures are sums of contributions, targets are in the target tree; both as known at one position.
A day is judged by the cycle policy that was in force on it, as known at that position: by the company's, or by that of a
cycle where one is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import Any
from uuid import UUID

import msgspec

from domain.cycle.in_force import InForce
from domain.cycle.policies import CyclePolicies, cycle_policy_stream
from domain.cycle.policy import CyclePolicy
from domain.figures import metrics as m
from domain.figures.pace import MILLIONTH, Pace, PaceStatus, elapsed_share, judge
from domain.figures.queries import FigureAsked
from domain.figures.scope import Scope
from domain.figures.shares import PRECISION
from domain.target.target import target_id
from domain.time.periods import Period, Window
from projections.cycle import company
from projections.engine import streams
from projections.engine.paging import Page, Source
from projections.figures import figures
from projections.target.tree import Targeted, TargetTree

DAY = timedelta(days=1)
YEARS = 3
"""So many earlier years say what a usual year looks like."""


class Attainment(msgspec.Struct, kw_only=True):
    """One target on one day, true on `day`. `number` is the version in force then and `version_position` where it stands
    in the ledger; `attained` is the share of it that came, `elapsed` the share of the period that is over. `step` counts
    the thresholds that it is behind.
    """

    target_id: UUID
    metric: str
    scope: Scope
    period: Period
    currency: str
    owner_id: UUID
    day: date
    number: Decimal
    from_day: date
    version_position: int
    actual: Decimal | None
    attained: Decimal | None
    elapsed: Decimal
    expected: Decimal
    shortfall: Decimal
    status: PaceStatus
    step: int


async def get(
    source: Source,
    target_id: UUID,
    day: date,
    position: int | None = None,
    policies: InForce | None = None,
) -> Attainment | None:
    """None where there was no such target, or none in force that day."""
    return next(iter(await series(source, target_id, [day], position, policies)), None)


async def series(
    source: Source,
    target_id: UUID,
    days: Sequence[date],
    position: int | None = None,
    policies: InForce | None = None,
) -> list[Attainment]:
    """The same target on several days; those without a target in force are left out."""
    known = await TargetTree.at(source, [target_id], position)
    pairs = [(target, day) for target in known.values() for day in days]
    return await attained(source, pairs, position, policies)


async def listing(
    source: Source,
    day: date,
    position: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
    policies: InForce | None = None,
    **narrowed: Any,
) -> Page[Attainment]:
    """A page of targets as in the target tree's listing; those without a version in force that day are left out."""
    found = await TargetTree.listing(source, None, cursor, limit, **narrowed)
    targets = found.items
    if position is not None:
        known = await TargetTree.at(source, [target.target_id for target in targets], position)
        targets = [known[target.target_id] for target in targets if target.target_id in known]
    pairs = [(target, day) for target in targets]
    return Page(await attained(source, pairs, position, policies), found.next_cursor)


async def attained(
    source: Source,
    pairs: Sequence[tuple[Targeted, date]],
    position: int | None = None,
    policies: InForce | None = None,
) -> list[Attainment]:
    """Targets (as known at `position`) on days. The figures of all of them are asked for at once."""
    known = policies or await company.in_force(source, position)
    judged = [(target, day, known.on(day)) for target, day in pairs if target.in_force(day) is not None]
    actuals = await figures.figures(source, [_upto(target, day) for target, day, _ in judged], position)
    seasonal = {target.target_id: target for target, _, policy in judged if policy.pace == Pace.SEASONAL}
    usual = {id: await _usual(source, target, position) for id, target in seasonal.items()}
    return [
        _judged(target, day, actual, usual[target.target_id] if policy.pace == Pace.SEASONAL else (), policy)
        for (target, day, policy), actual in zip(judged, actuals, strict=True)
    ]


def _upto(target: Targeted, day: date) -> FigureAsked:
    window = Window(target.period.start, min(day, target.period.end))
    return figures.asking(target.metric, target.scope, window, target.currency)


async def _usual(source: Source, target: Targeted, position: int | None) -> tuple[Decimal, ...]:
    return await shape(source, target.metric, target.scope, target.period, position, target.currency)


def _judged(
    target: Targeted, day: date, actual: Decimal | None, usual: Sequence[Decimal], policy: CyclePolicy
) -> Attainment:
    of, version = m.metric(target.metric), target.in_force(day)
    assert version is not None
    share = elapsed_share(target.period, day, policy.calendar, usual)
    judgement = judge(of, version.number, actual, share, policy.threshold)
    return Attainment(
        target_id=target.target_id,
        metric=target.metric,
        scope=target.scope,
        period=target.period,
        currency=target.currency,
        owner_id=target.owner_id,
        day=day,
        number=version.number,
        from_day=version.from_day,
        version_position=version.position,
        actual=actual,
        attained=_share(actual, version.number),
        elapsed=share,
        expected=judgement.expected,
        shortfall=judgement.shortfall,
        status=judgement.status,
        step=judgement.step,
    )


def _share(actual: Decimal | None, number: Decimal) -> Decimal | None:
    if actual is None or not number:
        return None
    with localcontext(prec=PRECISION):
        return (actual / number).quantize(MILLIONTH, ROUND_HALF_EVEN)


# -- what a usual year looks like ----------------------------------------------------------------


async def shape(
    source: Source, metric: str, scope: Scope, period: Period, position: int | None = None, currency: str = ""
) -> tuple[Decimal, ...]:
    """What each of the period's children brought in the same days of the three years before, added up. Money without
    a currency is in that of the target for this metric, scope and period. Empty where there is no history, and for
    rates and means, which do not grow with time.
    """
    if m.metric(metric).unit == m.Unit.MONEY and not currency:
        currency = await _currency(source, metric, scope, period, position)
    return await _weights(source, metric, scope, period.children(), position, currency)


async def _weights(
    source: Source, metric: str, scope: Scope, parts: Sequence[Period], position: int | None, currency: str
) -> tuple[Decimal, ...]:
    of = m.metric(metric)
    if not of.adds_up or not parts or (of.unit == m.Unit.MONEY and not currency):
        return ()
    windows = [years_ago(part, n) for part in parts for n in range(1, YEARS + 1)]
    asked = [figures.asking(metric, scope, window, currency) for window in windows]
    found = [figure or m.ZERO for figure in await figures.figures(source, asked, position)]
    weights = [max(sum(found[n : n + YEARS], m.ZERO), m.ZERO) for n in range(0, len(found), YEARS)]
    return tuple(weights) if any(weights) else ()


async def _currency(source: Source, metric: str, scope: Scope, period: Period, position: int | None) -> str:
    id = target_id(metric, scope, period)
    known = await TargetTree.at(source, [id], position)
    return known[id].currency if id in known else ""


def years_ago(days: Period | Window, years: int) -> Window:
    """The same days of an earlier year; the last of February stays the last of February."""
    after = _back(days.end + DAY, years)
    return Window(_back(days.start, years), after - DAY)


def _back(day: date, years: int) -> date:
    leap_day = (day.month, day.day) == (2, 29)
    return (day.replace(day=28) if leap_day else day).replace(year=day.year - years)


async def policy_of(
    source: Source, name: str = "default", version: int | None = None, position: int | None = None
) -> CyclePolicy:
    """A cycle policy's version, or its newest one as known at a position. Raises NotFound."""
    held = await policies_of(source, name, position)
    return held.current if version is None else held.at(version)


async def policies_of(source: Source, name: str = "default", position: int | None = None) -> CyclePolicies:
    """All versions of a cycle policy, as known at a position."""
    id = cycle_policy_stream(name)
    held = CyclePolicies(id)
    for recorded in await streams.streams(source, [id], position):
        held.replay(recorded.fact, recorded.originator_version)
    return held
