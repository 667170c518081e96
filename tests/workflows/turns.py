"""tests: a rep's cycles in a world, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from domain.cycle import commands as c
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.engine.command import Command
from domain.engine.command_handler import Receipt
from domain.engine.recorded import Recorded
from domain.figures.scope import Scope, rep
from domain.people.people import FormTeam
from domain.target.commands import ProposeTarget
from domain.target.target import Target, target_id
from domain.time.periods import Period, named_period
from tests.workflows.world import MOMENT, World, asked, until
from workflows.engine.deadline_workflow import DeadlineWorkflow
from workflows.engine.messages import DeadlineState, Run, workflow_id

APRIL, MAY, JUNE = (named_period(f"2031-0{n}") for n in (4, 5, 6))
POLICY = DEFAULT_CYCLE_POLICY
MANAGER, HEAD = UUID(int=0xA1), UUID(int=0xB7)
CALLS = "activities:call"
EARLY = datetime(2031, 3, 12, 2, 0, tzinfo=UTC)
"""Ten in the morning in Shanghai, before the time to agree on April is over."""


REVIEW, REVIEWED = (datetime(2031, 5, 2, hour, tzinfo=UTC) for hour in (1, 6))
"""When April's review opens, nine in Shanghai, and the afternoon of the same day."""


def at(month: int, day: int, hour: int = 10) -> datetime:
    """In Shanghai."""
    return datetime(2031, month, day, hour, tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


@dataclass
class Turn:
    """One rep, whose manager is `MANAGER`, and the cycles of their scope."""

    world: World
    rep_id: UUID
    deal_id: UUID

    @property
    def scope(self) -> Scope:
        return rep(self.rep_id)

    def id(self, period: Period = APRIL) -> UUID:
        return cycle_id(self.scope, period)

    def workflow_id(self, period: Period = APRIL) -> str:
        return workflow_id("cycle", self.id(period))

    def target_id(self, period: Period = APRIL) -> UUID:
        return target_id(CALLS, self.scope, period)

    # -- what people do ----------------------------------------------------------------------

    async def run(self, command: Command, now: datetime) -> Receipt:
        return await self.world.run(command, now=now)

    async def aim(self, number: int = 40, period: Period = APRIL, now: datetime = EARLY) -> None:
        proposal = ProposeTarget(
            metric=CALLS,
            number=Decimal(number),
            unit="count",
            period=period,
            scope=self.scope,
            owner_id=self.rep_id,
            achievable="two calls a day",
            relevant="fills the pipeline for summer",
        )
        await self.run(proposal, now)

    async def open(self, now: datetime = EARLY, period: Period = APRIL, **changes: Any) -> None:
        usual: dict[str, Any] = {"owner_id": self.rep_id, "above_id": HEAD, "metrics": (CALLS,)}
        await self.run(c.OpenCycle(scope=self.scope, period=period, **(usual | changes)), now)

    async def call(self, many: int, now: datetime) -> None:
        for _ in range(many):
            await self.world.touch(self.deal_id, now)

    async def agree(self, now: datetime, period: Period = APRIL) -> None:
        await self.run(c.AgreeTargets(cycle_id=self.id(period), agreed_by=self.rep_id), now)

    # -- what became of it -------------------------------------------------------------------

    async def move(self, instant: datetime, period: Period = APRIL) -> None:
        """Everything due until then has been said, also what was only found to be due on the way."""
        await self.world.move(self.workflow_id(period), instant)

        async def has_said_all() -> bool:
            next_at = (await self.state(period)).next_at
            return next_at is None or next_at > instant

        await until(has_said_all)
        await self.world.delivered()

    async def cycle(self, period: Period = APRIL) -> Cycle:
        found = (await self.world.office.ledger.load({self.id(period): Cycle}))[self.id(period)]
        assert isinstance(found, Cycle)
        return found

    async def target(self, period: Period = APRIL) -> Target:
        id = self.target_id(period)
        found = (await self.world.office.ledger.load({id: Target}))[id]
        assert isinstance(found, Target)
        return found

    async def facts(self, *topics: str, period: Period = APRIL) -> list[Recorded]:
        return await self.world.facts(self.id(period), *(f"cycle.{topic}" for topic in topics))

    async def said(self, *topics: str, period: Period = APRIL) -> list[tuple[str, str, datetime]]:
        """Topic, step and time to the minute of what the clock told somebody."""
        return [
            (r.fact.TOPIC.removeprefix("cycle."), str(getattr(r.fact, "step", "")), minute(r))
            for r in await self.facts(*topics, period=period)
        ]

    # -- its clock ---------------------------------------------------------------------------

    def clock(self, period: Period = APRIL) -> WorkflowHandle[Any, Any]:
        return self.world.client.get_workflow_handle(self.workflow_id(period))

    async def state(self, period: Period = APRIL) -> DeadlineState:
        state: DeadlineState = await asked(self.clock(period), DeadlineWorkflow.state)
        return state

    async def seen(self, period: Period = APRIL) -> None:
        """Wait until the clock knows everything that is recorded of the cycle."""
        newest = (await self.facts(period=period))[-1].position

        async def has_seen() -> bool:
            return (await self.state(period)).seen >= newest

        await until(has_seen)

    async def status(self, period: Period = APRIL) -> WorkflowExecutionStatus | None:
        try:
            return (await self.clock(period).describe()).status
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def restart(self, given: Run, period: Period = APRIL) -> None:
        await self.clock(period).terminate("to start it anew")
        queue = self.world.deliverer.task_queue
        await self.world.client.start_workflow("cycle", given, id=self.workflow_id(period), task_queue=queue)

    async def activities(self, period: Period = APRIL) -> int:
        """How many the newest run has asked for."""
        history = await self.clock(period).fetch_history()
        kind = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
        return sum(1 for event in history.events if event.event_type == kind)


def minute(recorded: Recorded) -> datetime:
    return recorded.occurred_at.astimezone(UTC).replace(second=0, microsecond=0)


async def begin(world: World) -> Turn:
    office = world.office
    await world.run(FormTeam(team_id=office.team_id, name="North", manager_id=MANAGER))
    return Turn(world, office.rep_id, await world.open_deal(EARLY))


async def close_in_time(turn: Turn) -> None:
    """April, with everybody in time, a pause, and the target reached."""
    await turn.aim(20)
    await turn.open()
    await turn.agree(EARLY)
    await turn.run(c.PauseCycle(cycle_id=turn.id(), why="an audit"), EARLY)
    await turn.run(c.ResumeCycle(cycle_id=turn.id()), EARLY)
    await turn.move(at(4, 3))
    await turn.call(21, at(4, 3))
    await turn.move(REVIEWED - MOMENT)
    await review(turn)
    await turn.seen()
    await turn.move(POLICY.appeal_within.after(REVIEWED, POLICY.calendar) + MOMENT)


async def review(turn: Turn) -> None:
    """Everything that people owe after the period, on one day."""
    id, manager = turn.id(), MANAGER
    for command in (
        c.AssessSelf(cycle_id=id, assessed_by=turn.rep_id, text="many calls, few visits"),
        c.AssessCycle(cycle_id=id, assessed_by=manager, text="good"),
        c.GiveFeedback(cycle_id=id, given_by=manager, text="more visits"),
        c.AcknowledgeFeedback(cycle_id=id, acknowledged_by=turn.rep_id),
    ):
        await turn.run(command, REVIEWED)
