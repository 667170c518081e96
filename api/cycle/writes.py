"""api: everything people do in a cycle, one POST per act. What timers say has no route."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StrictBool

from api.cycle.acts import CYCLES
from api.engine import auth
from api.engine.fields import PLAINLY, Strict
from api.engine.routes import add_acts
from api.engine.scopes import MetricKey
from api.engine.values import VALUES
from domain.cycle.facts import StatedChange
from domain.engine.values import MAX_AMOUNT

router = auth.router("/cycles", tags=["cycles"])


class Change(Strict):
    """Added to the next target of `metric`, in its unit; `as_share`: as a share of what it would be otherwise, 0.05 for a twentieth."""

    metric: MetricKey
    number: Annotated[
        Decimal,
        Field(gt=-MAX_AMOUNT, lt=MAX_AMOUNT, decimal_places=4, max_digits=19, examples=["0.05"]),
        PLAINLY,
    ]
    as_share: StrictBool = False

    def value(self) -> StatedChange:
        return StatedChange(metric=self.metric, number=self.number, as_share=self.as_share)


VALUES[StatedChange] = Change
add_acts(router, CYCLES)
