"""api: the board — open deals by stage, as cards to drag; filters stay in the address."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Response

from api.pages.engine.page import Page, may_open, router

FILTERS = ("owner_id", "team_id", "product_id", "text", "process", "currency")
CARDS = 30
"""Shown in a column at once; the list has them all."""

SORTS = (
    ("due_at", "next due"),
    ("-amount", "amount"),
    ("last_activity_at", "longest untouched"),
    ("expected_close", "expected close"),
    ("-opened_at", "newest"),
)

pages = router()


@pages.get("/board", summary="The board")
async def board(page: Annotated[Page, Depends(may_open())]) -> Response:
    """A column a stage of the process that is chosen."""
    asked = page.query
    processes, teams, reps = (
        await page.read("/processes"),
        await page.listed("/teams"),
        await page.listed("/reps"),
    )
    process = _chosen(processes["processes"], asked.get("process", "default"))
    stages = [stage["name"] for stage in process["stages"]]
    narrowed = {
        name: asked[name] for name in FILTERS if name in asked and name not in ("process", *_unsaid(page))
    }
    open_ = [stage for stage in stages if stage not in ("won", "lost", "after-sales")]
    found = await page.read_all(
        *(
            (
                "/deals",
                {
                    **narrowed,
                    **page.then,
                    "stage": stage,
                    "status": "open",
                    "sort": asked.get("sort", "due_at"),
                    "limit": CARDS,
                },
            )
            for stage in open_
        )
    )
    columns = [{"stage": stage, "page": cards} for stage, cards in zip(open_, found, strict=True)]
    return page.render(
        "board.html",
        columns=columns,
        closing=[stage for stage in stages if stage in ("won", "lost")],
        processes=sorted({one["process"]["name"] for one in processes["processes"]}),
        teams=teams,
        reps=reps,
        asked=asked,
        sorts=SORTS,
    )


def _unsaid(page: Page) -> tuple[str, ...]:
    """Titles are not searched as they were."""
    return ("text",) if page.as_of else ()


def _chosen(processes: list[Any], name: str) -> Any:
    """The newest version of the process of that name; the first there is where there is none."""
    newest = {one["process"]["name"]: one["process"] for one in processes}
    return newest.get(name) or next(iter(newest.values()))
