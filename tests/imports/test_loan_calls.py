"""tests: the loan desk's real event log, imported as deals and calls, and follow-up rules rehearsed over it.

The oracle is a computation over the file itself that shares nothing with salesloop but the reading of a timestamp.

The rule: "an offer call completes, and nothing more is done on the case within N days → overdue".
- An offer call completes with a row 'W_Nabellen offertes', lifecycle complete. Its promise is due N × 24 hours later.
- Work on the case is any later row of it, start or complete, of any activity. Later means further down in the file, whose
  cases are each in one piece and in time order (the test checks both); there are no two rows of a case at one instant.
- Work at exactly the due time is in time. Where no row follows, the log's end decides: the last timestamp of the whole file.
  A promise due at or after that instant is not overdue yet.
"""

from __future__ import annotations

import asyncio
import csv
import gzip
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.deal.commands import LogActivity, MissPromise, OpenDeal
from domain.engine.command import Command
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.engine.values import Activity, ActivityKind
from domain.people.people import FormTeam, HireRep
from domain.policy.follow_up import FollowUpPolicy
from domain.policy.policies import PublishPolicy
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from runtime.database import Pool, open_pool
from runtime.imports.mapping_file import shipped_mapping
from runtime.imports.rehearse import rehearse
from runtime.imports.results import ImportResult
from runtime.imports.run import run_import
from runtime.ledger import Ledger
from tests.imports.conftest import rows_of, shared, topics

LOG = "loan_calls/bpi12_w_two_ts.csv.gz"
OFFER_CALL = ("W_Nabellen offertes", "complete")
DAYS = (3, 5, 7, 14)
Moments = list[tuple[datetime, str, str]]

pytestmark = pytest.mark.oracle


def cases_of(path: Path) -> dict[str, Moments]:
    """Case → (timestamp, activity, lifecycle), as the file has them."""
    cases: dict[str, Moments] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        last = ""
        for row in csv.DictReader(file):
            assert row["case_id"] == last or row["case_id"] not in cases, "a case lies in one piece"
            last = row["case_id"]
            at = datetime.fromisoformat(row["timestamp"])
            cases[last].append((at, row["activity"], row["lifecycle"]))
    return dict(cases)


def overdue_after_offer_calls(cases: dict[str, Moments], days: int) -> int:
    end = max(at for moments in cases.values() for at, _, _ in moments)
    count = 0
    for moments in cases.values():
        for n, (at, activity, lifecycle) in enumerate(moments):
            if (activity, lifecycle) == OFFER_CALL:
                due = at + timedelta(days=days)
                next_work = moments[n + 1][0] if n + 1 < len(moments) else end
                count += next_work > due
    return count


def after_offer_calls(days: int) -> FollowUpPolicy:
    return FollowUpPolicy(
        name=f"offer-{days}",
        version=1,
        calendar=BusinessCalendar.around_the_clock(),
        due_after=Duration.parse("30d"),
        due_after_by_activity={"call:offer": Duration.parse(f"{days}d")},
        remind_before=Duration.parse("4h"),
        escalate_after=Duration.parse("1d"),
        reassign_after=Duration.parse("3d"),
    )


@pytest.fixture(scope="module")
def cases() -> dict[str, Moments]:
    return cases_of(shared(LOG))


@pytest.fixture(scope="module")
def imported(module_url: str) -> ImportResult:
    async def run() -> ImportResult:
        pool = await open_pool(module_url, min_size=2, max_size=6)
        try:
            return await run_import(pool, shipped_mapping("event_log"), shared(LOG), Actor("user", "u-1"))
        finally:
            await pool.close()

    return asyncio.run(run())


@pytest.fixture
async def filled(module_url: str, imported: ImportResult) -> AsyncIterator[Pool]:
    pool = await open_pool(module_url, min_size=1, max_size=4)
    yield pool
    await pool.close()


def test_the_log_is_as_the_oracle_reads_it(cases: dict[str, Moments]) -> None:
    for moments in cases.values():
        times = [at for at, _, _ in moments]
        assert times == sorted(set(times)), "in time order, no two rows of a case at one instant"


async def test_every_case_and_event_is_imported(
    imported: ImportResult, filled: Pool, cases: dict[str, Moments]
) -> None:
    assert imported.refused == 0
    assert imported.rows == sum(map(len, cases.values()))
    counts = await topics(filled)
    assert counts["deal.opened"] == len(cases)
    completed = sum(lifecycle == "complete" for moments in cases.values() for *_, lifecycle in moments)
    assert counts["deal.activity-logged"] == completed


async def test_an_activity_happened_when_it_was_completed_and_keeps_its_beginning(
    filled: Pool, cases: dict[str, Moments]
) -> None:
    query = (
        "SELECT o.data->>'reference', a.data->'activity'->>'name', a.data->'activity'->>'started_at', a.occurred_at"
        " FROM ledger.events a JOIN ledger.events o ON o.stream_id = a.stream_id AND o.version = 1"
        " WHERE a.topic = 'deal.activity-logged'"
    )
    async with filled.connection() as connection:
        rows = await (await connection.execute(query)).fetchall()
    told = sorted(moment for row in rows for moment in _as_moments(*row))
    in_file = sorted((case, name, at, kind) for case, ms in cases.items() for at, name, kind in ms)
    assert told == in_file


def _as_moments(
    case: str, name: str, started_at: str, done_at: datetime
) -> list[tuple[str, str, datetime, str]]:
    return [(case, name, datetime.fromisoformat(started_at), "start"), (case, name, done_at, "complete")]


async def test_the_follow_up_rule_finds_exactly_the_overdue_offers(
    filled: Pool, cases: dict[str, Moments]
) -> None:
    end = max(at for moments in cases.values() for at, _, _ in moments)
    rehearsals = await rehearse(filled, [after_offer_calls(days) for days in DAYS], as_of=end)
    found = {days: r.by_rule["call:offer"].overdue for days, r in zip(DAYS, rehearsals, strict=True)}
    assert found == {days: overdue_after_offer_calls(cases, days) for days in DAYS}
    offer_calls = sum((a, k) == OFFER_CALL for ms in cases.values() for _, a, k in ms)
    assert {r.by_rule["call:offer"].made for r in rehearsals} == {offer_calls}


async def test_the_same_log_again_records_nothing(filled: Pool, imported: ImportResult) -> None:
    again = await run_import(filled, shipped_mapping("event_log"), shared(LOG), Actor("user", "u-1"))
    assert (again.events, again.accepted, again.refused) == (0, 0, 0)
    assert again.unchanged == imported.rows


SAMPLE, SAMPLE_DAYS = 40, 5
MISSED_AFTER_OFFERS = (
    "SELECT count(*) FROM ledger.events missed JOIN ledger.events made ON made.stream_id = missed.stream_id"
    " AND made.topic = 'promise.made' AND made.data->>'promise_id' = missed.data->>'promise_id'"
    " WHERE missed.topic = 'promise.missed' AND (made.data->'deadlines'->>'due_at')::timestamptz - made.occurred_at = %s"
)


async def test_live_work_on_the_same_cases_is_told_of_the_same_misses(
    database_url: str, cases: dict[str, Moments]
) -> None:
    """Every fortieth case worked through the command handler at the times of the log, as people and timers would: the promise facts
    that are recorded tell the same number.
    """
    sample = {key: moments for n, (key, moments) in enumerate(cases.items()) if n % SAMPLE == 0}
    end = max(at for moments in cases.values() for at, _, _ in moments)
    pool = await open_pool(database_url, min_size=2, max_size=6)
    ledger = Ledger(pool)
    desk = Desk(CommandHandler(ledger))
    await desk.open(after_offer_calls(SAMPLE_DAYS))
    await asyncio.gather(*(desk.work(moments, end) for moments in sample.values()))
    [(missed,)] = await rows_of(pool, MISSED_AFTER_OFFERS, timedelta(days=SAMPLE_DAYS))
    await ledger.aclose()
    await pool.close()
    whole = {**sample, "the end of the log": [(end, "", "")]}
    assert missed == overdue_after_offer_calls(whole, SAMPLE_DAYS) > 0


@dataclass
class Desk:
    """People who log what they do when they do it, and a timer that speaks for promises that were not kept."""

    handler: CommandHandler
    team_id: UUID = field(default_factory=uuid4)
    rep_id: UUID = field(default_factory=uuid4)
    policy: str = ""

    async def open(self, policy: FollowUpPolicy) -> None:
        self.policy, at = policy.name, datetime(2011, 9, 1, tzinfo=UTC)
        await self._do(PublishPolicy(policy=policy), at)
        await self._do(FormTeam(team_id=self.team_id, name="desk"), at)
        await self._do(HireRep(rep_id=self.rep_id, name="Li Na", team_id=self.team_id), at)

    async def work(self, moments: Moments, end: datetime) -> None:
        deal_id = uuid4()
        opening = OpenDeal(deal_id=deal_id, title="case", owner_id=self.rep_id, policy=self.policy)
        promised = await self._do(opening, moments[0][0])
        for at, name, lifecycle in moments:
            await self._timer(deal_id, promised, at)
            outcome = (
                "offer" if (name, lifecycle) == OFFER_CALL else "started" if lifecycle == "start" else ""
            )
            activity = Activity(
                kind=ActivityKind.CALL if name == OFFER_CALL[0] else ActivityKind.TASK, outcome=outcome
            )
            promised = await self._do(
                LogActivity(deal_id=deal_id, activity_id=uuid4(), activity=activity), at
            )
        await self._timer(deal_id, promised, end)

    async def _timer(self, deal_id: UUID, promised: dict[str, str], until: datetime) -> None:
        due = datetime.fromisoformat(promised["due_at"])
        if due < until:
            await self._do(
                MissPromise(deal_id=deal_id, promise_id=UUID(promised["promise_id"]), arming=1), due
            )

    async def _do(self, command: Command, at: datetime) -> dict[str, str]:
        context = Context(now=at, actor=Actor("user", "u-1"), channel=Channel.API)
        return (await self.handler.execute(command, context)).answer
