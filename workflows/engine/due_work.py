"""Workflows room: what definitions have in common that do something again and again when it is due, and are woken by news in between.

Such a run knows times alone. What is due when stands in the database, and a run that begins asks there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from temporalio import workflow

from workflows.engine.long_work import PATIENCE, is_long
from workflows.engine.messages import NextDue

AT_HAND = timedelta(seconds=5)
Whose = TypeVar("Whose")


class Given(Protocol):
    @property
    def history_limit(self) -> int: ...


class DueWork:
    """Of one run, which continues as new with what it was `given`."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self._heard = 0
        """How often it was woken."""

    def hear(self) -> None:
        self._heard += 1

    async def go_on(
        self, next_due: Callable[[], Awaitable[NextDue]], work: Callable[[], Awaitable[Any]]
    ) -> None:
        """Wait until something is due, or heard, and `work` when it is due; until nothing will be due by itself."""
        while True:
            heard = self._heard
            due_at = (await next_due()).due_at
            if due_at is None and self._heard == heard:
                return
            if due_at is not None and not await self._woken_before(due_at, heard):
                await work()
            if is_long(self._given.history_limit):
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(self._given)

    async def _woken_before(self, due_at: datetime, heard: int) -> bool:
        """Whether there is news before something is due."""
        wait = due_at - workflow.now()
        if wait <= timedelta(0):
            return False
        try:
            await workflow.wait_condition(
                lambda: self._heard != heard or is_long(self._given.history_limit), timeout=wait
            )
        except TimeoutError:
            return False
        return True


async def ask(activity: Callable[[Any, Whose], Awaitable[NextDue]], whose: Whose) -> NextDue:
    """A short look into the database, where the run is worked on."""
    return await workflow.execute_local_activity_method(
        activity,
        whose,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=PATIENCE,
        local_retry_threshold=AT_HAND,
    )
