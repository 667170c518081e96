"""Projections room: deals as they stood at a position, told anew from their streams.

The board says which deals can have been open then: those that are open and unchanged since, and all that changed since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import attrgetter
from uuid import UUID

from domain.deal.deal import Deal
from domain.engine.recorded import Recorded
from domain.engine.undoing import standing
from domain.figures.scope import Scope, ScopeKind
from projections.engine import streams
from projections.engine.paging import Source, fetch

_WHOSE = {
    ScopeKind.COMPANY: "true",
    ScopeKind.TEAM: "d.team_id = %(id)s",
    ScopeKind.REP: "d.owner_id = %(id)s",
}
_OPEN = """
SELECT deal_id FROM read.deal_board d WHERE position > %(position)s OR (status = 'open' AND {whose})
 UNION SELECT deal_id FROM read.deal_undone WHERE position > %(position)s ORDER BY deal_id
"""

AT_ONCE = 200
"""So many deals are told between two turns for others: a company has tens of thousands."""


@dataclass
class DealAsKnown:
    """A deal as known at a position, and everything that led there, oldest first."""

    deal: Deal
    events: list[Recorded]

    @property
    def id(self) -> UUID:
        return self.deal.id

    def belongs(self, scope: Scope) -> bool:
        """Whether the scope has it. Segments and channels are of contributions, not of deals."""
        whose = {
            ScopeKind.COMPANY: None,
            ScopeKind.TEAM: self.deal.team_id,
            ScopeKind.REP: self.deal.owner_id,
        }
        product = scope.product_id in (None, self.deal.product_id)
        return whose[scope.kind] == scope.id and product and not (scope.segment or scope.channel)


async def open_then(source: Source, scope: Scope, position: int) -> list[DealAsKnown]:
    """The scope's deals that were open, by id."""
    query = _OPEN.replace("{whose}", _WHOSE[scope.kind])
    rows = await fetch(source, query, {"id": scope.id, "position": position})
    found = await then(source, [id for (id,) in rows], position)
    return [one for one in found if one.deal.is_open and one.belongs(scope)]


async def then(source: Source, ids: Collection[UUID], position: int) -> list[DealAsKnown]:
    """By id; streams that are not of a deal are left out."""
    found, ordered = [], sorted(ids)
    for start in range(0, len(ordered), AT_ONCE):
        found += await _some(source, ordered[start : start + AT_ONCE], position)
    return found


async def _some(source: Source, ids: Collection[UUID], position: int) -> list[DealAsKnown]:
    events_by_deal: defaultdict[UUID, list[Recorded]] = defaultdict(list)
    for recorded in await streams.streams(source, ids, position):
        events_by_deal[recorded.originator_id].append(recorded)
    stand = {id: _standing(events) for id, events in events_by_deal.items()}
    found = [DealAsKnown(_replayed(id, events), events) for id, events in sorted(stand.items())]
    return [one for one in found if one.deal.exists]


def _standing(events: Iterable[Recorded]) -> list[Recorded]:
    """What was taken back is no part of what led there."""
    return standing(events, attrgetter("fact"), attrgetter("originator_version"))


def _replayed(id: UUID, events: Collection[Recorded]) -> Deal:
    deal = Deal(id)
    for recorded in events:
        deal.replay(recorded.fact, recorded.originator_version, recorded.occurred_at)
    return deal
