"""Projections room: what customers are known by, and the keys under which one is found that is likely another.

One row a customer, computed anew from its stream when that grows, and a row a key. Holds personal data: phone numbers of contacts, and
domains of their mail addresses, which are a person's own now and then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.customer.customer import Customer
from domain.engine.facts import PersonText
from domain.engine.recorded import Recorded
from domain.engine.undoing import standing
from projections.customer.matching.blocking import keys
from projections.customer.matching.names import CompanyName
from projections.customer.matching.scoring import Traits
from projections.customer.matching.traits import traits_of
from projections.engine import streams
from projections.engine.paging import fetch
from projections.engine.projection import Projection, topics_of
from projections.engine.rows import Rows
from projections.engine.tables import Table


class KnownBy(msgspec.Struct, gc=False):
    """`names` are lines, of all else what there are several of stands apart by blanks. `apart` are the customers that it was said not to be."""

    customer_id: UUID
    name: str
    names: str
    country: str
    numbers: str
    webs: str
    mails: PersonText
    phones: PersonText
    apart: str
    keys: PersonText

    @property
    def traits(self) -> Traits:
        names = tuple(map(CompanyName.unpacked, self.names.split("\n")))
        several = (self.numbers, self.webs, self.mails, self.phones)
        return Traits(names, self.country, *(frozenset(said.split()) for said in several))


class KeyRow(msgspec.Struct, gc=False):
    key: PersonText
    customer_id: UUID


KNOWN_BY = Table("customer_known_by", KnownBy, key=("customer_id",))
KEYS = Table("customer_keys", KeyRow, key=("key", "customer_id"))
GROWN = (
    "SELECT DISTINCT stream_id FROM ledger.events WHERE position > %s AND position <= %s AND topic = ANY(%s)"
)

UNTOLD = topics_of(
    "customer.note-", "customer.consent-", "customer.buying-role", "customer.parent-", "customer.fields-"
)
"""These say nothing that a customer is known by: its stream is not read again for them."""


class CustomerDuplicates(Projection):
    name = "customer_duplicates"
    tables = (KNOWN_BY, KEYS)
    kind = "customer"
    topics = topics_of("customer.")

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._known_by, self._keys = Rows(KNOWN_BY, suffix), Rows(KEYS, suffix)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        grown = await fetch(connection, GROWN, [after, upto, list(self.topics - UNTOLD)])
        ids = [id for (id,) in grown]
        if not ids:
            return
        await self._known_by.load(connection, [(id,) for id in ids])
        for customer in _customers(await streams.streams(connection, ids, upto)):
            self._take(customer)
        await self._keys.save(connection)
        await self._known_by.save(connection)

    def _take(self, customer: Customer) -> None:
        before = self._known_by.peek(customer.id)
        now = known_by(customer) if customer.exists else None
        had, has = ((set(one.keys.split()) if one else set[str]()) for one in (before, now))
        for key in had - has:
            self._keys.remove((key, customer.id))
        for key in has - had:
            self._keys.add(KeyRow(key, customer.id))
        if now is None:
            self._known_by.remove((customer.id,))
        elif now != before:
            self._known_by.add(now)

    def forget(self) -> None:
        self._known_by.forget()
        self._keys.forget()


def _customers(recorded: Collection[Recorded]) -> Iterator[Customer]:
    """As they stand, without what undone imports had brought."""
    by_id = defaultdict[UUID, list[Recorded]](list)
    for one in recorded:
        by_id[one.originator_id].append(one)
    for id, events in by_id.items():
        customer = Customer(id)
        for one in standing(events, attrgetter("fact"), attrgetter("originator_version")):
            customer.replay(one.fact, one.originator_version)
        yield customer


def known_by(customer: Customer) -> KnownBy:
    """The row of a customer."""
    traits = traits_of(customer)
    return KnownBy(
        customer_id=customer.id,
        name=customer.profile.name,
        names="\n".join(name.packed for name in traits.names),
        country=traits.country,
        numbers=_joined(traits.numbers),
        webs=_joined(traits.webs),
        mails=_joined(traits.mails),
        phones=_joined(traits.phones),
        apart=_joined(map(str, customer.apart)),
        keys=" ".join(keys(traits)),
    )


def _joined(several: Collection[str] | Iterator[str]) -> str:
    return " ".join(sorted(several))
