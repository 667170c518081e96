"""cli: offers. What can be done, and how they are shown, is in `api/offer/acts.py`; here is who has taken one up."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from cli.engine.backend import Backend, backend
from cli.engine.common import Json, as_json, example, run
from cli.engine.derive import group
from cli.engine.export_options import filed
from cli.engine.failure import USAGE, Failure
from cli.engine.options import TeamFilter
from cli.views.offers import show_uptake

app = group("offer", "Offers: list, show, publish, uptake.", acts="api.offer.acts")


@app.command(epilog=example("salesloop offer uptake spring --export spring.csv"))
@filed
def uptake(
    offer: Annotated[str, typer.Argument(metavar="OFFER", help="Its name, or its id.")],
    *,
    team: TeamFilter = None,
    json: Json = False,
) -> None:
    """To whom an offer was made, and who has taken it up."""
    found = run(_uptake(offer, team))
    as_json(found) if json else show_uptake(found)


async def _uptake(offer: str, team: str | None) -> Any:
    from cli.engine.kinds import ids

    async with backend() as at:
        path = f"/offers/{await _offer(at, offer)}/uptake"
        return await at.read(path, dict[str, Any], await ids(at, {"team": team}), filed=True)


async def _offer(at: Backend, given: str) -> UUID:
    """Raises Failure for what is neither a name nor an id."""
    from projections.engine.paging import Page
    from projections.offer import OfferSeen

    try:
        return UUID(given)
    except ValueError:
        found = await at.read("/offers", Page[OfferSeen], {"name": given})
    if not found.items:
        raise Failure(f"no offer is called {given}", USAGE)
    id: UUID = found.items[0].offer_id
    return id
