"""What is due to a receiver is handed over by several at once, or while it changes: what is sent is claimed, and by its old address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from domain.notification.hours import Cadence, Hours
from runtime.channels.message import Message, Undeliverable
from runtime.notices.accounts import Account, Way
from runtime.notices.judging import Judged, Open
from runtime.notices.sending import NoticeSender
from tests.workflows.telling import REP, Telling, telling
from tests.workflows.world import World


@pytest.fixture
async def told(real: World) -> Telling:
    return await telling(real)


def sender(told: Telling) -> NoticeSender:
    return NoticeSender(told.world.office.ledger.pool, told.world.office.ledger.load, {})


def rep(told: Telling) -> Account:
    return Account(
        id=told.accounts["rep"], login="rep", name="", role="rep", rep_id=None, team_id=None, language="en", hours=Hours(),
        addresses={"mail": REP}, failed={}, rules={}, persons=frozenset(),
    )  # fmt: skip


def judged(position: int) -> Judged:
    now = datetime.now(UTC)
    one = Open(position, "mail", "promise.missed", "", None, None, "waiting", now, now, None, 0, *[None] * 5)
    return Judged(one, Way("mail", Cadence.DAILY, "*"))


async def test_what_is_in_a_message_already_is_in_no_other(told: Telling) -> None:
    """Two that began together, since a worker was taken for gone: one of them read a notice more."""
    for _ in range(3):
        await told.miss(await told.a_deal())
    await told.decide()
    first, second, third = [judged(position) for _, position in await told.rows("n.position")]
    message, other = uuid4(), uuid4()
    assert await sender(told).claim(rep(told), [first, second], message)
    assert not await sender(told).claim(rep(told), [third, second], other)
    assert not await sender(told).claim(rep(told), [first, second], other)
    assert await told.rows("state", "message_id") == [
        ("rep", "sending", message),
        ("rep", "sending", message),
        ("rep", "waiting", None),
    ]
    assert await sender(told).claim(rep(told), [third], other)


async def test_a_message_comes_again_with_all_that_was_in_it(
    told: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However little is looked at together: what it left out would come under an id that was read already."""
    for _ in range(3):
        await told.miss(await told.a_deal())
    await told.decide()
    whole = [judged(position) for _, position in await told.rows("n.position")]
    await sender(told).claim(rep(told), whole, uuid4())
    monkeypatch.setattr("runtime.notices.sending.MOST", 2)
    again = replace(sender(told), channels={"mail": told.world.mailbox})
    await again.deliver(told.accounts["rep"], datetime.now(UTC), Unrecorded())
    assert [len(message.notices) for message in told.world.mailbox.tries] == [3]


@dataclass
class Moving:
    """They have another address by the time the server refuses this one."""

    told: Telling

    async def send(self, message: Message) -> None:
        await self.told.move("rep", "new@example.org")
        raise Undeliverable("smtp-550")

    async def close(self) -> None:
        """Nothing is kept between messages."""


class Unrecorded:
    async def failed(self, account: Account, channel: str, code: str) -> None: ...

    async def changed(self, account: Account, channel: str) -> None: ...


async def test_the_address_that_failed_is_the_one_that_was_tried(told: Telling) -> None:
    await told.miss(await told.a_deal())
    await told.decide()
    account: UUID = told.accounts["rep"]
    moving = replace(sender(told), channels={"mail": Moving(told)})
    await moving.deliver(account, datetime.now(UTC), Unrecorded())
    failed = "SELECT channel, address FROM app.failed_addresses WHERE account_id = %s"
    assert await told.world.office.rows(failed, account) == [("mail", REP)]
    assert await told.rows("state", "reason") == [("rep", "failed", "smtp-550")]
