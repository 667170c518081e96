"""Days and times without an offset in a file are the company's, unless the mapping says whose they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.engine.command_handler import CommandHandler
from domain.engine.context import Channel, Context
from runtime.database import Pool
from runtime.imports.mapping_file import shipped_mapping, shipped_names
from runtime.imports.run import run_import
from runtime.ledger import Ledger
from tests.imports.conftest import IMPORTER, ONE_FILE, csv_file, mapping_from, rows_of

OPENED = "SELECT occurred_at FROM ledger.events WHERE topic = 'deal.opened'"


async def living_in_los_angeles(pool: Pool) -> None:
    calendar = replace(DEFAULT_CYCLE_POLICY.calendar, timezone="America/Los_Angeles")
    published = PublishCyclePolicy(policy=replace(DEFAULT_CYCLE_POLICY, calendar=calendar))
    ledger = Ledger(pool)
    await CommandHandler(ledger).execute(
        published, Context(now=datetime.now(UTC), actor=IMPORTER, channel=Channel.CLI)
    )
    await ledger.aclose()


@pytest.mark.parametrize(
    ("stated", "begins"),
    [
        ("", datetime(2026, 1, 5, 8, tzinfo=UTC)),
        ('timezone = "UTC"', datetime(2026, 1, 5, tzinfo=UTC)),
        ('timezone = "Asia/Shanghai"', datetime(2026, 1, 4, 16, tzinfo=UTC)),
    ],
)
async def test_a_day_without_a_zone_is_the_companys(
    pool: Pool, tmp_path: Path, stated: str, begins: datetime
) -> None:
    await living_in_los_angeles(pool)
    mapping = mapping_from(ONE_FILE, timezone=stated)
    done = await run_import(
        pool, mapping, csv_file(tmp_path, "1,Li,Acme,Boiler,New,2026-01-05,,100,"), IMPORTER
    )
    assert done.refusals == []
    assert await rows_of(pool, OPENED) == [(begins,)]


def test_a_shipped_mapping_takes_days_for_the_companys() -> None:
    assert {shipped_mapping(name).timezone for name in shipped_names()} == {""}
