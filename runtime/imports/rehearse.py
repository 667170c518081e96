"""Runtime room: a draft follow-up rule, rehearsed over the recorded history of every deal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from domain.policy import FollowUpPolicy
from runtime.database import Pool


async def rehearse(
    pool: Pool, policies: Sequence[FollowUpPolicy], as_of: datetime | None = None
) -> list[object]:
    """One result per policy: the promises it would have made, and how each ended. Reads; records nothing.

    `as_of` is where history ends (default: the last thing that happened in it).
    """
    raise NotImplementedError
