"""Workflows room: what definitions have in common that work for minutes, or live for years."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy

PATIENCE = RetryPolicy(maximum_interval=timedelta(minutes=1))
"""Without end: the database, the command handler or the read models may be away for long."""
Asked = TypeVar("Asked")
Done = TypeVar("Done")


async def work_on(
    activity: Callable[[Any, Asked], Awaitable[Done]],
    asked: Asked,
    at_most: timedelta = timedelta(minutes=10),
    retry: RetryPolicy = PATIENCE,
    silent: timedelta = timedelta(minutes=2),
) -> Done:
    """An activity that says on the way that it goes on; whose worker was killed is begun again when it was `silent` for so long."""
    return await workflow.execute_activity_method(
        activity,
        asked,
        start_to_close_timeout=at_most,
        heartbeat_timeout=silent,
        retry_policy=retry,
    )


def is_long(limit: int) -> bool:
    """Whether the run's history has become so long that it should continue as new."""
    info = workflow.info()
    return info.is_continue_as_new_suggested() or info.get_current_history_length() >= limit
