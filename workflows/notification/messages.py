"""Workflows room: what a receiver's workflow is told, asks and answers. The rules of `engine/messages.py` hold: an account's id and times, and
nothing of what is told or where to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temporalio.common import WorkflowIDReusePolicy

from workflows.engine.delivery import Deliverer
from workflows.engine.messages import HISTORY_LIMIT

NOTIFICATIONS = "notifications"


def notifications_id(account_id: UUID) -> str:
    return f"{NOTIFICATIONS}-{account_id}"


@dataclass(frozen=True)
class Receiver:
    """Whose notices it sends. A run asks the database for everything else."""

    account_id: UUID
    history_limit: int = HISTORY_LIMIT


@dataclass(frozen=True)
class Woken:
    """Something new is to be told."""


@dataclass(frozen=True)
class Deliver:
    account_id: UUID
    now: datetime


async def wake(deliverer: Deliverer, account_id: UUID) -> None:
    """Have the receiver's workflow look; where none runs, one is started."""
    await deliverer.start(
        NOTIFICATIONS,
        Receiver(account_id),
        id=notifications_id(account_id),
        reuse=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        signal=("woken", Woken()),
        summary="Sends one person what they are told of",
    )
