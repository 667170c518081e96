"""Projections room: the contributions — every figure is a sum of these rows (docs/adr/0008-metrics.md).

One table of contributions, the purchases of customers, and seven small ones that are the meter's memory. A contribution is never changed or
deleted: what was wrong is taken back by rows with negative weight. So what was known at a position are the rows up to
that position, for ever. Figures are asked for in `figures.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.customer.facts import (
    CustomerMerged,
    CustomerProfileChanged,
    CustomerRegistered,
    CustomerUnmerged,
)
from domain.cycle.in_force import InForce
from domain.deal import facts as f
from domain.engine.recorded import Recorded
from domain.figures.meter import Meter, MeterState, measured
from domain.figures.meter import tallies as t
from domain.figures.meter.fold import TAKE_BACK
from domain.figures.metrics import Contribution
from domain.people.people import RepHired, RepMoved
from domain.policy.process import ProcessPublished
from projections.customer import purchases
from projections.cycle import company
from projections.cycle.sections import Section
from projections.engine import streams
from projections.engine.fold import Folded
from projections.engine.tables import Table
from projections.figures.memory import Memory, memory
from projections.figures.undone import undone
from runtime.codec import decode_row


class Counted(msgspec.Struct, gc=False):
    """`n` counts the contributions of one fact; `day` is the day it counts for; `subject_id` the stream it stands in."""

    position: int
    n: int
    metric: str
    day: date
    value: Decimal
    weight: int
    currency: str
    rep_id: UUID
    team_id: UUID
    customer_id: UUID | None
    product_id: UUID | None
    segment: str
    subject_id: UUID


class ContributionRow(Counted, gc=False):
    recorded_at: datetime


CONTRIBUTIONS = Table(
    "contributions",
    ContributionRow,
    key=("position", "n"),
    indexes={
        "day": "(metric, day)",
        "team": "(team_id, metric, day)",
        "rep": "(rep_id, metric, day)",
    },
)


TALLIES = memory("meter_deal", "deal_id", UUID, "tally")
DONE = memory("meter_activity", "activity", str, "done")
"""By "deal id:activity id"."""
WINS = memory("meter_wins", "customer_id", UUID, "wins")
"""The won deals of a customer's record, the earliest first."""
KIN = memory("meter_kin", "customer_id", UUID, "kin")
"""Which records were merged into which."""
SEGMENTS = memory("meter_segment", "customer_id", UUID, "segment")
STANDINGS = memory("meter_standing", "stream_id", UUID, "standing")
"""For whom something counted that may be taken back, by its stream."""
MEMBERS = memory("meter_member", "rep_id", UUID, "team")
"""The team that a rep is in."""


class Contributions(Folded):
    name = "contributions"
    awaited = True
    tables = (CONTRIBUTIONS, purchases.PURCHASES, TALLIES, DONE, WINS, KIN, SEGMENTS, STANDINGS, MEMBERS)
    topics = frozenset(fact.TOPIC for fact in measured())
    revision = 5

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._made = self.rows(CONTRIBUTIONS)
        self._purchases = self.rows(purchases.PURCHASES)
        self._deals: Memory[t.DealTally] = Memory(self.rows(TALLIES), t.DealTally)
        self._done: Memory[t.Done] = Memory(self.rows(DONE), t.Done)
        self._wins: Memory[tuple[t.Win, ...]] = Memory(self.rows(WINS), tuple[t.Win, ...])
        self._kin: Memory[t.Kin] = Memory(self.rows(KIN), t.Kin)
        self._segments: Memory[str] = Memory(self.rows(SEGMENTS), str)
        self._standings: Memory[t.Standing] = Memory(self.rows(STANDINGS), t.Standing)
        self._teams: Memory[UUID] = Memory(self.rows(MEMBERS), UUID)
        self._stages: dict[str, tuple[str, ...]] | None = None
        self._company: InForce | None = None

    def forget(self) -> None:
        super().forget()
        self._stages = self._company = None

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        if self.at_hand is None:
            entries = await streams.stretch(connection, after, upto, self.topics)
        else:
            entries = [decode_row(row) for row in self.at_hand if row[3] in self.topics]
        if not entries:
            return
        for stretch in _between_undos(entries):
            await self._read(connection, stretch, after)

    async def _read(self, connection: AsyncConnection[Any], entries: Sequence[Recorded], after: int) -> None:
        state = await self._recall(connection, entries, after)
        meter = Meter(state)
        for entry in entries:
            for row in _rows(meter.read(entry)):
                self._made.add(row)
            if meter.sale is not None:
                purchases.change(self._purchases, entry.position, meter.sale)
        self._company = state.company
        await self._keep(connection, state)
        await self._made.save(connection)
        await self._purchases.save(connection)

    async def _undone(
        self, connection: AsyncConnection[Any], entries: Sequence[Recorded], stages: Mapping[str, Any]
    ) -> dict[UUID, t.Undone]:
        marks = [entry for entry in entries if isinstance(entry.fact, f.DealImportUndone)]
        if marks:
            await self._made.write(connection)
        return await undone(connection, CONTRIBUTIONS.at(self.suffix), marks, stages)

    async def _recall(
        self, connection: AsyncConnection[Any], entries: Sequence[Recorded], after: int
    ) -> MeterState:
        deals = await self._deals.recall(connection, _deals(entries))
        stages = await self._learn_stages(connection, after)
        await self._purchases.load(connection, purchases.standing(deals))
        undone = await self._undone(connection, entries, stages)
        tallies = [*deals.values(), *(one.tally for one in undone.values())]
        customers = list(_customers(entries, tallies))
        kin = await self._kin.recall(connection, customers, lambda one: one.all)
        records = dict.fromkeys([*customers, *kin, *(id for one in kin.values() for id in one.all)])
        return MeterState(
            deals=deals,
            activities=await self._done.recall(connection, _corrected(entries)),
            wins=await self._wins.recall(connection, records),
            kin=kin,
            segments=await self._segments.recall(connection, customers),
            standings=await self._standings.recall(connection, _counted_before(entries)),
            teams=await self._teams.recall(connection, _reps(entries, deals.values())),
            stages=stages,
            undone=undone,
            company=self._company or await company.in_force(connection, after),
        )

    async def _keep(self, connection: AsyncConnection[Any], state: MeterState) -> None:
        await self._deals.keep(connection, state.deals)
        await self._done.keep(connection, state.activities)
        await self._wins.keep(connection, state.wins)
        await self._kin.keep(connection, state.kin)
        await self._segments.keep(connection, state.segments)
        await self._standings.keep(connection, state.standings)
        await self._teams.keep(connection, state.teams)

    async def _learn_stages(self, connection: AsyncConnection[Any], after: int) -> dict[str, tuple[str, ...]]:
        """Published processes never change: those before this stretch are read once, later ones come in stretches."""
        if self._stages is None:
            meter = Meter()
            for entry in await streams.stretch(connection, 0, after, [ProcessPublished.TOPIC]):
                meter.read(entry)
            self._stages = dict(meter.state.stages)
        return self._stages


def _rows(contributions: Iterable[Contribution]) -> Iterator[ContributionRow]:
    for n, c in enumerate(contributions):
        yield ContributionRow(
            c.position, n, c.metric, c.on, c.value, int(c.weight), c.currency, c.rep_id, c.team_id, c.customer_id,
            c.product_id, c.segment, c.subject_id, c.recorded_at,
        )  # fmt: skip


def _between_undos(entries: Sequence[Recorded]) -> Iterator[Sequence[Recorded]]:
    """In order, in pieces: where an import of a deal is undone, what was counted of that deal is written before."""
    start, seen = 0, set[UUID]()
    for n, entry in enumerate(entries):
        if isinstance(entry.fact, f.DealImportUndone) and entry.originator_id in seen:
            yield entries[start:n]
            start, seen = n, set()
        seen.add(entry.originator_id)
    yield entries[start:]


# -- what a stretch will look at -----------------------------------------------------------------


def _deals(entries: Iterable[Recorded]) -> Iterator[UUID]:
    return (e.originator_id for e in entries if e.fact.TOPIC.startswith(("deal.", "promise.")))


def _corrected(entries: Iterable[Recorded]) -> Iterator[str]:
    for e in entries:
        if isinstance(e.fact, f.ActivityCorrected):
            yield f"{e.originator_id}:{e.fact.activity_id}"


def _counted_before(entries: Iterable[Recorded]) -> Iterator[UUID]:
    return (e.originator_id for e in entries if type(e.fact) in TAKE_BACK)


def _customers(entries: Iterable[Recorded], deals: Collection[t.DealTally]) -> Iterator[UUID]:
    """Of the deals, before and after; and who is registered."""
    of_deals = [deal.customer_id for deal in deals]
    of_deals += [deal.closed.who.customer_id for deal in deals if deal.closed is not None]
    yield from (customer for customer in of_deals if customer is not None)
    for e in entries:
        if isinstance(e.fact, CustomerRegistered | CustomerProfileChanged | CustomerUnmerged):
            yield e.originator_id
        elif isinstance(e.fact, CustomerMerged):
            yield from (e.originator_id, e.fact.into)
        elif (customer := getattr(e.fact, "customer_id", None)) is not None:
            yield customer
        elif isinstance(e.fact, f.CustomerCorrected) and e.fact.after is not None:
            yield e.fact.after


def _reps(entries: Iterable[Recorded], deals: Collection[t.DealTally]) -> Iterator[UUID]:
    """Who may have acted on a deal of somebody else's."""
    yield from (deal.promised_by for deal in deals if deal.promised_by is not None)
    for e in entries:
        yield from _named(e)


def _named(entry: Recorded) -> Iterator[UUID]:
    match entry.fact:
        case RepHired() | RepMoved():
            yield entry.originator_id
        case f.ActivityLogged(activity=activity) | f.ActivityCorrected(after=activity):
            if activity.rep_id is not None:
                yield activity.rep_id
        case f.PromiseMade(owner_id=owner):
            yield owner
        case f.PromiseHandedOver(after=after):
            yield after


SECTIONS = (
    Section("since_last_review", 60, ("metric", "currency"), ("facts", "value", "weight")),
    Section("entered_late", 70, ("position",), ("day", "value", "entered_on")),
)
