"""Workflows room: what activities ask of the rest of the house. No SQL here and none behind a definition.

The read models are plugged in by `worker.py`; `store.py` answers from the ledger (`LedgerReader`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from domain.allocation.least_loaded import Loads
from domain.figures.queries import FigureAsked, FrozenPack, Pack
from domain.figures.scope import Scope
from domain.people.owed import Owed
from domain.target.proposal import Effect
from domain.time.periods import Period, Window
from workflows.loop_messages import Subject
from workflows.messages import Standing, SweepReport


class LoadReader(Protocol):
    """Read models. They may lag: what comes from here is a proposal, the command handler decides."""

    async def reached(self) -> int:
        """The position all of them have come to."""
        ...

    async def team_loads(self, team_id: UUID) -> Loads:
        """Of the reps who are in the team and active."""
        ...

    async def open_deals(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """In the order of their ids, those above `after`; so are the following ones."""
        ...

    async def open_deals_of(self, rep_id: UUID, after: UUID | None, limit: int) -> Sequence[UUID]: ...

    async def open_deals_following(self, policy: str, after: UUID | None, limit: int) -> Sequence[UUID]: ...

    async def deals_without_promise(self, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Open deals without a live promise; there should be none."""
        ...

    async def untold(self, due_before: datetime, limit: int) -> Sequence[UUID]:
        """Open deals whose promise was due before then and that nobody was told is missed."""
        ...

    async def going_on(self, subject: Subject, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Cycles, action items, adjustments, schedules of meetings or meetings that are not over."""
        ...

    async def owed_by(self, person_id: UUID) -> Owed: ...

    async def gone_with_deals(self) -> Sequence[UUID]:
        """Reps who left and still own open deals or action items, and those whose open deals are another team's than theirs."""
        ...


class LedgerReader(Protocol):
    """Answers that are true as of now."""

    async def standing(self, deal_id: UUID) -> Standing: ...

    async def standings(self, deal_ids: Sequence[UUID]) -> dict[UUID, Standing]:
        """A deal that nothing is recorded of is left out."""
        ...

    async def allocated_since(self, position: int, rep_ids: Sequence[UUID]) -> dict[UUID, int]:
        """How many deals came to each rep after `position`; reps without any are left out."""
        ...

    async def last_position(self, stream_id: UUID) -> int:
        """Of the stream's newest fact; 0 where nothing is recorded of it."""
        ...

    async def delivered(self) -> int:
        """Up to where the follower has delivered everything."""
        ...

    async def save_sweep(self, report: SweepReport, now: datetime) -> None: ...


class LoopReader(Protocol):
    """Figures of the loop, each as known at a position that `reach` was told of before: the same answer for ever."""

    async def reach(self, position: int) -> None:
        """Wait until everything below can be read as known at `position`. Raises TimeoutError when it takes too long."""
        ...

    async def figures(self, asked: Sequence[FigureAsked], position: int) -> list[Decimal | None]:
        """In the order asked; None for a rate or mean of nothing."""
        ...

    async def shape(
        self, metric: str, scope: Scope, period: Period, position: int, currency: str = ""
    ) -> tuple[Decimal, ...]:
        """What each of the period's children weighs in a usual year, from history; empty where there is none."""
        ...

    async def cycles(self, scope: Scope, position: int) -> Sequence[UUID]:
        """Of the scope, by their last days, the newest first; of the same day the shorter period first."""
        ...

    async def freeze_pack(self, cycle_id: UUID, position: int) -> Pack:
        """The pack, its bytes kept for whoever names its digest. Again is harmless, and so is a pack that nobody names."""
        ...

    async def unkept_packs(self) -> Sequence[FrozenPack]:
        """Named by a review and not kept, because the release that opened it kept none."""
        ...

    async def keep_pack(self, named: FrozenPack) -> None:
        """As it can be computed now, marked as that."""
        ...

    async def pipeline(
        self, metric: str, scope: Scope, period: Period, position: int, currency: str = ""
    ) -> Decimal | None:
        """What deals open at `position` are expected to bring to the period, weighted by their stages' probability;
        None where that says nothing about the metric.
        """
        ...

    async def peers(self, scope: Scope, position: int) -> Sequence[Scope]:
        """Scopes of the same kind that an adjustment of this one may be compared with; it is not among them."""
        ...

    async def under_adjustment(self, position: int) -> Sequence[Scope]:
        """Scopes whose adjustment is not decided yet."""
        ...

    async def decided_effects(
        self, scope: Scope, metric: str, window: Window, position: int
    ) -> Sequence[Effect]:
        """Of the adjustments of this scope and metric that were decided in these days."""
        ...
