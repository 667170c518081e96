"""Domain room: what a file's row says of a record's custom fields. A field that a row leaves empty stays; what both the file and somebody here
changed since the last import is refused by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.custom_field.declaration import RecordKind
from domain.custom_field.facts import CustomValues
from domain.custom_field.holding import HoldsFields, changed, fields_of, fill_in
from domain.engine.errors import Refused
from domain.engine.marks import mark
from domain.engine.unit_of_work import UnitOfWork

Marks = dict[str, str]


def tell_fields(
    record: HoldsFields, kind: RecordKind, said: CustomValues, work: UnitOfWork, at: datetime
) -> Marks:
    """Of one that was just made; what the row is remembered by. Raises Invalid."""
    if not said:
        return {}
    fill_in(record, said, fields_of(kind, work), at)
    return _marks(record.custom, said)


def tell_fields_again(
    record: HoldsFields, kind: RecordKind, row: Any, last: Mapping[str, str], work: UnitOfWork
) -> Marks:
    """Record what the file changed; `last` are the marks of the row before. Raises Invalid and Refused."""
    said = {n: v for n, v in row.custom.items() if f"custom.{n}" not in row.assumed or n not in record.custom}
    if not said:
        return {**last}
    declared = fields_of(kind, work)
    _, after = changed(record.custom, said, declared)
    told = _marks({**record.custom, **after}, said)
    new = {name: value for name, value in after.items() if told[name] != last.get(name)}
    held = _marks(record.custom, new)
    both = [f"custom.{name}" for name in new if held.get(name) != last.get(name)]
    if both:
        words = f"{', '.join(both)}: changed in the file and here since the last import; set it right in one of the two"
        raise Refused(words, changed_here=both)
    fill_in(record, new, declared)
    return {**last, **{name: mark for name, mark in told.items() if name in last or name in new}}


def _marks(values: CustomValues, names: CustomValues) -> Marks:
    return {name: mark(values[name].written) for name in names if name in values}
