"""api: targets as they stand — listed, one with its versions, and with all that it was divided into."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Day, Strict, Whole
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.scopes import MetricKey, OfPeriods, listed, seen
from projections.engine.paging import Page
from projections.target import tree as target_tree
from projections.target.tree import Branch, Targeted, TargetTree

router = auth.router("/targets", tags=["targets"])

WAITS_FOR = ("target_tree",)
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]


class OfTargets(OfPeriods):
    """Which targets."""

    MODEL = TargetTree
    metric: MetricKey | None = None
    parent_id: UUID | None = None


class TargetFilters(OfTargets):
    """What to narrow the list down to. `on` is a day of the period."""

    status: Literal["proposed", "agreed", "unagreed", "withdrawn"] | None = None
    on: Day | None = None
    sort: Literal["starts", "-starts", "metric", "-metric"] = "starts"


class Depth(Strict):
    depth: Annotated[Whole, Field(ge=0, le=9, description="generations below it")] = 9


@router.get("", operation_id="listTargets", summary="Targets, page by page", responses=shaped(Page[Targeted]))
async def list_targets(
    look: Reader, asked: Annotated[TargetFilters, Depends(query(TargetFilters))]
) -> Response:
    """Those of your team; auditors and admins see all."""
    return await listed(look, asked)


@router.get(
    "/{target_id}",
    operation_id="readTarget",
    summary="One target, every version of it",
    responses=shaped(Targeted, tagged=True),
)
async def read_target(
    target_id: UUID, look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR, tagged=True))]
) -> Response:
    found = seen(look, await TargetTree.get(look.services.pool, target_id), "target", target_id)
    return look.json(found, found.version)


@router.get(
    "/{target_id}/tree",
    operation_id="readTargetTree",
    summary="A target and what it was divided into",
    responses=shaped(Branch),
)
async def read_tree(
    target_id: UUID, look: Reader, asked: Annotated[Depth, Depends(query(Depth))]
) -> Response:
    tree = await target_tree.tree(look.services.pool, target_id, asked.depth)
    seen(look, tree.target if tree else None, "target", target_id)
    return look.json(tree)
