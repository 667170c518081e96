"""cli: the demonstration's promises — a handful of deals on a policy that burns down in seconds, watched to the end.

Each run opens its own: what an earlier run opened stays as its promises have left it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from cli.demo.mails import address
from cli.engine.common import context
from cli.engine.event_output import EventOutput
from cli.views.overview import show_agenda
from cli.watch import caught_up, watch

if TYPE_CHECKING:
    from domain.engine.command_handler import CommandHandler
    from projections.people.rep_load import Load
    from runtime.ledger import Ledger

USER, WHY = "demo", "the demonstration"
AT_ONCE = 5
FUSE_SECONDS = 4
SHOWN = 12
"""Lines of the agenda."""


async def publish_policies(handler: CommandHandler) -> None:
    """The default policy with the country's holidays, and the short fuse. The same again is silence."""
    import asyncio

    from domain.policy.follow_up import DEFAULT_POLICY, short_fuse
    from domain.policy.policies import PublishPolicy
    from runtime.holiday_calendar import calendar_for

    year = datetime.now(UTC).year
    calendar = await asyncio.to_thread(calendar_for, "CN", "Asia/Shanghai", years=[year, year + 1])
    for policy in (replace(DEFAULT_POLICY, calendar=calendar), short_fuse(FUSE_SECONDS)):
        await handler.execute(PublishPolicy(policy=policy), context(USER, WHY))


async def burn(opened: Ledger, handler: CommandHandler, currency: str, output: EventOutput) -> list[UUID]:
    """The ids of the deals that were opened and watched. The agenda is shown while their promises are overdue."""
    earlier = await _earlier(opened)
    if earlier:
        output.event(
            "earlier",
            f"\n{earlier} deals of earlier runs are as they were left; new ones follow",
            deals=earlier,
        )
    fused = [_id(earlier + n) for n in range(AT_ONCE)]
    await _open(opened, handler, fused, earlier, currency)
    await watch(opened, fused, output, lambda: _overdue(opened, output))
    return fused


def _id(n: int) -> UUID:
    from domain.engine.values import named_id

    return named_id("demo deal", str(n))


async def _earlier(opened: Ledger) -> int:
    """How many there are. They are numbered, so the first that is missing says it."""
    n = 0
    while await opened.stream(_id(n), limit=1):
        n += 1
    return n


async def _open(
    opened: Ledger, handler: CommandHandler, fused: list[UUID], earlier: int, currency: str
) -> None:
    """With reps who have colleagues to take over. No expected close: nobody expects these to bring anything, and a forecast
    must not count them.
    """
    from domain.deal.commands import OpenDeal
    from domain.engine.values import Money
    from projections.people import directory

    owners = (await _owners(opened))[:AT_ONCE]
    await address(opened, {owner.team_id for owner in owners})
    customers = (await directory.listing(opened.pool, "customer", limit=AT_ONCE)).items
    for n, id in enumerate(fused):
        command = OpenDeal(
            deal_id=id,
            title=f"Short fuse {earlier + n + 1}",
            owner_id=owners[n % len(owners)].rep_id,
            customer_id=customers[n % len(customers)].id if customers else None,
            amount=Money(Decimal(5_000 * (n + 1)), currency),
            policy="short-fuse",
        )
        await handler.execute(command, context(USER, WHY))


async def _owners(opened: Ledger) -> list[Load]:
    """Reps who have a colleague in the team, of those who manage none first of all."""
    from projections.people import rep_load

    reps = await rep_load.reps(opened.pool, datetime.now(UTC), active=True)
    teams = [rep.team_id for rep in reps]
    return [rep for rep in reps if teams.count(rep.team_id) > 1]


async def _overdue(opened: Ledger, output: EventOutput) -> None:
    from projections.deal import agenda

    await caught_up(opened, output, ["agenda", "directory"])
    page = await agenda.listing(opened.pool, limit=SHOWN)
    title = "the agenda, overdue first, at this moment (salesloop agenda)"
    output.note(" ")
    output.view("agenda", lambda: show_agenda(page, None, title), items=page.items)
