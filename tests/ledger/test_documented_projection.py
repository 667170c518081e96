"""The documented read model of the eventsourcing library's own classes follows our ledger, in a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

from domain.deal import commands as c
from domain.engine.values import Activity, ActivityKind
from tests.office import Office

ROOT = Path(__file__).parents[2]


def documented() -> str:
    page = (ROOT / "docs" / "eventsourcing.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return str(program)


def test_it_needs_nothing_of_ours_but_the_application_s_class() -> None:
    ours = [
        line
        for line in documented().splitlines()
        if re.match(r"(from|import) (domain|runtime|projections|workflows|api|cli)", line)
    ]
    assert ours == ["from runtime.application import LedgerApplication"]


async def test_it_counts_and_goes_on_where_it_was(office: Office, tmp_path: Path) -> None:
    deal = office.opening()
    await office.run(deal)
    program, file = tmp_path / "touches.py", tmp_path / "touches.sqlite"
    program.write_text(documented(), encoding="utf-8")
    env = {**os.environ, "DATABASE_URL": office.url, "PYTHONPATH": str(ROOT)}

    async def run() -> str:
        command = [sys.executable, str(program), str(file)]
        done = await asyncio.to_thread(
            subprocess.run, command, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout)

    async def touch(kind: ActivityKind) -> None:
        await office.run(
            c.LogActivity(deal_id=deal.deal_id, activity_id=uuid.uuid4(), activity=Activity(kind=kind))
        )

    await touch(ActivityKind.CALL)
    await touch(ActivityKind.VISIT)
    assert await run() == "call 1\nvisit 1\n"
    await touch(ActivityKind.CALL)
    assert await run() == "call 2\nvisit 1\n"
