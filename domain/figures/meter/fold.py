"""Domain room: the meter's fold and its memory. What each fact means is in `readings.py`."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from domain.cycle.in_force import InForce
from domain.engine.facts import Fact
from domain.engine.recorded import Recorded
from domain.figures import metrics as m
from domain.figures.meter import tallies as t
from domain.policy.process import DEFAULT_PROCESS, Process

Signed = tuple[t.Part, int]
"""What is given (+1) or taken back (-1)."""
Yields = Iterable[Signed]
F = TypeVar("F", bound=Fact)
Reader = Callable[["Meter", Recorded, Any], Yields]

READERS: dict[type[Fact], Reader] = {}
TAKE_BACK: set[type[Fact]] = set()


@dataclass(slots=True)
class MeterState:
    """Everything the fold remembers. A read model may keep these as tables and hand in mappings over them: a fact
    looks at its own deal, the wins of that deal's customers, and at people and processes.
    """

    deals: MutableMapping[UUID, t.DealTally] = field(default_factory=dict)
    activities: MutableMapping[str, t.Done] = field(default_factory=dict)
    """By "deal id:activity id"."""
    wins: MutableMapping[UUID, tuple[t.Win, ...]] = field(default_factory=dict)
    """The won deals of a customer's record, the earliest first."""
    kin: MutableMapping[UUID, t.Kin] = field(default_factory=dict)
    """Records that were merged, or that others were merged into."""
    segments: MutableMapping[UUID, str] = field(default_factory=dict)
    """The sector that a customer is in."""
    teams: MutableMapping[UUID, UUID] = field(default_factory=dict)
    """The team that a rep is in."""
    stages: MutableMapping[str, tuple[str, ...]] = field(default_factory=dict)
    """A process's stages in order, by "name:version"."""
    standings: MutableMapping[UUID, t.Standing] = field(default_factory=dict)
    """For whom a stream's fact counted that may be taken back: whatever has changed since, it is taken back of them."""
    undone: MutableMapping[UUID, t.Undone] = field(default_factory=dict)
    """By deal, what is to be taken back of it where an import of it is undone: given by whoever reads such a fact."""
    company: InForce = field(default_factory=InForce)
    """Where a day begins and ends."""


class Meter:
    """Reads facts in the ledger's order."""

    def __init__(self, state: MeterState | None = None) -> None:
        self.state = MeterState() if state is None else state
        self.state.stages.setdefault(version_of(DEFAULT_PROCESS), stages_of(DEFAULT_PROCESS))
        self.sale: t.Sale | None = None
        """What the last fact changed of what a customer has bought."""
        self._position = 0

    def read(self, recorded: Recorded) -> tuple[m.Contribution, ...]:
        """What this fact contributes, in a fixed order; the state moves on."""
        self.sale, self._position = None, recorded.position
        reader = READERS.get(type(recorded.fact))
        if reader is None:
            return ()
        return tuple(_at(recorded, part, sign) for part, sign in reader(self, recorded, recorded.fact))

    def day(self, instant: datetime) -> date:
        """The company's, as far as it is known by now."""
        return self.state.company.day(instant)

    def standing(self, tally: t.DealTally, rep_id: UUID) -> t.Standing:
        """The deal's owner works for the deal's team, whoever else touches it for their own."""
        own = rep_id == tally.owner_id
        team_id = tally.team_id if own else self.state.teams.get(rep_id, tally.team_id)
        return t.Standing(
            rep_id, team_id, tally.customer_id, tally.product_id, self.segment(tally.customer_id)
        )

    def standing_of(self, fact: Any) -> t.Standing:
        """Of a fact that says itself for whom it counts. Who is in no team counts for the company, and for themselves."""
        customer_id = getattr(fact, "customer_id", None)
        product_id = getattr(fact, "product_id", None)
        team_id = fact.team_id or fact.owner_id
        return t.Standing(fact.owner_id, team_id, customer_id, product_id, self.segment(customer_id))

    def counted(
        self, recorded: Recorded, who: t.Standing, at: datetime, values: Mapping[str, int], sign: int = 1
    ) -> Iterator[Signed]:
        """What a fact contributes, by metric, on the day of that time."""
        for metric, value in values.items():
            yield t.Part(metric, self.day(at), Decimal(value), who, recorded.originator_id), sign

    def segment(self, customer_id: UUID | None) -> str:
        return self.state.segments.get(customer_id, "") if customer_id is not None else ""

    def close(self, deal_id: UUID, closed: t.Closed | None, **changes: Any) -> Iterator[Signed]:
        """The deal stands closed so (None: open), whatever it was before."""
        tally = self.state.deals[deal_id]
        before = tally.closed
        closed = self._dated(deal_id, before, closed)
        self.state.deals[deal_id] = replace(tally, closed=closed, **changes)
        yield from t.difference(t.parts_of_closing(deal_id, before), t.parts_of_closing(deal_id, closed))
        yield from self._won(t.win_of(deal_id, before), t.win_of(deal_id, closed))

    def _dated(self, deal_id: UUID, before: t.Closed | None, closed: t.Closed | None) -> t.Closed | None:
        """Since when the customer has bought just this; where that is now, there is a sale to tell of."""
        held, now = t.bought(before), t.bought(closed)
        since = before.since if before is not None else 0
        if held != now:
            self.sale = t.Sale(deal_id, held, since, now)
            since = self._position
        return replace(closed, since=since) if closed is not None else None

    def _won(self, gone: t.Win | None, come: t.Win | None) -> Iterator[Signed]:
        """Customers' wins change: which is the earliest of each is found again."""
        if gone == come:
            return
        records = dict.fromkeys(win.who.customer_id for win in (gone, come) if win is not None)
        changed = [id for id in records if id is not None]
        before = self._customers(changed)
        for id in changed:
            wins = [win for win in self.state.wins.get(id, ()) if win != gone]
            if come is not None and come.who.customer_id == id:
                insort(wins, come)
            self.state.wins[id] = tuple(wins)
        yield from t.difference_of_wins(before, self._customers(changed), (gone, come))

    def stand(self, id: UUID, into: UUID | None) -> Iterator[Signed]:
        """The record stands for another from now on, or (None) for itself: two customers are one, or one is two."""
        kin = self.state.kin
        held = kin.get(id, t.ALONE)
        records = [one for one in (id, held.into, into) if one is not None]
        before = self._customers(records)
        kin[id] = replace(held, into=into)
        if held.into is not None:
            left = kin.get(held.into, t.ALONE)
            kin[held.into] = replace(left, parts=tuple(part for part in left.parts if part != id))
        if into is not None:
            taken = kin.get(into, t.ALONE)
            kin[into] = replace(taken, parts=(*taken.parts, id))
        yield from t.difference_of_wins(before, self._customers(records))

    def _customers(self, records: Iterable[UUID]) -> list[tuple[t.Win, ...]]:
        """The wins of the customers that these records stand for, each customer's once, the earliest first."""
        survivors = dict.fromkeys(map(self._survivor, records))
        return [tuple(sorted(self._wins_with(survivor))) for survivor in survivors]

    def _survivor(self, id: UUID) -> UUID:
        while (into := self.state.kin.get(id, t.ALONE).into) is not None:
            id = into
        return id

    def _wins_with(self, id: UUID) -> Iterator[t.Win]:
        """Of a record, and of those that were merged into it."""
        yield from self.state.wins.get(id, ())
        for part in self.state.kin.get(id, t.ALONE).parts:
            yield from self._wins_with(part)


def _at(recorded: Recorded, part: t.Part, sign: int) -> m.Contribution:
    who = part.who
    return m.Contribution(
        metric=part.metric,
        on=part.on,
        value=part.value if sign > 0 else m.ZERO - part.value,
        weight=Decimal(sign),
        currency=part.currency,
        rep_id=who.rep_id,
        team_id=who.team_id,
        customer_id=who.customer_id,
        product_id=who.product_id,
        segment=who.segment,
        subject_id=part.subject_id,
        position=recorded.position,
        recorded_at=recorded.recorded_at,
    )


def version_of(process: Process) -> str:
    return f"{process.name}:{process.version}"


def stages_of(process: Process) -> tuple[str, ...]:
    return tuple(stage.name for stage in process.stages)


def reads(
    fact: type[F], *, takes_back: bool = False
) -> Callable[[Callable[[Meter, Recorded, F], Yields]], None]:
    """`takes_back`: what the same stream counted before, of whom it counted (`MeterState.standings`)."""

    def register(reader: Callable[[Meter, Recorded, F], Yields]) -> None:
        READERS[fact] = reader
        if takes_back:
            TAKE_BACK.add(fact)

    return register
