"""api: customers that are likely one — found where one is entered, and among all that there are.

Who may not see a customer learns no more of it than which teams have it: neither its id nor its name. That they were told is logged.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
import psycopg
from fastapi import Depends, Response
from psycopg_pool import PoolTimeout
from pydantic import Field

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.customer_reach import must_see_customer
from api.engine.errors import Problem
from api.engine.fields import WHOLE, Paging
from api.engine.querying import query
from api.engine.reading import Look, reached
from api.engine.received import header
from api.engine.services import Services
from api.engine.users import User
from api.engine.writing import CHANNEL, Writer
from domain.customer.customer import Customer
from domain.customer.duplicate_policy import DEFAULT, DuplicatePolicies, DuplicatePolicy
from domain.customer.likely import Evidence, Likely, Looked
from domain.engine.context import Channel
from domain.engine.errors import NotFound
from domain.lead.facts import LeadDetails
from projections.customer import NEEDED, held
from projections.customer.likely import Found, likely
from projections.customer.matching.scoring import Traits
from projections.customer.matching.traits import traits_of, traits_of_lead, traits_of_profile
from projections.customer.pairs import DuplicatePair, pairs
from projections.engine.paging import Page
from projections.people import directory

router = auth.router(tags=["customers"])
log = logging.getLogger(__name__)

MODEL = "customer_duplicates"
PATIENCE = 0.5
"""Seconds that an entry waits for what was entered just before; what comes later is found among the pairs."""
LONGEST = 2.0
"""Seconds after which an entry waits for no look any more."""
ASKS = "Salesloop-Asks"
"""A header: whoever sends this is a person in front of a screen, who can be asked."""
PEOPLE = (Channel.WEB, Channel.CLI, Channel.MCP)
Reader = Annotated[Look, Depends(may_read(waits_for=(MODEL, "directory", *NEEDED)))]


class LikelyCustomer(msgspec.Struct):
    """`customer_id` is None of one that you may not see, and its name is empty. `score` is in per cent, `teams` are
    those who have deals or leads with it.
    """

    customer_id: UUID | None
    name: str
    score: int
    evidence: list[Evidence]
    teams: list[str]


class LikelyCustomers(msgspec.Struct):
    likely: list[LikelyCustomer]


class DuplicatePoliciesView(msgspec.Struct):
    """Oldest version first."""

    versions: list[DuplicatePolicy]


class PairFilters(Paging):
    """What to narrow the list down to."""

    least: Annotated[
        int | None, Field(ge=0, le=100, description="in per cent; left out, what the policy tells of"), WHOLE
    ] = None


# -- where one is entered --------------------------------------------------------------------------


async def of_new_customer(writer: Writer, _body: Any, given: dict[str, Any]) -> None:
    """Whom the customer that is registered is likely to be already, and whether a person is asked."""
    given["likely"], given["looked"] = await likely_for(
        writer.services, writer.user, traits_of_profile(given["profile"]), given["customer_id"]
    )
    channel = writer.request.scope.get(CHANNEL, Channel.API)
    given["asks"] = channel in PEOPLE or header(writer.request, ASKS) is not None


async def of_new_lead(writer: Writer, _body: Any, given: dict[str, Any]) -> None:
    """Whose lead it likely is, of those that are customers already; nothing where it says so itself."""
    if given["customer_id"] is None:
        said = LeadDetails(**{name: given[name] for name in ("name", "mail", "phone", "company")})
        given["likely"], given["looked"] = await likely_for(
            writer.services, writer.user, traits_of_lead(said)
        )


async def likely_for(
    services: Services, user: User, asked: Traits, besides: UUID | None = None
) -> tuple[tuple[Likely, ...], Looked]:
    """As far as this user may know of them, and among whom it was looked. Nothing is entered later because of it: a look that fails, or takes
    too long, finds nobody.
    """
    looked = Looked.ALL
    try:
        async with asyncio.timeout(LONGEST):
            try:
                await reached(services, (MODEL,), await services.ledger.head(), PATIENCE)
            except Problem:
                looked = Looked.MOST
            found = await likely(services.pool, asked, besides)
            return await _as_seen(services, user, found), looked
    except (TimeoutError, psycopg.Error, PoolTimeout) as wrong:
        log.warning("customers were not looked through", extra={"error_type": type(wrong).__name__})
        return (), Looked.NONE


async def _as_seen(services: Services, user: User, found: Sequence[Found]) -> tuple[Likely, ...]:
    if not found:
        return ()
    whose = await held(services.pool, [one.customer_id for one in found])
    names = await directory.names(services.pool, {team for one in whose.values() for team in one.teams})
    seen = {
        id for id, of in whose.items() if user.sees_team is None or of.by_nobody or user.sees_team in of.teams
    }
    if hidden := len(whose) - len(seen):
        log.info("told of customers beyond reach", extra={"user_id": user.user_id, "customers": hidden})
    return tuple(
        Likely(
            customer_id=one.customer_id,
            score=one.score,
            evidence=one.evidence,
            name=one.name if one.customer_id in seen else "",
            teams=tuple(sorted(names.get(team, str(team)) for team in whose[one.customer_id].teams)[:20]),
            seen=one.customer_id in seen,
        )
        for one in found
    )


# -- among all -------------------------------------------------------------------------------------


@router.get(
    "/customers/duplicates",
    operation_id="listDuplicates",
    summary="Pairs of customers that are likely one",
    responses=shaped(Page[DuplicatePair]),
)
async def list_pairs(look: Reader, asked: Annotated[PairFilters, Depends(query(PairFilters))]) -> Response:
    """The surest kinds of evidence first. Those of whom you may see both, and that nobody told apart."""
    least = asked.least if asked.least is not None else (await _policies(look.services)).current.tell_from
    found = await pairs(look.source, least, asked.cursor, asked.limit, seen_by=look.team_id)
    return look.json(found)


@router.get(
    "/customers/{customer_id}/duplicates",
    operation_id="listDuplicatesOfCustomer",
    summary="Whom a customer is likely to be as well",
    responses=shaped(LikelyCustomers),
)
async def list_of_customer(customer_id: UUID, look: Reader) -> Response:
    """The likeliest first, ten at most; without those that it was told apart from."""
    customer_id = await must_see_customer(look, customer_id)
    customer = (await look.services.ledger.load({customer_id: Customer}))[customer_id]
    if not isinstance(customer, Customer) or not customer.exists:
        raise NotFound(f"no customer has the id {customer_id}", kind="customer", id=str(customer_id))
    least = (await _policies(look.services)).current.tell_from
    found = await likely(look.services.pool, traits_of(customer), customer_id)
    wanted = [one for one in found if one.score >= least]
    told = [one.told() for one in await _as_seen(look.services, look.user, wanted)]
    return look.json({"likely": told})


@router.get(
    "/duplicate-policy",
    operation_id="readDuplicatePolicy",
    summary="From which score a likely duplicate is told of, asked about, refused",
    responses=shaped(DuplicatePoliciesView),
)
async def read_policy(look: Annotated[Look, Depends(may_read())]) -> Response:
    return look.json(DuplicatePoliciesView(list((await _policies(look.services)).versions)))


async def _policies(services: Services) -> DuplicatePolicies:
    id = DuplicatePolicies.stream_of(DEFAULT)
    found = (await services.ledger.load({id: DuplicatePolicies}))[id]
    assert isinstance(found, DuplicatePolicies)
    return found
