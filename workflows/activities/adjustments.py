"""Workflows room: what an adjustment's clock asks and says: baseline and control group, measurement, and who is to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from temporalio import activity

from domain.adjustment.adjustment import Adjustment
from domain.adjustment.commands import (
    AdjustmentCommand,
    EscalateAdjustment,
    FreezeBaseline,
    MeasureAdjustment,
    RemindAdjustment,
)
from domain.adjustment.experiment import Compared
from domain.cycle.policies import CyclePolicies, cycle_policy_stream
from domain.figures.queries import FigureAsked
from domain.figures.scope import Scope
from domain.time.periods import Window
from workflows.activities.desk import Cause, Desk
from workflows.activities.figures import Figures
from workflows.activities.marks import in_order
from workflows.loop_messages import Due, Kind, Mark, Outlook, Said

DAY = timedelta(days=1)


class AdjustmentActivities:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._figures = Figures(desk)

    @activity.defn
    async def look_at_adjustment(self, id: UUID) -> Outlook:
        position = await self._desk.ledger.last_position(id)
        adjustment = await self._desk.load(Adjustment, id)
        if not adjustment.runs:
            return Outlook(position, over=True)
        frozen_at = await self._baseline_over(adjustment)
        return Outlook(position, marks=in_order(marks_of_adjustment(adjustment, frozen_at)))

    @activity.defn
    async def speak_for_adjustment(self, due: Due) -> Said:
        command = await self._command(due)
        told = await self._desk.execute(command, due.mark.key, Cause(due.position, due.id, due.now))
        return Said(told.recorded, await self.look_at_adjustment(due.id))

    async def _command(self, due: Due) -> AdjustmentCommand:
        match due.mark.kind:
            case Kind.FREEZE:
                return await self._freeze(await self._desk.load(Adjustment, due.id))
            case Kind.MEASURE:
                return await self._measure(await self._desk.load(Adjustment, due.id))
            case Kind.REMIND:
                return RemindAdjustment(adjustment_id=due.id)
            case _:
                return EscalateAdjustment(adjustment_id=due.id)

    async def _baseline_over(self, adjustment: Adjustment) -> datetime:
        policies = await self._desk.load(CyclePolicies, cycle_policy_stream(adjustment.policy))
        return policies.at(adjustment.policy_version).instant(adjustment.baseline.end + DAY)

    async def _freeze(self, adjustment: Adjustment) -> FreezeBaseline:
        position, loop = await self._figures.position(), self._desk.loop
        peers = list(await loop.peers(adjustment.scope, position))
        before = await self._over(adjustment, [adjustment.scope, *peers], adjustment.baseline, position)
        return FreezeBaseline(
            adjustment_id=adjustment.id,
            position=position,
            before=before[0],
            candidates=tuple(Compared(s, n) for s, n in zip(peers, before[1:], strict=True)),
            busy=tuple(await loop.under_adjustment(position)),
        )

    async def _measure(self, adjustment: Adjustment) -> MeasureAdjustment:
        position = await self._figures.position()
        controls = adjustment.frozen.controls if adjustment.frozen else ()
        scopes = [adjustment.scope, *(c.scope for c in controls)]
        after = await self._over(adjustment, scopes, adjustment.horizon, position)
        measured = zip(controls, after[1:], strict=True)
        return MeasureAdjustment(
            adjustment_id=adjustment.id,
            position=position,
            after=after[0],
            controls=tuple(Compared(c.scope, c.before, figure) for c, figure in measured),
        )

    async def _over(
        self, adjustment: Adjustment, scopes: Sequence[Scope], window: Window, position: int
    ) -> list[Decimal | None]:
        asked = [FigureAsked(adjustment.metric, s, window, adjustment.currency) for s in scopes]
        return await self._desk.loop.figures(asked, position)


def marks_of_adjustment(adjustment: Adjustment, baseline_over: datetime) -> Iterator[Mark]:
    """The baseline is frozen as soon as its last day is over, which it usually is at the start."""
    measured = adjustment.measured
    if adjustment.frozen is None:
        yield _mark(adjustment, Kind.FREEZE, baseline_over)
    elif measured is None and adjustment.measure_at is not None:
        yield _mark(adjustment, Kind.MEASURE, adjustment.measure_at)
    elif measured is not None and not adjustment.escalated:
        owed = measured.awaited
        if not adjustment.reminded:
            yield _mark(adjustment, Kind.REMIND, owed.remind_at, owed.due_at)
        yield _mark(adjustment, Kind.ESCALATE, owed.escalate_at)


def _mark(adjustment: Adjustment, kind: Kind, at: datetime, until: datetime | None = None) -> Mark:
    return Mark(kind, at, f"{adjustment.id}:{kind}", until=until)
