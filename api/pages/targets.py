"""api: targets — what is to be reached, by whom and when: listed, and one with its course by day, its versions and its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from api.pages.engine.chart import Chart, Mark, chart
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.shown import now_of
from api.pages.loop import People, asked_for, people_of
from domain.figures.metrics import Unit, find_metric

STATUSES = ("proposed", "agreed", "unagreed", "withdrawn")
KINDS = ("year", "quarter", "month", "week")
DAYS = timedelta(days=91)
"""Of a longer period, so many up to the day are drawn."""

pages = router()
Anybody = Annotated[Page, Depends(may_open())]


@pages.get("/targets", summary="Targets")
async def targets(page: Anybody) -> Response:
    """Those whose period contains today, unless another period is asked for."""
    asked = page.query
    on = {} if asked["period"] or asked["all"] else {"on": now_of(page).date()}
    found = await asked_for(page, "/targets", "status", "team_id", "period", "period_kind", "owner_id", **on)
    return page.render(
        "targets.html", people=await people_of(page), found=found, statuses=STATUSES, kinds=KINDS
    )


@pages.get("/targets/{target_id}", summary="A target")
async def target(target_id: UUID, page: Anybody) -> Response:
    people = await people_of(page)
    tree = await page.read(f"/targets/{target_id}/tree")
    found = tree["target"]
    first, last = _drawn_days(page, found)
    course = await page.read(f"/targets/{target_id}/attainment", since=first, until=last, **page.then)
    days = course["days"]
    begun = first <= (page.as_of or now_of(page).date())
    return page.render(
        "target.html",
        people=people,
        target=found,
        tree=tree,
        latest=days[-1] if days and begun else None,
        unit=_unit(found["metric"]),
        drawn=_drawn(page, people, days, "actual"),
        expected=_drawn(page, people, days, "expected"),
        versions=list(reversed(found["versions"])),
    )


def _unit(metric: str) -> Unit:
    found = find_metric(metric)
    return found.unit if found else Unit.COUNT


def _drawn_days(page: Page, found: Mapping[str, Any]) -> tuple[date, date]:
    """The period's, as far as they have come; of one that has not begun, its first."""
    start, end = (date.fromisoformat(found["period"][name]) for name in ("start", "end"))
    last = max(start, min(end, page.as_of or now_of(page).date()))
    return max(start, last - DAYS), last


def _drawn(page: Page, people: People, days: Sequence[Any], name: str) -> Chart:
    """Day by day; what came and what was expected have one scale."""
    marks = [
        Mark(
            label=f"{date.fromisoformat(one['day']):%m-%d}",
            value=None if one[name] is None else float(one[name]),
            link=people.behind(one),
            title=f"{one['day']}: {people.figure(one[name], one['metric'], one['currency'])}",
        )
        for one in days
    ]
    values = [float(one[of]) for one in days for of in ("actual", "expected") if one[of] is not None]
    return chart(marks, max(values, default=1.0))
