"""Domain room: a fact as the ledger holds it — the fact, its place, and its envelope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.engine.context import Actor, Channel, Context
from domain.engine.facts import Fact, FreeText


@dataclass(frozen=True, slots=True)
class Meta:
    """The part of the envelope that is stored as JSON beside the fact."""

    actor: Actor
    channel: Channel
    correlation_id: UUID
    reason: FreeText | None = None
    caused_by: int | None = None

    @classmethod
    def of(cls, context: Context) -> Meta:
        return cls(context.actor, context.channel, context.correlation_id, context.reason, context.caused_by)


class Pending(NamedTuple):
    """A decided fact on its way to the ledger: a domain event in the `eventsourcing` sense."""

    originator_id: UUID
    originator_version: int
    fact: Fact
    occurred_at: datetime
    meta: Meta


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact in the ledger. `position` is its place in the total, gapless order;
    `recorded_at` is the database's clock, `occurred_at` is when it was true in the world.
    """

    position: int
    originator_id: UUID
    originator_version: int
    fact: Fact
    event_id: UUID
    occurred_at: datetime
    recorded_at: datetime
    meta: Meta
    schema_version: int

    def mutate(self, aggregate: Any) -> Any:
        return aggregate.replay(self.fact, self.originator_version, self.occurred_at)
