"""api: figures — every metric of the catalogue, over time and by team, rep and product, and the events behind one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Response

from api.pages.colleagues import reps_of
from api.pages.deal_filters import people
from api.pages.engine.chart import Chart, Mark, chart
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.shown import figure_text, now_of
from api.pages.engine.spans import KINDS, Span, spans
from domain.engine import reading

PAGE_OF = 50
MOST_PARTS = 60
BY = ("team", "rep", "product")
CURRENCY = "CNY"

pages = router()
Anybody = Annotated[Page, Depends(may_open())]


class Asked:
    """What the address asks for, with what is meant where it says nothing."""

    def __init__(self, page: Page, currency: str) -> None:
        query = page.query
        self.page = page
        self.every = query["every"] if query["every"] in KINDS else "month"
        self.metric = str(query["metric"])
        self.by = query["by"] if query["by"] in BY else "team"
        self.currency = str(query["currency"] or currency)
        self.team_id, self.rep_id = query["team_id"], query["owner_id"]
        self.product_id, self.segment = query["product_id"], query["segment"]

    @property
    def scope(self) -> dict[str, str]:
        """Of a team or a rep, and a product; left out, what the reader sees."""
        whose = {"scope": "rep", "scope_id": self.rep_id} if self.rep_id else {}
        if self.team_id and not whose:
            whose = {"scope": "team", "scope_id": self.team_id}
        narrowed = {"product_id": self.product_id, "segment": self.segment}
        return whose | {name: str(value) for name, value in narrowed.items() if value}

    def figure(self, metric: Mapping[str, Any], span: Span, **scope: str) -> tuple[str, dict[str, Any]]:
        """The read of one figure."""
        days = {"since": str(span.first), "until": str(span.last)}
        money = {"currency": self.currency} if metric["unit"] == "money" else {}
        return "/figures", {
            "metric": metric["key"],
            **days,
            **money,
            **self.scope,
            **scope,
            **self.page.then,
        }

    def table(self, first: Span, last: Span, metric: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The read of many: of one metric, or of all."""
        money = {"currency": self.currency} if metric is None or metric["unit"] == "money" else {}
        one = {"metric": metric["key"], "by": self.by} if metric else {}
        days = {"every": self.every, "since": str(first.first), "until": str(last.last)}
        return {**one, **days, **money, **self.scope, **self.page.then}

    def link(self, metric: Mapping[str, Any], span: Span, **scope: str) -> str:
        """To the events behind it."""
        query = {
            name: value for name, value in self.figure(metric, span, **scope)[1].items() if name != "known_at"
        }
        return self.page.at(f"/desk/figures/events?{urlencode(query)}")


@pages.get("/figures", summary="Figures")
async def figures(page: Anybody) -> Response:
    """All of them, this period and the one before; or one over time and by its parts."""
    metrics = (await page.read("/figures/catalogue"))["metrics"]
    currencies = _currencies(await page.read("/funnel"))
    asked = Asked(page, currencies[0])
    found = {
        "asked": asked,
        "query": page.query,
        "metrics": metrics,
        "currencies": currencies,
        "kinds": KINDS,
        **await people(page),
        "products": await page.listed("/products"),
        "segments": await page.listed("/segments"),
    }
    chosen = next((one for one in metrics if one["key"] == asked.metric), None)
    if chosen is None:
        return await _overview(page, asked, found)
    return await _one(page, asked, chosen, found)


def _currencies(funnel: Mapping[str, Any]) -> list[str]:
    named = [
        code for stage in funnel["stages"] for code in (*stage["amounts"], *(stage["amounts_entered"] or ()))
    ]
    return sorted(set(named), key=lambda code: (-named.count(code), code)) or [CURRENCY]


async def _overview(page: Page, asked: Asked, found: dict[str, Any]) -> Response:
    before, now = spans(asked.every, _today(page), page.language)[-2:]
    measured = [one for one in found["metrics"] if one["measured"]]
    told = await page.read_all(*(asked.figure(one, span) for one in measured for span in (now, before)))
    page.turned = "/figures/table", asked.table(before, now)
    cards = [
        {
            "metric": one,
            "now": told[2 * n]["figure"],
            "before": told[2 * n + 1]["figure"],
            "link": asked.link(one, now),
        }
        for n, one in enumerate(measured)
    ]
    return page.render("figures.html", **found, cards=cards, now_label=now.label, before_label=before.label)


async def _one(page: Page, asked: Asked, metric: Mapping[str, Any], found: dict[str, Any]) -> Response:
    over = spans(asked.every, _today(page), page.language)
    parts = _parts(asked, found) if metric["measured"] else []
    if not metric["measured"]:
        over = []
    told = await page.read_all(
        *(asked.figure(metric, span) for span in over),
        *(asked.figure(metric, over[-1], **scope) for _, scope in parts),
    )
    series = [
        {"span": span, "figure": one["figure"], "link": asked.link(metric, span)}
        for span, one in zip(over, told, strict=False)
    ]
    split = [
        {"name": name, "figure": one["figure"], "link": asked.link(metric, over[-1], **scope)}
        for (name, scope), one in zip(parts, told[len(over) :], strict=True)
    ]
    if over:
        page.turned = "/figures/table", asked.table(over[0], over[-1], metric)
    return page.render(
        "figure.html", **found, metric=metric, series=series, split=split, by=asked.by, ways=_ways(asked),
        parts_most=max((abs(float(one["figure"] or 0)) for one in split), default=0),
        drawn=_drawn(page, metric, series, asked.currency),
    )  # fmt: skip


def _today(page: Page) -> date:
    return page.as_of or now_of(page).date()


def _drawn(page: Page, metric: Mapping[str, Any], series: list[dict[str, Any]], currency: str) -> Chart:
    marks = [
        Mark(
            label=one["span"].short,
            value=None if one["figure"] is None else float(one["figure"]),
            link=one["link"],
            title=f"{one['span'].label}: {figure_text(page.language, one['figure'], metric['unit'], currency)}",
        )
        for one in series
    ]
    return chart(marks, 1.0 if metric["unit"] == "ratio" else None)


def _ways(asked: Asked) -> tuple[str, ...]:
    """By what it can be taken apart: a rep's is not by teams, nor is that of who sees one team."""
    if asked.rep_id:
        return ("product",)
    one_team = asked.team_id or asked.page.session.user.sees_team
    return ("rep", "product") if one_team else BY


def _parts(asked: Asked, found: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
    ways = _ways(asked)
    asked.by = asked.by if asked.by in ways else ways[0]
    if asked.by == "product":
        return [(one["name"], {"product_id": one["id"]}) for one in found["products"] if one["active"]][
            :MOST_PARTS
        ]
    of = [one for one in found[f"{asked.by}s"] if one["active"]]
    if asked.team_id:
        of = [one for one in of if asked.team_id in (one["id"], one["parent_id"])]
    return [(one["name"], {"scope": asked.by, "scope_id": one["id"]}) for one in of][:MOST_PARTS]


@pages.get("/figures/events", summary="The events behind a figure")
async def events(page: Anybody) -> Response:
    """They sum to it."""
    query = {name: value for name, value in page.query.items() if name not in ("as_of", "after", "cursor")}
    metrics = (await page.read("/figures/catalogue"))["metrics"]
    asked = query | page.then
    figure = await page.read("/figures", **asked)
    found = await page.read("/figures/events", **asked, limit=PAGE_OF, cursor=page.query["cursor"])
    reps = {one["id"]: one["name"] for one in await reps_of(page)}
    return page.render(
        "figure_events.html",
        metric=next(one for one in metrics if one["key"] == figure["metric"]),
        figure=figure,
        found=found,
        reps=reps,
        titles=await titles(page, [one["stream_id"] for one in found["items"] if _is_of_deal(one["topic"])]),
        back=page.at(f"/desk/figures?{urlencode({'metric': figure['metric']})}"),
        first=reading.day(figure["window"]["start"]),
        last=reading.day(figure["window"]["end"]),
    )


def _is_of_deal(topic: str) -> bool:
    return topic.startswith(("deal.", "promise."))


async def titles(page: Page, ids: list[str]) -> dict[str, str]:
    """Of those deals that are theirs to see."""
    wanted = list(dict.fromkeys(ids))
    found = await asyncio.gather(*(page.find(f"/deals/{id}") for id in wanted))
    return {id: deal["title"] for id, deal in zip(wanted, found, strict=True) if deal}
