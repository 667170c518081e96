"""api: adjustments — a change of strategy with a hypothesis, started, handed over and decided."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict

from api.engine import auth
from api.engine.answers import DONE, MADE, shaped
from api.engine.auth import LEADERS, may_read, may_write
from api.engine.bodies import Envelope
from api.engine.fields import Day, LongText, NeededText, RuleName, ShortText, Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.scopes import MetricKey, OfScopes, Said, ScopeBody, listed, seen, speaker
from api.engine.writing import Act
from domain.adjustment import commands as d
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


class StartAdjustment(Envelope):
    """What is left out is named in the refusal, all of it at once. It runs from `starts` (today) to `horizon`; the
    `baseline` lies before.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "hypothesis": "a demo in the first week wins one deal in ten more",
                    "scope": {"kind": "team", "id": "5f0c2a52-6c2e-4c0e-9b7f-2f2f0b8f5a10"},
                    "metric": "win-rate",
                    "baseline": {"start": "2026-07-01", "end": "2026-09-30"},
                    "horizon": "2027-03-31",
                    "owner_id": "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11",
                }
            ]
        }
    )

    hypothesis: LongText = ""
    scope: ScopeBody | None = None
    metric: MetricKey = ""
    currency: ShortText = ""
    baseline: Days | None = None
    horizon: Day | None = None
    owner_id: UUID | None = None
    starts: Day | None = None
    above_id: UUID | None = None
    policy: RuleName = "default"
    cycle_id: UUID | None = None
    adjustment_id: UUID | None = None


class Decision(Said):
    outcome: Outcome
    why: NeededText


class AdjustmentHandOver(Envelope):
    to: UUID


@router.post(
    "", operation_id="startAdjustment", summary="Start an adjustment", status_code=201, responses=MADE
)
async def start(body: StartAdjustment, act: Leader) -> Response:
    """A workflow freezes the baseline, picks a control group, measures at the horizon and asks what becomes of it."""
    adjustment_id = act.new_id("adjustment", body.adjustment_id)
    command = d.StartAdjustment(
        adjustment_id=adjustment_id,
        hypothesis=body.hypothesis,
        scope=body.scope.value() if body.scope else None,
        metric=body.metric,
        currency=body.currency,
        baseline=Window(body.baseline.start, body.baseline.end) if body.baseline else None,
        horizon=body.horizon,
        owner_id=body.owner_id,
        starts=body.starts,
        above_id=body.above_id,
        policy=body.policy,
        cycle_id=body.cycle_id,
    )
    return await act(command, body, status=201, location=f"/adjustments/{adjustment_id}")


@router.post(
    "/{adjustment_id}/decision",
    operation_id="decideAdjustment",
    summary="Keep, change or stop it",
    responses=DONE,
)
async def decide(adjustment_id: UUID, body: Decision, act: Writer) -> Response:
    """Stopping is possible at any time; the others when it is known what it brought."""
    command = d.DecideAdjustment(
        adjustment_id=adjustment_id,
        outcome=body.outcome,
        decided_by=await speaker(act, body),
        why=body.why,
    )
    return await act(command, body)


@router.post(
    "/{adjustment_id}/handover",
    operation_id="handOverAdjustment",
    summary="Name another owner",
    responses=DONE,
)
async def hand_over(adjustment_id: UUID, body: AdjustmentHandOver, act: Leader) -> Response:
    return await act(d.HandOverAdjustment(adjustment_id=adjustment_id, to=body.to), body)


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
