"""api: cycles — what people do in them, and the board: where each turn of the loop stands, and what it waits for, of whom, until when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from fastapi import Depends, Path, Response
from pydantic import Field

from api.cycle.acts import CYCLES
from api.engine import auth
from api.engine.allowed import add_allowed
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Day, Instant, RuleName, Strict, Truth
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.reads import add_reads
from api.engine.roles import Role
from api.engine.routes import add_acts
from api.engine.scopes import KnownAt, OfPeriods, seen
from api.engine.users import User
from api.engine.values import add_shape
from domain.cycle.cycle import Cycle
from domain.cycle.facts import StatedChange
from domain.cycle.policies import CyclePolicies, cycle_policy_stream
from domain.cycle.policy import CyclePolicy, Step
from domain.cycle.state import Phase
from domain.engine.errors import NotFound
from domain.time.known_days import said_of
from projections.cycle import kept_packs as packs
from projections.cycle import pack_view
from projections.cycle.board import CycleBoard
from projections.cycle.pack_view import PackSeen

EXAMPLES = {
    "about": "deal",
    "cadence": "weekly",
    "choice": "yes, from Monday on",
    "decide_by": "2026-11-26T09:00:00Z",
    "question": "Do we follow up within one day from now on?",
    "section": "promises",
    "text": "five visits a week brought more than ten calls",
}
TAGS = {"cycles": "One turn of target, execute, review and feedback for a scope and period"}
router = auth.router(tags=[*TAGS])

WAITS_FOR = ("cycle_board",)


add_shape(
    StatedChange,
    "Change",
    "Added to the next target of `metric`, in its unit; `as_share`: as a share of what it would be otherwise, 0.05 for a twentieth.",
)
add_acts(router, CYCLES)


def _may_appeal(cycle: Cycle, user: User, now: datetime) -> bool:
    """An administrator says for whom they speak."""
    return cycle.may_appeal(cycle.people.owner_id if user.role is Role.ADMIN else user.person_id, now)


add_allowed(router, CYCLES, Cycle, "/cycles", {"appealCycle": _may_appeal})


class CycleFilters(OfPeriods):
    """What to narrow the board down to. `on` is a day of the period; `behind` whether a target was at the last check-in, as a
    cycle's own `behind` has it. Today's pace is at `/attainment`.
    """

    MODEL = CycleBoard
    phase: Phase | None = None
    manager_id: UUID | None = None
    waits_for: Step | None = None
    waits_of: Annotated[UUID | None, Field(description="who owes what is most urgent")] = None
    on: Day | None = None
    due_before: Instant | None = None
    behind: Truth | None = None
    sort: Literal["waits_until", "-waits_until", "starts", "-starts"] = "waits_until"


class PackQuery(Strict):
    """Of a position before the pack's the pack itself is known."""

    known_at: KnownAt = None


class CyclePoliciesView(msgspec.Struct):
    """Oldest version first. `warnings` say how far the days off of the newest can be trusted."""

    versions: list[CyclePolicy]
    warnings: list[str] = []


add_reads(
    router,
    CycleFilters,
    "Cycle",
    path="/cycles",
    many="The board",
    more="What is due first comes first. Those of your team; auditors and admins see all.",
    one="One cycle, and what it waits for",
)


@router.get(
    "/cycles/{cycle_id}/pack",
    operation_id="readReviewPack",
    summary="The review's pack, and beside each number what is known now",
    responses=shaped(PackSeen),
)
async def read_pack(
    cycle_id: UUID,
    look: Annotated[Look, Depends(may_read(waits_for=packs.NEEDED))],
    asked: Annotated[PackQuery, Depends(query(PackQuery))],
) -> Response:
    """Frozen when the review opened: a year later, and under a later release, it is the same bytes. `recomputes` says whether today's
    code would still compute them. 404 until then.
    """
    cycle = seen(look, await CycleBoard.get(look.services.pool, cycle_id), "cycle", cycle_id)
    position = await look.known(packs.NEEDED, asked.known_at)
    return look.json(await pack_view.get(look.services.pool, cycle, position))


@router.get(
    "/cycle-policies/{name}",
    operation_id="readCyclePolicy",
    summary="A cycle policy, all its versions",
    responses=shaped(CyclePoliciesView),
)
async def read_policy(
    name: Annotated[RuleName, Path()], look: Annotated[Look, Depends(may_read())]
) -> Response:
    id = cycle_policy_stream(name)
    held = (await look.services.ledger.load({id: CyclePolicies}))[id]
    if not isinstance(held, CyclePolicies) or not held.versions:
        raise NotFound("no cycle policy has this name", kind="cycle policy", id=name)
    warnings = list(said_of(held.current.calendar, datetime.now(UTC)))
    return look.json(CyclePoliciesView(list(held.versions), warnings))
