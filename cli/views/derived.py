"""cli: what was read, shown by its fields — several as a table, one as lines. What a read model's `Reads` says is all that is known of it.

A column is a field's name, `policy.reopen_days` that of one inside; what is written in both languages is shown in one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from cli.engine.common import moment
from cli.engine.language import language, word
from cli.engine.tables import CODED, facts, table
from cli.views.calendars import calendar_words

Names = Mapping[UUID, str]
TITLES = ("title", "what", "name", "customer_id")
"""What one is headed with: the first of these that it has."""
PEOPLE = ("owner_id", "manager_id", "customer_id", "product_id")
"""Fields of ids that are shown as names."""


def show_several(
    items: Iterable[Any],
    names: Names,
    to: tzinfo | None,
    columns: Sequence[str],
    key: str,
    spare: Sequence[str] = PEOPLE,
) -> None:
    """`key` is the field of its own id; `spare` are those that go first where there is no room."""
    rows = [[_at(one, column) for column in columns] for one in items]
    heads = ["id" if column == key else _head(column) for column in columns]
    numbers = [head for n, head in enumerate(heads) if rows and all(_is_number(row[n]) for row in rows)]
    table(
        heads,
        [
            [_said(value, _label(column), names, to) for value, column in zip(row, columns, strict=True)]
            for row in rows
        ],
        right=numbers,
        whole=[head for column, head in zip(columns, heads, strict=True) if column.endswith(("_at", key))],
        spare=[heads[columns.index(column)] for column in spare if column in columns],
    )


def show_one(one: Any, names: Names, to: tzinfo | None, shown: Sequence[str]) -> None:
    title = next(name for name in TITLES if hasattr(one, name))
    rows = [(_head(name), _said(_at(one, name), _label(name), names, to)) for name in shown if name != title]
    facts(_said(getattr(one, title), "", names, to), rows)


def people(one: Any) -> list[UUID | None]:
    """Whose names it is shown with."""
    return [getattr(one, name, None) for name in PEOPLE]


def _at(one: Any, column: str) -> Any:
    *steps, name = column.split(".")
    for step in steps:
        one = getattr(one, step)
    other = {"en": "zh"}.get(name, f"{name}_zh")
    return (language() == "zh" and getattr(one, other, None)) or getattr(one, name)


def _head(column: str) -> str:
    """As a file's column of times is called, where that has a name in the language: it was answered, and when are two words there."""
    called = word(column, "column")
    return called if column.endswith("_at") and called != column else _label(column)


def _label(column: str) -> str:
    """`due_at` → due, `policy.reopen_days` → reopen days, `survey.en` → title."""
    if column.endswith(".en"):
        return "title"
    return re.sub(r"_(id|at|on)$", "", column.rpartition(".")[2]).replace("_", " ")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _said(value: Any, head: str, names: Names, to: tzinfo | None) -> str:
    """What says nothing is left out: none, no, nothing counted."""
    if not value:
        return ""
    if isinstance(value, datetime):
        return moment(value, to)
    if isinstance(value, UUID):
        return names.get(value, str(value))
    if isinstance(value, list | tuple):
        return ", ".join(_said(one, "status", names, to) for one in value)
    if hasattr(value, "known_until"):
        return calendar_words(value)
    if is_dataclass(value) and type(value).__str__ is object.__str__:
        parts = (_said(getattr(value, part.name), "", names, to) for part in fields(value))
        return ", ".join(filter(None, parts))
    coded = isinstance(value, bool | Enum) or head in CODED
    text = "yes" if value is True else str(value.value if isinstance(value, Enum) else value)
    return _coded(text, head) if coded else text


def _coded(text: str, head: str) -> str:
    """Some codes are known as they are, some as words."""
    spaced = text.replace("-", " ")
    known = (word(text, head), word(text), word(spaced))
    return next((one for one in known if one not in (text, spaced)), text)
