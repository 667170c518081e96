"""People are told: decided from the ledger, sent by a workflow for each receiver, once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from api.engine.accounts import Accounts
from api.engine.roles import Role
from domain.deal.commands import HandOver, OpenDeal
from domain.engine.context import Channel
from domain.people.people import FormTeam
from runtime.channels.message import MessageRefused, TryAgain, Undeliverable
from runtime.notices.sending import MOST_ASIDE, OF_ONE_MESSAGE, NoticeSender
from tests.conftest import eventually
from tests.workflows.telling import ADMIN, MANAGER, REP, Telling, telling
from tests.workflows.test_sweep import swept
from tests.workflows.world import Running, World
from workflows.notification.activities import AddressRecords
from workflows.notification.follower import NoticeFollower
from workflows.notification.messages import wake


@pytest.fixture
async def told(real: World) -> Telling:
    return await telling(real)


class TestOfAPromise:
    async def test_it_is_mailed_to_its_owner_and_then_to_the_manager(self, told: Telling) -> None:
        told.follow()
        deal = await told.a_deal()
        await told.miss(deal)
        await told.escalate(deal)
        await told.sent()
        assert told.world.mailbox.kinds(REP) == ["promise.missed"]
        assert told.world.mailbox.kinds(MANAGER) == ["promise.escalated"]
        (mail,) = told.world.mailbox.to(REP)
        assert mail.notices[0].path == f"/desk/deals/{deal}"
        assert mail.notices[0].thread == deal
        assert mail.notices[0].sentence.startswith("“follow up” for Forty boilers was due ")
        assert mail.why == "You get this because you are told of everything that concerns you at once."
        await told.ended("rep")

    async def test_several_accounts_of_one_person_are_each_told(self, told: Telling) -> None:
        await told.account("rep-phone", Role.REP, rep_id=told.world.office.rep_id)
        await told.miss(await told.a_deal())
        await told.sent()
        assert {mail.to for mail in told.world.mailbox.messages} == {REP, "rep-phone@example.org"}

    async def test_a_disabled_account_is_not_told(self, told: Telling) -> None:
        await Accounts(told.world.office.ledger).disable(told.accounts["rep"], "ops")
        await told.miss(await told.a_deal())
        await told.sent()
        assert await told.rows("kind") == []

    async def test_one_without_an_address_is_kept_and_not_sent(self, told: Telling) -> None:
        await told.account("no-mail", Role.REP, rep_id=told.world.office.rep_id, email=None)
        await told.miss(await told.a_deal())
        await told.sent()
        assert await told.rows("state", "reason") == [
            ("no-mail", "dropped", "no-address"),
            ("rep", "sent", None),
        ]


class TestWhoIsTold:
    async def test_nobody_of_what_they_did(self, told: Telling) -> None:
        colleague = await told.world.office.hire()
        await told.account("colleague", Role.REP, rep_id=colleague)
        deal = await told.a_deal()
        await told.by("colleague", HandOver(deal_id=deal, to=colleague, handover_note="mine"))
        await told.sent()
        assert told.world.mailbox.messages == []

    async def test_nor_by_another_account_of_theirs(self, told: Telling) -> None:
        await told.account("rep-phone", Role.REP, rep_id=told.world.office.rep_id)
        await told.a_deal()
        await told.sent()
        assert await told.rows("kind") == []

    async def test_who_is_given_a_deal(self, told: Telling) -> None:
        deal = OpenDeal(deal_id=uuid4(), title="Forty boilers", owner_id=told.world.office.rep_id)
        await told.by("manager", deal)
        await told.sent()
        assert told.world.mailbox.sentences(REP) == ["Forty boilers was opened for you"]

    async def test_nobody_of_what_a_file_brought(self, told: Telling) -> None:
        deal = OpenDeal(deal_id=uuid4(), title="Forty boilers", owner_id=told.world.office.rep_id)
        await told.by("manager", deal, channel=Channel.IMPORT)
        await told.sent()
        assert await told.rows("kind") == []

    async def test_the_manager_is_who_manages_the_team_then(self, told: Telling) -> None:
        """The account is the team's; the person that was told is not its manager any more."""
        deal = await told.a_deal()
        await told.miss(deal)
        await told.escalate(deal)
        await told.by("ops", FormTeam(team_id=told.world.office.team_id, name="North", manager_id=uuid4()))
        await told.sent()
        assert told.world.mailbox.kinds(MANAGER) == []


class TestOnce:
    async def test_when_everything_is_decided_again(self, told: Telling) -> None:
        await told.miss(await told.a_deal())
        await told.sent()
        before = await told.rows("n.position", "state", "message_id")
        assert await told.decide() == 0
        await told.world.office.rows("UPDATE app.follower_positions SET position = 0 RETURNING 1")
        await told.sent()
        assert await told.rows("n.position", "state", "message_id") == before
        assert len(told.world.mailbox.tries) == 1

    async def test_when_two_decide_side_by_side(self, told: Telling) -> None:
        for _ in range(3):
            await told.miss(await told.a_deal())
        kept = await asyncio.gather(*(told.decide() for _ in range(4)))
        assert sum(kept) == 3
        await told.sent()
        assert len(told.world.mailbox.tries) == 3

    async def test_when_two_followers_run(self, told: Telling) -> None:
        told.follow()
        other = Running(NoticeFollower(told.world.office.url, told.store, told.world.deliverer).run)
        for _ in range(3):
            await told.miss(await told.a_deal())
        await told.sent()
        await other.stop()
        assert len(told.world.mailbox.tries) == 3

    async def test_when_the_answer_is_lost_the_repeat_is_the_same_message(self, told: Telling) -> None:
        box = told.world.mailbox
        box.takes_what_it_refuses = True
        box.refuse([TryAgain("cut-off")])
        await told.miss(await told.a_deal())
        await told.sent()
        assert len(box.tries) == 2
        assert len(box.messages) == 1
        assert await told.rows("state", "tries") == [("rep", "sent", 2)]

    async def test_a_receiver_that_nobody_woke_is_woken_by_the_sweep(self, told: Telling) -> None:
        await told.miss(await told.a_deal())
        await told.decide()
        await told.world.office.rows("UPDATE app.notices SET due_at = due_at - interval '1 hour' RETURNING 1")
        await swept(told.world)
        await eventually(lambda: len(told.world.mailbox.messages) == 1)

    async def test_whoever_is_woken_for_nothing_ends(self, told: Telling) -> None:
        await wake(told.world.deliverer, told.accounts["rep"])
        await told.ended("rep")
        assert told.world.mailbox.tries == []


class TestRules:
    async def test_the_one_that_names_most_counts(self, told: Telling) -> None:
        await told.rule("rep", "*", "off")
        await told.rule("rep", "promise", "off")
        await told.rule("rep", "promise.missed", "at-once")
        deal = await told.a_deal()
        await told.remind(deal)
        await told.miss(deal)
        await told.sent()
        assert told.world.mailbox.kinds(REP) == ["promise.missed"]
        assert [kind for _, kind in await told.rows("kind")] == ["promise.missed"]

    async def test_each_channel_has_its_own(self, told: Telling) -> None:
        await told.settings("rep", chat_url="slack://secret/of/mine")
        await told.rule("rep", "promise", "at-once", "chat")
        await told.rule("rep", "*", "off")
        await told.miss(await told.a_deal())
        await told.sent()
        assert [one.to for one in told.world.chats.messages] == ["slack://secret/of/mine"]
        assert told.world.mailbox.tries == []

    async def test_everybody_is_told_in_their_language(self, told: Telling) -> None:
        await told.account(
            "li", Role.REP, rep_id=told.world.office.rep_id, language="zh", timezone="Asia/Tokyo"
        )
        await told.miss(await told.a_deal())
        await told.sent()
        (mail,) = told.world.mailbox.to("li@example.org")
        assert mail.language == "zh"
        assert mail.timezone == "Asia/Tokyo"
        assert mail.notices[0].sentence.startswith("Forty boilers的跟进“跟进”已逾期")
        assert mail.why == "您收到此通知，是因为您选择即时接收：与您有关的所有事项。"


class TestAnAddressThatTakesNothing:
    async def test_is_recorded_told_to_administrators_and_left_alone(self, told: Telling) -> None:
        box = told.world.mailbox
        box.refuse([Undeliverable("smtp-550")])
        first = await told.a_deal()
        await told.miss(first)
        await told.sent()
        assert await told.rows("state", "reason") == [("rep", "failed", "smtp-550"), ("admin", "sent", None)]
        said = "What is sent to rep by mail is refused for good (smtp-550): nothing more is sent there"
        assert box.sentences(ADMIN) == [said]
        await told.miss(await told.a_deal())
        await told.sent()
        assert [reason for _, reason in await told.rows("reason")][-1] == "address-failed"
        assert len(box.tries) == 2

    async def test_another_one_is_tried_again(self, told: Telling) -> None:
        box = told.world.mailbox
        box.refuse([Undeliverable("smtp-550")])
        await told.miss(await told.a_deal())
        await told.sent()
        await told.move("rep", "new@example.org")
        await told.miss(await told.a_deal())
        await told.sent()
        assert box.kinds("new@example.org") == ["promise.missed"]
        rows = await told.world.office.rows(
            "SELECT topic, data->>'code' FROM ledger.events WHERE stream_id = %s ORDER BY version",
            told.accounts["rep"],
        )
        assert rows == [
            ("recipient.address-failed", "smtp-550"),
            ("recipient.address-restored", "address-changed"),
        ]


class TestAfterDowntime:
    async def test_one_digest_comes_and_not_a_mail_for_each(self, told: Telling) -> None:
        deals = [await told.a_deal() for _ in range(6)]
        for deal in deals:
            await told.miss(deal)
        await told.decide()
        await told.world.office.rows("UPDATE app.notices SET due_at = due_at - interval '2 days' RETURNING 1")
        await told.sent()
        (mail,) = told.world.mailbox.to(REP)
        assert mail.digest
        assert [notice.thread for notice in mail.notices] == deals

    async def test_three_that_are_late_are_three_mails(self, told: Telling) -> None:
        for _ in range(3):
            await told.miss(await told.a_deal())
        await told.decide()
        await told.world.office.rows("UPDATE app.notices SET due_at = due_at - interval '2 days' RETURNING 1")
        await told.sent()
        assert [mail.digest for mail in told.world.mailbox.messages] == [False] * 3

    async def test_one_that_is_refused_for_what_is_in_it_is_given_up_soon(self, told: Telling) -> None:
        box, office = told.world.mailbox, told.world.office
        box.refuse([MessageRefused("smtp-data-554")] * (OF_ONE_MESSAGE + 1))
        for _ in range(2):
            await told.miss(await told.a_deal())
        await told.decide()
        assert told.world.context is not None
        sender = NoticeSender(office.ledger.pool, office.ledger.load, {"mail": box})
        at: datetime | None = datetime.now(UTC) + timedelta(seconds=1)
        while at is not None:
            at = await sender.deliver(told.accounts["rep"], at, AddressRecords(told.world.context, at))
        assert await told.rows("state", "tries") == [
            ("rep", "failed", OF_ONE_MESSAGE + 1),
            ("rep", "sent", 1),
        ]

    async def test_one_that_may_be_refused_for_what_is_in_it_is_put_aside(self, told: Telling) -> None:
        """It is tried for days, and the others are not held up by it any longer than by one that is given up."""
        box, office = told.world.mailbox, told.world.office
        box.refuse([TryAgain("smtp-data-451")] * OF_ONE_MESSAGE)
        for _ in range(2):
            await told.miss(await told.a_deal())
        await told.decide()
        assert told.world.context is not None
        sender = NoticeSender(office.ledger.pool, office.ledger.load, {"mail": box})
        at: datetime | None = datetime.now(UTC) + timedelta(seconds=1)
        states = []
        while at is not None:
            at = await sender.deliver(told.accounts["rep"], at, AddressRecords(told.world.context, at))
            states.append([row[1:] for row in await told.rows("state", "tries")])
        assert [("sending", OF_ONE_MESSAGE), ("sent", 1)] in states
        assert states[-1] == [("sent", OF_ONE_MESSAGE + 1), ("sent", 1)]

    async def test_when_none_is_taken_the_rest_waits(self, told: Telling) -> None:
        box, office = told.world.mailbox, told.world.office
        box.refuse([TryAgain("smtp-data-451")] * 500)
        for _ in range(6):
            await told.miss(await told.a_deal())
        await told.decide()
        assert told.world.context is not None
        sender = NoticeSender(office.ledger.pool, office.ledger.load, {"mail": box})
        begun = datetime.now(UTC) + timedelta(seconds=1)
        at: datetime | None = begun
        end = begun + timedelta(hours=3)
        while at is not None and at < end:
            at = await sender.deliver(told.accounts["rep"], at, AddressRecords(told.world.context, at))
        assert len({one.id for one in box.tries}) == MOST_ASIDE

    async def test_while_one_is_refused_the_others_wait(self, told: Telling) -> None:
        """They are not tried at a server that is away."""
        box = told.world.mailbox
        box.refuse([TryAgain("away")] * 2)
        for _ in range(5):
            await told.miss(await told.a_deal())
        told.follow()
        await eventually(lambda: len(box.tries) == 2)
        assert len({one.id for one in box.tries}) == 1
        await told.stop_following()


async def test_what_was_settled_long_ago_is_kept_no_longer_and_never_decided_again(told: Telling) -> None:
    for _ in range(3):
        await told.miss(await told.a_deal())
    await told.sent()
    await told.miss(await told.a_deal())
    await told.decide()
    rows, age = told.world.office.rows, "UPDATE app.notices SET {} WHERE {} RETURNING position"
    old = "settled_at = now() - interval '401 days'"
    first = "position < (SELECT max(position) FROM app.notices WHERE state = 'sent')"
    assert len(await rows(age.format(old, f"state = 'sent' AND {first}"))) == 2
    assert await told.store.forget() == 2
    assert await told.store.forget() == 0
    assert await told.rows("state") == [("rep", "sent"), ("rep", "waiting")]
    await told.sent()
    assert len(told.world.mailbox.messages) == 4
