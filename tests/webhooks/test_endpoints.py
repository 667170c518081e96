"""tests: an endpoint's secrets, its owner, and what people do to it while it is sent to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from standardwebhooks import WebhookVerificationError

from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from api.engine.users import KeyStore
from domain.deal.commands import OpenDeal
from domain.people.people import FormTeam, HireRep, RepLeaves
from runtime.webhooks import rounds
from runtime.webhooks.endpoints import Asker
from tests.webhooks import receiver as r
from tests.webhooks.post import Post
from tests.webhooks.receiver import Message


class TestSecrets:
    async def test_both_count_while_one_takes_the_other_s_place(self, post: Post) -> None:
        id, old = await post.make()
        new = await post.endpoints.rotate(id, timedelta(hours=1))
        await post.deal()
        await post.rounds(id)
        assert post.receiver.got[0].verified(old) == post.receiver.got[0].verified(new)

    async def test_of_before_count_no_longer_than_was_said(self, post: Post) -> None:
        id, old = await post.make()
        new = await post.endpoints.rotate(id, timedelta(0))
        await post.deal()
        await post.rounds(id)
        assert post.receiver.got[0].verified(new)
        with pytest.raises(WebhookVerificationError):
            post.receiver.got[0].verified(old)


class TestAnOwner:
    async def test_gets_what_they_may_see(self, post: Post, read_models: None) -> None:
        rep = await post.key(Role.REP, rep_id=post.office.rep_id)
        id, _ = await post.make(rep)
        mine = await post.deal()
        await other_team_s_deal(post)
        await post.seen_by_the_board()
        await post.rounds(id)
        assert {message.event["stream_id"] for message in post.receiver.got} == {str(mine)}

    async def test_who_is_no_administrator_any_more_permits_no_personal_data_to_their_own(
        self, post: Post
    ) -> None:
        accounts = Accounts(post.office.ledger)
        chief = await accounts.create(NewAccount("chief", Role.ADMIN), "ops")
        other = await accounts.create(NewAccount("other", Role.ADMIN), "ops")
        own, _ = await post.make(Asker("chief", account_id=chief), personal=True)
        theirs, _ = await post.make(Asker("other", account_id=other), personal=True)
        await accounts.set_role(chief, Role.ADMIN, None, None, "ops")
        assert (await post.shown(own))["personal"]
        await accounts.set_role(chief, Role.AUDITOR, None, None, "ops")
        assert [(await post.shown(id))["personal"] for id in (own, theirs)] == [False, True]

    async def test_whose_key_was_revoked_gets_nothing_more(self, post: Post) -> None:
        owner = await post.key(Role.AUDITOR)
        id, _ = await post.make(owner)
        await post.deal()
        assert owner.key_id is not None
        await KeyStore(post.office.ledger).revoke(owner.key_id)
        assert (await post.round(id)).off == "owner-gone"
        assert not post.receiver.got

    async def test_whose_key_is_revoked_while_events_are_sent_gets_no_more_of_them(
        self, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rounds, "AT_ONCE", 1)
        monkeypatch.setattr(rounds, "NOTED", 0.0)
        owner = await post.key(Role.AUDITOR)
        id, _ = await post.make(owner)
        for _ in range(3):
            await post.deal()
        taken = post.receiver.answer

        async def revoked_first(message: Message, writer: asyncio.StreamWriter) -> None:
            assert owner.key_id is not None
            await KeyStore(post.office.ledger).revoke(owner.key_id)
            await taken(message, writer)

        post.receiver.answer = revoked_first
        assert (await post.rounds(id)).off == "owner-gone"
        assert len(post.receiver.got) == 1

    async def test_who_left_gets_nothing_more(self, post: Post) -> None:
        rep_id = await post.office.hire()
        id, _ = await post.make(await post.key(Role.REP, rep_id=rep_id))
        await post.office.run(RepLeaves(rep_id=rep_id), now=datetime.now(UTC))
        assert (await post.round(id)).off == "owner-gone"


async def other_team_s_deal(post: Post) -> None:
    team_id, rep_id, now = uuid4(), uuid4(), datetime.now(UTC)
    await post.office.run(FormTeam(team_id=team_id, name="South"))
    await post.office.run(HireRep(rep_id=rep_id, name="Wang Fang", team_id=team_id))
    await post.office.run(OpenDeal(deal_id=uuid4(), title="Pumps", owner_id=rep_id), now=now)


class TestAPerson:
    async def test_pauses_and_resumes_it_where_it_was(self, post: Post) -> None:
        id, _ = await post.make()
        await post.endpoints.pause(id, "u-1")
        await post.deal()
        assert (await post.round(id)).over
        assert not post.receiver.got
        await post.endpoints.resume(id, "u-1")
        await post.rounds(id)
        assert sorted(post.receiver.positions) == list(range(3, await post.office.ledger.head() + 1))

    async def test_who_replays_in_the_middle_of_a_round_is_not_overruled_by_it(self, post: Post) -> None:
        id, _ = await post.make()
        for _ in range(3):
            await post.deal()
        yes = r.status(204)

        async def answer(message: Message, writer: asyncio.StreamWriter) -> None:
            if len(post.receiver.got) == 1:
                await post.endpoints.replay(id, 0, "u-1")
            await yes(message, writer)

        post.receiver.answer = answer
        assert (await post.round(id)).more
        assert (await post.shown(id))["position"] == 0

    async def test_who_deletes_it_in_the_middle_of_a_round_ends_it(self, post: Post) -> None:
        id, _ = await post.make()
        await post.deal()
        yes = r.status(204)

        async def answer(message: Message, writer: asyncio.StreamWriter) -> None:
            await post.endpoints.remove(id)
            await yes(message, writer)

        post.receiver.answer = answer
        await post.round(id)
        assert (await post.round(id)).over
