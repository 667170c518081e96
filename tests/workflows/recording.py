"""tests: histories of every workflow, as the server keeps them, with nothing of the machine they were made on."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from temporalio.client import WorkflowHandle, WorkflowHistory

from api.engine.roles import Role
from domain.action_item.commands import FinishActionItem
from domain.adjustment.adjustment import Outcome
from domain.adjustment.commands import DecideAdjustment
from domain.case.commands import ReopenCase, ResumeCase, SolveCase, WaitForCustomer
from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.facts import Profile
from domain.deal.commands import LoseDeal, OpenDeal, ReopenDeal
from domain.people.people import FormTeam, RepLeaves
from domain.revisit.commands import PromiseRevisit, RecordRevisit
from domain.revisit.revisit import revisit_of
from domain.segment.membership import shard_of
from domain.survey.commands import InviteToSurvey, PublishSurvey
from domain.survey.silence import SilenceWatch, WatchSilence
from domain.survey.survey import QuestionKind, SendingRule, Survey, SurveyEvent, SurveyQuestion
from domain.time.duration import Duration
from runtime.channels.message import TryAgain
from tests.webhooks.post import Post
from tests.webhooks.receiver import receiving, status
from tests.webhooks.sending import sending
from tests.workflows.telling import Telling, telling
from tests.workflows.test_action_items_and_adjustments import an_adjustment, an_item, ended, move
from tests.workflows.test_cases import a_case
from tests.workflows.test_cases import after as case_at
from tests.workflows.test_meetings import lapsing
from tests.workflows.test_segments import Segmenting
from tests.workflows.turns import HEAD, MANAGER, MAY, begin, close_in_time
from tests.workflows.turns import at as on
from tests.workflows.world import MOMENT, World, hours_policy, until
from workflows.deal.messages import FollowUp, follow_up_id
from workflows.engine.messages import Moved, Run, workflow_id
from workflows.notification.messages import NOTIFICATIONS, Receiver, notifications_id, wake
from workflows.people.handover import RepHandoverWorkflow
from workflows.people.messages import handover_id
from workflows.policy.messages import Rollout, rollout_id
from workflows.policy.rollout import PolicyRolloutWorkflow
from workflows.segment.messages import SEGMENTS, Shard
from workflows.segment.messages import wake as wake_segments
from workflows.sweep.messages import Sweep
from workflows.sweep.workflow import SweepWorkflow
from workflows.webhook.messages import webhook_workflow_id

DIRECTORY = Path(__file__).with_name("histories")
START = datetime(2031, 1, 8, 2, 0, tzinfo=UTC)
NOBODY = "recorded"
Named = tuple[str, WorkflowHandle[Any, Any]]


async def scenarios(world: World) -> AsyncIterator[Named]:
    """Every workflow, through every branch that makes it say something else to the server."""
    await world.publish(hours_policy(max_reassignments=1))
    told = (
        whole_life, stuck, stale_start, renewed, rollout, sweep, turns, clocks, cases, webhooks, notices, handover,
        segments, surveys, revisits, silences
    )  # fmt: skip
    for scenario in told:
        async for name, handle in scenario(world):
            yield name, handle


async def whole_life(world: World) -> AsyncIterator[Named]:
    """Reminded, missed, escalated, reassigned, touched, refused a second reassignment, lost; and reopened."""
    await world.office.hire()
    deal = await world.open_deal(START, policy="hours")
    await world.at(deal, START + timedelta(hours=120) + MOMENT)
    await world.touch(deal, START + timedelta(hours=130))
    await world.at(deal, START + timedelta(hours=130 + 120) + MOMENT)
    await world.run(LoseDeal(deal_id=deal, loss_reason="price"), now=START + timedelta(days=11))
    await world.ended(deal)
    yield "follow-up-whole-life", await latest_run(world, follow_up_id(deal))
    await world.run(ReopenDeal(deal_id=deal, stage="identify"), now=START + timedelta(days=12))
    await world.looked(deal)
    yield "follow-up-reopened", await latest_run(world, follow_up_id(deal))


async def stuck(world: World) -> AsyncIterator[Named]:
    """Nobody in the team can take it over."""
    alone = await world.somebody_alone()
    deal = await world.open_deal(START, policy="hours", owner_id=alone)
    await world.at(deal, START + timedelta(hours=120) + MOMENT)
    await world.looked(deal)
    yield "follow-up-stuck", await latest_run(world, follow_up_id(deal))


async def stale_start(world: World) -> AsyncIterator[Named]:
    """An old delivery after the end."""
    deal = await world.open_deal(policy="hours")
    (armed,) = await world.news(deal)
    await world.run(LoseDeal(deal_id=deal, loss_reason="price"))
    await world.ended(deal)
    await world.deliverer.send(armed)
    await world.ended(deal)
    yield "follow-up-stale-start", await latest_run(world, follow_up_id(deal))


async def renewed(world: World) -> AsyncIterator[Named]:
    """Continued as new: the run before, and the run after."""
    deal = await world.open_deal(policy="hours")
    await world.restart(FollowUp(deal, history_limit=30))
    first = await latest_run(world, follow_up_id(deal))
    for _ in range(9):
        await world.touch(deal, datetime.now(UTC))
    await until(lambda: has_ended(first))
    yield "follow-up-continues", first
    await world.state(deal)
    yield "follow-up-continued", await latest_run(world, follow_up_id(deal))


async def rollout(world: World) -> AsyncIterator[Named]:
    await world.publish(hours_policy(due_after=Duration(20, "hours"), max_reassignments=1))
    handle = world.client.get_workflow_handle_for(PolicyRolloutWorkflow.run, rollout_id("hours", 2))
    await handle.result()
    yield "policy-rollout", await latest_run(world, handle.id)
    again = await world.client.start_workflow(
        PolicyRolloutWorkflow.run,
        Rollout("hours", 2, 1, history_limit=1),
        id="policy-again",
        task_queue=world.deliverer.task_queue,
    )
    await again.result()
    first = world.client.get_workflow_handle(again.id, run_id=again.first_execution_run_id)
    yield "policy-rollout-continues", first


async def sweep(world: World) -> AsyncIterator[Named]:
    handle = await world.client.start_workflow(
        SweepWorkflow.run, Sweep(), id="sweep-recorded", task_queue=world.deliverer.task_queue
    )
    await handle.result()
    yield "sweep", await latest_run(world, handle.id)


async def turns(world: World) -> AsyncIterator[Named]:
    """A rep's cycle that people see to, paused in between and closed; the next one, which nobody sees to, and continued as new."""
    turn = await begin(world)
    await close_in_time(turn)
    yield "cycle-closed", await latest_run(world, turn.workflow_id())
    await turn.move(on(6, 30), MAY)
    yield "cycle-nobody-acts", await latest_run(world, turn.workflow_id(MAY))
    await turn.restart(Run(turn.id(MAY), history_limit=20), MAY)
    first = await latest_run(world, turn.workflow_id(MAY))
    await until(lambda: is_told_to_the_end(world, first, Moved(1, "cycle", turn.id(MAY))))
    yield "cycle-continues", first


async def clocks(world: World) -> AsyncIterator[Named]:
    """An action item that is missed and then done; an adjustment that is escalated and then decided; meetings, one of which nobody records."""
    item = await an_item(world)
    await move(world, "action-item", item, START + timedelta(days=6))
    await world.run(FinishActionItem(item_id=item), now=START + timedelta(days=6))
    assert await ended(world, "action-item", item)
    yield "action-item", await latest_run(world, workflow_id("action-item", item))
    adjustment, *_ = await an_adjustment(world)
    await move(world, "adjustment", adjustment, on(5, 30))
    stop = DecideAdjustment(
        adjustment_id=adjustment,
        outcome=Outcome.STOP,
        decided_by=MANAGER,
        why="it brought little",
    )
    await world.run(stop, now=on(5, 30))
    assert await ended(world, "adjustment", adjustment)
    yield "adjustment", await latest_run(world, workflow_id("adjustment", adjustment))
    async for name, meeting_workflow in lapsing(world):
        yield name, await latest_run(world, meeting_workflow)


async def revisits(world: World) -> AsyncIterator[Named]:
    """A revisit that is missed and then made."""
    customer, due = uuid.uuid4(), datetime.now(UTC) + timedelta(hours=30)
    await world.run(RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")))
    rep = world.office.rep_id
    await world.run(PromiseRevisit(customer_id=customer, owner_id=rep, due_at=due))
    revisit = revisit_of(customer)
    await move(world, "revisit", revisit, due + MOMENT)
    await world.run(RecordRevisit(revisit_id=revisit), now=due + timedelta(days=1))
    assert await ended(world, "revisit", revisit)
    yield "revisit", await latest_run(world, workflow_id("revisit", revisit))


async def cases(world: World) -> AsyncIterator[Named]:
    """A service case whose first answer is missed, which waits for the customer, is solved, and ends unanswered; and reopened."""
    case = await a_case(world)
    await move(world, "case", case, case_at(3))
    await world.run(WaitForCustomer(case_id=case, what="a photo"), now=case_at(3))
    await move(world, "case", case, case_at(20))
    await world.run(ResumeCase(case_id=case), now=case_at(20))
    await world.run(SolveCase(case_id=case, solution="a valve"), now=case_at(21))
    await move(world, "case", case, case_at(80))
    assert await ended(world, "case", case)
    yield "case", await latest_run(world, workflow_id("case", case))
    await world.run(ReopenCase(case_id=case, why="it leaks again"), now=case_at(90))
    await move(world, "case", case, case_at(100))
    yield "case-reopened", await latest_run(world, workflow_id("case", case))


async def surveys(world: World) -> AsyncIterator[Named]:
    """One that is sent at the second try, and that nobody answers."""
    customer, contact, id = uuid4(), uuid4(), uuid4()
    question = SurveyQuestion(key="why", kind=QuestionKind.TEXT, en="Why?", zh="为什么？")
    await world.run(RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")))
    await world.run(AddContact(customer_id=customer, contact_id=contact, name="Ann", mail="ann@example.com"))
    await world.run(PublishSurvey(survey=Survey(name="how", en="How?", zh="如何？", questions=(question,))))
    world.mailbox.refuse([TryAgain("away")])
    await world.run(
        InviteToSurvey(invitation_id=id, survey="how", customer_id=customer, owner_id=world.office.rep_id)
    )
    await until(lambda: is_sent(world, id))
    await move(world, "survey-invitation", id, datetime.now(UTC) + timedelta(days=31))
    assert await ended(world, "survey-invitation", id)
    yield "survey-invitation", await latest_run(world, workflow_id("survey-invitation", id))


async def silences(world: World) -> AsyncIterator[Named]:
    """A customer who was touched once more than the timer knew, then no more, and is asked."""
    customer, survey, began = uuid4(), "silent", datetime.now(UTC)
    question = SurveyQuestion(key="why", kind=QuestionKind.TEXT, en="Why?", zh="为什么？")
    rules = (SendingRule(on=SurveyEvent.SILENT, days=10),)
    published = Survey(name=survey, en="How?", zh="如何？", questions=(question,), rules=rules)
    await world.run(RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")))
    await world.run(PublishSurvey(survey=published))
    owner, watch = await world.office.hire(), SilenceWatch.stream_of(survey, customer)
    deal = await world.open_deal(customer_id=customer, owner_id=owner)
    await world.run(WatchSilence(survey=survey, customer_id=customer, since=began))
    await world.touch(deal, began + timedelta(days=4))
    await world.read()
    await move(world, "silence-watch", watch, began + timedelta(days=10, minutes=1))
    await move(world, "silence-watch", watch, began + timedelta(days=14, minutes=1))
    assert await ended(world, "silence-watch", watch)
    yield "silence-watch", await latest_run(world, workflow_id("silence-watch", watch))


async def is_sent(world: World, invitation_id: UUID) -> bool:
    return bool(await world.facts(invitation_id, "survey-invitation.sent"))


async def is_told_to_the_end(world: World, run: WorkflowHandle[Any, Any], news: Moved) -> bool:
    """Told once more what it knows already; whether the run has ended by now."""
    await world.deliverer.send(news)
    return await has_ended(run)


async def handover(world: World) -> AsyncIterator[Named]:
    office = world.office
    await world.run(RepLeaves(rep_id=office.rep_id))
    handle = world.client.get_workflow_handle_for(RepHandoverWorkflow.run, handover_id(office.rep_id))
    await handle.result()
    yield "rep-handover", await latest_run(world, handle.id)
    await world.run(FormTeam(team_id=office.team_id, name="North", manager_id=MANAGER))
    done = await world.run(FormTeam(team_id=office.team_id, name="North", manager_id=HEAD))
    successor = world.client.get_workflow_handle(f"manager-handover-{office.team_id}-{done.position}")
    await successor.result()
    yield "manager-handover", await latest_run(world, successor.id)


async def webhooks(world: World) -> AsyncIterator[Named]:
    """Tried again, taken and woken again; and switched off by a receiver that is gone."""
    async with receiving() as receiver:
        post = Post(world.office, receiver)
        async with sending(post, world.client, world.environment) as sent:
            id, _ = await post.make()
            receiver.answer = status(503)
            await post.deal()
            await receiver.until(len)
            receiver.answer = status(204)
            await sent.pass_by(id, timedelta(minutes=1))
            await receiver.until(lambda got: len(got) > 1)
            receiver.answer = status(410)
            await post.deal()
            await sent.workflow(id).result()
            yield "webhook", await latest_run(world, webhook_workflow_id(id))


async def notices(world: World) -> AsyncIterator[Named]:
    """Refused for now, woken meanwhile, sent in the end; and one who hears once a day, continued as new."""
    told = await telling(world)
    colleague = await world.office.hire()
    await told.account("colleague", Role.REP, rep_id=colleague)
    world.mailbox.refuse([TryAgain("away")])
    await told.by("ops", OpenDeal(deal_id=uuid4(), title="Forty boilers", owner_id=colleague))
    await told.decide()
    await wake(world.deliverer, told.accounts["colleague"])
    await until(lambda: told.tried(1))
    await wake(world.deliverer, told.accounts["colleague"])
    id = notifications_id(told.accounts["colleague"])
    await world.move(id, datetime.now(UTC) + timedelta(minutes=10))
    await told.ended("colleague")
    yield "notifications", await latest_run(world, id)
    await told.rule("colleague", "*", "daily")
    await told.by("ops", OpenDeal(deal_id=uuid4(), title="Fifty boilers", owner_id=colleague))
    await told.decide()
    given = Receiver(told.accounts["colleague"], history_limit=12)
    await world.client.start_workflow(NOTIFICATIONS, given, id=id, task_queue=world.deliverer.task_queue)
    first = await latest_run(world, id)
    await until(lambda: woken_to_the_end(told, first))
    yield "notifications-continues", first


async def woken_to_the_end(told: Telling, run: WorkflowHandle[Any, Any]) -> bool:
    """Woken once more for nothing; whether the run has ended by now."""
    await wake(told.world.deliverer, told.accounts["colleague"])
    return await has_ended(run)


async def segments(world: World) -> AsyncIterator[Named]:
    """A customer waits for its day, woken for nothing meanwhile, and comes in; and another run, continued as new."""
    some = Segmenting(world)
    await some.publish("days_known >= 60")
    known = await some.customer()
    await world.read()
    await some.checks.decide(0, await some.checks.head())
    shard, id = shard_of(known), some.id_of(known)
    await wake_segments(world.deliverer, shard)
    await until(lambda: some.waits(known))
    await wake_segments(world.deliverer, shard)
    await world.move(id, datetime.now(UTC) + timedelta(days=62))
    await some.told(known, "in")
    first = await latest_run(world, id)
    await until(lambda: has_ended(first))
    yield "segments", first
    await some.customer("media", known)
    await some.publish("days_known >= 70")
    await world.read()
    await some.checks.decide(0, await some.checks.head())
    given = Shard(shard, history_limit=10)
    await world.client.start_workflow(SEGMENTS, given, id=id, task_queue=world.deliverer.task_queue)
    second = await latest_run(world, id)
    await until(lambda: woken_until_renewed(world, shard, second))
    yield "segments-continues", second


async def woken_until_renewed(world: World, shard: int, run: WorkflowHandle[Any, Any]) -> bool:
    await wake_segments(world.deliverer, shard)
    return await has_ended(run)


async def latest_run(world: World, workflow_id: str) -> WorkflowHandle[Any, Any]:
    run_id = (await world.client.get_workflow_handle(workflow_id).describe()).run_id
    return world.client.get_workflow_handle(workflow_id, run_id=run_id)


async def has_ended(handle: WorkflowHandle[Any, Any]) -> bool:
    return (await handle.describe()).close_time is not None


async def cleaned(handle: WorkflowHandle[Any, Any]) -> str:
    """A run's history as JSON: what was said and done, not by which process on which machine."""
    history = await handle.fetch_history()
    return json.dumps(_clean(json.loads(history.to_json())), indent=1) + "\n"


def _clean(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean(held) for held in value]
    if not isinstance(value, dict):
        return value
    if value.get("kind") == "TASK_QUEUE_KIND_STICKY":
        value = value | {"name": NOBODY}
    hidden = {"identity", "requestId", "binaryChecksum", "buildId", "stackTrace"}
    return {key: NOBODY if key in hidden else _clean(held) for key, held in value.items()}


def save(name: str, version: str, history: str) -> None:
    """What is kept under this version stays: it is how the workflow once went, and goes on being replayed."""
    DIRECTORY.mkdir(exist_ok=True)
    file = DIRECTORY / f"{name}-{version}.json"
    if not file.exists():
        file.write_text(history, encoding="utf-8")


def saved() -> list[Path]:
    return sorted(DIRECTORY.glob("*.json"))


def read(file: Path) -> WorkflowHistory:
    return load(file.read_text(encoding="utf-8"))


def load(text: str) -> WorkflowHistory:
    events = json.loads(text)["events"]
    started = events[0]["workflowExecutionStartedEventAttributes"]
    return WorkflowHistory.from_json(started["workflowId"], text)
