"""api: what a form offers to choose from, and the names of what it was filled in with."""

from __future__ import annotations

from typing import Any

from api.engine.acts import Act
from api.pages.colleagues import reps_of
from api.pages.deal_filters import stages_of
from api.pages.engine.forms import Control
from api.pages.engine.page import Page
from api.pages.loop import metric_text
from domain.engine import reading
from domain.engine.references import PERSON

LISTS = {"rep": "/reps", PERSON: "/reps", "team": "/teams", "product": "/products"}
"""Where the lists are, of which one is chosen."""
LOOKED_FOR = {"customer", "deal"}
"""Of which one is looked for by name."""
OF_STAGES = {"to", "stage"}
"""Fields of a deal's acts that name a stage of its process."""


async def choices_of(page: Page, controls: tuple[Control, ...]) -> dict[str, list[Any]]:
    """What can be chosen, by what the controls are of: each with an id and a name."""
    wanted = {control.of for control in controls if control.of in LISTS}
    if any(control.kind == "scope" for control in controls):
        wanted |= {"rep", "team"}
    listed = {path: await _listed(page, path) for path in sorted({LISTS[of] for of in wanted})}
    chosen = {of: listed[LISTS[of]] for of in wanted}
    if any(control.of == "metric" for control in controls):
        chosen["metric"] = await _metrics(page)
    return chosen


async def _listed(page: Page, path: str) -> list[Any]:
    found = await (reps_of(page) if path == "/reps" else page.listed(path))
    return [one for one in found if one["active"]]


async def _metrics(page: Page) -> list[Any]:
    """Those that are measured, by their names."""
    found = (await page.read("/figures/catalogue"))["metrics"]
    return [
        {"id": one["key"], "name": metric_text(page.language, one["key"], one["name"][page.language])}
        for one in found
        if one["measured"]
    ]


async def stages_for(page: Page, act: Act, given: dict[str, str]) -> tuple[str, ...]:
    """Of the deal that the form is about, where it asks for one of them: those where it does not stand."""
    if not given.get("deal_id") or not any(stated.name in OF_STAGES for stated in act.fields):
        return ()
    deal = await by_id(page, "/deals/{}", given["deal_id"])
    if not deal:
        return ()
    processes = (await page.read("/processes"))["processes"]
    stages = stages_of(deal, [one["process"] for one in processes])
    return tuple(stage["name"] for stage in stages if stage["name"] != deal["stage"])


async def by_id(page: Page, path: str, id: str) -> Any | None:
    """What has that id, if anything. What is no id stays in its field, and the route says so when the form is sent."""
    try:
        address = path.format(reading.id(id))
    except ValueError:
        return None
    return await page.find(address)


async def names_of(page: Page, controls: tuple[Control, ...]) -> dict[str, str]:
    """Of customers and deals that are filled in by their ids."""
    named: dict[str, str] = {}
    for control in controls:
        if control.kind == "id" and control.of in LOOKED_FOR and control.value:
            found = await by_id(page, f"/{control.of}s/{{}}", str(control.value))
            if found:
                named[str(control.value)] = found.get("title") or found["profile"]["name"]
    return named
