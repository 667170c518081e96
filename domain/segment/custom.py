"""Domain room: custom fields in segments' rules — declared, about no person, and compared with values of their types."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from domain.custom_field.declaration import CHOOSING, CustomField, FieldSet, near
from domain.custom_field.value import FieldType
from domain.engine.errors import FieldError, Invalid
from domain.segment.fields import CUSTOM, Kind
from domain.segment.rule import DAY, ORDERING, Comparison, Constant, Rule, comparisons, day_of

ORDERED = (FieldType.NUMBER, FieldType.MONEY, FieldType.DATE, FieldType.TEXT)
CONTAINING = (FieldType.TEXT, FieldType.LINK, FieldType.CHOICES)
SHOWN = 20
"""Choices that are told, of many."""


def asks_custom(rule: Rule) -> bool:
    return any(one.field.kind is Kind.CUSTOM for one in comparisons(rule))


def must_fit(rule: Rule, declared: FieldSet) -> None:
    """Raises Invalid, which names every comparison that is wrong."""
    asked = [one for one in comparisons(rule) if one.field.kind is Kind.CUSTOM]
    wrong = dict.fromkeys(message for one in asked for message in _wrong(one, declared))
    if wrong:
        raise Invalid([FieldError("rule", message) for message in wrong])


def _wrong(one: Comparison, declared: FieldSet) -> Iterator[str]:
    name = one.field.name.removeprefix(CUSTOM)
    field = declared.by_name.get(name)
    if field is None:
        meant = near(name, [known.name for known in declared.fields if not known.personal])
        yield f"no custom field of customers is called {name}{meant}"
    elif field.personal:
        yield f"{name} holds data about persons: no rule may ask for it"
    elif one.value is not None:
        yield from _compared(one, field)


def _compared(one: Comparison, field: CustomField) -> Iterator[str]:
    if one.operator in ORDERING and field.type not in ORDERED:
        yield f"{one.field.name} has no order: compare it by == != or in"
    elif one.operator in ("has", "lacks") and field.type not in CONTAINING:
        yield f"{one.field.name}: only a text can contain another"
    else:
        for value in one.value if isinstance(one.value, tuple) else (one.value,):
            yield from _of_type(one.field.name, value, field)


def _of_type(name: str, value: Constant, field: CustomField) -> Iterator[str]:
    if field.type in CHOOSING and isinstance(value, str):
        choices = [choice.name for choice in field.choices]
        if value not in choices:
            known, meant = ", ".join(choices[:SHOWN]), near(value, choices)
            yield f"{name}: {value!r} is not one of {known}{meant}"
    elif not _fits(value, field.type):
        yield f"{name} is compared with a value that is not {NEEDS[field.type]}"


def _fits(value: Constant, type: FieldType) -> bool:
    match type:
        case FieldType.NUMBER | FieldType.MONEY:
            return isinstance(value, Decimal)
        case FieldType.YES_NO:
            return isinstance(value, bool)
        case FieldType.DATE:
            return isinstance(value, str) and DAY.fullmatch(value) is not None and day_of(value) is not None
    return isinstance(value, str)


NEEDS = {
    FieldType.TEXT: "a text",
    FieldType.NUMBER: "a number",
    FieldType.MONEY: "a number",
    FieldType.DATE: "a day such as '2026-11-30'",
    FieldType.YES_NO: "true or false",
    FieldType.CHOICE: "a text",
    FieldType.CHOICES: "a text",
    FieldType.LINK: "a text",
}
