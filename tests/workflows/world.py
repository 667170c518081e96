"""tests: a world in which promises are kept or not — an office, the read models, the dispatcher, and a worker on a real Temporal.

In virtual time every follow-up has a clock of its own that stands almost still until the test moves it.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from domain.deal.commands import LogActivity, OpenDeal
from domain.deal.facts import PromiseMade
from domain.engine.command import Command
from domain.engine.command_handler import Receipt
from domain.engine.context import Channel
from domain.engine.recorded import Recorded
from domain.engine.values import Activity, ActivityKind, NextStep
from domain.people.people import FormTeam, HireRep
from domain.policy.follow_up import FollowUpPolicy
from domain.policy.policies import PublishPolicy
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from projections.engine import catalog
from projections.engine.run import run_projections
from projections.ports.loads import LoadReads
from projections.ports.segments import SegmentEvaluation
from projections.ports.surveys import LastTouches, SurveyReads
from runtime.notices.sending import NoticeSender
from runtime.schema import migrate
from runtime.surveys.links import LinkKey
from runtime.surveys.mailing import SurveyMails
from tests.conftest import PATIENCE
from tests.office import Office, furnish
from tests.workflows.figures import LedgerFigures
from tests.workflows.mailbox import Mailbox
from workflows.deal.follow_up import FollowUpWorkflow
from workflows.deal.messages import DealClosed, FollowUp, FollowUpState, PromiseArmed, Step, follow_up_id
from workflows.engine.delivery import PATIENCE as PATIENCE_OF_CALLS
from workflows.engine.delivery import Deliverer
from workflows.engine.queues import QUEUE_NAMES
from workflows.engine.store import WorkflowStore
from workflows.news import news_of
from workflows.ports import RoomContext
from workflows.worker_setup import make_dispatcher, make_worker

MOMENT = timedelta(minutes=1)
STANDSTILL = timedelta(0)
ENDING = 30.0
"""Seconds for a worker to end; the SDK was seen never to come back from a shutdown."""


def hours_policy(**changes: Any) -> FollowUpPolicy:
    """Around the clock: due 48 h after a touch, reminder 4 h before, manager 24 h after, reassigned 72 h after."""
    given: dict[str, Any] = {
        "name": "hours",
        "version": 1,
        "calendar": BusinessCalendar.around_the_clock("UTC"),
        "due_after": Duration(48, "hours"),
        "remind_before": Duration(4, "hours"),
        "escalate_after": Duration(24, "hours"),
        "reassign_after": Duration(72, "hours"),
    }
    return FollowUpPolicy(**(given | changes))


@dataclass
class World:
    """`environment` None: real time."""

    office: Office
    client: Client
    store: WorkflowStore
    deliverer: Deliverer
    environment: WorkflowEnvironment | None = None
    dispatcher: Running | None = None
    read_models: Running | None = None
    context: RoomContext | None = None
    worker: Worker | None = None
    working: asyncio.Task[None] | None = None
    mailbox: Mailbox = field(default_factory=Mailbox)
    chats: Mailbox = field(default_factory=Mailbox)

    # -- the worker --------------------------------------------------------------------------

    def work(self) -> None:
        assert self.context is not None
        self.worker = make_worker(self.context, self.deliverer, sandboxed=True, grace=timedelta(seconds=1))
        self.working = asyncio.create_task(self.worker.run())

    async def stop_working(self) -> None:
        """Timers go on on the server, and nobody hears them."""
        if self.worker is not None and self.working is not None:
            ending = asyncio.gather(self.worker.shutdown(), self.working)
            await asyncio.wait({ending}, timeout=ENDING)
            if ending.done():
                await ending
            ending.cancel()  # not awaited: what does not end does not end when it is cancelled either
            self.worker = self.working = None

    # -- the dispatcher ------------------------------------------------------------------------

    def follow(self) -> None:
        dispatcher = make_dispatcher(self.office.url, self.store, self.deliverer)
        self.dispatcher = Running(dispatcher.run)

    async def stop_following(self) -> None:
        if self.dispatcher is not None:
            await self.dispatcher.stop()
            self.dispatcher = None

    async def stop_reading(self) -> None:
        """The read models stay as they are."""
        if self.read_models is not None:
            await self.read_models.stop()
            self.read_models = None

    async def read(self) -> None:
        """Wait until the read models know everything recorded so far."""
        head = await self.office.ledger.head()
        await until(lambda: self._has_read(head))

    async def _has_read(self, position: int) -> bool:
        rows = await self.office.rows("SELECT min(position) FROM read.positions")
        return bool(rows[0][0] >= position)

    async def deliver_again(self, after: int = 0) -> None:
        """As after a crash between delivering and noting it: everything above `after` once more."""
        await self.stop_following()
        await self.office.rows("UPDATE app.follower_positions SET position = %s RETURNING 1", after)
        self.follow()
        await self.delivered()

    async def news(self, deal_id: UUID) -> list[PromiseArmed | DealClosed]:
        """Everything the dispatcher has to tell about the deal, oldest first."""
        found = [news_of(fact) for fact in await self.facts(deal_id)]
        return [n for n in found if isinstance(n, PromiseArmed | DealClosed)]

    async def promised(self, deal_id: UUID) -> PromiseArmed:
        """The newest of them that sets a timer."""
        return [news for news in await self.news(deal_id) if isinstance(news, PromiseArmed)][-1]

    async def restart(self, given: FollowUp) -> None:
        """End the deal's follow-up, and start it with this input."""
        await self.follow_up(given.deal_id).terminate("to start it anew")
        await self.started(given)

    async def started(self, given: FollowUp) -> None:
        """A follow-up with this input, behind the dispatcher's back."""
        id = follow_up_id(given.deal_id)
        await self.client.start_workflow(
            FollowUpWorkflow.run, given, id=id, task_queue=self.deliverer.task_queue
        )

    async def unheard(self, command: Command) -> None:
        """A command whose news gets lost, which the dispatcher does not do."""
        await self.stop_following()
        await self.office.run(command, now=datetime.now(UTC))
        head = await self.office.ledger.head()
        await self.office.rows("UPDATE app.follower_positions SET position = %s RETURNING 1", head)
        self.follow()

    # -- commands ----------------------------------------------------------------------------

    async def run(self, command: Command, **changes: Any) -> Receipt:
        """At the present moment, unless `now` says otherwise; and what concerns workflows is delivered."""
        receipt = await self.office.run(command, **({"now": datetime.now(UTC)} | changes))
        await self.delivered()
        return receipt

    async def open_deal(
        self,
        now: datetime | None = None,
        due_at: datetime | None = None,
        channel: Channel = Channel.API,
        **given: Any,
    ) -> UUID:
        deal_id, now = uuid.uuid4(), now or datetime.now(UTC)
        step = NextStep("send the drawings", due_at) if due_at else None
        opening: dict[str, Any] = {
            "title": "Forty boilers",
            "owner_id": self.office.rep_id,
            "next_step": step,
        }
        await self.run(OpenDeal(deal_id=deal_id, **(opening | given)), now=now, channel=channel)
        return deal_id

    def a_touch(self, deal_id: UUID) -> LogActivity:
        activity = Activity(kind=ActivityKind.CALL, outcome="reached")
        return LogActivity(deal_id=deal_id, activity_id=uuid.uuid4(), activity=activity)

    async def touch(self, deal_id: UUID, now: datetime) -> None:
        await self.run(self.a_touch(deal_id), now=now)

    async def publish(self, policy: FollowUpPolicy, now: datetime | None = None) -> None:
        await self.run(PublishPolicy(policy=policy), now=now or datetime.now(UTC))

    async def somebody_alone(self) -> UUID:
        """A rep with nobody else in the team."""
        team_id, rep_id = uuid.uuid4(), uuid.uuid4()
        await self.run(FormTeam(team_id=team_id, name="South"))
        await self.run(HireRep(rep_id=rep_id, name="Wang Fang", team_id=team_id))
        return rep_id

    # -- what the ledger says ----------------------------------------------------------------

    async def facts(self, deal_id: UUID, *topics: str) -> list[Recorded]:
        """Of one deal, oldest first; those with these topics (a prefix will do), or all."""
        recorded = await self.office.ledger.stream(deal_id)
        return [r for r in recorded if not topics or r.fact.TOPIC.startswith(topics)]

    async def topics(self, deal_id: UUID, *topics: str) -> list[str]:
        return [r.fact.TOPIC for r in await self.facts(deal_id, *topics)]

    async def promise(self, deal_id: UUID) -> PromiseMade:
        """As the last one was made."""
        made = (await self.facts(deal_id, "promise.made"))[-1].fact
        assert isinstance(made, PromiseMade)
        return made

    async def fact(self, deal_id: UUID, topic: str) -> Any:
        """The one fact of the deal with this topic."""
        (found,) = await self.facts(deal_id, topic)
        return found.fact

    # -- workflows ---------------------------------------------------------------------------

    def follow_up(self, deal_id: UUID) -> WorkflowHandle[FollowUpWorkflow, Any]:
        return self.client.get_workflow_handle_for(FollowUpWorkflow.run, follow_up_id(deal_id))

    async def state(self, deal_id: UUID) -> FollowUpState:
        state: FollowUpState = await asked(self.follow_up(deal_id), FollowUpWorkflow.state)
        return state

    async def waits_for(self, deal_id: UUID, step: Step) -> None:
        """Wait until the follow-up knows that it has said what comes before this step: the ledger knows it first."""

        async def does() -> bool:
            return (await self.state(deal_id)).next_step == step

        await until(does)

    async def looked(self, deal_id: UUID) -> None:
        """Wait until the newest run has asked the ledger where the deal stands."""
        await until(lambda: self._has_looked(deal_id))

    async def _has_looked(self, deal_id: UUID) -> bool:
        history = await self.follow_up(deal_id).fetch_history()
        return any(e.event_type == EventType.EVENT_TYPE_MARKER_RECORDED for e in history.events)

    async def status(self, deal_id: UUID) -> WorkflowExecutionStatus | None:
        """Of the newest run; None when there never was one."""
        try:
            return (await self.follow_up(deal_id).describe()).status
        except RPCError as failure:
            if failure.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def runs(self, deal_id: UUID) -> int:
        """How many the server lists, once the newest is among them: lists are made afterwards."""
        newest = (await self.follow_up(deal_id).describe()).run_id

        async def listed() -> bool:
            return await self._count(f"RunId = '{newest}'") == 1

        await until(listed)
        return await self._count(f"WorkflowId = '{follow_up_id(deal_id)}'")

    async def _count(self, query: str) -> int:
        return (await self.client.count_workflows(query)).count

    async def signals(self, deal_id: UUID) -> int:
        """How many the newest run has got."""
        history = await self.follow_up(deal_id).fetch_history()
        return sum(
            1 for e in history.events if e.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
        )

    async def work_done(self, deal_id: UUID) -> int:
        """How many tasks, timers and activities the newest run has had."""
        history = await self.follow_up(deal_id).fetch_history()
        kinds = [EventType.Name(event.event_type) for event in history.events]
        return sum(1 for kind in kinds if "TASK_SCHEDULED" in kind or "TIMER_STARTED" in kind)

    async def ended(self, deal_id: UUID) -> None:
        """Wait for the follow-up's end."""
        await asyncio.wait_for(self.follow_up(deal_id).result(), PATIENCE)

    async def delivered(self) -> None:
        """Wait until the dispatcher has passed on everything recorded so far."""
        head = await self.office.ledger.head()
        await until(lambda: self._has_delivered(head))

    async def _has_delivered(self, position: int) -> bool:
        return await self.store.delivered() >= position

    async def spoken(self, deal_id: UUID, topic: str, times: int = 1) -> list[Recorded]:
        """Wait until the deal has so many facts of a topic."""
        await until(lambda: self._has_said(deal_id, topic, times))
        return await self.facts(deal_id, topic)

    async def _has_said(self, deal_id: UUID, topic: str, times: int) -> bool:
        return len(await self.facts(deal_id, topic)) >= times

    async def told_of_its_miss(self, deal_id: UUID) -> None:
        """Once; and once before it was due, unless the machine was so slow that it was due already."""
        told = await self.topics(deal_id, "promise.reminded", "promise.missed")
        assert told in (["promise.reminded", "promise.missed"], ["promise.missed"])

    async def at(self, deal_id: UUID, instant: datetime) -> None:
        """Move the follow-up's clock to `instant`. Everything due until then has been done and delivered."""
        await self.move(follow_up_id(deal_id), instant)

    async def move(self, workflow_id: str, instant: datetime) -> None:
        """The same for any workflow."""
        assert self.environment is not None
        handle = self.client.get_workflow_handle(workflow_id)
        ahead = instant - await self.environment.get_current_time(handle)
        assert ahead > timedelta(0), f"the clock is past {instant} already"
        await self.environment.fast_forward(handle, ahead)
        await self.delivered()


async def asked(handle: WorkflowHandle[Any, Any], query: Any) -> Any:
    """The answer to a query. A run that was only just started or renewed gives it once its first task is there."""
    found: list[Any] = []

    async def answers() -> bool:
        try:
            found[:] = [await handle.query(query)]
        except RPCError as failure:
            if failure.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
        return bool(found)

    await until(answers)
    return found[0]


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    """Return when the condition is true; for what nothing announces. Fails when it stays false."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.02)


class Running:
    """Something that runs until it is told to stop."""

    def __init__(self, work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(work(self._stop))

    async def stop(self) -> None:
        self._stop.set()
        await self._task


@contextlib.asynccontextmanager
async def world(
    url: str,
    client: Client,
    environment: WorkflowEnvironment | None = None,
    patience: timedelta = PATIENCE_OF_CALLS,
) -> AsyncIterator[World]:
    """Everything running in this process, on a task queue of its own."""
    migrate(url, catalog.statements())
    office = await furnish(url)
    store = WorkflowStore(office.ledger.pool, QUEUE_NAMES)
    deliverer = Deliverer(client, f"tests-{uuid.uuid4()}", patience)
    mailbox, chats = Mailbox(), Mailbox()
    notices = NoticeSender(office.ledger.pool, office.ledger.load, {"mail": mailbox, "chat": chats})
    context = RoomContext(
        office.handler,
        LoadReads(office.ledger.pool),
        store,
        LedgerFigures(office.ledger),
        notices,
        SegmentEvaluation(office.ledger.pool),
        SurveyMails(LinkKey(office.ledger.pool), mailbox),
        LastTouches(office.ledger.pool),
        SurveyReads(office.ledger.pool),
    )
    made = World(office, client, store, deliverer, environment, context=context, mailbox=mailbox, chats=chats)
    made.read_models = Running(lambda stop: run_projections(url, stop=stop))
    with standing_still(environment):
        made.work()
        made.follow()
        try:
            yield made
        finally:
            await made.stop_following()
            await made.stop_working()
    await made.stop_reading()
    await office.close()


@contextlib.asynccontextmanager
async def joining(url: str, client: Client, task_queue: str) -> AsyncIterator[World]:
    """A world whose roles are played by processes of the test's own."""
    office = await furnish(url)
    yield World(office, client, WorkflowStore(office.ledger.pool, QUEUE_NAMES), Deliverer(client, task_queue))
    await office.close()


@contextlib.contextmanager
def standing_still(environment: WorkflowEnvironment | None) -> Iterator[None]:
    """Workflows begin at the present moment and go on at the usual pace, until a test moves their clock."""
    with environment.with_time_skipping_disabled() if environment else contextlib.nullcontext():
        yield


def times(facts: Sequence[Recorded]) -> list[datetime]:
    """When things happened, to the minute."""
    return [fact.occurred_at.astimezone(UTC).replace(second=0, microsecond=0) for fact in facts]
