"""Workflows room: what a follow-up does to the world. Keys are `{promise}:{arming}:{step}`, so each is done once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from temporalio import activity

from domain.allocation.least_loaded import Choice, Loads, choose, who_is_here
from domain.allocation.receipt import as_text, from_text
from domain.deal.commands import EscalatePromise, MissPromise, PromiseTimer, ReassignPromise, RemindPromise
from domain.deal.deal import Deal
from domain.people.people import Rep, RepAllocated
from workflows.deal.messages import (
    TOPICS,
    ChosenRep,
    PromiseArmed,
    Reassignment,
    RepWanted,
    Standing,
    Step,
    Stuck,
    Timer,
    standing_of,
)
from workflows.engine.activity_context import Cause, Executed
from workflows.ports import RoomContext

COMMANDS: dict[Step, type[PromiseTimer]] = {
    Step.REMIND: RemindPromise,
    Step.MISS: MissPromise,
    Step.ESCALATE: EscalatePromise,
}


class FollowUpActivities:
    """Give an instance's methods to the worker, the class's to `workflow.execute_activity_method`."""

    def __init__(self, context: RoomContext) -> None:
        self._context = context

    @activity.defn
    async def look(self, deal_id: UUID) -> Standing:
        """Is there still a promise to time? A new run asks the ledger, whatever delivery started it."""
        return (await standings(self._context, [deal_id])).get(deal_id, Standing(0, None))

    @activity.defn
    async def tell(self, timer: Timer) -> Executed:
        """Remind the owner, tell the owner of the miss, or tell the manager; recorded as a fact."""
        armed = timer.armed
        command = COMMANDS[timer.step](
            deal_id=armed.deal_id, promise_id=armed.promise_id, arming=armed.arming
        )
        return await self._context.execute(command, key(armed, timer.step), cause(armed, timer))

    @activity.defn
    async def choose_heir(self, wanted: RepWanted) -> ChosenRep:
        """The least loaded rep of the deal's team who is here, the owner aside."""
        deal = await self._context.load(Deal, wanted.armed.deal_id)
        loads = await current_loads(self._context, deal.team_id, wanted.now)
        return chosen_rep(choose(loads, {deal.owner_id, *wanted.excluded}, deal.id))

    @activity.defn
    async def reassign(self, asked: Reassignment) -> Executed:
        armed, heir = asked.armed, asked.heir
        assert heir.rep_id is not None
        command = ReassignPromise(
            deal_id=armed.deal_id,
            promise_id=armed.promise_id,
            arming=armed.arming,
            to=heir.rep_id,
            receipt=from_text(heir.receipt),
        )
        return await self._context.execute(command, key(armed, Step.REASSIGN), cause(armed, asked))

    @activity.defn
    async def tell_again(self, stuck: Stuck) -> Executed:
        armed = stuck.armed
        command = EscalatePromise(
            deal_id=armed.deal_id, promise_id=armed.promise_id, arming=armed.arming, again=True
        )
        return await self._context.execute(command, f"{key(armed, Step.REASSIGN)}:stuck", cause(armed, stuck))


async def standings(context: RoomContext, deal_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """A deal that nothing is recorded of is left out."""
    found = await context.ledger.newest(deal_ids, TOPICS)
    return {recorded.originator_id: standing_of(recorded) for recorded in found}


def key(armed: PromiseArmed, step: Step) -> str:
    return f"{armed.promise_id}:{armed.arming}:{step}"


def cause(armed: PromiseArmed, message: Timer | Reassignment | Stuck) -> Cause:
    """One promise, one correlation: reminder, miss, escalation and reassignment belong together."""
    return Cause(armed.position, armed.promise_id, message.now, getattr(message, "why", None))


async def current_loads(context: RoomContext, team_id: UUID, now: datetime) -> Loads:
    """Of the reps who are here: the read model's loads, and what came since; many deals may fall due at once."""
    loads = await context.loads.team_loads(team_id)
    here = who_is_here(await context.latest(Rep, loads.open_deals), team_id, now)
    return loads.of(here, await context.ledger.count_since(loads.position, RepAllocated.TOPIC, here))


def chosen_rep(choice: Choice) -> ChosenRep:
    return ChosenRep(choice.rep_id, as_text(choice.receipt))
