"""cli: the demonstration's cycle — a month's target, its review, the next target and its pace, run by the workflow itself.

Months are those of the pipeline that is there. The demonstration speaks for the two people that a cycle needs; one of them says nothing
for a while, so that the loop can be seen to go on without. Run again, it shows what is recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import aclosing, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cli.demo.shown import show_target
from cli.demo.turn import REVENUE, Turn
from cli.engine.common import context
from cli.engine.event_output import EventOutput
from cli.watch import news

if TYPE_CHECKING:
    from domain.cycle.commands import OpenCycle
    from domain.cycle.cycle import Cycle
    from domain.cycle.policy import CyclePolicy
    from domain.engine.command import Command
    from domain.engine.command_handler import CommandHandler
    from domain.target.commands import ProposeTarget
    from domain.target.target import Target
    from domain.time.calendar import BusinessCalendar
    from domain.time.periods import Period
    from runtime.ledger import Ledger

USER, WHY = "demo", "the demonstration"
NAME = "demonstration"
"""Of the cycle policy. The deadlines of its first version are seconds."""
EARLIER = 3
"""Months that a target is made from."""
DIGITS = 3
PATIENCE = 240.0
ITEM_DUE = timedelta(days=5)


async def turn_of(opened: Ledger) -> Turn | None:
    """None where nothing was won yet, or no team has a manager."""
    from domain.time.periods import PeriodKind, period_of
    from projections.cycle.company import in_force
    from projections.figures.figures import newest
    from projections.people.directory import team_managers

    company = await in_force(opened.pool)
    won = await newest(opened.pool, REVENUE, company.day(datetime.now(UTC)))
    managers = await team_managers(opened.pool, limit=2)
    if won is None or not managers:
        return None
    currency, day = won
    return Turn(
        period_of(PeriodKind.MONTH, day).previous(), day, currency, managers[0], managers[-1], company
    )


async def run_cycle(opened: Ledger, handler: CommandHandler, turn: Turn, output: EventOutput) -> bool:
    """Whether there is a cycle to look at: a pipeline that won nothing before has no target to begin with."""
    from domain.cycle.cycle import Cycle
    from domain.cycle.state import Phase

    [cycle] = (await opened.load({turn.cycle(turn.reviewed): Cycle})).values()
    assert isinstance(cycle, Cycle)
    if not cycle.exists:
        proposal = await _proposal(opened, turn)
        if proposal is None:
            return False
        await _run(handler, proposal)
    await show_target(opened, turn.target(turn.reviewed), output)
    if cycle.phase == Phase.CLOSED:
        told = (
            f"its cycle was closed in an earlier run; the record of {turn.reviewed} and of what came of it:"
        )
        output.event("cycle.closed-before", told, period=turn.reviewed.name)
        return True
    if not cycle.exists:
        await _run(handler, *_openings(turn))
    await _follow(opened, handler, turn, output)
    return True


async def _run(handler: CommandHandler, *commands: Command) -> None:
    for command in commands:
        await handler.execute(command, context(USER, WHY))


# --- the beginning ---------------------------------------------------------------------------------------------------


def lasting(calendar: BusinessCalendar) -> CyclePolicy:
    """For the months from now on: the usual deadlines, and a minute to agree to what is running already."""
    from domain.cycle.policy import CyclePolicy
    from domain.time.duration import Duration

    return CyclePolicy(name=NAME, calendar=calendar, agree_within=Duration(1, "minutes"))


def hasty(calendar: BusinessCalendar) -> CyclePolicy:
    """For the month that is reviewed. Days are those of the company's time zone, as figures are."""
    from domain.cycle.policy import CyclePolicy
    from domain.time.duration import Duration

    one, two, five, many = (Duration(n, "seconds") for n in (1, 2, 5, 30))
    return CyclePolicy(
        name=NAME,
        calendar=calendar.around_the_clock(calendar.timezone),
        agree_within=two,
        review_after=Duration(0, "seconds"),
        self_assess_within=two,
        assess_within=five,
        feedback_within=five,
        acknowledge_within=five,
        appeal_within=one,
        next_within=many,
        remind_before=one,
        escalate_after=one,
    )


async def _proposal(opened: Ledger, turn: Turn) -> ProposeTarget | None:
    """The mean of the months before, to three digits; None where nothing was won in them."""
    from domain.figures.scope import COMPANY
    from domain.target.commands import ProposeTarget
    from projections.figures.figures import asking, figures

    months = [turn.reviewed.previous()]
    while len(months) < EARLIER:
        months.insert(0, months[0].previous())
    asked = [asking(REVENUE, COMPANY, month, turn.currency) for month in months]
    came = [figure or Decimal(0) for figure in await figures(opened.pool, asked)]
    mean = sum(came, Decimal(0)) / EARLIER
    if mean < 1:
        return None
    told = ", ".join(f"{month} brought {figure:,.0f}" for month, figure in zip(months, came, strict=True))
    return ProposeTarget(
        metric=REVENUE,
        number=rounded(mean),
        unit="money",
        currency=turn.currency,
        period=turn.reviewed,
        scope=COMPANY,
        owner_id=turn.owner_id,
        achievable=f"{told}: this is their mean",
        relevant="what the company lives on; a month below the usual one must not go unnoticed",
    )


def rounded(number: Decimal) -> Decimal:
    unit = max(Decimal(1), Decimal(1).scaleb(number.adjusted() - DIGITS + 1))
    return Decimal(f"{number.quantize(unit):f}")


def _openings(turn: Turn) -> Sequence[Command]:
    """Where the pipeline is old, the month after it is called off, or the loop would turn through every month until today."""
    from domain.cycle.commands import CancelCycle
    from domain.cycle.policies import PublishCyclePolicy

    after = turn.following.next()
    now = datetime.now(UTC)
    past, calendar = after.end < turn.company.day(now), turn.company.at(now).calendar
    why = f"the pipeline that was brought in ends on {turn.day}"
    called_off = [_opening(turn, after), CancelCycle(cycle_id=turn.cycle(after), why=why)] if past else []
    first, later = (PublishCyclePolicy(policy=policy) for policy in (hasty(calendar), lasting(calendar)))
    return [first, *called_off, _opening(turn, turn.reviewed), later]


def _opening(turn: Turn, period: Period) -> OpenCycle:
    from domain.cycle.commands import OpenCycle
    from domain.figures.scope import COMPANY

    return OpenCycle(
        scope=COMPANY,
        period=period,
        owner_id=turn.owner_id,
        manager_id=turn.manager_id,
        metrics=(REVENUE,),
        policy=NAME,
    )


# --- as it goes on ---------------------------------------------------------------------------------------------------


async def _follow(opened: Ledger, handler: CommandHandler, turn: Turn, output: EventOutput) -> None:
    """Tell what is recorded, and speak for those of whom something is awaited, until the month is closed and the next one runs."""
    from cli.views.cycle_sentences import sentence
    from projections.people import directory

    output.note(
        f"the cycle of {turn.reviewed}, its deadlines seconds away, and the month that follows from it:"
    )
    ids = {turn.cycle(period): period for period in (turn.reviewed, turn.following)}
    names = await directory.names(opened.pool, [turn.owner_id, turn.manager_id])
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE), aclosing(news(opened, list(ids))) as facts:
            async for fresh in facts:
                for recorded in fresh:
                    period = ids[recorded.originator_id]
                    output.event(recorded.fact.TOPIC, sentence(recorded, period, names), period=period.name)
                if await _goes_on(opened, handler, turn):
                    return
    output.event("unfinished", "the cycle has not come to its end; the worker's log says why")


async def _goes_on(opened: Ledger, handler: CommandHandler, turn: Turn) -> bool:
    """Say what is owed now; whether the month is closed and the next one's target agreed to."""
    from domain.cycle.cycle import Cycle
    from domain.cycle.state import Phase
    from domain.target.target import Target

    now, after, aim = turn.cycle(turn.reviewed), turn.cycle(turn.following), turn.target(turn.following)
    held: Any = await opened.load({now: Cycle, after: Cycle, aim: Target})
    commands = [*_said(turn, held[now]), *_agreed(turn, held[after], held[aim])]
    await _run(handler, *commands)
    return held[now].phase == Phase.CLOSED and not commands and held[after].exists


def _agreed(turn: Turn, cycle: Cycle, target: Target) -> Iterator[Command]:
    from domain.cycle.commands import AgreeTargets
    from domain.cycle.state import Phase
    from domain.target.target import AGREED

    open_to_it = cycle.phase in (Phase.TARGET, Phase.EXECUTE) and target.id in cycle.targets
    if open_to_it and target.status != AGREED:
        yield AgreeTargets(cycle_id=cycle.id, agreed_by=turn.owner_id)


def _said(turn: Turn, cycle: Cycle) -> Iterator[Command]:
    """The owner agrees and acknowledges, but does not assess; so the manager is asked, and does."""
    from domain.action_item.commands import OpenActionItem
    from domain.cycle import commands as c
    from domain.cycle.policy import Step
    from domain.engine.values import named_id

    id, owner, manager = cycle.id, turn.owner_id, turn.manager_id
    if cycle.waits_for(Step.AGREE):
        yield c.AgreeTargets(cycle_id=id, agreed_by=owner)
    if cycle.waits_for(Step.ASSESS):
        yield c.AssessCycle(cycle_id=id, assessed_by=manager, text="the figures of the pack are fair")
    if cycle.waits_for(Step.GIVE_FEEDBACK):
        item = named_id("demo action item", str(id))
        what, due = (
            "call the customers of the deals that have stood still longest",
            datetime.now(UTC) + ITEM_DUE,
        )
        yield OpenActionItem(
            item_id=item, what=what, owner_id=owner, manager_id=manager, due_at=due, cycle_id=id
        )
        yield c.GiveFeedback(
            cycle_id=id, given_by=manager, text="begin with what stands still", action_items=(item,)
        )
    if cycle.waits_for(Step.ACKNOWLEDGE):
        yield c.AcknowledgeFeedback(cycle_id=id, acknowledged_by=owner)
