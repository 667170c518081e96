"""Projections room: the values that the statement of a rule takes — its own, the time, and what stages of the lifecycle are judged by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from projections.cycle import company
from projections.engine.paging import Source
from projections.engine.streams import NOW
from projections.lifecycle.asking import Asked, policy_at
from projections.segment.asking import Question

DAY = timedelta(days=1)


async def given(source: Source, question: Question, now: datetime) -> dict[str, Any]:
    """What a question that is asked at an instant takes."""
    values = {**question.params, "now": now}
    return values | await _life(source, now) if "life" in question.sources else values


async def _life(source: Source, now: datetime) -> dict[str, Any]:
    """The company's day, and by which policy it is judged: as the tables of the lifecycle have it."""
    days = await company.in_force(source)
    today = days.day(now)
    policy = await policy_at(source, "default", Asked(today, NOW, None, days.begins(today + DAY)))
    return {
        "today": today,
        "zone": days.zone(now).key,
        "loyal_purchases": policy.loyal_purchases,
        "loyal_within": policy.loyal_within_days,
        "dormant_after": policy.dormant_after_days,
    }
