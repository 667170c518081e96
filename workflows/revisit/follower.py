"""Workflows room: the follower that sees to a customer's revisit as soon as something happens that it depends on — a deal is opened or closed,
records are merged, a revisit ends, a policy is published. Silence is no news: the sweep looks for what days bring, and for all that was missed.

It asks the read models once they know what it has heard, and gives commands; each says the same however often it is given. Where no
revisit policy was ever published it waits for nothing and gives none.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from domain.customer.facts import CustomerMerged, CustomerUnmerged
from domain.cycle.policies import CyclePolicyPublished
from domain.deal.facts import (
    ClosingCorrected,
    CustomerCorrected,
    DealImportUndone,
    DealLost,
    DealOpened,
    DealReopened,
    DealWon,
)
from domain.engine.command import Call, Command
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import DomainError
from domain.engine.recorded import Recorded
from domain.lifecycle.policy import LifecyclePolicyPublished
from domain.revisit.needs import QuietCustomer
from domain.revisit.policy import RevisitPolicyPublished
from domain.revisit.revisit import RevisitEnded
from workflows.engine.follower import Positions, Reacting
from workflows.revisit.asked import WHY, asked

LOCK = 7_205_035
NAME = "revisits"
WINDOW, PAGE = 1_000, 1_000
PATIENCE, STEP = 30.0, 0.02
"""Seconds that the read models are waited for, and between looks."""
PUBLISHED = (RevisitPolicyPublished, LifecyclePolicyPublished, CyclePolicyPublished)
HEARD = (
    *(DealOpened, DealWon, DealLost, DealReopened, ClosingCorrected, CustomerCorrected, DealImportUndone),
    *(CustomerMerged, CustomerUnmerged, RevisitEnded),
)
TOPICS = [fact.TOPIC for fact in (*PUBLISHED, *HEARD)]

log = logging.getLogger(__name__)


class Customers(Protocol):
    """`projections/ports/revisits.py`."""

    async def reached(self) -> int:
        """Up to which position all is known that is asked here."""
        ...

    async def of_deals(self, deals: Collection[UUID]) -> Collection[UUID]:
        """The customers whose deals these are."""
        ...

    async def some(self, ids: Collection[UUID]) -> Sequence[QuietCustomer]:
        """These, and whom they stand for."""
        ...

    async def page(self, after: UUID | None, limit: int) -> Sequence[QuietCustomer]:
        """In the order of their ids, those above `after`."""
        ...


class CustomersUnknown(Exception):
    """The read models have not come to where the follower is."""


class RevisitReactions:
    """What follows from facts, and when: `clock` says what time it is."""

    def __init__(
        self,
        handler: CommandHandler,
        customers: Customers,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._handler = handler
        self._customers = customers
        self._clock = clock

    async def begin(self) -> None:
        self._asked = await asked(self._handler.store)

    async def react(self, facts: Sequence[Recorded]) -> None:
        """To what stands in one window. Raises CustomersUnknown."""
        published = [one for one in facts if isinstance(one.fact, PUBLISHED)]
        if published:
            await self.begin()
        if not facts or not self._asked.anything:
            return
        await self._know(facts[-1].position)
        if published:
            await self._all(published[-1])
        else:
            await self._see_to(await self._customers.some(await self._concerned(facts)), facts[-1])

    async def _all(self, cause: Recorded) -> None:
        after: UUID | None = None
        while page := await self._customers.page(after, PAGE):
            await self._see_to(page, cause)
            after = page[-1].customer_id

    async def _concerned(self, facts: Iterable[Recorded]) -> set[UUID]:
        customers: set[UUID | None] = set()
        deals: set[UUID] = set()
        for recorded in facts:
            match recorded.fact:
                case CustomerMerged(into=other) | CustomerUnmerged(out_of=other):
                    customers |= {recorded.originator_id, other}
                case CustomerCorrected(before=before, after=after):
                    customers |= {before, after}
                case DealImportUndone(before=shown, after=then):
                    customers |= {shown.customer_id, then.customer_id if then is not None else None}
                case DealOpened(customer_id=id) | RevisitEnded(customer_id=id):
                    customers.add(id)
                case _:
                    deals.add(recorded.originator_id)
        return {id for id in customers if id is not None}.union(await self._customers.of_deals(deals))

    async def _see_to(self, customers: Sequence[QuietCustomer], cause: Recorded) -> None:
        now = self._clock()
        await self._give(self._asked.of(customers, now), now, cause)

    async def _give(self, commands: Sequence[Command], now: datetime, cause: Recorded) -> None:
        """A refusal is an answer: the sweep tries again. What may go later is tried again from this position."""
        context = Context(
            now=now,
            actor=Actor("service", NAME),
            channel=Channel.WORKFLOW,
            reason=WHY,
            correlation_id=cause.meta.correlation_id,
            caused_by=cause.position,
        )
        for outcome in await self._handler.execute_many([Call(command, context) for command in commands]):
            if isinstance(outcome, DomainError):
                if outcome.retryable:
                    raise outcome
                log.info("revisits: refused: %s", outcome.code)

    async def _know(self, position: int) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while await self._customers.reached() < position:  # noqa: ASYNC110 - nothing announces it here
                    await asyncio.sleep(STEP)
        except TimeoutError:
            raise CustomersUnknown(f"the read models are not at position {position} yet") from None


class RevisitFollower(Reacting):
    """An installation that had none begins at the ledger's end: the sweep has seen to what was before."""

    def __init__(self, url: str, store: Positions, reactions: RevisitReactions, window: int = WINDOW) -> None:
        super().__init__(url, LOCK, NAME, store, TOPICS, window)
        self._reactions = reactions

    async def begin(self) -> int:
        await self._reactions.begin()
        position = await super().begin()
        if not position:
            position = await self.store.head()
            await self.store.save_position(NAME, position)
        return position

    async def react(self, facts: Sequence[Recorded]) -> None:
        await self._reactions.react(facts)
