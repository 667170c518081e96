"""cli: custom fields as they are declared, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cli.engine.language import word
from cli.engine.tables import table


def show_fields(sets: Sequence[Mapping[str, Any]]) -> None:
    rows = [_row(one["name"], field) for one in sets for field in one["fields"]]
    table(("of", "name", "label", "type", "choices", "required", "notes"), rows, title="custom fields")


def _row(of: str, field: Mapping[str, Any]) -> tuple[Any, ...]:
    choices = ", ".join(one["name"] for one in field["choices"] if not one["retired"])
    marks = [word(mark) for mark in ("personal", "retired") if field[mark]]
    return (
        word(of),
        field["name"],
        field["label"],
        word(field["type"]),
        choices,
        _required(field),
        ", ".join(marks),
    )


def _required(field: Mapping[str, Any]) -> str:
    if field["required"]:
        return word("always")
    return ", ".join(f"{one['process']}: {one['stage']}" for one in field["required_from"])
