"""Projections room: whom the customers that come in a file are likely to be: those that are here, and those that came in the same file before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from domain.customer.commands import RegisterCustomer
from domain.customer.customer import Customer
from domain.customer.facts import CustomerRegistered
from domain.customer.likely import MOST_LIKELY, Likely
from projections.customer.duplicates import KnownBy, known_by
from projections.customer.likely import MOST_OF_A_KEY, Found, compared, likely_each
from projections.engine.paging import Source


class EnteringCustomers:
    """For one import, whose rows come in batches. A rehearsal records nothing, so its own rows are remembered here."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._rows: dict[UUID, KnownBy] = {}
        self._by_key = defaultdict[str, list[UUID]](list)

    async def __call__(self, commands: Sequence[RegisterCustomer]) -> list[tuple[Likely, ...]]:
        """For each command, the likeliest first."""
        rows = [_row(command) for command in commands]
        here = await likely_each(self._source, [(row.traits, row.customer_id) for row in rows])
        return [self._with_the_files_own(row, found) for row, found in zip(rows, here, strict=True)]

    def _with_the_files_own(self, row: KnownBy, here: list[Found]) -> tuple[Likely, ...]:
        keys = row.keys.split()
        before = {id: self._rows[id] for key in keys for id in self._by_key[key][:MOST_OF_A_KEY]}
        own = compared(row.traits, row.customer_id, before.values())
        self._remember(row, keys)
        return tuple(map(_told, _best([*here, *own])))[:MOST_LIKELY]

    def _remember(self, row: KnownBy, keys: Sequence[str]) -> None:
        if row.customer_id not in self._rows:
            for key in keys:
                self._by_key[key].append(row.customer_id)
        self._rows[row.customer_id] = row


def _row(command: RegisterCustomer) -> KnownBy:
    customer = Customer(command.customer_id)
    customer.replay(CustomerRegistered(profile=command.profile), 1)
    return known_by(customer)


def _best(found: Sequence[Found]) -> Iterator[Found]:
    """Each once, the likeliest first."""
    seen = set[UUID]()
    for one in sorted(found, key=lambda one: (-one.score, one.customer_id)):
        if one.customer_id not in seen:
            seen.add(one.customer_id)
            yield one


def _told(found: Found) -> Likely:
    """Whoever imports sees all customers."""
    return Likely(customer_id=found.customer_id, score=found.score, evidence=found.evidence, name=found.name)
