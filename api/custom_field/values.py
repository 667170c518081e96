"""api: values of custom fields in request bodies and answers, and the JSON schema of those that are declared."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, PlainValidator, StringConstraints, WithJsonSchema

from api.engine.fields import PLAIN
from api.engine.reading import Look
from api.engine.values import TYPES
from domain.custom_field.declaration import (
    CHOOSING,
    CustomField,
    FieldSet,
    FieldSets,
    RecordKind,
    field_stream,
)
from domain.custom_field.facts import CustomValues
from domain.custom_field.value import BETWEEN, MAX_LINK, NOTHING, FieldType, FieldValue, said_text
from domain.engine.fields import MAX_TEXT
from domain.engine.reading import MOST_BEFORE, MOST_BEHIND
from domain.engine.reasoning import plain
from projections.custom_field import CustomValuesModel, of_records, with_columns

Json = dict[str, Any]
MONEY = {
    "type": "object",
    "properties": {
        "amount": {"anyOf": [{"type": "number"}, {"type": "string"}]},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
    "required": ["amount", "currency"],
    "additionalProperties": False,
}
TEXT = {"type": "string", "maxLength": MAX_TEXT}
MOST_CHOSEN = 500
ANY: Json = {
    "anyOf": [
        TEXT,
        {"type": "number"},
        {"type": "boolean"},
        {"type": "array", "items": {"type": "string"}, "maxItems": MOST_CHOSEN},
        MONEY,
        {"type": "null"},
    ],
    "examples": ["gold"],
}
WRONG = "must be text, a number, true or false, a list of texts, an amount with its currency, or null"


def said_of(value: Any) -> FieldValue:
    """What JSON says of a field; whether the field is of that type is the declaration's. Raises ValueError."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return FieldValue(type=FieldType.YES_NO, text="yes" if value else "no")
    if isinstance(value, (int, float, Decimal)):
        return FieldValue(type=FieldType.NUMBER, text=_digits(value))
    if isinstance(value, str):
        return said_text(value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return FieldValue(type=FieldType.CHOICES, text=BETWEEN.join(value))
    if isinstance(value, dict) and value.keys() == {"amount", "currency"}:
        return FieldValue(type=FieldType.MONEY, text=f"{_amount(value['amount'])} {value['currency']}")
    raise ValueError(WRONG)


def _amount(amount: Any) -> str:
    if isinstance(amount, bool) or not isinstance(amount, (str, int, float, Decimal)):
        raise ValueError(WRONG)  # noqa: TRY004 - pydantic turns a ValueError into an answer
    return amount if isinstance(amount, str) else _digits(amount)


def _digits(said: float | Decimal) -> str:
    """Without an exponent: one that no field takes is refused before it is written out. Raises ValueError."""
    number = Decimal(str(said))
    if number and not -MOST_BEHIND <= number.adjusted() < MOST_BEFORE:
        raise ValueError(f"must have at most {MOST_BEFORE} digits before the point and {MOST_BEHIND} behind")
    return plain(number) if number else "0"


One = Annotated[Any, PlainValidator(said_of), WithJsonSchema(ANY)]
TYPES[CustomValues] = dict[str, One]
CUSTOM = CustomValuesModel.name
CustomFilter = Annotated[
    Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=PLAIN)] | None,
    Field(
        description="by a custom field: its name, `=`, and a value; numbers, amounts and dates also by `>=` and `<=`",
        examples=["seats>=40"],
    ),
]
"""Of a list: see `condition_of`."""


async def declared(look: Look, record: RecordKind) -> FieldSet:
    """As the ledger has it now."""
    id = field_stream(record)
    held = look.services.ledger.recall(id) or (await look.services.ledger.load({id: FieldSets}))[id]
    versions = held.versions if isinstance(held, FieldSets) else ()
    return versions[-1] if versions else FieldSet(name=record, version=0)


async def add_custom(
    look: Look,
    views: Sequence[Any],
    fields: FieldSet,
    id: str,
    position: int | None = None,
    within: UUID | None = None,
) -> None:
    """Put beside each what its fields say, or said at a position; `id` is the attribute with its id, `within` the customer whose contacts
    they are. A file has a column for each field.
    """
    look.beside = partial(with_columns, id=id, declared=fields, position=position, within=within)
    ids = [getattr(view, id) for view in views]
    found = await of_records(look.source, ids, fields, position, within)
    for view in views:
        view.custom = found[getattr(view, id)]


# --- JSON schema -----------------------------------------------------------------------------------------------------


def schema_of(fields: FieldSet) -> Json:
    """What `custom` may hold, in JSON Schema 2020-12. Text that says a value does as well; null empties a field."""
    properties = {one.name: _property(one) for one in fields.asked}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"custom fields of a {fields.name}, version {fields.version}",
        "type": "object",
        "properties": properties,
        "required": [one.name for one in fields.asked if one.required],
        "additionalProperties": False,
    }


def _property(field: CustomField) -> Json:
    shape = _shape(field)
    more = {"description": field.help} if field.help else {}
    return {
        "title": field.label,
        **more,
        **(shape if field.required else {"anyOf": [shape, {"type": "null"}]}),
    }


def _shape(field: CustomField) -> Json:
    names = [choice.name for choice in field.choices if not choice.retired]
    if field.type in CHOOSING:
        one = {"type": "string", "enum": names}
        several = {"type": "array", "items": one, "uniqueItems": True}
        return one if field.type == FieldType.CHOICE else several
    return SHAPES[field.type] | (
        {"multipleOf": float(Decimal(1).scaleb(-field.decimals))} if field.type == FieldType.NUMBER else {}
    )


SHAPES: dict[FieldType, Json] = {
    FieldType.TEXT: TEXT,
    FieldType.NUMBER: {"type": "number"},
    FieldType.MONEY: MONEY,
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.YES_NO: {"type": "boolean"},
    FieldType.LINK: {"type": "string", "format": "uri", "maxLength": MAX_LINK},
}
