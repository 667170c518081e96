"""Projections room: the figures that workflows of the loop ask for, each as known at a position.

The shape is that of `LoopReader` in the workflows' ports; this room does not know that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from domain.figures.metrics import DEALS_WON, REVENUE_WON, ZERO
from domain.figures.queries import FigureAsked, FrozenPack, Pack
from domain.figures.scope import Scope, ScopeKind
from domain.people import people as p
from domain.target.proposal import Effect
from domain.time.periods import Period, Window
from projections.adjustment import DECIDED, Adjustments, AdjustmentSeen
from projections.cycle import company, kept_packs
from projections.cycle.board import CycleBoard
from projections.deal import at_position
from projections.deal.at_position import DealAsKnown
from projections.deal.processes import ProcessVersions
from projections.engine import streams
from projections.engine.catalog import ALL
from projections.engine.wait import Waiter
from projections.figures import figures
from projections.target import attainment

NEEDED = [model.name for model in ALL if model.awaited]
"""The read models that the answers come from."""
STAFF = (p.TeamFormed, p.TeamArchived, p.RepHired, p.RepMoved, p.RepLeft)


class LoopReads:
    """`patience` is how many seconds each read model is waited for."""

    def __init__(self, pool: AsyncConnectionPool[Any], waiter: Waiter, patience: float = 20.0) -> None:
        self._pool = pool
        self._waiter = waiter
        self._patience = patience

    async def reach(self, position: int) -> None:
        """Wait until everything below can be read as known at `position`. Raises TimeoutError when it takes too long."""
        for name in NEEDED:
            await self._waiter.until(name, position, self._patience)

    async def figures(self, asked: Sequence[FigureAsked], position: int) -> list[Decimal | None]:
        return await figures.figures(self._pool, asked, position)

    async def shape(
        self, metric: str, scope: Scope, period: Period, position: int, currency: str = ""
    ) -> tuple[Decimal, ...]:
        return await attainment.shape(self._pool, metric, scope, period, position, currency)

    async def cycles(self, scope: Scope, position: int) -> Sequence[UUID]:
        """By their last days, the newest first; of the same day the shorter period first."""
        ids = await CycleBoard.ids(self._pool, scope_key=scope.key)
        seen = await CycleBoard.at(self._pool, ids, position)
        newest = sorted(seen.values(), key=lambda c: (c.period.end, c.period.start), reverse=True)
        return [c.cycle_id for c in newest]

    async def freeze_pack(self, cycle_id: UUID, position: int) -> Pack:
        made = await kept_packs.freeze(self._pool, cycle_id, position)
        return Pack(made.digest, made.agenda)

    async def unkept_packs(self) -> Sequence[FrozenPack]:
        return await kept_packs.unkept(self._pool)

    async def keep_pack(self, named: FrozenPack) -> None:
        await kept_packs.keep_later(self._pool, named)

    async def pipeline(
        self, metric: str, scope: Scope, period: Period, position: int, currency: str = ""
    ) -> Decimal | None:
        """Of deals whose expected close is in the period. None for other metrics than deals and revenue won, and where no
        open deal says when it is expected to close.
        """
        if metric not in (DEALS_WON, REVENUE_WON):
            return None
        deals = [
            one for one in await at_position.open_then(self._pool, scope, position) if one.deal.expected_close
        ]
        if not deals:
            return None
        weighed = await self._weighed([d for d in deals if period.contains(_expected(d))])
        return sum((share * _counts(metric, one, currency) for one, share in weighed), ZERO)

    async def _weighed(self, deals: Sequence[DealAsKnown]) -> list[tuple[DealAsKnown, Decimal]]:
        book = ProcessVersions()
        async with self._pool.connection() as connection:
            await book.learn(connection, {(d.deal.process, d.deal.process_version) for d in deals})
        return [
            (one, book.probability(one.deal.process, one.deal.process_version, one.deal.stage))
            for one in deals
        ]

    async def peers(self, scope: Scope, position: int) -> Sequence[Scope]:
        """Everybody else of the kind who was there then; the company has none."""
        if scope.kind == ScopeKind.COMPANY:
            return ()
        here: dict[UUID, None] = {}
        topics = [fact.TOPIC for fact in STAFF]
        for recorded in await streams.stretch(self._pool, 0, position, topics):
            _come_or_go(here, scope.kind, recorded.originator_id, recorded.fact)
        return [scope.of(scope.kind, id) for id in sorted(here) if id != scope.id]

    async def under_adjustment(self, position: int) -> Sequence[Scope]:
        """In the order of their keys."""
        running = [seen.scope for seen in await self._adjustments(position) if seen.status != DECIDED]
        return sorted(dict.fromkeys(running), key=lambda scope: scope.key)

    async def decided_effects(
        self, scope: Scope, metric: str, window: Window, position: int
    ) -> Sequence[Effect]:
        """In the order they were decided in. One that was stopped before it was measured brought nothing."""
        seen = await self._adjustments(position, scope.key, metric)
        days = await company.in_force(self._pool, position)
        decided = [(one, days.day(one.decided_on)) for one in seen if one.decided_on is not None]
        decided.sort(key=lambda each: each[0].position)
        return [_effect(one) for one, day in decided if window.contains(day)]

    async def _adjustments(
        self, position: int, scope_key: str | None = None, metric: str | None = None
    ) -> list[AdjustmentSeen]:
        ids = await Adjustments.ids(self._pool, scope_key=scope_key, metric=metric)
        return list((await Adjustments.at(self._pool, ids, position)).values())


def _expected(one: DealAsKnown) -> Any:
    return one.deal.expected_close


def _counts(metric: str, one: DealAsKnown, currency: str) -> Decimal:
    if metric == DEALS_WON:
        return Decimal(1)
    amount = one.deal.amount
    return amount.amount if amount is not None and amount.currency == currency else ZERO


def _come_or_go(here: dict[UUID, None], kind: ScopeKind, id: UUID, fact: Any) -> None:
    came, went = (p.TeamFormed, p.TeamArchived) if kind == ScopeKind.TEAM else (p.RepHired, p.RepLeft)
    if isinstance(fact, came):
        here[id] = None
    elif isinstance(fact, went):
        here.pop(id, None)


def _effect(seen: AdjustmentSeen) -> Effect:
    outcome: Any = seen.outcome
    return Effect("adjustment", str(seen.adjustment_id), seen.effect or ZERO, outcome)
