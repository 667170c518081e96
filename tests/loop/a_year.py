"""tests: a company lives through a year in virtual time — people who act, some of them late, and the clocks that do not wait for them.

Between two stops everything that was sold is entered and every clock is moved on. A stop is a Monday, or when somebody acts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from temporalio.testing import WorkflowEnvironment

from domain.cycle import commands as c
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.deadlines import RULES
from domain.cycle.policy import Step
from domain.cycle.state import Phase
from domain.engine.command import Command
from domain.engine.context import Channel
from domain.engine.recorded import Recorded
from domain.figures.scope import COMPANY
from domain.time.commitment import Commitment
from domain.time.periods import Period
from projections.engine.run import run_projections
from projections.engine.wait import Waiter
from projections.ports.loads import LoadReads
from projections.ports.loop import LoopReads
from projections.ports.segments import SegmentEvaluation
from projections.ports.surveys import LastTouches, SurveyReads
from runtime.database import open_pool
from runtime.ledger import Ledger
from runtime.notices.sending import NoticeSender
from runtime.surveys.links import LinkKey
from runtime.surveys.mailing import SurveyMails
from tests.loop import company as co
from tests.office import Office
from tests.workflows.mailbox import Mailbox
from tests.workflows.world import Running, World, standing_still, until
from workflows.engine.deadline_activities import DeadlineActivities
from workflows.engine.delivery import Deliverer
from workflows.engine.messages import Outlook, workflow_id
from workflows.engine.queues import QUEUE_NAMES
from workflows.engine.store import WorkflowStore
from workflows.ports import RoomContext
from workflows.worker_setup import make_worker

ZONE = ZoneInfo("Asia/Shanghai")
DAY, WEEK = timedelta(days=1), timedelta(days=7)
PROMPTLY, LATE = timedelta(hours=-2), timedelta(days=3)
"""Against the due time, and against the escalation."""


@contextlib.asynccontextmanager
async def at_work(url: str, environment: WorkflowEnvironment, queue: str) -> AsyncIterator[World]:
    """Our processes: they know nothing but what the ledger and the Temporal server hold."""
    office = Office(url, Ledger(await open_pool(url, min_size=1, max_size=8)))
    deliverer = Deliverer(environment.client, queue)
    store = WorkflowStore(office.ledger.pool, QUEUE_NAMES)
    world = World(office, environment.client, store, deliverer, environment)
    world.read_models = Running(lambda stop: run_projections(url, stop=stop))
    async with Waiter(url) as waiter:
        figures = LoopReads(office.ledger.pool, waiter)
        notices = NoticeSender(office.ledger.pool, office.ledger.load, {})
        world.context = desk = RoomContext(
            office.handler,
            LoadReads(office.ledger.pool),
            store,
            figures,
            notices,
            SegmentEvaluation(office.ledger.pool),
            SurveyMails(LinkKey(office.ledger.pool), Mailbox()),
            LastTouches(office.ledger.pool),
            SurveyReads(office.ledger.pool),
        )
        with standing_still(environment):
            async with make_worker(desk, deliverer, grace=timedelta(seconds=5)):
                world.follow()
                yield world
                await world.stop_following()
    await world.stop_reading()
    await office.close()


@dataclass
class Year:
    """The months and quarters of who goes round the loop. `late` are the periods whose people act only after they were escalated."""

    period: Period
    late: frozenset[str]
    appealed: str
    sales: list[co.Sale]
    orders: list[tuple[datetime, list[Command]]]
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.now = local(self.period.start - 21 * DAY, 8)

    # -- how it goes on ----------------------------------------------------------------------

    async def live(self, world: World, until_then: datetime) -> None:
        while self.now < until_then:
            cycles = await self.running(world)
            waits = [(w, cycle) for cycle in cycles for w in cycle.waiting if w.what != Step.PROPOSE]
            acting = [(self.acts_at(wait, cycle), wait, cycle) for wait, cycle in waits]
            due = [a for a in acting if a[0] > self.now]
            stops = (*(at for at, _, _ in due), *self.reviews(cycles), *self.ordered())
            stop = min([until_then, monday_after(self.now), *stops])
            await self.sell(world, stop)
            await asyncio.gather(*(moved(world, cycle.id, stop) for cycle in cycles))
            self.now = stop
            for at, wait, cycle in due:
                if at == stop:
                    await self.act(world, cycle, wait)
            await self.order(world)

    async def running(self, world: World) -> list[Cycle]:
        """Cycles that were opened and are not over; those after the year's, too."""
        last = [
            (circle, self.period.parts(kind)[-1].next()) for circle in co.CIRCLES for kind in circle.kinds
        ]
        ids = [cycle_id(circle.scope, period) for circle, period in (*co.turns(self.period), *last)]
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

    def acts_at(self, wait: Commitment, cycle: Cycle) -> datetime:
        owed = wait.deadlines
        late = cycle.period.name in self.late
        meant = owed.escalate_at + LATE if late else owed.due_at + PROMPTLY
        return max(meant, self.now + timedelta(minutes=1))

    async def act(self, world: World, cycle: Cycle, wait: Commitment) -> None:
        fresh = (await world.office.ledger.load({cycle.id: Cycle}))[cycle.id]
        assert isinstance(fresh, Cycle)
        if fresh.waits_for(Step(wait.what)) is None:
            return
        for command in self.said(fresh, Step(wait.what)):
            await world.run(command, now=self.now)

    def said(self, cycle: Cycle, step: Step) -> Iterator[Command]:
        id, name, owner, manager = cycle.id, cycle.period.name, cycle.people.owner_id, self.manager(cycle)
        match step:
            case Step.AGREE:
                yield c.AgreeTargets(cycle_id=id, agreed_by=owner)
            case Step.SELF_ASSESS:
                yield c.AssessSelf(cycle_id=id, assessed_by=owner, text=f"how {name} was for us")
            case Step.ASSESS:
                yield c.AssessCycle(cycle_id=id, assessed_by=manager, text=f"how {name} looks from above")
            case Step.GIVE_FEEDBACK:
                yield c.GiveFeedback(cycle_id=id, given_by=manager, text=f"what {name} taught us")
            case Step.ACKNOWLEDGE:
                yield c.AcknowledgeFeedback(cycle_id=id, acknowledged_by=owner)
                if (cycle.scope, name) == (COMPANY, self.appealed):
                    yield c.AppealCycle(
                        cycle_id=id, appealed_by=owner, why="the big order was signed in time"
                    )
            case Step.DECIDE_APPEAL:
                yield c.DecideAppeal(
                    cycle_id=id, decided_by=manager, upheld=False, why="it was signed a day later"
                )
            case _:
                return

    def manager(self, cycle: Cycle) -> UUID:
        assert cycle.people.manager_id is not None
        return cycle.people.manager_id

    async def opened(self, world: World) -> None:
        """Everybody's first; the others open by themselves."""
        for circle in co.CIRCLES:
            for kind in circle.kinds:
                await world.run(circle.opening(self.period.parts(kind)[0]), now=self.now)


async def moved(world: World, id: UUID, instant: datetime) -> None:
    """The cycle's clock has said everything that was due until `instant`. One that has nothing to say is left where it is."""
    assert world.context is not None
    look = DeadlineActivities(world.context, RULES).look
    if not owes(await look(id), instant):
        return
    await world.move(workflow_id("cycle", id), instant)

    async def said_all() -> bool:
        return not owes(await look(id), instant)

    await until(said_all)
    await world.delivered()


def owes(outlook: Outlook, instant: datetime) -> bool:
    return any(mark.at <= instant and (mark.until is None or instant < mark.until) for mark in outlook.marks)


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
