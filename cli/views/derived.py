"""cli: what was read, shown by its fields — several as a table, one as lines. What a read model's `Reads` says is all that is known of it.

A column is a field's name, `policy.reopen_days` that of one inside.
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
from cli.engine.language import word
from cli.engine.tables import CODED, facts, table
from cli.views.calendars import calendar_words

Names = Mapping[UUID, str]
TITLES = ("title", "what", "name")
PEOPLE = ("owner_id", "manager_id", "customer_id", "product_id")
"""Fields of ids that are shown as names."""


def show_several(
    items: Iterable[Any], names: Names, to: tzinfo | None, columns: Sequence[str], key: str
) -> None:
    """`key` is the field of its own id."""
    rows = [[_at(one, column) for column in columns] for one in items]
    heads = ["id" if column == key else _label(column) for column in columns]
    numbers = [head for n, head in enumerate(heads) if rows and all(_is_number(row[n]) for row in rows)]
    table(
        heads,
        [[_said(value, head, names, to) for value, head in zip(row, heads, strict=True)] for row in rows],
        right=numbers,
        whole=[head for column, head in zip(columns, heads, strict=True) if column.endswith(("_at", key))],
        spare=[_label(column) for column in columns if column in PEOPLE],
    )


def show_one(one: Any, names: Names, to: tzinfo | None, shown: Sequence[str]) -> None:
    title = next(name for name in TITLES if hasattr(one, name))
    rows = [(_label(name), _said(_at(one, name), _label(name), names, to)) for name in shown if name != title]
    facts(str(getattr(one, title)), rows)


def people(one: Any) -> list[UUID | None]:
    """Whose names it is shown with."""
    return [getattr(one, name, None) for name in PEOPLE]


def _at(one: Any, column: str) -> Any:
    for step in column.split("."):
        one = getattr(one, step)
    return one


def _label(column: str) -> str:
    """`due_at` → due, `policy.reopen_days` → reopen days."""
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
        return ", ".join(_said(getattr(value, part.name), "", names, to) for part in fields(value))
    coded = isinstance(value, bool | Enum) or head in CODED
    text = "yes" if value is True else str(value.value if isinstance(value, Enum) else value)
    return word(text) if coded else text
