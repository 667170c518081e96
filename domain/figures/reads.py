"""Domain room: the port through which computed commands read figures and aggregates. Read models answer; the ledger is loaded from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

from domain.customer.facts import Contact
from domain.engine.aggregate import Aggregate
from domain.engine.reasoning import Language
from domain.figures.queries import FigureAsked, FrozenPack, Pack
from domain.figures.scope import Scope
from domain.survey.survey import Survey
from domain.target.proposal import Effect
from domain.time.periods import Period, Window

A = TypeVar("A", bound=Aggregate)


class FigureReader(Protocol):
    """Figures, each as known at a position that `reach` was told of before: the same answer for ever."""

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


class SurveySender(Protocol):
    """Mails to customers' contacts."""

    async def send(
        self, invitation_id: UUID, contact: Contact, survey: Survey, language: Language, at: datetime
    ) -> str:
        """Empty where it was taken; else why the address takes nothing. Raises what may be tried again; the same again is known as that."""
        ...


class LastTouch(NamedTuple):
    """When a customer was heard of last, in which deal, and who owns that."""

    at: datetime
    deal_id: UUID
    owner_id: UUID


class TouchReader(Protocol):
    """Touches of customers, in all of their deals."""

    async def last(self, customer_id: UUID) -> LastTouch | None:
        """None: there was none. It may lag by moments."""
        ...


class Reads(Protocol):
    """What a computed command is worked out from."""

    @property
    def figures(self) -> FigureReader: ...

    @property
    def surveys(self) -> SurveySender: ...

    @property
    def touches(self) -> TouchReader: ...

    async def load(self, kind: type[A], id: UUID) -> A:
        """As recorded now."""
        ...

    async def load_all(self, kind: type[A], ids: Iterable[UUID]) -> list[A]:
        """Each as recorded now, in the order given."""
        ...

    async def position(self) -> int:
        """The ledger's present head, once every figure can be read as known there."""
        ...
