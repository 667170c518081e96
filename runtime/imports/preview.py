"""Runtime room, file import: a store that decides like the ledger and records nothing, for dry runs.

The command handler cannot tell it from the ledger: what is decided is remembered here, so the rows after it meet what they would meet in
a real run, and every refusal is the one that a real run would give.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from domain.deal.deal import Deal
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.engine.command_handler import Decision, Receipt, Store
from domain.engine.errors import Conflict
from domain.engine.unit_of_work import Wanted

MOST_DEALS = 5_000
"""Where later rows refer to no earlier deals, those may be forgotten."""
ALL_DEALS = 1_000_000


class PreviewStore:
    def __init__(self, ledger: Store, most_deals: int = MOST_DEALS) -> None:
        self._ledger, self._most_deals = ledger, most_deals
        self._decided: dict[UUID, Aggregate] = {}
        self._deals: OrderedDict[UUID, Aggregate] = OrderedDict()

    def recall(self, id: UUID) -> Aggregate | None:
        return self._decided.get(id) or self._deals.get(id)

    async def load(
        self, wanted: Wanted, *, complete: bool = True, known: Iterable[Aggregate] = ()
    ) -> dict[UUID, Aggregate]:
        """Always complete: what is decided here is nowhere to be read again."""
        wanted = {aggregate.id: type(aggregate) for aggregate in known} | wanted
        held = {id: a for id in wanted if (a := self.recall(id)) is not None}
        missing = {id: kind for id, kind in wanted.items() if id not in held}
        return held | (await self._ledger.load(missing, complete=True) if missing else {})

    async def as_of(self, kind: type[Aggregate], id: UUID, version: int) -> Aggregate:
        return await self._ledger.as_of(kind, id, version)

    async def append(self, decision: Decision) -> Receipt:
        """Raises Conflict where the ledger would: two rows side by side make what both need once."""
        for stream_id, version in decision.expectations:
            held = self.recall(stream_id)
            if held is not None and held.version != version:
                raise Conflict("another row decided on the same in between")
        return Receipt(0, len(decision.facts), decision.version, decision.answer)

    async def receipt(self, key: str, command: Command, said: str) -> Receipt | None:
        return await self._ledger.receipt(key, command, said)

    async def head(self) -> int:
        return 0

    def remember(self, aggregates: Iterable[Aggregate]) -> None:
        for aggregate in aggregates:
            if isinstance(aggregate, Deal):
                self._deals[aggregate.id] = aggregate
            else:
                self._decided[aggregate.id] = aggregate
        while len(self._deals) > self._most_deals:
            self._deals.popitem(last=False)
