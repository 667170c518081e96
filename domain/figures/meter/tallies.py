"""Domain room: what the meter remembers, as small frozen values that any codec can store.

A `Part` is a contribution without its place in the ledger. What a closing contributes is a function of the closing
as it stands, so a correction is the difference between two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.engine.values import ActivityKind, Money
from domain.figures import metrics as m


@dataclass(frozen=True, slots=True)
class Standing:
    """For whom and what something counts, as it stood when it was recorded."""

    rep_id: UUID
    team_id: UUID
    customer_id: UUID | None = None
    product_id: UUID | None = None
    segment: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    metric: str
    on: date
    value: Decimal
    who: Standing
    subject_id: UUID
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A deal left a stage. `clean`: without an override."""

    stage: str
    on: date
    forward: bool
    clean: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """How a deal stands closed. `days` it took from its opening; `move` is the stage move that closed it; `since` is the position from
    which on its customer has bought just this.
    """

    won: bool
    on: date
    days: int
    who: Standing
    amount: Money | None = None
    move: Move | None = None
    since: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DealTally:
    """What a deal's next fact may have to be read against."""

    owner_id: UUID
    team_id: UUID
    customer_id: UUID | None
    product_id: UUID | None
    process: str
    opened_on: date
    closed: Closed | None = None
    promised_by: UUID | None = None

    def took(self, closed_on: date) -> int:
        """Days to the closing; none where a closing was entered with a day before its deal was."""
        return max((closed_on - self.opened_on).days, 0)


@dataclass(frozen=True, slots=True)
class Done:
    """An activity, as it was logged or last corrected."""

    kind: ActivityKind
    on: date
    who: Standing


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undone import takes back of a deal: the parts that its facts gave (+1) and took (-1), those of closings aside, which
    follow from the tally; and what was remembered before it.
    """

    parts: tuple[tuple[Part, int], ...]
    tally: DealTally
    activities: dict[str, Done]


@dataclass(frozen=True, slots=True, order=True)
class Win:
    """A customer's won deal; in order of day, then of deal id."""

    on: date
    deal_id: UUID
    who: Standing


@dataclass(frozen=True, slots=True)
class Bought:
    """A won deal, as its customer's purchase."""

    customer_id: UUID
    on: date
    amount: Money | None
    who: Standing


@dataclass(frozen=True, slots=True)
class Sale:
    """What a customer has bought with a deal is `after` now, and was `before` since that position; None: nothing."""

    deal_id: UUID
    before: Bought | None
    since: int
    after: Bought | None


@dataclass(frozen=True, slots=True)
class Kin:
    """The record that a customer's record was merged into, if any, and those that were merged into it."""

    into: UUID | None = None
    parts: tuple[UUID, ...] = ()

    @property
    def all(self) -> tuple[UUID, ...]:
        return self.parts if self.into is None else (self.into, *self.parts)


ALONE = Kin()


def bought(closed: Closed | None) -> Bought | None:
    """The closing as its customer's purchase, where it is one."""
    if closed is None or not closed.won or closed.who.customer_id is None:
        return None
    return Bought(closed.who.customer_id, closed.on, closed.amount, closed.who)


def parts_of_closing(deal_id: UUID, closed: Closed | None) -> tuple[Part, ...]:
    """All that a closing contributes by itself."""
    return tuple(_of_closing(deal_id, closed)) if closed is not None else ()


def _of_closing(deal_id: UUID, closed: Closed) -> Iterator[Part]:
    on, who = closed.on, closed.who
    if closed.won:
        if closed.amount is not None:
            amount, currency = closed.amount.amount, closed.amount.currency
            yield Part(m.REVENUE_WON, on, amount, who, deal_id, currency)
        yield Part(m.DEALS_WON, on, m.ONE, who, deal_id)
        yield Part(m.CYCLE_TIME, on, Decimal(closed.days), who, deal_id)
    yield Part(m.WIN_RATE, on, Decimal(closed.won), who, deal_id)
    if closed.move is not None:
        yield from parts_of_move(deal_id, closed.move, who)


def parts_of_move(deal_id: UUID, move: Move, who: Standing) -> Iterator[Part]:
    converted = Decimal(move.forward)
    yield Part(f"{m.STAGE_CONVERSION}:{move.stage}", move.on, converted, who, deal_id)
    if move.forward:
        yield Part(m.GATE_DISCIPLINE, move.on, Decimal(move.clean), who, deal_id)


def part_of_activity(deal_id: UUID, done: Done) -> Part:
    return Part(f"{m.ACTIVITIES}:{done.kind}", done.on, m.ONE, done.who, deal_id)


def win_of(deal_id: UUID, closed: Closed | None) -> Win | None:
    """The closing as its customer's win, where it is one."""
    if closed is None or not closed.won or closed.who.customer_id is None:
        return None
    return Win(closed.on, deal_id, closed.who)


def parts_of_wins(wins: tuple[Win, ...], only: Iterable[Win]) -> tuple[Part, ...]:
    """What some of a customer's wins contribute, given all of them, the earliest first."""
    looked_at = frozenset(only)
    return tuple(
        Part(m.REPEAT_PURCHASES if n else m.NEW_CUSTOMERS, win.on, m.ONE, win.who, win.deal_id)
        for n, win in enumerate(wins)
        if win in looked_at
    )


def difference_of_wins(
    before: Sequence[tuple[Win, ...]], after: Sequence[tuple[Win, ...]], changed: Iterable[Win | None] = ()
) -> Iterator[tuple[Part, int]]:
    """What moves when customers' wins do; `changed` are those that came or went. Of all others only a customer's first can."""
    firsts = [wins[0] for wins in (*before, *after) if wins]
    touched = [*firsts, *(win for win in changed if win is not None)]
    parts = [
        tuple(part for wins in customers for part in parts_of_wins(wins, touched))
        for customers in (before, after)
    ]
    return difference(*parts)


def difference(before: tuple[Part, ...], after: tuple[Part, ...]) -> Iterator[tuple[Part, int]]:
    """What to take back (-1) and what to give (+1), so that `after` counts instead of `before`."""
    yield from ((part, -1) for part in before if part not in after)
    yield from ((part, +1) for part in after if part not in before)
