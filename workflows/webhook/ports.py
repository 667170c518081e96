"""Workflows room: what the activities of webhooks ask. `worker.py` plugs it in; how anything is sent nobody knows here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from workflows.engine.activity_context import ActivityContext


class RoundResult(Protocol):
    """As `RoundMade` has it."""

    @property
    def more(self) -> bool: ...
    @property
    def again_at(self) -> datetime | None: ...
    @property
    def over(self) -> bool: ...
    @property
    def off(self) -> str | None: ...
    @property
    def status(self) -> int | None: ...
    @property
    def since(self) -> datetime | None: ...
    @property
    def generation(self) -> int | None: ...


class EndpointOff(Protocol):
    """Whose endpoint is to be switched off, and how often it had been set going."""

    @property
    def owner(self) -> str: ...
    @property
    def account_id(self) -> UUID | None: ...
    @property
    def generation(self) -> int: ...


class WebhookSending(Protocol):
    async def round(self, id: UUID, now: datetime) -> RoundResult:
        """One round of deliveries."""
        ...

    async def of(self, id: UUID) -> EndpointOff | None:
        """None where there is no such endpoint, or it is not active."""
        ...

    async def switch_off(self, id: UUID, generation: int, reason: str) -> None:
        """Nothing where it was set going again since."""
        ...


@dataclass(frozen=True)
class WebhookContext:
    context: ActivityContext
    sending: WebhookSending
