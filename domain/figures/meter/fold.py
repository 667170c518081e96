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
    """A customer's won deals, the earliest first."""
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
        customers = dict.fromkeys(win.who.customer_id for win in (gone, come) if win is not None)
        for customer in filter(None, customers):
            before = self.state.wins.get(customer, ())
            wins = [win for win in before if win != gone]
            if come is not None and come.who.customer_id == customer:
                insort(wins, come)
            after = self.state.wins[customer] = tuple(wins)
            touched = [win for win in (gone, come, *before[:1], *after[:1]) if win is not None]
            yield from t.difference(t.parts_of_wins(before, touched), t.parts_of_wins(after, touched))


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
