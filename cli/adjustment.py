"""cli: adjustments — a change of strategy with a hypothesis, as it stands. What can be done is in `api/adjustment/acts.py`."""

from __future__ import annotations

from api.engine.acts import WHICH
from cli.engine.derive import group
from cli.engine.shown import Shown, add_list, add_show

app = group(
    "adjustment",
    "Adjustments of the strategy: list, show, start, decide, hand over.",
    acts="api.adjustment.acts",
)
MODEL = "projections.adjustment:Adjustments"
add_list(
    app,
    Shown(
        path="/adjustments",
        model=MODEL,
        view="cli.views.reviews:show_adjustments",
        options="scope metric owner team cycle status=started|running|measured|decided "
        "outcome=keep|change|stop sort=next_at",
        help="By when something is to happen; decided ones come last.",
        example="salesloop adjustment list --status measured",
        names=lambda one: (one.scope.id,),
        clock="machine",
    ),
)
add_show(
    app,
    Shown(
        path="/adjustments",
        model=MODEL,
        view="cli.views.reviews:show_adjustment",
        help="One adjustment: before, after, its control, and what it brought.",
        example=f"salesloop adjustment show {WHICH}",
        names=lambda one: (
            one.scope.id,
            one.owner_id,
            one.decided_by,
            *(other.scope.id for other in one.controls),
        ),
        clock="machine",
    ),
    "adjustment",
)
