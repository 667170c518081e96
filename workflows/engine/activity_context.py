"""Workflows room: what every activity works with — the command handler, the readers, and how a workflow signs what it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.engine.aggregate import Aggregate
from domain.engine.command import Call, Command
from domain.engine.command_handler import CommandHandler, Receipt
from domain.engine.context import Actor, Channel, Context
from domain.engine.errors import DomainError
from domain.engine.unit_of_work import Wanted
from workflows.engine.ports import LedgerReader, ModelReader, Reachable

A = TypeVar("A", bound=Aggregate)
SOON = timedelta(milliseconds=500)


@dataclass(frozen=True)
class Executed:
    """How a command went. `recorded` 0 without `refused` is silence: it was said before, or is no longer true.

    `refused` is the refusal's message; `rep_gone` says that choosing another rep may help.
    """

    recorded: int
    refused: str | None = None
    rep_gone: bool = False


@dataclass(frozen=True)
class Cause:
    """Why a workflow speaks: the position that set it going, what belongs together, and words for the history."""

    position: int
    correlation_id: UUID
    now: datetime
    reason: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True)
class ActivityContext:
    """`figures` answers what computed commands ask, each in terms of its own."""

    handler: CommandHandler
    loads: ModelReader
    ledger: LedgerReader
    figures: Reachable

    async def must_know(self, position: int) -> None:
        """The read models have to know this position. Where they do not yet, the activity is tried again soon."""
        reached = await self.loads.reached()
        if reached < position:
            raise ApplicationError(
                f"the read models are at {reached}, not at {position} yet",
                type="read-models-behind",
                next_retry_delay=SOON,
            )

    async def load(self, kind: type[A], id: UUID) -> A:
        """As recorded now."""
        found = (await self.handler.store.load({id: kind}))[id]
        assert isinstance(found, kind)
        return found

    async def load_all(self, kind: type[A], ids: Iterable[UUID]) -> list[A]:
        """Each as recorded now, in the order given."""
        wanted = list(ids)
        found = await self.handler.store.load(dict.fromkeys(wanted, kind)) if wanted else {}
        return [one for id in wanted if isinstance(one := found[id], kind)]

    async def near(self, wanted: Mapping[UUID, type[Aggregate]]) -> Mapping[UUID, Aggregate]:
        """Several of different kinds, as recorded now."""
        return await self.handler.store.load(dict(wanted))

    async def position(self) -> int:
        """The ledger's present head, once every figure can be read as known there."""
        position = await self.handler.store.head()
        await self.figures.reach(position)
        return position

    async def latest(self, kind: type[A], ids: Iterable[UUID]) -> list[A]:
        """Each as recorded now; of what this process remembers only the news is read."""
        wanted = list(ids)
        held = {id: self.handler.store.recall(id) for id in wanted}
        known = [one for one in held.values() if one is not None]
        missing: Wanted = {id: kind for id, one in held.items() if one is None}
        found = await self.handler.store.load(missing, known=known) if held else {}
        return [one for id in wanted if isinstance(one := found[id], kind)]

    async def execute(self, command: Command, key: str, cause: Cause) -> Executed:
        """Through the command handler, once per key. A refusal is an answer; a conflict is tried again by Temporal."""
        try:
            receipt = await self.handler.execute(command, signed(key, cause))
        except DomainError as refusal:
            return refused(refusal)
        return Executed(receipt.recorded)

    async def execute_many(
        self, calls: Sequence[tuple[Command, str]], cause: Cause
    ) -> list[Receipt | DomainError]:
        """Side by side. Conflicts fail the activity, to be tried again as a whole: keys make that harmless."""
        done = await self.handler.execute_many([Call(command, signed(key, cause)) for command, key in calls])
        for outcome in done:
            if isinstance(outcome, DomainError):
                must_not_be_retryable(outcome)
        return done


def refused(refusal: DomainError) -> Executed:
    must_not_be_retryable(refusal)
    activity.logger.info("refused: %s", refusal.code)
    return Executed(0, refused=refusal.message, rep_gone="rep_id" in refusal.details)


def must_not_be_retryable(refusal: DomainError) -> None:
    if refusal.retryable:
        raise ApplicationError(refusal.message, type=refusal.code) from refusal


def signed(key: str, cause: Cause) -> Context:
    """The envelope of a workflow's command: the workflow is the actor, its clock is the time."""
    info = activity.info()
    return Context(
        now=cause.now,
        actor=Actor("workflow", info.workflow_id or "", info.workflow_run_id),
        channel=Channel.WORKFLOW,
        reason=cause.reason,
        correlation_id=cause.correlation_id,
        caused_by=cause.position or None,
        key=key,
        expected_version=cause.expected_version,
    )
