"""Surveys are sent by what happens, once; by mails that are tried again; and one that nobody answers has expired."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.action_item.commands import FinishActionItem
from domain.case.commands import OpenCase, SolveCase
from domain.case.policy import Severity
from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.facts import Profile
from domain.deal.commands import MoveStage
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Channel
from domain.survey import facts as f
from domain.survey.answer import SurveyAnswer
from domain.survey.commands import AnswerSurvey, PublishSurvey, Reply
from domain.survey.silence import SilenceWatch
from domain.survey.survey import Counts, QuestionKind, SendingRule, Survey, SurveyEvent, SurveyQuestion
from projections.ports.surveys import SurveyReads
from runtime.channels.message import TryAgain, Undeliverable
from runtime.surveys.links import LinkKey, read
from tests.workflows.test_action_items_and_adjustments import ended, move, next_kind
from tests.workflows.test_sweep import swept
from tests.workflows.world import MOMENT, Running, World, until
from workflows.survey.follower import SurveyFollower
from workflows.survey.reactions import SurveyReactions

DAY = timedelta(days=1)
MAIL = "ann@example.com"
RECOMMEND = SurveyQuestion(
    key="recommend", kind=QuestionKind.TEN, en="Recommend us?", zh="推荐？", counts=Counts.NPS, needed=True
)
RULES = (SendingRule(on=SurveyEvent.SOLVED), SendingRule(on=SurveyEvent.STAGE, stage="contact"))


class Asking:
    """A world with the follower of surveys, a survey, and a customer with a contact who can be written to."""

    def __init__(self, world: World) -> None:
        self.world, self.customer, self.ann = world, uuid.uuid4(), uuid.uuid4()
        self.follower: Running | None = None

    async def begin(self) -> None:
        survey = Survey(
            name="how", en="How was it?", zh="如何？", questions=(RECOMMEND,), rules=RULES, quiet_days=0
        )
        await self.known()
        await self.world.run(PublishSurvey(survey=survey))
        self.follow()

    async def known(self) -> None:
        await self.world.run(RegisterCustomer(customer_id=self.customer, profile=Profile(name="Acme")))
        ann = AddContact(customer_id=self.customer, contact_id=self.ann, name="Ann", mail=MAIL)
        await self.world.run(ann)

    def follow(self) -> None:
        office = self.world.office
        reactions = SurveyReactions(CommandHandler(office.ledger), SurveyReads(office.ledger.pool))
        self.follower = Running(SurveyFollower(office.url, self.world.store, reactions).run)

    async def stop(self) -> None:
        assert self.follower is not None
        await self.follower.stop()

    async def heard(self) -> None:
        head = await self.world.office.ledger.head()

        async def has_heard() -> bool:
            return await self.world.store.position("surveys") >= head

        await until(has_heard)
        await self.world.delivered()

    async def mailed(self) -> None:
        async def is_there() -> bool:
            return bool(self.world.mailbox.to(MAIL))

        await until(is_there)

    async def solved(self, channel: Channel = Channel.API) -> UUID:
        case, owner = uuid.uuid4(), self.world.office.rep_id
        opened = OpenCase(
            case_id=case, title="it leaks", customer_id=self.customer, severity=Severity.MINOR, owner_id=owner
        )
        await self.world.run(opened)
        await self.world.run(SolveCase(case_id=case, solution="a valve"), channel=channel)
        return case

    async def invitations(self) -> list[UUID]:
        made = "SELECT stream_id FROM ledger.events WHERE topic = 'survey-invitation.made' ORDER BY position"
        return [id for (id,) in await self.world.office.rows(made)]


async def test_what_happens_sends_one_whose_link_is_answered_and_closes_the_loop(virtual: World) -> None:
    asking = Asking(virtual)
    await asking.begin()
    case = await asking.solved()
    await asking.heard()
    (id,) = await asking.invitations()
    await asking.mailed()
    (mail,) = virtual.mailbox.to(MAIL)
    link = read(await LinkKey(virtual.office.ledger.pool)(), mail.notices[0].path.rpartition("/")[2])
    assert link.invitation_id == id
    assert await next_kind(virtual, "survey-invitation", id) == "expire"
    answer_id = SurveyAnswer.to(id)
    reply = Reply(question="recommend", answer="2")
    await virtual.run(AnswerSurvey(answer_id=answer_id, invitation_id=id, replies=(reply,)))
    assert await ended(virtual, "survey-invitation", id)
    (given,) = await virtual.facts(answer_id)
    assert isinstance(given.fact, f.SurveyAnswerGiven)
    assert (given.fact.case_id, given.fact.low) == (case, True)
    assert given.fact.item_id is not None
    await virtual.run(FinishActionItem(item_id=given.fact.item_id))
    await asking.heard()
    assert await virtual.topics(answer_id) == ["survey-answer.given", "survey-answer.loop-closed"]
    await asking.stop()


async def test_each_happening_is_asked_about_once_through_ends_and_repeats(virtual: World) -> None:
    asking = Asking(virtual)
    await asking.known()
    await asking.solved()  # before the survey was published
    await asking.begin()
    await asking.solved(channel=Channel.IMPORT)
    deal = await virtual.open_deal(customer_id=asking.customer)
    await asking.stop()
    await virtual.run(MoveStage(deal_id=deal, to="contact"))
    asking.follow()
    await asking.heard()
    (id,) = await asking.invitations()
    (made, *_) = await virtual.facts(id)
    assert isinstance(made.fact, f.InvitationMade)
    assert (made.fact.on, made.fact.deal_id) == (SurveyEvent.STAGE, deal)
    await asking.stop()
    await virtual.office.rows(
        "UPDATE app.follower_positions SET position = 0 WHERE name = 'surveys' RETURNING 1"
    )
    asking.follow()
    await asking.heard()
    assert await asking.invitations() == [id]
    await asking.stop()


async def test_what_the_follower_passed_over_is_found_by_the_sweep_and_sent_once(virtual: World) -> None:
    asking = Asking(virtual)
    await asking.known()
    await asking.solved()  # before the survey was published
    await asking.begin()
    await asking.heard()
    await asking.stop()
    case = await asking.solved()
    await asking.solved(channel=Channel.IMPORT)
    await swept(virtual)  # what the follower has not come to is on the way
    assert not await asking.invitations()
    await virtual.office.rows(
        "UPDATE app.follower_positions SET position = %s WHERE name = 'surveys' RETURNING 1",
        await virtual.office.ledger.head(),
    )
    for _ in range(2):
        await swept(virtual)
    (id,) = await asking.invitations()
    (made, *_) = await virtual.facts(id)
    assert isinstance(made.fact, f.InvitationMade)
    assert (made.fact.on, made.fact.case_id) == (SurveyEvent.SOLVED, case)
    await asking.mailed()


async def test_a_mail_is_tried_again_and_nobody_s_answer_is_known(virtual: World) -> None:
    virtual.mailbox.refuse([TryAgain("away"), TryAgain("away")])
    asking = Asking(virtual)
    await asking.begin()
    await asking.solved()
    await asking.heard()
    (id,) = await asking.invitations()
    await asking.mailed()
    assert {one.id for one in virtual.mailbox.tries} == {virtual.mailbox.to(MAIL)[0].id}
    assert await next_kind(virtual, "survey-invitation", id) == "expire"
    await virtual.stop_working()
    virtual.work()
    await move(virtual, "survey-invitation", id, datetime.now(UTC) + 30 * DAY + MOMENT)
    assert await ended(virtual, "survey-invitation", id)
    assert (await virtual.topics(id))[-1] == "survey-invitation.expired"
    virtual.mailbox.refuse([Undeliverable("smtp-550")])
    await asking.solved()
    await asking.heard()
    (_, refused) = await asking.invitations()
    assert await ended(virtual, "survey-invitation", refused)
    (*_, withheld) = await virtual.facts(refused)
    assert withheld.fact == f.InvitationWithheld(reason="smtp-550")
    await asking.stop()


async def test_a_customer_of_whom_nothing_is_heard_is_asked_by_a_timer(virtual: World) -> None:
    asking = Asking(virtual)
    await asking.begin()
    rules = (SendingRule(on=SurveyEvent.SILENT, days=10),)
    silent = Survey(name="silent", en="Still there?", zh="还好吗？", questions=(RECOMMEND,), rules=rules)
    await virtual.run(PublishSurvey(survey=silent))
    deal, began = await virtual.open_deal(customer_id=asking.customer), datetime.now(UTC)
    await virtual.touch(deal, began)
    await asking.heard()
    watch = SilenceWatch.stream_of("silent", asking.customer)
    await virtual.touch(deal, began + 4 * DAY)
    await virtual.read()
    await move(virtual, "silence-watch", watch, began + 10 * DAY + MOMENT)
    assert await virtual.topics(watch) == ["silence-watch.set", "silence-watch.set"]
    assert not await asking.invitations()
    await move(virtual, "silence-watch", watch, began + 14 * DAY + MOMENT)
    assert await ended(virtual, "silence-watch", watch)
    (id,) = await asking.invitations()
    (made, *_) = await virtual.facts(id)
    assert isinstance(made.fact, f.InvitationMade)
    assert (made.fact.on, made.fact.deal_id, made.fact.contact_id) == (SurveyEvent.SILENT, deal, asking.ann)
    await asking.stop()
