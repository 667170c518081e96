"""Projections room: which contacts a customer has more, or fewer, since records were merged or taken apart.

A contact stands under its customer's id and its own. What a merge brings along stands under the survivor's as well; the record that went
keeps its own, which nobody sees while it stands for another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from domain.customer.customer import Customer
from domain.customer.facts import Contact, CustomerAbsorbed, CustomerReleased
from domain.engine.undoing import standing
from projections.engine import streams
from projections.engine.paging import Source
from projections.engine.projection import Entry
from projections.engine.rows import Rows
from projections.engine.tables import Key

R = TypeVar("R", bound=Any)
KeyOf = Callable[[UUID, UUID], Key]
"""Of a row, by the ids of the contact's customer and its own."""
OF_MERGES = (CustomerAbsorbed, CustomerReleased)


def keys(entries: Iterable[Entry[Any]], key_of: KeyOf) -> Iterator[Key]:
    """Of the rows that a merge may change."""
    for entry in entries:
        fact, customer_id = entry.fact, entry.stream_id
        if isinstance(fact, CustomerAbsorbed):
            yield from (key_of(customer_id, one.contact_id) for one in fact.contacts)
        elif isinstance(fact, CustomerReleased):
            yield from (key_of(customer_id, one.contact_id) for one in fact.changed)
            yield from (key_of(customer_id, id) for id in fact.lost)


def move(
    rows: Rows[R],
    entry: Entry[Any],
    key_of: KeyOf,
    make: Callable[..., R],
    fill: Callable[[R, Contact], None],
) -> None:
    """Change the rows, which are loaded, as the merge or unmerge says; a contact that the survivor has itself stays its own."""
    fact, customer_id = entry.fact, entry.stream_id
    absorbed = isinstance(fact, CustomerAbsorbed)
    for one in fact.contacts if absorbed else fact.changed:
        key = key_of(customer_id, one.contact_id)
        if rows.peek(*key) is None:
            rows.add(make(*key))
        elif absorbed:
            continue
        row = rows.find(*key)
        assert row is not None
        fill(row, one.contact)
        row.position = entry.position
    for id in () if absorbed else fact.lost:
        rows.remove(key_of(customer_id, id))


async def roles(source: Source, entry: Entry[Any], upto: int) -> dict[UUID, str]:
    """By contact of the customer what part they have in deciding, in all deals, after the merge or unmerge; as known at `upto`.

    What an unmerge leaves of it no fact says: it is worked out from the customer's stream.
    """
    customer = Customer(entry.stream_id)
    events = await streams.streams(source, [entry.stream_id], upto)
    for one in standing(events, attrgetter("fact"), attrgetter("originator_version")):
        if one.position <= entry.position:
            customer.replay(one.fact, one.originator_version)
    return {id: customer.roles.get((id, None), "") for id in customer.contacts}
