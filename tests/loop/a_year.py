"""tests: a company lives through a year in virtual time — people who act, some of them late, and the clocks that do not wait for them.

Between two stops everything that was sold is entered and every clock is moved on. A stop is a Monday, or when somebody acts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio.testing import WorkflowEnvironment

from domain.context import Channel
from domain.cycle import commands as c
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.policy import Step
from domain.cycle.state import Phase, Wait
from domain.door import Command
from domain.periods import Period, PeriodKind
from domain.recorded import Recorded
from domain.scope import COMPANY
from projections.follow import run_projections
from projections.loop_reads import LoopReads
from projections.wait import Waiter
from runtime.database import open_pool
from runtime.ledger import Ledger
from tests.loop import company as co
from tests.office import Office
from tests.workflows.world import Running, World, standing_still, until
from worker import ReadModels
from workflows.activities.desk import Desk
from workflows.clock import Clock
from workflows.delivery import Deliverer
from workflows.lanes import LANE_NAMES
from workflows.loop_messages import Subject, clock_id
from workflows.running import make_worker
from workflows.store import WorkflowStore

ZONE = ZoneInfo("Asia/Shanghai")
DAY, WEEK = timedelta(days=1), timedelta(days=7)
PROMPTLY, LATE = timedelta(hours=-2), timedelta(days=3)
"""Against the due time, and against the escalation."""


@contextlib.asynccontextmanager
async def at_work(url: str, environment: WorkflowEnvironment, queue: str) -> AsyncIterator[World]:
    """Our processes: they know nothing but what the ledger and the Temporal server hold."""
    office = Office(url, Ledger(await open_pool(url, min_size=1, max_size=8)))
    deliverer = Deliverer(environment.client, queue)
    store = WorkflowStore(office.ledger.pool, LANE_NAMES)
    world = World(office, environment.client, store, deliverer, environment)
    world.read_models = Running(lambda stop: run_projections(url, stop=stop))
    async with Waiter(url) as waiter:
        figures = LoopReads(office.ledger.pool, waiter)
        desk = Desk(office.door, ReadModels(office.ledger.pool), store, figures)
        with standing_still(environment):
            async with make_worker(desk, deliverer, grace=timedelta(seconds=5)):
                world.follow()
                yield world
                await world.stop_following()
    await world.stop_reading()
    await office.close()


@dataclass
class Year:
    """The company's months and quarters. `late` are the periods whose people act only after they were escalated."""

    period: Period
    late: frozenset[str]
    appealed: str
    sales: list[co.Sale]
    orders: list[tuple[datetime, list[Command]]]
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = local(self.period.start - 21 * DAY, 8)

    @property
    def periods(self) -> tuple[Period, ...]:
        return tuple(chain(self.period.parts(PeriodKind.QUARTER), self.period.parts(PeriodKind.MONTH)))

    # -- how it goes on ----------------------------------------------------------------------

    async def live(self, world: World, until_then: datetime) -> None:
        while self.now < until_then:
            cycles = await self.running(world)
            waits = [(w, cycle) for cycle in cycles for w in cycle.waiting if w.awaited.step != Step.PROPOSE]
            acting = [(self.acts_at(wait, cycle), wait, cycle) for wait, cycle in waits]
            due = [a for a in acting if a[0] > self.now]
            stops = (*(at for at, _, _ in due), *self.reviews(cycles), *self.ordered())
            stop = min([until_then, monday_after(self.now), *stops])
            await self.sell(world, stop)
            await asyncio.gather(*(moved(world, cycle, stop) for cycle in cycles))
            self.now = stop
            for at, wait, cycle in due:
                if at == stop:
                    await self.act(world, cycle, wait)
            await self.order(world)

    async def running(self, world: World) -> list[Cycle]:
        """In the order of their ids' names: months and quarters that were opened and are not over, and those after."""
        last = (
            self.period.parts(PeriodKind.MONTH)[-1].next(),
            self.period.parts(PeriodKind.QUARTER)[-1].next(),
        )
        ids = [cycle_id(COMPANY, period) for period in (*self.periods, *last)]
        found = await world.office.ledger.load(dict.fromkeys(ids, Cycle))
        return [c for c in found.values() if isinstance(c, Cycle) and c.exists and not c.is_over]

    async def sell(self, world: World, before: datetime) -> None:
        while self.sales and self.sales[0].at < before:
            sale = self.sales.pop(0)
            reason = co.WHY if sale.deal.override_reason else None
            await world.office.run(sale.deal, now=sale.at, channel=Channel.IMPORT, reason=reason)
        await world.read()

    def reviews(self, cycles: Sequence[Cycle]) -> Iterator[datetime]:
        """When a review has just been opened: the owner has two days from then."""
        schedules = (c.schedule for c in cycles if c.schedule is not None and c.phase == Phase.EXECUTE)
        opened = (schedule.review_at + timedelta(minutes=1) for schedule in schedules)
        return (at for at in opened if at > self.now)

    def ordered(self) -> Iterator[datetime]:
        return (at for at, _ in self.orders[:1])

    async def order(self, world: World) -> None:
        """What the management decides: a reorganisation, another number."""
        while self.orders and self.orders[0][0] <= self.now:
            _, commands = self.orders.pop(0)
            for command in commands:
                await world.run(command, now=self.now)

    # -- what people do ----------------------------------------------------------------------

    def acts_at(self, wait: Wait, cycle: Cycle) -> datetime:
        owed = wait.awaited
        late = cycle.period.name in self.late
        meant = owed.escalate_at + LATE if late else owed.due_at + PROMPTLY
        return max(meant, self.now + timedelta(minutes=1))

    async def act(self, world: World, cycle: Cycle, wait: Wait) -> None:
        fresh = (await world.office.ledger.load({cycle.id: Cycle}))[cycle.id]
        assert isinstance(fresh, Cycle)
        if fresh.waits_for(wait.awaited.step) is None:
            return
        for command in self.said(fresh, wait.awaited.step):
            await world.run(command, now=self.now)

    def said(self, cycle: Cycle, step: Step) -> Iterator[Command]:
        id, name = cycle.id, cycle.period.name
        match step:
            case Step.AGREE:
                yield c.AgreeTargets(cycle_id=id, agreed_by=co.HEAD)
            case Step.SELF_ASSESS:
                yield c.AssessSelf(cycle_id=id, assessed_by=co.HEAD, text=f"how {name} was for us")
            case Step.ASSESS:
                yield c.AssessCycle(cycle_id=id, assessed_by=co.BOARD, text=f"how {name} looks from above")
            case Step.GIVE_FEEDBACK:
                yield c.GiveFeedback(cycle_id=id, given_by=co.BOARD, text=f"what {name} taught us")
            case Step.ACKNOWLEDGE:
                yield c.AcknowledgeFeedback(cycle_id=id, acknowledged_by=co.HEAD)
                if name == self.appealed:
                    yield c.AppealCycle(
                        cycle_id=id, appealed_by=co.HEAD, why="the big order was signed in time"
                    )
            case Step.DECIDE_APPEAL:
                yield c.DecideAppeal(
                    cycle_id=id, decided_by=co.BOARD, upheld=False, why="it was signed a day later"
                )
            case _:
                return

    async def opened(self, world: World) -> None:
        """The first month and the first quarter; the others open by themselves."""
        for kind in (PeriodKind.QUARTER, PeriodKind.MONTH):
            command = c.OpenCycle(
                scope=COMPANY,
                period=self.period.parts(kind)[0],
                owner_id=co.HEAD,
                manager_id=co.BOARD,
                above_id=co.CHAIR,
                metrics=(co.REVENUE, co.WIN_RATE),
            )
            await world.run(command, now=self.now)


async def moved(world: World, cycle: Cycle, instant: datetime) -> None:
    """The cycle's clock is at `instant`, and has said everything that was due until then. One that ended is left alone."""
    id = clock_id(Subject.CYCLE, cycle.id)
    handle = world.client.get_workflow_handle(id)
    await world.move(id, instant)

    async def said_all() -> bool:
        found = (await world.office.ledger.load({cycle.id: Cycle}))[cycle.id]
        if isinstance(found, Cycle) and found.phase == Phase.CLOSED:
            return True
        next_at = (await handle.query(Clock.state)).next_at
        return next_at is None or next_at > instant

    await until(said_all)
    await world.delivered()


# --- days --------------------------------------------------------------------------------------------


def local(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ZONE).astimezone(UTC)


def monday_after(instant: datetime) -> datetime:
    """The next Monday at eight in the morning, before that day's check-in."""
    day = instant.astimezone(ZONE).date()
    monday = local(day - day.weekday() * DAY, 8)
    return monday if monday > instant else monday + WEEK


async def everything(world: World) -> list[Recorded]:
    """The whole log."""
    log: list[Recorded] = []
    while page := await world.office.ledger.read(log[-1].position if log else 0, 5_000):
        log += page
    return log


def stream_of(log: list[Recorded], id: UUID) -> list[Recorded]:
    return [recorded for recorded in log if recorded.originator_id == id]
