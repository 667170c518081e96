"""tests: rounds of deliveries — in order for each stream, at least once, by what the owner may see, and for how long it is tried."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import pytest

from runtime.webhooks.endpoints import Wanted
from runtime.webhooks.rounds import GIVE_UP, SCHEDULE, Result
from tests.webhooks import receiver as r
from tests.webhooks.post import Post
from tests.webhooks.receiver import Answer, Message

NO = r.status(503)


def refusing(streams: set[str]) -> Answer:
    """What is about these streams."""
    yes = r.status(204)

    async def answer(message: Message, writer: asyncio.StreamWriter) -> None:
        await (NO if message.event["stream_id"] in streams else yes)(message, writer)

    return answer


def by_stream(messages: Sequence[Message]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for message in messages:
        found[message.event["stream_id"]].append(message.event["position"])
    return found


class TestEvents:
    async def test_come_signed_each_once_and_in_order_for_each_deal(self, post: Post) -> None:
        id, secret = await post.make()
        deals = [await post.deal() for _ in range(6)]
        for deal in deals * 3:
            await post.touch(deal)
        made = await post.rounds(id)
        assert [message.verified(secret) for message in post.receiver.got]
        told = by_stream(post.receiver.got)
        assert all(positions == sorted(positions) for positions in told.values())
        assert sorted(post.receiver.positions) == list(range(3, await post.office.ledger.head() + 1))
        assert made.again_at is None
        shown = await post.shown(id)
        assert (shown["behind"], shown["held"], shown["last_status"]) == (0, 0, 204)

    async def test_are_those_that_were_asked_for(self, post: Post) -> None:
        exactly, _ = await post.make(topics=("deal.opened", "promise"))
        deal = await post.deal()
        await post.touch(deal)
        await post.rounds(exactly)
        topics = {message.event["topic"] for message in post.receiver.got}
        assert "deal.opened" in topics
        assert all(topic == "deal.opened" or topic.startswith("promise.") for topic in topics)
        assert (await post.shown(exactly))["behind"] == 0

    async def test_come_as_cloudevents_where_that_was_asked_for(self, post: Post) -> None:
        id, secret = await post.make(envelope="cloudevents", topics=("deal.opened",))
        deal = await post.deal()
        await post.rounds(id)
        [message] = post.receiver.got
        told = message.verified(secret)
        assert (told["specversion"], told["type"], told["subject"]) == ("1.0", "deal.opened", str(deal))
        assert message.headers["content-type"].startswith("application/cloudevents+json")

    async def test_of_before_an_endpoint_come_by_a_replay_alone_and_under_the_same_ids(
        self, post: Post
    ) -> None:
        deal = await post.deal()
        id, _ = await post.make()
        await post.touch(deal)
        await post.rounds(id)
        first = {message.event["position"]: message.id for message in post.receiver.got}
        await post.endpoints.replay(id, 0, "u-1")
        await post.rounds(id)
        again = {message.event["position"]: message.id for message in post.receiver.got[len(first) :]}
        assert sorted(again) == list(range(1, await post.office.ledger.head() + 1))
        assert first.items() <= again.items()

    async def test_many_are_sent_in_several_rounds(self, post: Post) -> None:
        id, _ = await post.make()
        deals = [await post.deal() for _ in range(80)]
        await asyncio.gather(*(post.touch(deal) for deal in deals))
        made = await post.round(id)
        assert made.more
        await post.rounds(id)
        assert (
            len(set(post.receiver.positions))
            == len(post.receiver.positions)
            == await post.office.ledger.head() - 2
        )


class TestAReceiverThatRefusesOneDeal:
    async def test_gets_the_others_and_nothing_of_that_one_out_of_order(self, post: Post) -> None:
        id, _ = await post.make()
        bad, good = await post.deal(), await post.deal()
        await post.touch(bad)
        await post.touch(good)
        post.receiver.answer = refusing({str(bad)})
        made = await post.rounds(id)
        told = by_stream(post.receiver.got)
        assert len(told[str(bad)]) == 1
        assert len(told[str(good)]) > 1
        assert made.again_at == post.now + SCHEDULE[0]

        await post.touch(good)  # goes on meanwhile
        await post.touch(bad)
        await post.round(id, later=timedelta(seconds=1))
        told = by_stream(post.receiver.got)
        assert len(told[str(bad)]) == 1
        assert len(set(told[str(good)])) == len(told[str(good)])

        post.receiver.answer = r.status(200)
        await post.round(id, later=SCHEDULE[0])
        told = by_stream(post.receiver.got)
        assert told[str(bad)][0] == told[str(bad)][1]
        assert told[str(bad)][1:] == sorted(set(told[str(bad)]))
        ids = defaultdict(set)
        for message in post.receiver.got:
            ids[message.event["position"]].add(message.id)
        assert all(len(found) == 1 for found in ids.values())
        assert (await post.shown(id))["behind"] == 0

    async def test_is_passed_only_up_to_what_it_took(self, post: Post) -> None:
        id, _ = await post.make()
        bad = await post.deal()
        post.receiver.answer = refusing({str(bad)})
        await post.touch(await post.deal())
        await post.rounds(id)
        shown, first = await post.shown(id), min(by_stream(post.receiver.got)[str(bad)])
        assert shown["position"] == first - 1
        assert (shown["held"], shown["failing_since"]) == (1, post.now)


class TestAReceiverThatIsAway:
    async def test_is_asked_by_a_few_streams_alone_and_then_left_in_peace(self, post: Post) -> None:
        id, _ = await post.make()
        for _ in range(20):
            await post.deal()
        post.receiver.answer = NO
        await post.rounds(id)
        asked = len(post.receiver.got)
        assert asked < 10
        await post.deal()
        await post.rounds(id)
        assert len(post.receiver.got) == asked

    async def test_gets_all_of_it_in_order_when_it_is_back(self, post: Post) -> None:
        id, _ = await post.make()
        deals = [await post.deal() for _ in range(12)]
        post.receiver.answer = NO
        await post.rounds(id)
        for deal in deals:
            await post.touch(deal)
        refused = len(post.receiver.got)
        post.receiver.answer = r.status(204)
        await post.round(id, later=SCHEDULE[0])
        await post.rounds(id)
        told = post.receiver.got[refused:]
        assert sorted(message.event["position"] for message in told) == list(
            range(3, await post.office.ledger.head() + 1)
        )
        assert all(positions == sorted(positions) for positions in by_stream(told).values())
        assert (await post.shown(id))["held"] == 0

    async def test_is_tried_at_once_where_its_endpoint_is_changed(self, post: Post) -> None:
        """Nothing is held back then that could say when to come again."""
        id, _ = await post.make()
        post.receiver.answer = NO
        for _ in range(GIVE_UP):
            await post.deal()
        assert (await post.rounds(id)).again_at is not None
        post.receiver.answer = r.status(204)
        await post.endpoints.change(id, Wanted("a receiver", post.receiver.url), "u-1", permits=False)
        assert await post.rounds(id) == Result()
        assert (await post.shown(id))["behind"] == 0

    async def test_is_tried_by_the_specification_s_schedule_and_then_switched_off(self, post: Post) -> None:
        id, _ = await post.make()
        await post.deal()
        post.receiver.answer = NO
        began, made = post.now, await post.rounds(id)
        pauses = []
        while made.off is None:
            assert made.again_at is not None
            pauses.append(made.again_at - post.now)
            made = await post.round(id, later=made.again_at - post.now)
        assert tuple(pauses) == SCHEDULE
        assert (made.off, made.status, made.since) == ("failing", 503, began)
        assert [one["attempt"] for one in await post.log(id)] == list(range(1, len(SCHEDULE) + 2))

    async def test_that_says_it_is_gone_is_switched_off_at_once(self, post: Post) -> None:
        id, _ = await post.make()
        await post.deal()
        post.receiver.answer = r.status(410)
        made = await post.round(id)
        assert (made.off, made.status) == ("gone", 410)

    @pytest.mark.parametrize(
        ("asked", "waits"),
        [
            ("60", timedelta(seconds=60)),
            ("1", SCHEDULE[0]),
            ("999999", timedelta(hours=24)),
            ("soon", SCHEDULE[0]),
        ],
    )
    async def test_says_when_to_come_again_within_bounds(
        self, post: Post, asked: str, waits: timedelta
    ) -> None:
        id, _ = await post.make()
        await post.deal()
        post.receiver.answer = r.status(429, f"Retry-After: {asked}")
        made = await post.round(id)
        assert made.again_at == post.now + waits


async def test_the_log_keeps_so_much_and_no_more(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runtime.webhooks.store.KEPT_TRIES", 5)
    id, _ = await post.make()
    for _ in range(4):
        await post.deal()
    await post.rounds(id)
    log = await post.log(id)
    assert [one["position"] for one in log] == post.receiver.positions[-5:]


async def test_a_round_that_is_cut_off_sends_again_what_was_not_noted(post: Post) -> None:
    id, _ = await post.make()
    for _ in range(8):
        await post.deal()
    third = asyncio.Event()
    yes = r.status(204)

    async def answer(message: Message, writer: asyncio.StreamWriter) -> None:
        if len(post.receiver.got) > 6:
            third.set()
            await asyncio.Event().wait()
        await yes(message, writer)

    post.receiver.answer = answer
    cut = asyncio.create_task(post.round(id))
    await third.wait()
    cut.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cut
    post.receiver.answer = yes
    await post.rounds(id)
    assert set(post.receiver.positions) == set(range(3, await post.office.ledger.head() + 1))
    ids = {message.id for message in post.receiver.got}
    assert len(ids) == await post.office.ledger.head() - 2


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_receiver_that_fails_at_random_gets_everything_in_order(post: Post, seed: int) -> None:
    """First comes what was not answered with 2xx again, then what follows of its stream."""
    id, _ = await post.make()
    deals = [await post.deal() for _ in range(8)]
    for _ in range(4):
        for deal in deals:
            await post.touch(deal)
    dice, taken = random.Random(seed), []
    answers = [r.status(500), r.status(429, "Retry-After: 2"), r.breaks_off, r.talks_nonsense]

    async def answer(message: Message, writer: asyncio.StreamWriter) -> None:
        if dice.random() < 0.4:
            await dice.choice(answers)(message, writer)
        else:
            taken.append(message)
            await r.status(200)(message, writer)

    post.receiver.answer = answer
    while (made := await post.rounds(id)).again_at is not None:
        assert made.off is None
        post.now = max(post.now, made.again_at)
    assert sorted({one.event["position"] for one in taken}) == list(
        range(3, await post.office.ledger.head() + 1)
    )
    assert all(positions == sorted(positions) for positions in by_stream(taken).values())
    assert (await post.shown(id))["behind"] == 0
