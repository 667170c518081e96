"""Projections room: overrides of a deal that were asked for and wait for a decision — as the board keeps them, and as they are told.

Who asked and why is in the ledger, and read from there. How they come and go is in `board_fold.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from domain.engine.facts import FreeText
from projections.engine.paging import Source, fetch


class Request(msgspec.Struct, frozen=True):
    override_id: UUID
    to: str
    at: datetime


class WaitingOverride(msgspec.Struct):
    """`requested_by`: as in events, such as `user:li`; `missing`: what would be passed over; `acts`: which of the acts are the
    reader's to do, where that is worked out for one.
    """

    override_id: UUID
    to: str
    missing: list[str]
    requested_by: str
    reason: FreeText
    asked_at: datetime
    acts: list[str] | msgspec.UnsetType = msgspec.UNSET


REQUESTED = """
SELECT d.deal_id, (e.data->>'override_id')::uuid, e.data->>'to', e.data->'missing', e.data->>'requested_by',
       COALESCE(e.meta->>'reason', ''), e.occurred_at
  FROM read.deal_board d CROSS JOIN json_array_elements(d.override_requests::json) AS waiting
  JOIN ledger.events e ON e.stream_id = d.deal_id AND e.topic = 'deal.override-requested'
   AND e.data->>'override_id' = waiting->>'override_id'
 WHERE d.deal_id = ANY(%s) ORDER BY e.position
"""
requests = msgspec.json.Decoder(list[Request]).decode


def written(waiting: Iterable[Request]) -> str:
    return msgspec.json.encode(list(waiting)).decode()


async def of_deals(source: Source, ids: Collection[UUID]) -> dict[UUID, list[WaitingOverride]]:
    """What waits for a decision, by deal, as it was asked for; deals without any are left out."""
    found: defaultdict[UUID, list[WaitingOverride]] = defaultdict(list)
    if ids:
        for deal_id, *told in await fetch(source, REQUESTED, [list(ids)]):
            found[deal_id].append(WaitingOverride(*told))
    return found
