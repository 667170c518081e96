"""Workflows room: what the workflow of an endpoint is told, asks and answers. The rules of `engine/messages.py` hold: ids, times and codes
only; what is sent, where, and by which secrets nobody reads here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from workflows.engine.messages import HISTORY_LIMIT

WORKFLOW = "webhook"
WOKEN = "woken"


def webhook_workflow_id(endpoint_id: UUID) -> str:
    return f"{WORKFLOW}-{endpoint_id}"


@dataclass(frozen=True)
class Sending:
    """Whose events it sends. A run asks for everything else, also one that another continues as."""

    endpoint_id: UUID
    history_limit: int = HISTORY_LIMIT


@dataclass(frozen=True)
class Woken:
    """There may be something to send."""


@dataclass(frozen=True)
class RoundAsked:
    endpoint_id: UUID
    now: datetime


@dataclass(frozen=True)
class RoundMade:
    """`more`: go on at once. `again_at`: when what is held back is due. `over`: nothing is to be done until it is set going again. `off`: why
    it has to be switched off; `status` was answered last, and what was not taken was tried `since` then.
    """

    more: bool = False
    again_at: datetime | None = None
    over: bool = False
    off: str | None = None
    status: int | None = None
    since: datetime | None = None
    generation: int | None = None
    """How often it had been set going when it was found that it has to be switched off."""


@dataclass(frozen=True)
class SwitchingOff:
    """Unless it was set going since: `generation`, None in those that were asked for before it was said."""

    endpoint_id: UUID
    now: datetime
    reason: str
    status: int | None = None
    since: datetime | None = None
    generation: int | None = None
