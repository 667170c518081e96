"""api: the lifecycle of customers — how many are in each stage and what they are worth, where they went, cohorts and churn."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Response

from api.pages.deal_filters import people
from api.pages.engine.chart import Mark, chart
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.shown import figure_text, word_text
from domain.lifecycle.policy import LifecycleStage

MONTHS, ROWS = 12, 50
STAGES = tuple(str(stage) for stage in LifecycleStage)

pages = router()
Anybody = Annotated[Page, Depends(may_open())]


def _when(page: Page) -> dict[str, str]:
    """True on the day that the address asks for, and as known then."""
    return {"on": page.as_of.isoformat(), **page.then} if page.as_of else {}


@pages.get("/lifecycle", summary="The lifecycle of customers")
async def lifecycle(page: Anybody) -> Response:
    query = {"team_id": page.query["team_id"], **_when(page)}
    found, moves, cohorts, churn = await page.read_all(
        ("/lifecycle", query),
        ("/lifecycle/transitions", query),
        ("/lifecycle/cohorts", query),
        ("/lifecycle/churn", query),
    )
    page.turned = "/lifecycle", query
    return page.render(
        "lifecycle.html",
        found=found,
        moves=_matrix(moves["transitions"]),
        since=moves["since"],
        cohorts=cohorts["cohorts"][-MONTHS:],
        months=range(1, MONTHS + 1),
        churn=churn["months"],
        chart=chart([_mark(page, one) for one in found["stages"]]),
        stages=STAGES,
        asked=page.query,
        **await people(page),
    )


def _mark(page: Page, one: Any) -> Mark:
    word = word_text(page.language, one["stage"])
    title = f"{word}: {figure_text(page.language, one['customers'], 'count')}"
    return Mark(word, one["customers"], _link(page, one["stage"]), title)


def _link(page: Page, stage: str) -> str:
    return page.at(
        f"/desk/lifecycle/customers?{urlencode({'stage': stage, 'team_id': page.query['team_id']})}"
    )


def _matrix(transitions: list[Any]) -> dict[str, dict[str, int]]:
    """How many, by the stage before and the one after."""
    many: dict[str, dict[str, int]] = {stage: {} for stage in STAGES}
    for one in transitions:
        many[one["before"]][one["after"]] = one["customers"]
    return many


@pages.get("/lifecycle/customers", summary="The customers in a stage")
async def customers(page: Anybody) -> Response:
    asked = page.query
    query = {"stage": asked["stage"], "team_id": asked["team_id"], "cursor": asked["cursor"], "limit": ROWS}
    found = await page.read("/lifecycle/customers", **query, **_when(page))
    page.turned = "/lifecycle/customers", {**query, **_when(page)}
    return page.render(
        "lifecycle_customers.html", found=found, asked=asked, stages=STAGES, **await people(page)
    )
