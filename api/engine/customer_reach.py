"""api: which customers a user may see and change. Deals and leads say whose a customer is; the command handler holds commands to it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from api.engine.errors import Problem
from api.engine.reading import Look, reached
from api.engine.services import Services
from domain.customer.customer import Customer
from domain.engine.command import Command
from domain.engine.context import Reach
from domain.engine.errors import NotFound
from projections.customer import NEEDED, Held, held, merged, unseen

SOON = 0.5
"""Seconds that a command about what seems to be nobody's waits for who has it."""


async def reaching_customers(services: Services, command: Command, reach: Reach) -> Reach:
    """The reach with those of the command's customers that are within it, and whom they stand for. Who lacks one is looked at again once the read
    models know everything: a deal may just have been opened. So is what seems to be nobody's, as far as that is known soon. Raises Problem
    while they do not know it for who lacks one.
    """
    changed, named = await _changed(services, command), _named(command)
    ids = changed | named
    if not ids:
        return reach
    known = await held(services.pool, ids)
    found = _with(reach, known)
    lacking = not (changed <= found.own_customers and named <= found.customers)
    if not lacking and not any(known[id].by_nobody for id in ids):
        return found
    head = await services.ledger.head()
    if lacking:
        await reached(services, NEEDED, head)
    with suppress(Problem):
        await reached(services, NEEDED, head, SOON)
    return _with(reach, await held(services.pool, ids))


async def _changed(services: Services, command: Command) -> frozenset[UUID]:
    """The customer that the command changes; a new one is nobody's yet."""
    chief = command.stream()
    if chief is None or chief[0] is not Customer:
        return frozenset()
    known = (await services.ledger.load({chief[1]: Customer}))[chief[1]]
    return frozenset({chief[1]} if known.exists else ())


def _named(command: Command) -> frozenset[UUID]:
    return frozenset(one.id for one in command.named() if one.refers.kind == Customer.KIND)


def _with(reach: Reach, known: Mapping[UUID, Held]) -> Reach:
    """A rep changes the customers of their own deals and leads, a manager those of the team; nobody's are seen by all."""
    seen = {id for id, whose in known.items() if whose.by_nobody or reach.team_id in whose.teams}
    own = {id for id in seen if not known[id].by_nobody and _theirs(known[id], reach)}
    return replace(reach, customers=frozenset(seen), own_customers=frozenset(own))


def _theirs(whose: Held, reach: Reach) -> bool:
    return reach.rep_id is None or reach.rep_id in whose.owners


async def must_see_customer(look: Look, customer_id: UUID, position: int | None = None) -> UUID:
    """The customer that the id stands for, now or as known at a position. Raises NotFound as `seen_records` does."""
    return (await seen_records(look, customer_id, position))[0]


async def seen_records(look: Look, customer_id: UUID, position: int | None = None) -> list[UUID]:
    """The records of the customer that the id stands for, its own first; with a position those that it was made of then, as far as they are
    seen today. Raises NotFound for a customer of other teams only, be it whom the id stands for today or whom it stood for then: a record that
    was taken out of another team's customer does not open that.
    """
    pool, known = look.services.pool, merged.LAST if position is None else position
    ids = await merged.records(pool, customer_id, known)
    hidden = await unseen(pool, {customer_id, *ids}, look.team_id)
    if customer_id in hidden or ids[0] in hidden:
        raise NotFound(f"no customer has the id {customer_id}", kind="customer", id=str(customer_id))
    return [id for id in ids if id not in hidden]
