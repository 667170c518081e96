"""cli: `salesloop dev --demo` — a pipeline comes in, promises stand behind every open deal, and a handful runs through its fuse.

Run again it goes on with what is there: files, policies and deals are named once and for all.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from cli.common import console, context, ledger
from cli.imports import import_files, show
from cli.views import show_agenda, show_funnel, show_history
from cli.watch import watch

if TYPE_CHECKING:
    from runtime.ledger import Ledger
    from runtime.supervisor import Supervisor

USER = "demo"
SHORT_FUSED = 5
FUSE_SECONDS = 3
CATCH_UP_SECONDS = 300.0
PIPELINE_ENDS = timedelta(days=1)
"""Before today."""


async def show_demo(system: Supervisor, *, data: Path | None, deals: int, seed: int) -> None:
    screen = console()
    async with ledger() as opened:
        await _publish_policies(opened)
    folder = data or _generated(system.data_dir, deals, seed)
    screen.print(f"importing {folder}", highlight=False, soft_wrap=True)
    show(await import_files(folder, "crm_export", USER, rejects=system.data_dir / "demo.rejects"))
    async with ledger() as opened:
        await _caught_up(opened)
        fused = await _open_short_fused(opened)
        await _funnel(opened)
        await watch(opened, fused)
        await _caught_up(opened)
        await _agenda(opened)
        await _one_history(opened, fused)


async def _publish_policies(opened: Ledger) -> None:
    """The default policy with the country's holidays, and one that burns down in seconds. The same again is silence."""
    import asyncio
    from dataclasses import replace

    from domain.door import Door
    from domain.policies import PublishPolicy
    from domain.policy import DEFAULT_POLICY, short_fuse
    from runtime.holiday_calendar import calendar_for

    year = datetime.now(UTC).year
    calendar = await asyncio.to_thread(calendar_for, "CN", "Asia/Shanghai", years=[year, year + 1])
    for policy in (replace(DEFAULT_POLICY, calendar=calendar), short_fuse(FUSE_SECONDS)):
        await Door(opened).execute(PublishPolicy(policy=policy), context(USER, "the demonstration"))


def _generated(data_dir: Path, deals: int, seed: int) -> Path:
    """A pipeline of our own, written once: the next run finds the same files."""
    from runtime.imports.generate import generate

    folder = data_dir / f"demo-{deals}-{seed}"
    if not folder.exists():
        console().print(f"making a pipeline of {deals:,} deals from the seed {seed}")
        fresh = folder.with_suffix(".new")
        generate(fresh, deals, seed, until=datetime.now(UTC).date() - PIPELINE_ENDS)
        fresh.rename(folder)
    return folder


async def _caught_up(opened: Ledger) -> None:
    """Every read model holds everything that is recorded now."""
    from projections.catalog import ALL
    from projections.wait import Waiter

    head = await opened.head()
    with console().status("the read models catch up"):
        async with Waiter(str(opened.pool.conninfo)) as waiter:
            for projection in ALL:
                await waiter.until(projection.name, head, CATCH_UP_SECONDS)


async def _open_short_fused(opened: Ledger) -> list[UUID]:
    """A handful of deals whose promises are due in seconds, with reps who have colleagues to take over."""
    from domain.deal.commands import OpenDeal
    from domain.door import Door
    from domain.values import Money, named_id
    from projections import rep_load

    reps = await rep_load.reps(opened.pool, datetime.now(UTC), active=True)
    teams = [rep.team_id for rep in reps]
    owners = [rep for rep in reps if teams.count(rep.team_id) > 1]
    fused = [named_id("demo deal", str(n)) for n in range(SHORT_FUSED)]
    for n, id in enumerate(fused):
        command = OpenDeal(
            deal_id=id,
            title=f"Short fuse {n + 1}",
            owner_id=owners[n % len(owners)].rep_id,
            amount=Money(Decimal(50_000 * (n + 1)), "CNY"),
            expected_close=date(2027, 1, 31),
            policy="short-fuse",
        )
        if not await opened.stream(id, limit=1):
            await Door(opened).execute(command, context(USER, "the demonstration"))
    return fused


async def _funnel(opened: Ledger) -> None:
    from projections import funnel

    show_funnel(await funnel.stages(opened.pool, datetime.now(UTC)), "default")


async def _agenda(opened: Ledger) -> None:
    from projections import agenda

    show_agenda(await agenda.listing(opened.pool, limit=12), None, "the agenda, overdue first")


async def _one_history(opened: Ledger, fused: list[UUID]) -> None:
    from projections import deal_history

    page = await deal_history.listing(opened.pool, fused[0], None, 50)
    show_history(
        page, "en", None, "the history of one of them (salesloop history … --lang zh tells it in Chinese)"
    )
