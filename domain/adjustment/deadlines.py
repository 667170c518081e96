"""Domain room: the times of an adjustment: its baseline is frozen, it is measured at the horizon, and its owner is asked until it is decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from domain.adjustment.adjustment import Adjustment, AdjustmentDecided
from domain.adjustment.commands import (
    AdjustmentCommand,
    EscalateAdjustment,
    FreezeBaseline,
    MeasureAdjustment,
    RemindAdjustment,
)
from domain.adjustment.experiment import Compared
from domain.cycle.policies import CyclePolicies, cycle_policy_stream
from domain.engine.aggregate import Aggregate
from domain.engine.deadlines import DeadlineRules, Near
from domain.figures.queries import FigureAsked
from domain.figures.reads import Reads
from domain.figures.scope import Scope
from domain.time.commitment import DueStep, Kind
from domain.time.periods import Window

DAY = timedelta(days=1)
FREEZE, MEASURE = "freeze", "measure"


def near(adjustment: Adjustment) -> Mapping[UUID, type[Aggregate]]:
    return {cycle_policy_stream(adjustment.policy): CyclePolicies}


def steps(adjustment: Adjustment, near: Near) -> Iterator[DueStep]:
    """The baseline is frozen as soon as its last day is over, which it usually is at the start."""
    policies: CyclePolicies = near[cycle_policy_stream(adjustment.policy)]
    if adjustment.frozen is None:
        over = policies.at(adjustment.policy_version).instant(adjustment.baseline.end + DAY)
        yield DueStep(FREEZE, over, f"{adjustment.id}:{FREEZE}")
    elif adjustment.measured is None and adjustment.measure_at is not None:
        yield DueStep(MEASURE, adjustment.measure_at, f"{adjustment.id}:{MEASURE}")
    elif adjustment.commitment is not None and not adjustment.commitment.escalated:
        yield from adjustment.commitment.due_steps(adjustment.id, Kind.REMIND, Kind.ESCALATE)


def command(adjustment_id: UUID, due: DueStep) -> AdjustmentCommand:
    if due.kind == Kind.REMIND:
        return RemindAdjustment(adjustment_id=adjustment_id)
    return EscalateAdjustment(adjustment_id=adjustment_id)


async def freeze(adjustment: Adjustment, _due: DueStep, _now: datetime, reads: Reads) -> FreezeBaseline:
    position = await reads.position()
    peers = list(await reads.figures.peers(adjustment.scope, position))
    before = await _over(adjustment, [adjustment.scope, *peers], adjustment.baseline, position, reads)
    return FreezeBaseline(
        adjustment_id=adjustment.id,
        position=position,
        before=before[0],
        candidates=tuple(Compared(s, n) for s, n in zip(peers, before[1:], strict=True)),
        busy=tuple(await reads.figures.under_adjustment(position)),
    )


async def measure(adjustment: Adjustment, _due: DueStep, _now: datetime, reads: Reads) -> MeasureAdjustment:
    position = await reads.position()
    controls = adjustment.frozen.controls if adjustment.frozen else ()
    scopes = [adjustment.scope, *(c.scope for c in controls)]
    after = await _over(adjustment, scopes, adjustment.horizon, position, reads)
    measured = zip(controls, after[1:], strict=True)
    return MeasureAdjustment(
        adjustment_id=adjustment.id,
        position=position,
        after=after[0],
        controls=tuple(Compared(c.scope, c.before, figure) for c, figure in measured),
    )


async def _over(
    adjustment: Adjustment, scopes: Sequence[Scope], window: Window, position: int, reads: Reads
) -> list[Decimal | None]:
    asked = [FigureAsked(adjustment.metric, s, window, adjustment.currency) for s in scopes]
    return await reads.figures.figures(asked, position)


RULES = DeadlineRules(
    "adjustment",
    Adjustment,
    goes_on=lambda adjustment: adjustment.runs,
    near=near,
    steps=steps,
    command=command,
    computed={FREEZE: freeze, MEASURE: measure},
    ends=(AdjustmentDecided,),
)
DEADLINES = (RULES,)
