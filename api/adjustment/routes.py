"""api: adjustments — a change of strategy with a hypothesis, started, handed over and decided."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from api.adjustment.acts import ACTS
from api.engine import auth
from api.engine.reads import add_reads
from api.engine.routes import add_acts
from api.engine.scopes import MetricKey, OfScopes
from api.engine.values import add_shape
from domain.adjustment.adjustment import Outcome
from domain.time.periods import Window
from projections.adjustment import Adjustments

EXAMPLES = {
    "hypothesis": "a demo in the first week wins one deal in ten more",
}
TAGS = {"adjustments": "Changes of strategy, each with a hypothesis and a horizon"}
router = auth.router("/adjustments", tags=[*TAGS])


class AdjustmentFilters(OfScopes):
    """What to narrow the list down to."""

    MODEL = Adjustments
    metric: MetricKey | None = None
    owner_id: UUID | None = None
    cycle_id: UUID | None = None
    status: Literal["started", "running", "measured", "decided"] | None = None
    outcome: Outcome | None = None
    sort: Literal["next_at", "-next_at"] = "next_at"


add_shape(Window, "Days", "Both days included.")
add_acts(router, ACTS)


add_reads(
    router,
    AdjustmentFilters,
    "Adjustment",
    path="/adjustments",
    many="Adjustments, page by page",
    more="By when something is to happen. Those of your team; auditors and admins see all.",
    one="One adjustment: before, after, its control, and what it brought",
)
