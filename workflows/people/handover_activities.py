"""Workflows room: handing over the open deals of a rep who left, or taking them along to a rep's new team."""

from __future__ import annotations

from temporalio import activity

from domain.allocation.least_loaded import spread
from domain.allocation.receipt import from_text
from domain.deal.commands import EscalatePromise, HandOver
from domain.deal.deal import Deal
from domain.people.handover import LEFT, MOVED, RULE, RULE_OF_MOVES
from domain.people.people import Rep
from workflows.deal.activities import chosen_rep, current_loads
from workflows.deal.messages import ChosenRep
from workflows.engine.activity_context import Cause, Executed
from workflows.people.messages import (
    Handing,
    HandoverAsk,
    HandoverCount,
    HandoverPage,
    HandoverPageDone,
    HandoverPlan,
)
from workflows.ports import RoomContext

PAGE = 200
ALONG = "went along by rule: the owner changed teams"
NOTE = "handed over by rule: the owner left"
NOBODY = "the owner left and nobody else in the team can take the deal over"


class HandoverActivities:
    def __init__(self, context: RoomContext) -> None:
        self._context = context

    @activity.defn
    async def plan_handover(self, asked: HandoverAsk) -> HandoverPlan:
        """A page of the rep's open deals, each with the rep who shall have it; loads count what is planned."""
        await self._context.must_know(asked.position)
        deals = await self._context.loads.open_deals_of(asked.rep_id, asked.after, PAGE)
        rep = await self._context.load(Rep, asked.rep_id)
        if not deals or rep.team_id is None:
            return HandoverPlan(None)
        if rep.active:
            return HandoverPlan(deals[-1], tuple(Handing(id, ChosenRep(rep.id, MOVED)) for id in deals))
        loads = await current_loads(self._context, rep.team_id, asked.now)
        chosen = spread(deals, loads, asked.rep_id)
        return HandoverPlan(deals[-1], tuple(Handing(id, chosen_rep(choice)) for id, choice in chosen))

    @activity.defn
    async def hand_over(self, page: HandoverPage) -> HandoverPageDone:
        """Do as planned. A deal that changed hands or closed meanwhile is left alone."""
        handed = left = again = 0
        for handing in page.handings:
            done = await self._hand(page, handing)
            handed += done.recorded > 0 and handing.heir.rep_id is not None
            left += handing.heir.rep_id is None
            again += done.rep_gone
            activity.heartbeat()
        return HandoverPageDone(HandoverCount(handed, left), again)

    async def _hand(self, page: HandoverPage, handing: Handing) -> Executed:
        deal = await self._context.load(Deal, handing.deal_id)
        if handing.heir.rep_id == page.rep_id:
            return await self._take_along(page, deal)
        if deal.owner_id == handing.heir.rep_id:
            return Executed(1)  # by an earlier attempt at this page
        if not deal.is_open or deal.owner_id != page.rep_id:
            return Executed(0)
        if handing.heir.rep_id is None:
            return await self._tell_manager(page, deal)
        return await self._give(page, deal, handing)

    async def _take_along(self, page: HandoverPage, deal: Deal) -> Executed:
        """To the team its owner is in now; silence where it is there."""
        if not deal.is_open or deal.owner_id != page.rep_id:
            return Executed(0)
        command = HandOver(deal_id=deal.id, to=page.rep_id, handover_note=ALONG, rule=RULE_OF_MOVES)
        cause = self._cause(page, deal, MOVED)
        # An answer that all is well holds only until the rep moves on, though the deal stays as it is.
        rep = await self._context.load(Rep, page.rep_id)
        key = f"{deal.id}:along:{page.rep_id}:{deal.version}:{rep.version}"
        return await self._context.execute(command, key, cause)

    async def _give(self, page: HandoverPage, deal: Deal, handing: Handing) -> Executed:
        assert handing.heir.rep_id is not None
        command = HandOver(
            deal_id=deal.id,
            to=handing.heir.rep_id,
            handover_note=NOTE,
            rule=RULE,
            receipt=from_text(handing.heir.receipt),
        )
        cause = self._cause(page, deal, LEFT)
        return await self._context.execute(command, f"{deal.id}:handover:{page.rep_id}", cause)

    async def _tell_manager(self, page: HandoverPage, deal: Deal) -> Executed:
        promise = deal.promise
        if promise is None:
            return Executed(0)
        command = EscalatePromise(
            deal_id=deal.id, promise_id=promise.id, arming=promise.generation, again=promise.escalated
        )
        key = f"{promise.id}:{promise.generation}:nobody-to-hand-over-to"
        return await self._context.execute(command, key, self._cause(page, deal, NOBODY))

    def _cause(self, page: HandoverPage, deal: Deal, reason: str) -> Cause:
        """Only as long as the deal is as we saw it: who takes it over by hand meanwhile keeps it."""
        return Cause(page.position, page.rep_id, page.now, reason, expected_version=deal.version)
