"""Projections room: adjustments — each change of strategy, what it was compared with, and what it turned out to bring."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.adjustment import adjustment as a
from domain.adjustment.experiment import Compared
from domain.engine.facts import FreeText
from domain.figures.scope import Scope
from domain.time.periods import Window
from projections.cycle.sections import Section
from projections.engine.stream_view import Events, StreamView

STARTED, RUNNING, MEASURED, DECIDED = "started", "running", "measured", "decided"


class AdjustmentSeen(msgspec.Struct, kw_only=True):
    """`status`: started, running (its baseline is frozen), measured, decided. `adjusted` and `controls` have the figures
    before and, once measured, after; `effect` is what it brought beyond what its control did.
    """

    adjustment_id: UUID
    hypothesis: FreeText
    scope: Scope
    metric: str
    currency: str
    baseline: Window
    horizon: Window
    owner_id: UUID
    above_id: UUID | None
    team_id: UUID | None
    cycle_id: UUID | None
    measure_at: datetime
    status: str
    frozen_at: int | None
    measured_at: int | None
    method: str
    adjusted: Compared | None
    controls: list[Compared]
    effect: Decimal | None
    decide_by: datetime | None
    reminded: bool
    escalated: bool
    outcome: str | None
    decided_by: UUID | None
    decided_on: datetime | None
    why: FreeText
    position: int
    version: int

    @property
    def scope_key(self) -> str:
        return self.scope.key

    @property
    def next_at(self) -> datetime | None:
        """When something is to happen: it is measured, or to be decided."""
        if self.status == DECIDED:
            return None
        return self.decide_by or self.measure_at


class Adjustments(StreamView[a.Adjustment, AdjustmentSeen]):
    name = "adjustments"
    columns = (
        "adjustment_id",
        "scope_key",
        "metric",
        "owner_id",
        "team_id",
        "cycle_id",
        "status",
        "outcome",
        "next_at",
    )
    indexes = {
        "next": "(next_at, adjustment_id)",
        "owner": "(owner_id, next_at, adjustment_id)",
        "scope": "(scope_key, metric)",
    }
    order = ("next_at",)
    open_where = "status <> 'decided'"
    owed_by = "owner_id = %(person)s"
    awaited = True

    @classmethod
    def show(cls, aggregate: a.Adjustment, events: Events) -> AdjustmentSeen:
        started, frozen, measured = aggregate.started, aggregate.frozen, aggregate.measured
        decided, owed, latest = aggregate.decided, aggregate.commitment, measured or frozen
        assert started is not None
        decided_on = [r.occurred_at for r in events if isinstance(r.fact, a.AdjustmentDecided)]
        return cls.filled(
            aggregate,
            events,
            hypothesis=started.hypothesis,
            cycle_id=started.cycle_id,
            measure_at=started.measure_at,
            status=DECIDED if decided else MEASURED if measured else RUNNING if frozen else STARTED,
            frozen_at=frozen.position if frozen else None,
            measured_at=measured.position if measured else None,
            method=frozen.method if frozen else "",
            adjusted=latest.adjusted if latest else None,
            controls=list(latest.controls) if latest else [],
            effect=measured.effect if measured else None,
            decide_by=owed.deadlines.due_at if owed else None,
            reminded=owed is not None and owed.reminded,
            escalated=owed is not None and owed.escalated,
            outcome=str(decided.outcome) if decided else None,
            decided_by=decided.decided_by if decided else None,
            decided_on=decided_on[-1] if decided_on else None,
            why=decided.why if decided else "",
        )


SECTIONS = (Section("adjustments", 110, ("id",), ("status", "effect", "outcome")),)
