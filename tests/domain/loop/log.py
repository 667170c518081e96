"""tests: a ledger in miniature for what reads facts in order — every decided fact with its position and its clocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.engine.command import Command
from domain.engine.facts import Fact
from domain.engine.recorded import Recorded
from domain.figures.meter import Meter
from domain.figures.metrics import Contribution
from tests.domain.given_when_then import NOW, History, context_of

ZONE = "Asia/Shanghai"


@dataclass
class Log:
    """Decides commands and numbers what was decided; each command is recorded a minute after the one before."""

    history: History = field(default_factory=History)
    recorded: list[Recorded] = field(default_factory=list)
    commands: int = 0

    @property
    def head(self) -> int:
        return len(self.recorded)

    def do(self, command: Command, **context: Any) -> list[Fact]:
        """Raises the DomainError of a refused command; nothing is recorded then."""
        now = NOW + self.commands * timedelta(minutes=1)
        decision = self.history.decide(command, context_of(**({"now": now} | context)))
        self.commands += 1
        for pending in decision.facts:
            self.recorded.append(
                Recorded(
                    position=self.head + 1,
                    originator_id=pending.originator_id,
                    originator_version=pending.originator_version,
                    fact=pending.fact,
                    event_id=UUID(int=self.head + 1),
                    occurred_at=pending.occurred_at,
                    recorded_at=now,
                    meta=pending.meta,
                    schema_version=type(pending.fact).SCHEMA,
                )
            )
        return [p.fact for p in decision.facts]

    def contributions(self) -> list[Contribution]:
        meter = Meter()
        return [c for recorded in self.recorded for c in meter.read(recorded)]
