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
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from domain.calendar import BusinessCalendar
from domain.context import Actor
from domain.policy import Duration, FollowUpPolicy
from runtime.database import Pool, open_pool
from runtime.imports.mapping import shipped_mapping
from runtime.imports.rehearse import rehearse
from runtime.imports.results import ImportResult
from runtime.imports.run import run_import
from tests.imports.conftest import shared, topics

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
