"""api: cycle policies — when a cycle's steps are due; data with versions, published whole."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Response
from pydantic import ConfigDict, Field

from api.engine import auth
from api.engine.answers import MADE
from api.engine.auth import may_write
from api.engine.bodies import Envelope
from api.engine.calendars import Calendar, Span
from api.engine.fields import PLAINLY, RuleName
from api.engine.roles import ADMIN
from api.engine.writing import Writer
from api.policy.routes import COMMON, read_part
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import Cadence, CyclePolicy
from domain.figures.pace import Pace

router = auth.router("/cycle-policies", tags=["cycles"])

Admin = Annotated[Writer, Depends(may_write(*ADMIN))]


class NewCyclePolicy(Envelope):
    """`…_before` count back from the period's first instant, `review_after` from its end, each `…_within` from the step
    before. What is left out is as in the policy that is built in.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "default",
                    "calendar": {"timezone": "Asia/Shanghai", "country": "CN", "years": [2026, 2027]},
                    "cadence": "weekly",
                    "pace": "linear",
                    "threshold": "0.10",
                    "agree_before": "2bd",
                }
            ]
        }
    )

    name: RuleName
    calendar: Calendar | None = None
    fiscal_start: Annotated[int | None, Field(ge=1, le=12, strict=True)] = None
    cadence: Cadence | None = None
    weekday: Annotated[int | None, Field(ge=1, le=7, strict=True)] = None
    pace: Pace | None = None
    threshold: Annotated[Decimal, Field(gt=0, le=1, max_digits=5, decimal_places=4), PLAINLY] | None = None
    opens_before: Span | None = None
    propose_before: Span | None = None
    agree_before: Span | None = None
    agree_within: Span | None = None
    review_after: Span | None = None
    self_assess_within: Span | None = None
    assess_within: Span | None = None
    feedback_within: Span | None = None
    acknowledge_within: Span | None = None
    appeal_within: Span | None = None
    next_within: Span | None = None
    remind_before: Span | None = None
    escalate_after: Span | None = None

    def value(self) -> CyclePolicy:
        """Blocking, like the calendar. Raises Invalid."""
        given = {name: getattr(self, name) for name in type(self).model_fields if name not in COMMON}
        return CyclePolicy(
            **{name: read_part(value, name) for name, value in given.items() if value is not None}
        )


@router.post(
    "",
    operation_id="publishCyclePolicy",
    summary="Publish a cycle policy's next version",
    status_code=201,
    responses=MADE,
)
async def publish(body: NewCyclePolicy, writer: Admin) -> Response:
    """For cycles opened from now; those that run keep theirs. The same again publishes nothing."""
    policy = await asyncio.to_thread(body.value)  # the holiday library computes for a while
    return await writer(
        PublishCyclePolicy(policy=policy), body, status=201, location=f"/cycle-policies/{policy.name}"
    )
