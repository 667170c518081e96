"""Workflows room: the follower that sends surveys on what happens, and notes with an answer that what it led to has ended.

It reads the ledger in order and gives commands; each says the same however often it is given, so a position that was not kept is no
harm. What happened before a survey was published is nothing to it, and what was imported is history: nobody is asked about either.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.engine.recorded import Recorded
from workflows.engine.follower import Positions, Reacting
from workflows.survey.reactions import NAME, TOPICS, SurveyReactions

LOCK = 7_205_034
WINDOW = 1_000


class SurveyFollower(Reacting):
    def __init__(self, url: str, store: Positions, reactions: SurveyReactions, window: int = WINDOW) -> None:
        super().__init__(url, LOCK, NAME, store, TOPICS, window)
        self._reactions = reactions

    async def begin(self) -> int:
        position = await super().begin()
        await self._reactions.begin(position)
        return position

    async def react(self, facts: Sequence[Recorded]) -> None:
        for recorded in facts:
            await self._reactions.react(recorded)
