"""Projections room: the company's cycle policy over time, for all that cuts days (docs/adr/0017-whose-day.md).

A fold learns what was published before its stretch, and hears the rest in the ledger's order: so the day a fact counts
for is decided by what was known when it was recorded, and a rebuild decides the same.
"""

from __future__ import annotations

from domain.cycle.in_force import COMPANY, InForce
from projections.engine import streams
from projections.engine.paging import Source


async def in_force(source: Source, position: int | None = None) -> InForce:
    """As known at a position; None: now."""
    known = InForce()
    for recorded in await streams.streams(source, [COMPANY], position):
        known = known.heard(recorded.originator_id, recorded.fact, recorded.occurred_at)
    return known
