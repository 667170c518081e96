"""api: what a form offers to choose from, and the names of what it was filled in with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from babel.dates import get_day_names

from api.engine.acts import Act
from api.pages.colleagues import reps_of
from api.pages.deal_filters import stages_of
from api.pages.engine.control import Control, within
from api.pages.engine.page import Page
from api.pages.engine.shown import word_text
from api.pages.loop import metric_text, people_of
from api.pages.records import called, named
from domain.engine import reading
from domain.engine.references import PERSON
from domain.policy.process import REQUIREMENTS, declared_requirements

LISTS = {"rep": "/reps", PERSON: "/reps", "team": "/teams", "product": "/products"}
"""Where the lists are, of which one is chosen."""
LOOKED_FOR = {"customer", "deal"}
"""Of which one is looked for by name."""
OFFERED = 200
ID_OF = {"action-item": "item_id"}
OF_STAGES = {"to", "stage"}
"""Fields of a deal's acts that name a stage of its process."""


ASKED = "cycle.decision-asked"
OVER = ("closed", "cancelled")
Given = Mapping[str, str]


async def choices_of(page: Page, controls: tuple[Control, ...], given: Given) -> dict[str, list[Any]]:
    """What can be chosen, by what the controls are of: each with an id and a name. `given` is what the form is about and was filled in with."""
    referring = {one.of for one in within(controls)}
    wanted = referring & LISTS.keys()
    if any(one.kind == "scope" for one in within(controls)):
        wanted |= {"rep", "team"}
    listed = {path: await _listed(page, path) for path in sorted({LISTS[of] for of in wanted})}
    chosen = {of: listed[LISTS[of]] for of in wanted}
    named = referring | ({"segment"} if any(one.kind == "scope" for one in within(controls)) else set())
    for of, published in PUBLISHED.items():
        if of in named:
            chosen[of] = await published(page)
    chosen |= {of: FIXED[of](page) for of in referring & FIXED.keys()}
    return chosen | {of: await NEAR[of](page, given) for of in sorted(referring & NEAR.keys())}


def _weekdays(page: Page) -> list[Any]:
    """As ISO counts them."""
    named = get_day_names("wide", "stand-alone", page.language)
    return [{"id": str(day), "name": named[day - 1]} for day in range(1, 8)]


def _requirements(page: Page) -> list[Any]:
    """What a gate can ask for."""
    asked = (*REQUIREMENTS, *declared_requirements())
    return [{"id": one, "name": word_text(page.language, one, "requirement")} for one in asked]


FIXED: dict[str, Callable[[Page], list[Any]]] = {"weekday": _weekdays, "requirement": _requirements}
"""Lists that are everybody's."""


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


async def _surveys(page: Page) -> list[Any]:
    """Those that are active, by their titles."""
    found = (await page.read("/surveys", active=True, limit=OFFERED))["items"]
    return [{"id": one["name"], "name": one["survey"][page.language]} for one in found]


async def _segments(page: Page) -> list[Any]:
    """Those that are published, by what they are called."""
    label = "label_zh" if page.language == "zh" else "label"
    return [{"id": one["name"], "name": one[label]} for one in await page.listed("/segments")]


async def _offers(page: Page) -> list[Any]:
    """Those that end last first."""
    found = (await page.read("/offers", limit=OFFERED))["items"]
    return [{"id": one["name"], "name": one["what"]} for one in found]


PUBLISHED: dict[str, Callable[[Page], Awaitable[list[Any]]]] = {
    "metric": _metrics,
    "survey": _surveys,
    "segment": _segments,
    "offer": _offers,
}
"""Lists of what is called by its name."""


# --- what is chosen from among what is near ---------------------------------------------------------------------------


async def _action_items(page: Page, given: Given) -> list[Any]:
    """The open ones of the cycle."""
    return await _first(page, "action-item", {"cycle_id": given.get("cycle_id"), "outcome": "open"})


async def _cycles(page: Page, _given: Given) -> list[Any]:
    """Those that are not over."""
    return await _first(page, "cycle", {}, lambda one: one["phase"] not in OVER)


async def _targets(page: Page, given: Given) -> list[Any]:
    """Of a cycle's scope and period; else all."""
    cycle = await by_id(page, "/cycles/{}", given.get("cycle_id", ""))
    if cycle is None:
        return await _first(page, "target", {})
    scope, period = cycle["scope"], cycle["period"]["name"]
    return await _first(
        page, "target", {"scope_kind": scope["kind"], "scope_id": scope["id"], "period": period}
    )


async def _cases(page: Page, given: Given) -> list[Any]:
    """The customer's."""
    return await _first(page, "case", {"customer_id": given.get("customer_id")})


async def _leads(page: Page, given: Given) -> list[Any]:
    """The customer's."""
    return await _first(page, "lead", {"customer_id": given.get("customer_id")})


async def _contacts(page: Page, given: Given) -> list[Any]:
    """Of the customer, or of the deal's."""
    id = given.get("customer_id", "")
    if not id:
        deal = await by_id(page, "/deals/{}", given.get("deal_id", ""))
        id = (deal and deal["customer_id"]) or ""
    customer = await by_id(page, "/customers/{}", id)
    return customer["contacts"] if customer else []


async def _decisions(page: Page, given: Given) -> list[Any]:
    """Of the cycle; else of those that are not over."""
    cycle = await by_id(page, "/cycles/{}", given.get("cycle_id", ""))
    found = [cycle] if cycle else ((await page.find("/cycles", limit=OFFERED)) or {"items": []})["items"]
    people = await people_of(page)
    return [
        {"id": said["subject_id"], "name": f"{said['text']} · {called(people, 'cycle', one)}"}
        for one in found
        if one["phase"] not in OVER
        for said in one["said"]
        if said["kind"] == ASKED
    ]


NEAR: dict[str, Callable[[Page, Given], Awaitable[list[Any]]]] = {
    "action item": _action_items,
    "cycle": _cycles,
    "target": _targets,
    "case": _cases,
    "lead": _leads,
    "contact": _contacts,
    "decision": _decisions,
}
"""What an id refers to that is chosen from what belongs to the same cycle, deal or customer."""


async def _first(
    page: Page, kind: str, narrowed: Mapping[str, Any], fits: Callable[[Any], bool] = lambda _: True
) -> list[Any]:
    """The first of a list that fit, with their names."""
    found, people = await page.find(f"/{kind}s", **narrowed, limit=OFFERED), await people_of(page)
    id = ID_OF.get(kind, f"{kind}_id")
    return (
        [{"id": one[id], "name": called(people, kind, one)} for one in found["items"] if fits(one)]
        if found
        else []
    )


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
    """Of what is filled in by its id, and not chosen from a whole list."""
    wanted = [
        (control.of.replace(" ", "-"), str(control.value))
        for control in within(controls)
        if control.kind == "id" and control.value and control.of not in LISTS
    ]
    return {id: record.name for id, record in (await named(page, wanted)).items()}
