"""Runtime room, file import: custom fields as columns of a file — `custom.seats` — read as a mapping writes numbers, dates and money."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from domain.custom_field.declaration import CustomField, FieldSet, RecordKind
from domain.custom_field.facts import CustomValues
from domain.custom_field.value import FieldType, FieldValue, said_text, written_money
from domain.engine.checking import unwrapped
from domain.engine.fields import FieldName, Pattern
from domain.engine.reasoning import plain
from domain.engine.values import Money
from runtime.imports.mapping import Mapping as Mapped
from runtime.imports.mapping import Sheet
from runtime.imports.plan import Values
from runtime.imports.rows import Reasons
from runtime.imports.suggest import did_you_mean

PREFIX = "custom."
RECORDS: Mapping[str, RecordKind] = {
    "customers": RecordKind.CUSTOMER,
    "contacts": RecordKind.CONTACT,
    "deals": RecordKind.DEAL,
    "leads": RecordKind.LEAD,
}
"""Of which kind of record the rows of a kind of file fill in the custom fields."""
_NAME = re.compile(unwrapped(FieldName)[1][Pattern].regex)
_CODE = re.compile(r"[A-Z]{3}$")


def is_custom(name: str) -> bool:
    return name.startswith(PREFIX) and bool(_NAME.fullmatch(name.removeprefix(PREFIX)))


def named_fields(declared: Mapping[str, FieldSet], kind: str) -> dict[str, CustomField]:
    """Of the records of a kind of file the fields that are asked for, by the names they have in mappings."""
    return {PREFIX + one.name: one for one in declared[kind].asked} if kind in declared else {}


def called(name: str, field: CustomField) -> tuple[str, ...]:
    """What the column of such a field may be called in a file: as our own files call it, by its name, by its label."""
    return tuple(filter(None, (name, field.name, field.label, field.label_zh)))


def unknown(mapping: Mapped, declared: Mapping[str, FieldSet]) -> Iterator[str]:
    """What of a mapping names no field that is declared, and is not retired, in sentences."""
    for kind, sheet in mapping.sheets.items():
        known = [PREFIX + one.name for one in declared[kind].asked] if kind in declared else []
        for name in (name for name in sheet.columns if name.startswith(PREFIX) and name not in known):
            yield f"{kind}.columns: no custom field {name.removeprefix(PREFIX)!r} is declared{did_you_mean(name, known)}"


class CustomCells:
    """Reads the custom fields of the rows of one file."""

    def __init__(self, sheet: Sheet, values: Values, declared: FieldSet | None) -> None:
        self._values = values
        by_name = declared.by_name if declared is not None else {}
        self._fields = [
            (name, by_name[plain_name])
            for name in sheet.columns
            if name.startswith(PREFIX) and (plain_name := name.removeprefix(PREFIX)) in by_name
        ]

    def read(self, reasons: Reasons) -> CustomValues:
        """By field, of those that the row tells; what cannot be read is a reason against the row."""
        found = ((field.name, self._value(name, field, reasons)) for name, field in self._fields)
        return {name: value for name, value in found if value is not None}

    def _value(self, name: str, field: CustomField, reasons: Reasons) -> FieldValue | None:
        text, values = reasons.cells.get(name), self._values
        if text is None:
            return None
        match field.type:
            case FieldType.NUMBER:
                number = values.number(reasons, name)
                return None if number is None else FieldValue(type=field.type, text=plain(number))
            case FieldType.MONEY:
                code = _CODE.search(text)
                money = values.money(reasons, name, code[0] if code else "")
                return None if money is None else _money(money)
            case FieldType.DATE:
                day = values.day(reasons, name)
                return None if day is None else FieldValue(type=field.type, text=day.isoformat())
            case FieldType.YES_NO:
                flag = values.flag(reasons, name)
                return None if flag is None else FieldValue(type=field.type, text="yes" if flag else "no")
        return said_text(text)


def _money(money: Money) -> FieldValue:
    return FieldValue(type=FieldType.MONEY, text=written_money(money))
