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
from projections.engine.paging import MOMENT, Page, SortKey, Source
from projections.engine.stream_view import Body, Story, Told, topics_of
from projections.engine.tables import Table

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


class AdjustmentRow(msgspec.Struct, gc=False):
    adjustment_id: UUID
    scope_key: str
    metric: str
    owner_id: UUID
    team_id: UUID | None
    cycle_id: UUID | None
    status: str
    outcome: str | None
    next_at: datetime | None
    body: Body


ADJUSTMENTS = Table(
    "adjustments",
    AdjustmentRow,
    key=("adjustment_id",),
    indexes={
        "next": "(next_at, adjustment_id)",
        "owner": "(owner_id, next_at, adjustment_id)",
        "scope": "(scope_key, metric)",
    },
)
SORTS = {"next_at": SortKey("next_at", MOMENT, id="adjustment_id")}


class Adjustments(Told[AdjustmentSeen]):
    name = "adjustments"
    tables = (ADJUSTMENTS,)
    table = ADJUSTMENTS
    topics = topics_of("adjustment.")
    told = AdjustmentSeen
    sorts = SORTS

    @classmethod
    def tell(cls, id: UUID, story: Story) -> AdjustmentSeen:
        held, started, decided_on = a.Adjustment(id), story[0].fact, None
        assert isinstance(started, a.AdjustmentStarted)
        for recorded in story:
            held.replay(recorded.fact, recorded.originator_version)
            if isinstance(recorded.fact, a.AdjustmentDecided):
                decided_on = recorded.occurred_at
        return _seen(held, started, decided_on, story[-1].position)


def _seen(
    held: a.Adjustment, started: a.AdjustmentStarted, decided_on: datetime | None, position: int
) -> AdjustmentSeen:
    frozen, measured, decided = held.frozen, held.measured, held.decided
    latest = measured or frozen
    return AdjustmentSeen(
        adjustment_id=held.id,
        hypothesis=started.hypothesis,
        scope=held.scope,
        metric=held.metric,
        currency=held.currency,
        baseline=held.baseline,
        horizon=held.horizon,
        owner_id=held.owner_id,
        above_id=held.above_id,
        team_id=held.team_id,
        cycle_id=started.cycle_id,
        measure_at=started.measure_at,
        status=DECIDED if decided else MEASURED if measured else RUNNING if frozen else STARTED,
        frozen_at=frozen.position if frozen else None,
        measured_at=measured.position if measured else None,
        method=frozen.method if frozen else "",
        adjusted=latest.adjusted if latest else None,
        controls=list(latest.controls) if latest else [],
        effect=measured.effect if measured else None,
        decide_by=measured.awaited.due_at if measured else None,
        reminded=held.reminded,
        escalated=held.escalated,
        outcome=str(decided.outcome) if decided else None,
        decided_by=decided.decided_by if decided else None,
        decided_on=decided_on,
        why=decided.why if decided else "",
        position=position,
        version=held.version,
    )


# -- queries --------------------------------------------------------------------------------------


class AdjustmentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None: not narrowed down by this."""

    scope_key: str | None = None
    metric: str | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    cycle_id: UUID | None = None
    status: str | None = None
    outcome: str | None = None


EVERYTHING = AdjustmentFilter()


get = Adjustments.get


async def listing(
    source: Source,
    narrowed: AdjustmentFilter = EVERYTHING,
    sort: str = "next_at",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[AdjustmentSeen]:
    """A page of adjustments, by when something is to happen; decided ones come last. Raises Invalid for an unknown
    sort, a foreign cursor, or a limit outside 1 to 500.
    """
    return await Adjustments.page(source, Adjustments.narrowed(narrowed), sort, cursor, limit)
