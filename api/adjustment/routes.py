"""api: adjustments — a change of strategy with a hypothesis, started, handed over and decided."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response

from api.adjustment.acts import ACTS
from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read, may_write
from api.engine.fields import Day, Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.roles import LEADERS
from api.engine.routes import add_acts
from api.engine.scopes import MetricKey, OfScopes, listed, seen
from api.engine.values import VALUES
from api.engine.writing import Act
from domain.adjustment.adjustment import Outcome
from domain.time.periods import Window
from projections.adjustment import Adjustments, AdjustmentSeen
from projections.engine.paging import Page

router = auth.router("/adjustments", tags=["adjustments"])

Writer = Annotated[Act, Depends(may_write())]
Leader = Annotated[Act, Depends(may_write(*LEADERS))]
WAITS_FOR = ("adjustments",)


class AdjustmentFilters(OfScopes):
    """What to narrow the list down to."""

    MODEL = Adjustments
    metric: MetricKey | None = None
    owner_id: UUID | None = None
    cycle_id: UUID | None = None
    status: Literal["started", "running", "measured", "decided"] | None = None
    outcome: Outcome | None = None
    sort: Literal["next_at", "-next_at"] = "next_at"


class Days(Strict):
    """Both days included."""

    start: Day
    end: Day

    def value(self) -> Window:
        return Window(self.start, self.end)


VALUES[Window] = Days
add_acts(router, ACTS)


@router.get(
    "",
    operation_id="listAdjustments",
    summary="Adjustments, page by page",
    responses=shaped(Page[AdjustmentSeen]),
)
async def list_adjustments(
    look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))],
    asked: Annotated[AdjustmentFilters, Depends(query(AdjustmentFilters))],
) -> Response:
    """By when something is to happen. Those of your team; auditors and admins see all."""
    return await listed(look, asked)


@router.get(
    "/{adjustment_id}",
    operation_id="readAdjustment",
    summary="One adjustment: before, after, its control, and what it brought",
    responses=shaped(AdjustmentSeen, tagged=True),
)
async def read_adjustment(
    adjustment_id: UUID, look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR, tagged=True))]
) -> Response:
    found = seen(look, await Adjustments.get(look.services.pool, adjustment_id), "adjustment", adjustment_id)
    return look.json(found, found.version)
