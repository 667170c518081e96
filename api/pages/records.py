"""api: what records are called and where their pages are, by kind and id — for histories, forms and packs, which have ids alone.

Everything is read as who is signed in: what they may not see has no name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from api.engine.services import services_of
from api.pages.engine.page import Page
from api.pages.loop import People, is_id, people_of
from projections.customer import unseen
from projections.people import directory

DIRECTORY = ("rep", "team")
PUBLISHED = ".published"
ALIASES = {"promise": "deal"}
"""Facts whose stream is that of another kind."""


class Record(NamedTuple):
    """`address` is empty where there is no page of it."""

    name: str
    address: str = ""


Named = Callable[[People, Any], str]


@dataclass(frozen=True, slots=True)
class Kind:
    """Where the API answers one of it, what that is called, and where its page is. `of_people`: its name tells whose it is."""

    path: str
    name: Named
    page: str = ""
    of_people: bool = False


def _field(name: str) -> Named:
    return lambda _people, one: str(one[name])


def _of_period(people: People, one: Mapping[str, Any]) -> str:
    return f"{people.whose(one['scope'])} · {one['period']['name']}"


def _target(people: People, one: Mapping[str, Any]) -> str:
    return f"{people.metric(one['metric'])} · {_of_period(people, one)}"


KINDS = {
    "deal": Kind("/deals/{}", _field("title"), "/desk/deals/{}"),
    "customer": Kind("/customers/{}", lambda _people, one: str(one["profile"]["name"]), "/desk/customers/{}"),
    "lead": Kind("/leads/{}", _field("name"), "/desk/leads/{}"),
    "case": Kind("/cases/{}", _field("title"), "/desk/cases/{}"),
    "revisit": Kind("/revisits/{}", lambda _people, one: str(one["due_at"])[:10], "/desk/revisits/{}"),
    "cycle": Kind("/cycles/{}", _of_period, "/desk/cycles/{}", True),
    "target": Kind("/targets/{}", _target, "/desk/targets/{}", True),
    "scorecard": Kind("/scorecards/{}", _of_period, "/desk/scorecards/{}", True),
    "action-item": Kind("/action-items/{}", _field("what"), "/desk/action-items/{}"),
    "adjustment": Kind("/adjustments/{}", _field("hypothesis"), "/desk/adjustments/{}"),
    "survey-answer": Kind("/survey-answers/{}", lambda _people, one: f"{one['survey']} {one['answered_at'][:10]}", "/desk/surveys/answers/{}"),
    "meeting": Kind("/meetings/{}", lambda people, one: f"{people.whose(one['scope'])} {one['number']}", "/desk/meetings/{}", True),
    "meeting-schedule": Kind("/meeting-schedules/{}", lambda people, one: people.whose(one["scope"]), of_people=True),
}  # fmt: skip
"""What is read one by one."""


async def named(
    page: Page, wanted: Iterable[tuple[str, str]], people: People | None = None
) -> dict[str, Record]:
    """By their ids the records that this person may see, each wanted by its kind and id."""
    asked = {id: ALIASES.get(kind, kind) for kind, id in wanted}
    if not asked:
        return {}
    people = people or (
        await people_of(page) if any(map(_of_people, asked.values())) else People(page, (), ())
    )
    found = await asyncio.gather(*(_record(page, people, kind, id) for id, kind in asked.items()))
    known = {id: record for id, record in zip(asked, found, strict=True) if record}
    return known | await _products(page, [id for id, kind in asked.items() if kind == "product"])


async def customer_names(page: Page, ids: Iterable[str]) -> dict[str, str]:
    """By their ids, of the customers that this person may see."""
    pool, wanted = services_of(page.request).pool, {UUID(id) for id in ids}
    seen = wanted - await unseen(pool, wanted, page.session.user.sees_team)
    return {str(id): name for id, name in (await directory.names(pool, seen)).items()}


OF_SECTIONS = {
    "longest": "deal",
    "action_items": "action-item",
    "low_answers": "survey-answer",
    "adjustments": "adjustment",
}
"""The kind of record that the rows of a pack's section are about."""


async def name_rows(page: Page, people: People, pack: Mapping[str, Any]) -> None:
    """Has `people` know what the rows of a pack are about."""
    wanted = {
        line["about"]: OF_SECTIONS[line["section"]]
        for line in pack["lines"]
        if line["section"] in OF_SECTIONS
    }
    found = await named(page, ((kind, id) for id, kind in wanted.items()), people)
    people.names |= {id: record.name for id, record in found.items()}


async def _record(page: Page, people: People, kind: str, id: str) -> Record | None:
    if kind in DIRECTORY and id in people.names:
        return Record(people.names[id])
    if kind not in KINDS or not is_id(id):
        return None
    of = KINDS[kind]
    one = await page.find(of.path.format(id))
    return Record(of.name(people, one), of.page.format(id)) if one else None


def _of_people(kind: str) -> bool:
    return kind in DIRECTORY or (kind in KINDS and KINDS[kind].of_people)


def called(people: People, kind: str, one: Mapping[str, Any]) -> str:
    """What a record is called that was read already."""
    return KINDS[kind].name(people, one)


async def _products(page: Page, ids: list[str]) -> dict[str, Record]:
    found = {one["id"]: one["name"] for one in await page.listed("/products")} if ids else {}
    return {id: Record(found[id]) for id in ids if id in found}


def published(event: Mapping[str, Any]) -> str:
    """The name under which a rule was published, as the fact has it; empty of any other fact."""
    if not event["topic"].endswith(PUBLISHED):
        return ""
    return next((str(one["name"]) for one in event["data"].values() if isinstance(one, dict) and "name" in one), "")  # fmt: skip
