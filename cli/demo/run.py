"""cli: `salesloop dev --demo` — a pipeline comes in, promises stand behind every open deal, a handful burns down, a cycle
turns, and a customer comes in twice, is asked how it was, and is not content.

Run again it goes on with what is there: files, policies, deals and the cycle are named once and for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from cli.demo.customers import show_customers
from cli.demo.cycle import run_cycle, turn_of
from cli.demo.mails import show_mails
from cli.demo.receiver import receiving, show_received
from cli.demo.short_fuse import burn, publish_policies
from cli.demo.shown import show_cycle
from cli.engine.common import ledger
from cli.engine.event_output import EventOutput
from cli.imports import import_files, show
from cli.views.deals import show_history
from cli.views.overview import show_funnel
from cli.watch import caught_up

if TYPE_CHECKING:
    from domain.engine.command_handler import CommandHandler
    from projections.deal.funnel import FunnelStage
    from runtime.ledger import Ledger
    from runtime.supervisor import Supervisor

USER = "demo"
PIPELINE_ENDS = timedelta(days=1)
"""Before today."""
CURRENCY = "CNY"
"""Of what is made up here: the calendar that it goes by is China's."""


async def show_demo(
    system: Supervisor, output: EventOutput, *, data: Path | None, deals: int, seed: int
) -> None:
    from domain.engine.command_handler import CommandHandler

    async with ledger() as opened:
        await publish_policies(CommandHandler(opened))
    await _bring_in(system.data_dir, output, data or _generated(system.data_dir, deals, seed, output))
    async with ledger() as opened:
        handler = CommandHandler(opened)
        await caught_up(opened, output)
        stages = await _funnel(opened, output)
        await _health(opened, output)
        async with receiving(opened) as received:
            fused = await burn(opened, handler, _currency(stages), output)
            await show_received(opened, received, fused, output)
        await show_mails(opened, fused, output)
        await _turn(opened, handler, output)
        await show_customers(opened, handler, output)
        await caught_up(opened, output)
        await _one_history(opened, fused, output)
        await _health(opened, output)


# --- a pipeline comes in ---------------------------------------------------------------------------------------------


def _generated(data_dir: Path, deals: int, seed: int, output: EventOutput) -> Path:
    """A pipeline of our own, written once: the next run finds the same files."""
    from runtime.imports.generate import generate

    folder = data_dir / f"demo-{deals}-{seed}"
    if not folder.exists():
        output.event(
            "generating", f"making a pipeline of {deals:,} deals from the seed {seed}", deals=deals, seed=seed
        )
        fresh = folder.with_suffix(".new")
        generate(fresh, deals, seed, currency=CURRENCY, until=datetime.now(UTC).date() - PIPELINE_ENDS)
        fresh.rename(folder)
    return folder


async def _bring_in(data_dir: Path, output: EventOutput, folder: Path) -> None:
    output.event("importing", f"importing {folder}", folder=str(folder))
    result = await import_files(
        folder, "crm_export", USER, rejects=data_dir / "demo.rejects", quiet=output.json
    )
    output.view("imported", lambda: show(result), **result.as_dict())
    if not any(tally.events for tally in result.tallies):
        output.event(
            "unchanged",
            "all of it came in before: nothing is recorded twice, and this run goes on from there",
        )


# --- what is there ---------------------------------------------------------------------------------------------------


async def _funnel(opened: Ledger, output: EventOutput) -> list[FunnelStage]:
    from projections.deal import funnel

    stages = await funnel.stages(opened.pool, datetime.now(UTC))
    output.view("funnel", lambda: show_funnel(stages, "default"), stages=stages)
    return stages


def _currency(stages: Sequence[FunnelStage]) -> str:
    """The one that most of the pipeline is in."""
    amounts = [(amount, currency) for stage in stages for currency, amount in stage.amounts.items()]
    return max(amounts)[1] if amounts else CURRENCY


async def _health(opened: Ledger, output: EventOutput) -> None:
    """Both numbers come from one statement, and so are of the same moment."""
    from projections.people import rep_load

    found = await rep_load.totals(opened.pool)
    counted = f"{found.open_deals:,} open deals, {found.live_promises:,} live promises"
    kept = found.open_deals == found.live_promises
    text = (
        f"every open deal has a live promise: {counted}"
        if kept
        else f"NOT every open deal has one: {counted}"
    )
    output.event("health", text, open_deals=found.open_deals, live_promises=found.live_promises)


# --- what happens ----------------------------------------------------------------------------------------------------


async def _turn(opened: Ledger, handler: CommandHandler, output: EventOutput) -> None:
    turn = await turn_of(opened)
    if turn is None or not await run_cycle(opened, handler, turn, output):
        output.event("no-cycle", "\nno cycle: too little was won in this pipeline to set a target from")
        return
    await caught_up(opened, output)
    await show_cycle(opened, turn, output)


async def _one_history(opened: Ledger, fused: Sequence[UUID], output: EventOutput) -> None:
    from projections.deal import history as deal_history

    page = await deal_history.listing(opened.pool, fused[0], None, 50)
    title = "the history of one of the deals (salesloop history … --lang zh tells it in Chinese)"
    output.view("history", lambda: show_history(page, "en", None, title), items=page.items)
