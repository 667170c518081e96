"""cli: revisits — what is due, and whether anybody is without one. What can be done, and how one is shown, is in `api/revisit.py`."""

from __future__ import annotations

from typing import Any

from cli.engine.backend import backend
from cli.engine.common import Json, Limit, Zone, as_json, example, moment, run, zone
from cli.engine.derive import group
from cli.engine.language import sentence, word
from cli.engine.options import Cursor, OwnerFilter, TeamFilter, more
from cli.engine.tables import say, table

app = group(
    "revisit",
    "Revisits: list, show, due, set, record, move, hand over, excuse, break, policy, health.",
    acts="api.revisit",
)


@app.command(epilog=example("salesloop revisit due --owner 'Li Wei'"))
def due(
    *,
    owner: OwnerFilter = None,
    team: TeamFilter = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """Live revisits, what is due first comes first, with what is offered."""
    page = run(_due({"cursor": cursor, "limit": limit}, {"owner": owner, "team": team}))
    if json:
        as_json(page)
        return
    rows = [
        (
            moment(one.due_at, zone(tz)),
            one.customer_name or one.customer_id,
            word(one.stage) if one.stage else "",
            one.owner_name or one.owner_id,
            one.offers,
            one.revisit_id,
        )
        for one in page.items
    ]
    table(("due", "customer", "stage", "who", "offer", "id"), rows, whole=("due", "id"))
    more(page)


@app.command(epilog=example("salesloop revisit health --json"))
def health(*, json: Json = False) -> None:
    """Customers whom the policy asks to see again, and who have no revisit."""
    found = run(_health())
    if json:
        as_json(found)
        return
    told = "{live:,} revisits are live, {overdue:,} of them overdue; {lacking:,} customers are without one that the policy asks for"
    say(sentence(told, live=found.live, overdue=found.overdue, lacking=found.lacking))
    for id in found.customers:
        say(str(id))


async def _due(query: dict[str, Any], whose: dict[str, str | None]) -> Any:
    from cli.engine.kinds import ids
    from projections.engine.paging import Page
    from projections.lifecycle.agenda import DueRevisit

    async with backend() as at:
        return await at.read("/lifecycle/revisits", Page[DueRevisit], query | await ids(at, whose))


async def _health() -> Any:
    from projections.lifecycle.agenda import RevisitHealth

    async with backend() as at:
        return await at.read("/lifecycle/health", RevisitHealth)
