"""Runtime room, file import: customers, products and reps made from no more than their names, where a mapping wants that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from uuid import UUID

from domain.catalogue import ListProduct, Profile, RegisterCustomer
from domain.door import Call, Command, Door, Receipt
from domain.errors import DomainError
from domain.people import FormTeam, HireRep
from runtime.imports.mapping import CUSTOMERS, PRODUCTS, REPS, Mapping
from runtime.imports.plan import TEAM
from runtime.imports.references import Name, References


async def make(
    door: Door,
    call: Callable[[Command], Call],
    mapping: Mapping,
    references: References,
    needed: Iterable[Name],
) -> tuple[int, dict[Name, DomainError]]:
    """Make those of `needed` that are pending. How many events that took, and who could not be made.

    Another batch may be making the same at this moment: whoever comes second records nothing.
    """
    names = {name: references.pending[name] for name in needed if name in references.pending}
    forming = [_team(mapping, references)] if any(kind == REPS for kind, _ in names) else []
    answers = await door.execute_many([call(command) for command in forming])
    making = [call(_making(name, id, mapping, references)) for name, id in names.items()]
    told = dict(zip(names, await door.execute_many(making), strict=True))
    for name, answer in told.items():
        if isinstance(answer, Receipt):
            references.pending.pop(name, None)
    events = sum(a.recorded for a in (*answers, *told.values()) if isinstance(a, Receipt))
    return events, {name: a for name, a in told.items() if isinstance(a, DomainError)}


def _team(mapping: Mapping, references: References) -> FormTeam:
    name = mapping.events.team
    return FormTeam(team_id=references.id_of(TEAM, name), name=name)


def _making(name: Name, id: UUID, mapping: Mapping, references: References) -> Command:
    kind, key = name
    if kind == CUSTOMERS:
        return RegisterCustomer(customer_id=id, profile=Profile(name=key))
    if kind == PRODUCTS:
        return ListProduct(product_id=id, name=key)
    return HireRep(rep_id=id, name=key, team_id=references.id_of(TEAM, mapping.events.team))
