"""api: custom fields on pages — the controls of forms for those that are declared, and their values as they are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from api.engine.acts import Act
from api.pages.engine import rows
from api.pages.engine.asking import Json
from api.pages.engine.control import Control
from api.pages.engine.page import Page
from api.pages.engine.shown import word_text
from api.pages.offered import by_id
from domain.custom_field.value import FieldType

RECORDS = {
    "registerCustomer": "customer",
    "setCustomerFields": "customer",
    "addContact": "contact",
    "setContactFields": "contact",
    "openDeal": "deal",
    "convertLead": "deal",
    "setDealFields": "deal",
    "setLeadFields": "lead",
}
"""Of which kind of record an act fills in the custom fields."""
HELD_BY = {
    "setCustomerFields": ("/customers/{}", "customer_id"),
    "setContactFields": ("/customers/{}", "customer_id"),
    "setDealFields": ("/deals/{}", "deal_id"),
    "setLeadFields": ("/leads/{}", "lead_id"),
}
"""Where what they are now is read, for a form that changes them."""
PLACE = "custom"
HELD = "held"
"""In a form: the fields that were filled in when it was shown. What of them is empty then is to be emptied."""
YES_NO = "custom-yes-no"
KINDS = {
    FieldType.TEXT: "long",
    FieldType.NUMBER: "number",
    FieldType.MONEY: "money",
    FieldType.DATE: "day",
    FieldType.CHOICES: "lines",
}
"""All others are a text, chosen from a list where there is one."""


async def declared(page: Page, record: str) -> list[Json]:
    """In the order in which forms have them, the retired ones last."""
    sets = (await page.read("/custom-fields"))["sets"]
    fields: list[Json] = next(one["fields"] for one in sets if one["name"] == record)
    return sorted(fields, key=lambda one: (one["retired"], one["order"]))


# --- forms -----------------------------------------------------------------------------------------------------------


async def with_fields(page: Page, act: Act, controls: tuple[Control, ...]) -> tuple[Control, ...]:
    """With a control for each field that is declared, in the place of the one that stands for all."""
    record = RECORDS.get(act.operation)
    if record is None:
        return controls
    fields = [one for one in await declared(page, record) if not one["retired"]]
    made = [_control(one, page.language) for one in fields]
    return tuple(new for one in controls for new in (made if one.name == PLACE else [one]))


def _control(field: Json, language: str) -> Control:
    kind = FieldType(field["type"])
    choosing = kind in (FieldType.CHOICE, FieldType.CHOICES)
    return Control(
        f"{PLACE}.{field['name']}",
        called(field, language),
        KINDS.get(kind, "text"),
        needed=field["required"],
        help=field["help_zh"] if language == "zh" and field["help_zh"] else field["help"],
        of=f"{PLACE}.{field['name']}" if choosing else YES_NO if kind == FieldType.YES_NO else "",
        longest=10_000 if kind == FieldType.TEXT else None,
        each="text" if kind == FieldType.CHOICES else "",
    )


def called(one: Mapping[str, Any], language: str) -> str:
    """A field or a choice, in the person's language."""
    label: str = (language == "zh" and one["label_zh"]) or one["label"]
    return label


async def choices_in(page: Page, act: Act, controls: Sequence[Control]) -> dict[str, list[Json]]:
    """What can be chosen, by what the controls are of; of what is retired that which is chosen: it stays unless somebody changes it."""
    record = RECORDS.get(act.operation)
    if record is None:
        return {}
    chosen = {one.of: str(one.value).split() for one in controls if one.of}
    yes_no = [{"id": one, "name": word_text(page.language, one)} for one in ("yes", "no")]
    return {YES_NO: yes_no} | {
        f"{PLACE}.{field['name']}": [
            {"id": choice["name"], "name": called(choice, page.language)}
            for choice in field["choices"]
            if not choice["retired"] or choice["name"] in chosen.get(f"{PLACE}.{field['name']}", ())
        ]
        for field in await declared(page, record)
        if field["choices"]
    }


async def begun(
    page: Page, act: Act, controls: Sequence[Control], given: Mapping[str, str]
) -> dict[str, str]:
    """What a form that changes fields begins with: what they are now."""
    path, id = HELD_BY[act.operation]
    found = await by_id(page, path, given.get(id, ""))
    if found and RECORDS[act.operation] == "contact":
        found = next((one for one in found["contacts"] if one["id"] == given.get("contact_id")), None)
    custom = found[PLACE] if found else {}
    values = {name: _typed(value) for name, value in custom.items()}
    return rows.typed_of(controls, {PLACE: values}) | {HELD: ",".join(sorted(values))}


def _typed(value: Any) -> Any:
    return ("yes" if value else "no") if isinstance(value, bool) else value


def emptied(body: Json, typed: Mapping[str, str]) -> None:
    """Say of the fields that were filled in and are empty now that they are to be empty."""
    was = [name for name in typed.get(HELD, "").split(",") if name]
    said = body.setdefault(PLACE, {})
    said.update({name: None for name in was if name not in said})


# --- what they are ---------------------------------------------------------------------------------------------------


async def shown(page: Page, record: str, custom: Mapping[str, Any]) -> list[Json]:
    """Each field with its value, in words where it is chosen; of the retired ones those that have a value."""
    return told(page, await declared(page, record), custom)


def told(page: Page, fields: Iterable[Json], custom: Mapping[str, Any]) -> list[Json]:
    """The same by the fields as they are declared."""
    return [
        {"name": one["name"], "label": called(one, page.language), "type": one["type"], "value": _said(one, custom.get(one["name"]), page)}
        for one in fields
        if one["name"] in custom or not one["retired"]
    ]  # fmt: skip


def labels(fields: Iterable[Json]) -> dict[str, str]:
    """By what a gate calls it."""
    return {f"{PLACE}.{one['name']}": one["label"] for one in fields}


def _said(field: Json, value: Any, page: Page) -> Any:
    """Choices by what they are called; all else as it is."""
    names = {one["name"]: called(one, page.language) for one in field["choices"]}
    if isinstance(value, bool):
        return word_text(page.language, "yes" if value else "no")
    if field["type"] == FieldType.CHOICE:
        return names.get(value, value)
    if isinstance(value, list):
        return ", ".join(names.get(one) or one for one in value)
    return value
