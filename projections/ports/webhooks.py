"""Projections room: the events that the owner of an endpoint may see, of the topics that were asked for.

The shape is that of `Reader` in runtime/webhooks/rounds.py. Whose a deal is, is asked when the event is read, as in `event_feed.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from projections.engine.paging import Source, fetch
from projections.event_feed import REACHED, STRETCH, STRETCHES
from runtime.codec import COLUMNS
from runtime.ledger import Ledger
from runtime.webhooks.addresses import Guard
from runtime.webhooks.owners import Owner
from runtime.webhooks.rounds import Deliveries, Page
from runtime.webhooks.sending import Sender
from runtime.webhooks.settings import WebhookSettings
from runtime.webhooks.store import WebhookStore

HEAD = "SELECT COALESCE(max(position), 0) AS position FROM ledger.events"
OF_DEALS = "AND stream_id IN (SELECT deal_id FROM read.deal_board WHERE team_id = %(team_id)s OR owner_id = %(owner_id)s)"
FOUND = f"""
WITH reached AS ({{upto}})
SELECT GREATEST(LEAST(r.position, %(after)s::bigint + {STRETCH}), %(after)s), r.position, e.*
  FROM reached r LEFT JOIN LATERAL (
       SELECT {COLUMNS} FROM ledger.events
        WHERE position > %(after)s AND position <= LEAST(r.position, %(after)s::bigint + {STRETCH})
          AND (%(all)s OR topic = ANY(%(topics)s) OR split_part(topic, '.', 1) = ANY(%(topics)s)) {{scope}}
        ORDER BY position LIMIT %(limit)s) e ON true
 ORDER BY e.position
"""
WHOLE = FOUND.format(upto=HEAD, scope="")
SCOPED = FOUND.format(upto=REACHED, scope=OF_DEALS)


class WebhookEvents:
    def __init__(self, source: Source) -> None:
        self._source = source

    async def page(self, owner: Owner, topics: Sequence[str], after: int, limit: int) -> Page:
        """The next events, looked for in a bounded stretch: `more` and no rows is possible."""
        query = WHOLE if owner.sees_team is None else SCOPED
        asked: dict[str, Any] = {
            "all": not topics,
            "topics": list(topics),
            "limit": limit,
            "team_id": owner.sees_team,
            "owner_id": owner.rep_id,
        }
        for _ in range(STRETCHES):
            rows = await fetch(self._source, query, asked | {"after": after})
            upto, head = rows[0][:2] if rows else (after, after)
            found = [row[2:] for row in rows if row[2] is not None]
            if len(found) == limit:
                return Page(found, found[-1][0], more=True)
            if found or upto >= head:
                return Page(found, upto, more=upto < head)
            after = upto
        return Page([], after, more=True)


def webhook_sending(ledger: Ledger, settings: WebhookSettings, sender: Sender | None = None) -> Deliveries:
    """What rounds are made with, on the ledger's pool."""
    pool = ledger.pool
    return Deliveries(ledger, WebhookStore(pool), WebhookEvents(pool), sender or Sender(Guard(settings)))
