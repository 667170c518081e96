"""api: two records of one customer side by side, to choose of which each field is kept when they are merged; and what was said since, to
choose what goes with one that is taken out again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Depends, Response

from api.engine.acts import Act
from api.engine.roles import LEADERS
from api.pages.custom_fields import called, declared
from api.pages.engine.asking import Json
from api.pages.engine.control import Control
from api.pages.engine.page import Page, may_open, router
from api.pages.engine.shown import word_text
from api.pages.offered import by_id
from domain.customer.merging import FIELDS

UNMERGE = "unmergeCustomer"
"""The form that takes one out."""
OFFERED = {
    "field": "profile field",
    "custom": "custom field",
    "contact": "contact",
    "note": "note",
    "consent": "consent",
    "role": "part in deciding",
    "contact-custom": "contact's custom fields",
    "parent": "company it belongs to",
    "deal": "deal",
    "lead": "lead",
    "case": "case",
}
"""By what a thing is that was said or made since: what the form's controls for it are of."""

pages = router()
Opened = Annotated[Page, Depends(may_open(*LEADERS))]


class Choice(NamedTuple):
    """What both say of a field, and whether the other's is the one to take where nobody chooses."""

    field: str
    own: str
    other: str
    takes_other: bool


@pages.get("/customers/{customer_id}/merge", summary="Merge two records")
async def merge(customer_id: UUID, page: Opened) -> Response:
    """`gone_id` in the address is the record that goes."""
    at = "/customers/{}/records"
    own, other = await page.read_all((at.format(customer_id), {}), (at.format(page.query["gone_id"]), {}))
    return page.render("customer_merge.html", own=own, other=other, choices=choices(own, other))


def choices(own: Json, other: Json) -> list[Choice]:
    """Of the fields that either says something of, in the profile's order."""
    mine, theirs = ({one["field"]: one["value"] for one in found["fields"]} for found in (own, other))
    return [
        Choice(name, mine.get(name, ""), theirs.get(name, ""), not mine.get(name))
        for name in FIELDS
        if mine.get(name) or theirs.get(name)
    ]


# --- taken out again -------------------------------------------------------------------------------------------------


async def choices_in(page: Page, act: Act, given: Mapping[str, str]) -> dict[str, list[Json]]:
    """What can go with the record that the form is about, by what its controls are of. Of other acts nothing."""
    if act.operation != UNMERGE:
        return {}
    found = await by_id(page, "/customers/{}/since-merge", given.get("customer_id", ""))
    items = found["items"] if found else []
    fields = {
        kind: {one["name"]: called(one, page.language) for one in await declared(page, of)}
        for kind, of in (("custom", "customer"), ("contact-custom", "contact"))
    }
    offered: dict[str, list[Json]] = {}
    for what, of in OFFERED.items():
        named: dict[str, list[str]] = {}
        for one in items:
            if one["what"] == what:
                named.setdefault(one["id"] or one["name"], []).append(_said(page, one, fields))
        offered[of] = [{"id": id, "name": "; ".join(said)} for id, said in named.items()]
    return offered


def offered_in(
    act: Act, controls: Sequence[Control], choices: Mapping[str, list[Json]]
) -> tuple[Control, ...]:
    """Without those for which there is nothing to choose, where everything is chosen from what was said since."""
    if act.operation != UNMERGE:
        return tuple(controls)
    of = {"parent": OFFERED["parent"]}
    return tuple(one for one in controls if choices.get(one.of or of.get(one.name, ""), True))


def _said(page: Page, one: Json, fields: Mapping[str, Mapping[str, str]]) -> str:
    """What was said, in people's words."""
    match one["what"]:
        case "field":
            return f"{word_text(page.language, one['name'].replace('_', ' '))}: {one['value'] or '–'}"
        case "custom":
            return f"{fields['custom'].get(one['name'], one['name'])}: {one['value'] or '–'}"
        case "contact-custom":
            label = fields["contact-custom"].get(one["name"], one["name"])
            return f"{one['contact']}: {label}: {one['value'] or '–'}"
        case "consent":
            given = word_text(page.language, "consents" if one["value"] == "True" else "withdrawn")
            return f"{one['contact']}: {word_text(page.language, one['name'], 'consent')}, {given}"
        case "role":
            return f"{one['contact']}: {word_text(page.language, one['name'], 'buying role') if one['name'] else '–'}"
    return str(one["name"])
