"""api: the lifecycle of customers — who is in which stage, who went where, cohorts and churn, as of any day and as known then."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Response
from pydantic import Field

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.customer_reach import must_see_customer
from api.engine.fields import Day, Filed, Instant, Paging, RuleName, Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.roles import OVERSEERS
from api.engine.scopes import KnownAt
from domain.lifecycle.policy import LifecyclePolicy, LifecycleStage
from domain.lifecycle.tables import MONTHS, Churn, Cohort, Transition
from projections.customer import NEEDED
from projections.engine.paging import Page, in_order
from projections.lifecycle import agenda, tables
from projections.lifecycle.agenda import DueRevisit, RevisitHealth
from projections.lifecycle.asking import WAITS_FOR, Asked, asked, policy_at
from projections.lifecycle.tables import CustomerLife, CustomerStanding, StageValue

router = auth.router(tags=["lifecycle"])
Reader = Annotated[Look, Depends(may_read(waits_for=(*WAITS_FOR, "directory")))]
CustomerReader = Annotated[Look, Depends(may_read(waits_for=(*WAITS_FOR, *NEEDED)))]


class WhenAsked(Strict):
    """As of a day of the company's, and as known then or at another time."""

    on: Annotated[Day | None, Field(description="as of the end of this day; left out, today")] = None
    known_at: KnownAt = None
    policy: Annotated[RuleName, Field(description="the lifecycle policy to judge by")] = "default"


class LifecycleQuery(WhenAsked, Filed):
    team_id: Annotated[
        UUID | None, Field(description="what was bought from this team alone; prospects are no team's")
    ] = None


class TransitionQuery(LifecycleQuery):
    since: Annotated[Day | None, Field(description="from the end of this day; left out, a year before")] = (
        None
    )


class MonthsQuery(LifecycleQuery):
    months: Annotated[int, Field(ge=1, le=60, description="how many")] = MONTHS


class CustomersQuery(LifecycleQuery, Paging):
    stage: Annotated[
        LifecycleStage | None, Field(description="left out: everybody who has bought anything")
    ] = None


class DueQuery(Paging):
    owner_id: UUID | None = None
    team_id: UUID | None = None
    customer_id: UUID | None = None
    due_before: Instant | None = None


class StagesView(msgspec.Struct):
    """`policy` is the version in force on the day."""

    on: date
    policy: LifecyclePolicy
    stages: list[StageValue]


class TransitionsView(msgspec.Struct):
    since: date
    on: date
    transitions: list[Transition]


class CohortsView(msgspec.Struct):
    on: date
    cohorts: list[Cohort]


class ChurnView(msgspec.Struct):
    on: date
    policy: LifecyclePolicy
    months: list[Churn]


async def _asked(look: Look, given: LifecycleQuery) -> Asked:
    position = await look.known(WAITS_FOR, given.known_at)
    return await asked(look.services.pool, given.on, position, look.team(given.team_id))


@router.get(
    "/lifecycle",
    operation_id="readLifecycle",
    summary="How many customers are in each stage, and what they are worth",
    responses=shaped(StagesView, filed=True),
)
async def read_lifecycle(
    look: Reader, given: Annotated[LifecycleQuery, Depends(query(LifecycleQuery))]
) -> Response:
    """Of the company, or of what was bought from your team; as of a day, by the policy in force on it."""
    at = await _asked(look, given)
    policy = await policy_at(look.services.pool, given.policy, at)
    return look.json(StagesView(at.on, policy, await tables.stages(look.services.pool, at, policy)))


@router.get(
    "/lifecycle/customers",
    operation_id="listLifecycleCustomers",
    summary="Customers with the stage that each is in",
    responses=shaped(Page[CustomerStanding]),
)
async def list_customers(
    look: Reader, given: Annotated[CustomersQuery, Depends(query(CustomersQuery))]
) -> Response:
    """Who has bought nothing is listed where `stage` asks for prospects."""
    at = await _asked(look, given)
    policy = await policy_at(look.services.pool, given.policy, at)
    found = await tables.customers(look.services.pool, at, policy, given.stage, given.cursor, given.limit)
    return look.json(found)


@router.get(
    "/lifecycle/transitions",
    operation_id="readLifecycleTransitions",
    summary="From which stage to which customers went between two days",
    responses=shaped(TransitionsView, filed=True),
)
async def read_transitions(
    look: Reader, given: Annotated[TransitionQuery, Depends(query(TransitionQuery))]
) -> Response:
    """Each day by the policy that was in force on it. Who was not registered yet on the first day counts as a prospect then."""
    at, pool = await _asked(look, given), look.services.pool
    since = given.since or _a_year_before(at.on)
    in_order(since, at.on, "on", "since")
    before = await asked(pool, since, at.known, at.team)
    policies = await policy_at(pool, given.policy, before), await policy_at(pool, given.policy, at)
    return look.json(TransitionsView(since, at.on, await tables.transitions(pool, at, since, policies)))


def _a_year_before(day: date) -> date:
    """The same day, but for 29 February."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


@router.get(
    "/lifecycle/cohorts",
    operation_id="readCohorts",
    summary="Customers by the month of their first purchase, and how many bought again",
    responses=shaped(CohortsView, filed=True),
)
async def read_cohorts(look: Reader, given: Annotated[MonthsQuery, Depends(query(MonthsQuery))]) -> Response:
    """`bought`: in the n-th month after it; `again`: by its end, once at least. No policy enters."""
    at = await _asked(look, given)
    return look.json(CohortsView(at.on, await tables.cohorts(look.services.pool, at, given.months)))


@router.get(
    "/lifecycle/churn",
    operation_id="readChurn",
    summary="Month by month, how many active customers became dormant",
    responses=shaped(ChurnView, filed=True),
)
async def read_churn(look: Reader, given: Annotated[MonthsQuery, Depends(query(MonthsQuery))]) -> Response:
    """Up to the month of the day, all by the policy in force on that."""
    at = await _asked(look, given)
    policy = await policy_at(look.services.pool, given.policy, at)
    found = await tables.churn(look.services.pool, at, policy, given.months)
    return look.json(ChurnView(at.on, policy, found))


@router.get(
    "/lifecycle/customers/{customer_id}",
    operation_id="readCustomerLife",
    summary="The stages of one customer, and the purchases behind them",
    responses=shaped(CustomerLife),
)
async def read_life(
    customer_id: UUID, look: CustomerReader, given: Annotated[WhenAsked, Depends(query(WhenAsked))]
) -> Response:
    """Of what was bought from your team, where you see one team only."""
    position, pool = await look.known(WAITS_FOR, given.known_at), look.services.pool
    survivor = await must_see_customer(look, customer_id, position)
    at = await asked(pool, given.on, position, look.team_id)
    return look.json(await tables.life(pool, survivor, at, await policy_at(pool, given.policy, at)))


@router.get(
    "/lifecycle/revisits",
    operation_id="listDueRevisits",
    summary="Revisits that are due, with what is offered to each customer",
    responses=shaped(Page[DueRevisit]),
)
async def list_due(
    look: Annotated[Look, Depends(may_read(waits_for=("revisits", "offers", "segment_stays", "directory")))],
    given: Annotated[DueQuery, Depends(query(DueQuery))],
) -> Response:
    """Live ones, what is due first comes first. Those of your team, and your own; auditors and admins see all."""
    own = given.owner_id is not None and given.owner_id == look.user.person_id
    team_id = given.team_id if own else look.team(given.team_id)
    found = await agenda.due(
        look.source, given.owner_id, team_id, given.customer_id, given.due_before, given.cursor, given.limit
    )
    return look.json(found)


@router.get(
    "/lifecycle/health",
    operation_id="readRevisitHealth",
    summary="Customers whom the policy asks to see again, and who have no revisit",
    responses=shaped(RevisitHealth),
)
async def read_health(
    look: Annotated[Look, Depends(may_read(*OVERSEERS, waits_for=("revisits", "deal_board", *WAITS_FOR)))],
) -> Response:
    """By the policy that is in force. Who fell silent within the last quarter of an hour may be one."""
    return look.json(await agenda.health(look.services.pool))
