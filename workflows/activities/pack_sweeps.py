"""Workflows room: keeping the review packs that an older release froze by digest alone (docs/adr/0021-frozen-packs.md)."""

from __future__ import annotations

from temporalio import activity

from workflows.activities.desk import Desk
from workflows.messages import SweepAsk


class PackSweepActivities:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @activity.defn
    async def keep_packs(self, _asked: SweepAsk) -> int:
        """How many there were."""
        unkept = await self._desk.loop.unkept_packs()
        for named in unkept:
            activity.heartbeat()
            await self._desk.loop.keep_pack(named)
        return len(unkept)
