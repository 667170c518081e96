"""Projections room: folding the facts of deals into one row a deal."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, Generic
from uuid import UUID

from psycopg import AsyncConnection

from domain.cycle.in_force import InForce
from domain.cycle.policies import CyclePolicyPublished
from domain.deal.facts import AmountChanged, ClosingCorrected, DealOpened, DealWon
from domain.engine.values import Money
from projections.cycle import company
from projections.engine.fold import Folded, is_mark, on
from projections.engine.projection import Entry, topics_of
from projections.engine.rows import Rows
from projections.engine.tables import R, Table

DEAL_TOPICS = topics_of("deal.", "promise.")
EventsByDeal = Mapping[UUID, Sequence[Entry[Any]]]
"""What happened in a stretch of the ledger, by stream, oldest first."""


def _between_policies(entries: Sequence[Entry[Any]]) -> Iterator[Sequence[Entry[Any]]]:
    """The entries in order, in pieces: each publication of a policy by itself, and what lies between."""
    start = 0
    for n, entry in enumerate(entries):
        if isinstance(entry.fact, CyclePolicyPublished):
            if start < n:
                yield entries[start:n]
            yield entries[n : n + 1]
            start = n + 1
    if start < len(entries):
        yield entries[start:]


class ByDeal(Folded, Generic[R]):
    """A folded projection with one row a deal. Handlers get the deal's row and the entry.

    What happened to one deal in a stretch is folded together: one row is found and written once.
    """

    deal_table: ClassVar[Table[Any]]
    topics = frozenset({DealOpened.TOPIC})
    cuts_days: ClassVar[bool] = False
    """Handlers ask for the company's day; `company` is its policy as known when the facts at hand were recorded."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.cuts_days:
            cls.topics = cls.topics | {CyclePolicyPublished.TOPIC}

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.deals: Rows[R] = self.rows(self.deal_table)
        self.company = InForce()
        self._is_company_known = False

    def forget(self) -> None:
        super().forget()
        self._is_company_known = False

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries = await self.read(connection, after, upto)
        if not self.cuts_days:
            await self.fold(connection, entries)
            return
        if not self._is_company_known:
            self.company, self._is_company_known = await company.in_force(connection, after), True
        for stretch in _between_policies(entries):
            first = stretch[0]
            if isinstance(first.fact, CyclePolicyPublished):
                self.company = self.company.heard(first.stream_id, first.fact, first.occurred_at)
            else:
                await self.fold(connection, stretch)

    async def fold(self, connection: AsyncConnection[Any], entries: Sequence[Entry[Any]]) -> None:
        marks = {entry.stream_id: entry for entry in entries if is_mark(entry)}
        entries, undone = await self.settled(connection, entries)
        await self._take_back(connection, undone)
        events_by_deal: defaultdict[UUID, list[Entry[Any]]] = defaultdict(list)
        for entry in entries:
            events_by_deal[entry.stream_id].append(entry)
        for deal_id in undone.keys() - events_by_deal.keys():
            self.gone(deal_id, marks[deal_id])
        if events_by_deal or undone:
            self.deals.expect(
                (id,)
                for id, events in events_by_deal.items()
                if isinstance(events[0].fact, DealOpened) and id not in undone
            )
            await self.deals.load(connection, [(deal_id,) for deal_id in events_by_deal])
            await self.prepare(connection, events_by_deal)
            for deal_id, events in events_by_deal.items():
                self.fold_deal(deal_id, events)
            await self.save(connection)

    async def _take_back(
        self, connection: AsyncConnection[Any], undone: dict[UUID, list[Entry[Any]]]
    ) -> None:
        """Fold what stood of these deals backwards, by the company's days of when it was folded."""
        held = {deal_id: events for deal_id, events in undone.items() if events}
        if not held:
            return
        await self.deals.load(connection, [(deal_id,) for deal_id in held])
        for deal_id in held:
            self.deals.remove((deal_id,))
        await self.prepare(connection, held)
        now = self.company
        for deal_id, events in held.items():
            if self.cuts_days:
                self.company = await company.in_force(connection, events[-1].position)
            with self.taking_back():
                self.fold_deal(deal_id, events)
        self.company = now

    def gone(self, deal_id: UUID, mark: Entry[Any]) -> None:
        """The import that made the deal was undone."""

    def fold_deal(self, deal_id: UUID, entries: Sequence[Entry[Any]]) -> None:
        """Fold what happened to one deal in this stretch."""
        row = self.deals.find(deal_id)
        if row is None:
            if not isinstance(entries[0].fact, DealOpened):
                raise ValueError(f"{entries[0].fact.TOPIC} of a deal that was never opened")
            row = self.deals.add(self.opened(entries[0]))
        handlers = self.handlers
        for entry in entries:
            handler = handlers.get(type(entry.fact))
            if handler is not None:
                handler(self, row, entry)
        self.finished(row, entries[-1])

    @abstractmethod
    def opened(self, entry: Entry[DealOpened]) -> R:
        """A new deal's row."""

    async def prepare(self, connection: AsyncConnection[Any], events_by_deal: EventsByDeal) -> None:
        """Learn what the fold needs besides the deals' rows."""

    def finished(self, row: R, last: Entry[Any]) -> None:
        """After a deal's facts of one stretch."""


NO_CURRENCY = ""


def priced(money: Money | None) -> tuple[str, Decimal]:
    """As a row's `currency` and `amount`."""
    return (money.currency, money.amount) if money else (NO_CURRENCY, Decimal(0))


class Priced(ByDeal[R]):
    """A folded projection whose row has what the deal is worth, in `currency` and `amount`."""

    @on(ClosingCorrected)
    def _closing_corrected(self, row: Any, entry: Entry[ClosingCorrected]) -> None:
        row.currency, row.amount = priced(entry.fact.after.amount)

    @on(AmountChanged)
    def _amount_changed(self, row: Any, entry: Entry[AmountChanged]) -> None:
        row.currency, row.amount = priced(entry.fact.after)

    @on(DealWon)
    def _won(self, row: Any, entry: Entry[DealWon]) -> None:
        row.currency, row.amount = priced(entry.fact.amount)
