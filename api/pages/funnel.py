"""api: the funnel — what stands in each stage, what moved on and how long it stayed, each stage a link to what is behind it."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Response

from api.pages.deal_filters import ALL, people
from api.pages.deals import OPEN
from api.pages.engine.page import Page, may_open, router

STATUS = {"won": "won", "lost": "lost", "after-sales": ALL}
"""Of what stands in these stages; in all others it is open."""
ASKED = ("team_id", "owner_id", "process", "since", "until")
MEASURES = ("deals", "amount", "entered")

pages = router()


@pages.get("/funnel", summary="The funnel")
async def funnel(page: Annotated[Page, Depends(may_open())]) -> Response:
    """Of the company, a team or a rep; the moves of a period. As known then it is what stood there, without moves."""
    asked = page.query
    processes = await page.read("/processes")
    days = ("since", "until") if page.as_of else ()
    query = {name: asked[name] for name in ASKED if name not in days}
    found = await page.read("/funnel", **{**query, **page.then})
    page.turned = "/funnel", {**query, **page.then}
    stages = found["stages"]
    currencies = _currencies(stages)
    currency = asked["currency"] if asked["currency"] in currencies else next(iter(currencies), "")
    measure = asked["measure"] if asked["measure"] in MEASURES else "deals"
    if page.as_of and measure == "entered":
        measure = "deals"
    return page.render(
        "funnel.html",
        stages=[_shown(page, stage, measure, currency, query) for stage in stages],
        most=max((_value(stage, measure, currency) for stage in stages), default=0),
        measures=MEASURES[:2] if page.as_of else MEASURES,
        measure=measure,
        currency=currency,
        currencies=currencies,
        process=found["process"],
        processes=sorted({one["process"]["name"] for one in processes["processes"]}),
        **await people(page),
        asked=asked,
    )


def _currencies(stages: list[Any]) -> list[str]:
    """The one that most stages have an amount in comes first."""
    named = [code for stage in stages for code in (*stage["amounts"], *(stage["amounts_entered"] or ()))]
    return sorted(set(named), key=lambda code: (-named.count(code), code))


def _value(stage: Any, measure: str, currency: str) -> float:
    if measure == "amount":
        return float(stage["amounts"].get(currency, 0))
    return float(stage[measure] or 0)


def _shown(page: Page, stage: Any, measure: str, currency: str, query: dict[str, str]) -> dict[str, Any]:
    """The stage with its link to the deals that stand there."""
    name = stage["stage"]
    standing = {of: query[of] for of in ("team_id", "process") if query.get(of)}
    standing |= {"owner_id": query["owner_id"] or ALL, "stage": name, "status": STATUS.get(name, OPEN)}
    return {
        **stage,
        "value": _value(stage, measure, currency),
        "deals_link": page.at(f"/desk/deals?{urlencode(standing)}"),
        "closed": name in STATUS,
    }
