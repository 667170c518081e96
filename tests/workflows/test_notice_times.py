"""When people are told: digests, quiet hours, tries that are refused for now — each receiver's workflow on a clock of its own. And what no fact
tells of.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from runtime.channels.message import TryAgain
from runtime.notices.sending import PAUSES
from tests.conftest import eventually
from tests.workflows.telling import ADMIN, REP, Telling, telling
from tests.workflows.world import World, until
from workflows.notification.messages import notifications_id, wake


@pytest.fixture
async def told(virtual: World) -> Telling:
    return await telling(virtual)


@pytest.fixture
async def now_told(real: World) -> Telling:
    return await telling(real)


async def woken(told: Telling) -> None:
    await told.decide()
    await wake(told.world.deliverer, told.accounts["rep"])


async def move(told: Telling, instant: datetime) -> None:
    await told.world.move(notifications_id(told.accounts["rep"]), instant)


async def waits(told: Telling, until: datetime) -> bool:
    return await due(told) == until


async def due(told: Telling) -> datetime:
    ((_, at),) = set(await told.rows("due_at"))
    assert isinstance(at, datetime)
    return at


class TestDigests:
    async def test_what_is_told_once_a_day_comes_together_at_the_time_that_was_chosen(
        self, told: Telling
    ) -> None:
        await told.settings("rep", daily_at="17:30")
        await told.rule("rep", "*", "daily")
        deals = [await told.a_deal() for _ in range(2)]
        for deal in deals:
            await told.miss(deal)
        await woken(told)
        at = await due(told)
        local = at.astimezone(ZoneInfo("Asia/Shanghai"))  # the company's, as the account has none
        assert (local.hour, local.minute) == (17, 30)
        assert timedelta(0) < at - datetime.now(UTC) <= timedelta(days=1)
        await move(told, at + timedelta(minutes=1))
        (mail,) = told.world.mailbox.to(REP)
        assert mail.digest
        assert [notice.thread for notice in mail.notices] == deals
        assert mail.why == "You get this because you are told of everything that concerns you once a day."
        await told.ended("rep")

    async def test_what_was_kept_meanwhile_is_left_out(self, told: Telling) -> None:
        await told.rule("rep", "promise", "hourly")
        kept, late = [await told.a_deal() for _ in range(2)]
        for deal in (kept, late):
            await told.miss(deal)
        await woken(told)
        await told.by("rep", told.world.a_touch(kept))
        await move(told, datetime.now(UTC) + timedelta(hours=1, minutes=1))
        (mail,) = told.world.mailbox.to(REP)
        assert [notice.thread for notice in mail.notices] == [late]


async def test_nothing_comes_in_quiet_hours(told: Telling) -> None:
    """They began an hour ago, and last for two more."""
    zone = ZoneInfo("Asia/Shanghai")
    now = datetime.now(zone)
    begins, ends = now - timedelta(hours=1), now + timedelta(hours=2)
    await told.settings(
        "rep", quiet_from=begins.time(), quiet_until=ends.time().replace(second=0, microsecond=0)
    )
    await told.miss(await told.a_deal())
    await woken(told)
    at = await due(told)
    assert at == ends.replace(second=0, microsecond=0)
    assert told.world.mailbox.tries == []
    await move(told, at + timedelta(minutes=1))
    assert told.world.mailbox.kinds(REP) == ["promise.missed"]


async def test_nor_in_those_that_began_after_it_was_decided(told: Telling) -> None:
    """Since they were chosen then, or since nobody sent anything for a while."""
    await told.miss(await told.a_deal())
    await told.decide()
    ends = (datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(hours=2)).replace(second=0, microsecond=0)
    await told.settings("rep", quiet_from=(ends - timedelta(hours=3)).time(), quiet_until=ends.time())
    await wake(told.world.deliverer, told.accounts["rep"])
    await until(lambda: waits(told, ends))
    assert told.world.mailbox.tries == []
    await move(told, ends + timedelta(minutes=1))
    assert told.world.mailbox.kinds(REP) == ["promise.missed"]


class TestTries:
    async def test_pauses_grow_and_after_days_it_is_given_up(self, told: Telling) -> None:
        box = told.world.mailbox
        box.refuse([TryAgain("smtp-451")] * 99)
        await told.miss(await told.a_deal())
        await woken(told)
        await eventually(lambda: len(box.tries) == 1)
        await move(told, datetime.now(UTC) + sum(PAUSES, timedelta(hours=1)))
        await told.ended("rep")
        assert len(box.tries) == len(PAUSES) + 1
        assert len({message.id for message in box.tries}) == 1
        assert await told.rows("state", "reason", "tries") == [("rep", "failed", "smtp-451", len(PAUSES) + 1)]
        assert timedelta(days=2, hours=20) < sum(PAUSES, timedelta()) < timedelta(days=4)

    async def test_what_waited_behind_it_is_one_digest_then(self, told: Telling) -> None:
        box = told.world.mailbox
        box.refuse([TryAgain("away")] * 6)
        deals = [await told.a_deal() for _ in range(6)]
        for deal in deals:
            await told.miss(deal)
        await woken(told)
        await eventually(lambda: len(box.tries) == 1)
        await move(told, datetime.now(UTC) + sum(PAUSES[:6], timedelta(minutes=5)))
        assert [len(message.notices) for message in box.messages] == [1, 5]


class TestWhatNoFactTellsOf:
    async def test_who_started_an_import_is_told_that_it_is_over_and_nobody_else(
        self, now_told: Telling
    ) -> None:
        told = now_told
        insert = """INSERT INTO app.import_jobs (id, source, mapping, file_digest, mapping_digest, dry_run, actor, state, rows_total,
                        accepted, refused, finished_at)
                    VALUES (%s, 'crm', 'm', 'd', 'd', %s, 'user:rep', %s, 9, 7, 2, now()) RETURNING 1"""
        job = uuid4()
        await told.world.office.rows(insert, job, False, "done")
        await told.world.office.rows(insert, uuid4(), True, "done")
        await told.world.office.rows(insert, uuid4(), False, "running")
        told.follow()
        await eventually(lambda: len(told.world.mailbox.messages) == 1)
        await told.stop_following()
        (mail,) = told.world.mailbox.to(REP)
        assert mail.notices[0].sentence == "The import “crm” is over: done; 7 of 9 rows taken in, 2 refused"
        assert mail.notices[0].path == f"/desk/admin/imports/{job}"
        assert (await told.store.decide_unrecorded()).kept == 0

    async def test_administrators_are_told_once_of_a_read_model_that_stands_still(
        self, now_told: Telling
    ) -> None:
        told = now_told
        await told.world.read()
        await told.world.stop_reading()
        stop = "UPDATE read.positions SET status = 'stopped' WHERE name = ANY(%s) RETURNING 1"
        await told.world.office.rows(stop, ["deal_board", "directory"])
        told.follow()
        await eventually(lambda: len(told.world.mailbox.messages) == 2)
        await told.stop_following()
        assert sorted(said.split(" stopped")[0] for said in told.world.mailbox.sentences(ADMIN)) == [
            "The read model deal_board",
            "The read model directory",
        ]
        assert (await told.store.decide_unrecorded()).kept == 0

    async def test_one_that_goes_on_again_is_not_told_of(self, now_told: Telling) -> None:
        told = now_told
        await told.world.read()
        await told.world.stop_reading()
        await told.world.office.rows(
            "UPDATE read.positions SET status = 'stopped' WHERE name = 'deal_board' RETURNING 1"
        )
        await told.store.decide_unrecorded()
        await told.world.office.rows("UPDATE read.positions SET status = 'live' RETURNING 1")
        told.follow()
        await told.settled()
        await told.stop_following()
        assert await told.rows("reason") == [("admin", "no-longer-true")]
