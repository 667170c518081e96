"""Workflows room: finding what a survey should have been sent on and was not — a deal won, a stage reached, a case solved — and sending it, once.

The follower of surveys misses nothing by itself: it goes on from where it was. What it may have passed over for all that, as after a
restore, is found by the ids of the invitations, which follow from what happened.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import activity

from workflows.engine.delivery import Deliverer
from workflows.ports import Happened, RoomContext
from workflows.survey.reactions import ASKED_ON, NAME, SurveyReactions
from workflows.sweep.messages import SweepAsk
from workflows.sweep.runs import Sweeping

LOOKED_BACK = timedelta(days=14)
"""Nobody is asked how it was so long ago."""
WINDOW = 50_000


class SurveySweepActivities(Sweeping):
    def __init__(self, context: RoomContext, deliverer: Deliverer, happened: Happened) -> None:
        super().__init__(context, deliverer)
        self._happened = happened

    @activity.defn
    async def ensure_invitations(self, asked: SweepAsk) -> int:
        """How many were missing. By the surveys as they were when it happened; what the follower has not come to yet is on the way."""
        reactions = SurveyReactions(self._context.handler, self._happened)
        begin = await self._happened.position_at(asked.now - LOOKED_BACK)
        end = await self._context.ledger.position(NAME)
        await reactions.begin(begin)
        made = 0
        for after in range(begin, end, WINDOW):
            activity.heartbeat()
            made += await self._look(reactions, after, min(end, after + WINDOW))
        if made:
            activity.logger.warning("surveys that had not been sent: %d", made)
        return made

    async def _look(self, reactions: SurveyReactions, after: int, to: int) -> int:
        facts = await self._context.ledger.facts(after, to, ASKED_ON)
        wanted = []
        for recorded in facts:
            reactions.learn(recorded)
            wanted.append((recorded, reactions.wanted(recorded)))
        there = await self._happened.recorded([id for _, invitations in wanted for id in invitations])
        made = 0
        for recorded, invitations in wanted:
            missing = {id: sent for id, sent in invitations.items() if id not in there}
            made += await reactions.invite(recorded, missing)
            activity.heartbeat()
        return made
