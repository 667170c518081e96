"""Runtime room, file import: what was understood, written as a mapping file: what somebody would have written by hand, and may change."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.imports.kinds.deals import DEALS
from runtime.imports.kinds.listed import KINDS, MADE
from runtime.imports.kinds.reps import REPS, TEAM
from runtime.imports.results import ImportProblem
from runtime.imports.vendors.declared import Vendor
from runtime.imports.vendors.report import ASK, GATES, OWNER, SOURCE, TIMEZONE, Answers
from runtime.imports.vendors.tables import Table
from runtime.imports.vendors.values import SIGNS

APPROVED = (
    "the deal came so far in {vendor}, before salesloop was used; the export tells nothing of its gates"
)


@dataclass(frozen=True, slots=True)
class Made:
    """All that a mapping is written from. `forms` are of dates, by kind and field; `signs` a key of `SIGNS`."""

    vendor: Vendor
    answers: Answers
    tables: Sequence[Table]
    stages: dict[str, str]
    forms: dict[tuple[str, str], tuple[str, ...]]
    signs: str
    currency: str


def mapping_text(made: Made) -> str:
    """TOML. Raises ImportProblem where tables of one kind are not parts of one file."""
    return "\n".join((*_head(made), *(line for kind in KINDS for line in _kind(kind, made)))) + "\n"


def _head(made: Made) -> Iterator[str]:
    vendor, settings = made.vendor, made.answers.settings
    decimal, thousands = SIGNS[made.signs]
    first = made.tables[0].looked
    written = {
        (table.looked.encoding, table.looked.delimiter)
        for table in made.tables
        if not table.looked.is_workbook
    }
    if len(written) > 1:
        raise ImportProblem(
            "the files are not written alike: save them all as CSV in UTF-8 with one delimiter"
        )
    encoding, delimiter = next(iter(written), (first.encoding, first.delimiter))
    yield f"name = {_toml(vendor.name)}"
    yield f"source = {_toml(settings.get(SOURCE) or vendor.source)}"
    if zone := settings.get(TIMEZONE):
        yield f"timezone = {_toml(zone)}"
    if made.currency:
        yield f"currency = {_toml(made.currency)}"
    yield f"encoding = {_toml(encoding)}"
    yield f"delimiter = {_toml(delimiter)}"
    yield f"decimal = {_toml(decimal)}"
    yield f"thousands = {_toml(thousands)}"
    yield f"create = {_toml(sorted(MADE))}"


def _kind(kind: str, made: Made) -> Iterator[str]:
    tables = [table for table in made.tables if table.kind == kind]
    if not tables:
        return
    _check_parts(tables)
    first = tables[0]
    names = [table.looked.path.name for table in tables]
    yield ""
    yield f"[{kind}]"
    yield f"file = {_toml(names[0] if len(names) == 1 else names)}"
    if first.looked.page:
        yield f"sheet = {_toml(first.looked.page)}"
    if skips := {header: list(words) for table in tables for header, words in table.skips().items()}:
        yield f"skip = {_toml(skips)}"
    if kind == DEALS:
        yield 'titles = ["{product} — {customer}", "{customer}", "{reference}"]'
    yield f"[{kind}.columns]"
    for name, told in _columns(tables, made).items():
        yield f"{name} = {_toml(told)}"
    if kind == DEALS:
        yield from _stages(made)


def _check_parts(tables: Sequence[Table]) -> None:
    """Raises ImportProblem."""
    names = ", ".join(table.looked.name for table in tables)
    if len({table.looked.page for table in tables}) > 1:
        raise ImportProblem(f"{names}: are several sheets of one kind: import one after the other")
    for name in {name for table in tables for name in table.fields}:
        if len({table.fields[name].headers for table in tables if name in table.fields}) > 1:
            raise ImportProblem(f"{names}: name {name} in different ways: import one after the other")


def _columns(tables: Sequence[Table], made: Made) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for table in tables:
        for name, resolved in table.fields.items():
            told: dict[str, Any] = {**resolved.more}
            if resolved.headers:
                told["column"] = resolved.headers[0] if len(resolved.headers) == 1 else list(resolved.headers)
            if forms := made.forms.get((table.kind, name)):
                told.setdefault("dates", list(forms))
            if len(tables) > 1:
                told["optional"] = True
            columns[name] = (
                told["column"] if list(told) == ["column"] and isinstance(told["column"], str) else told
            )
    if (owner := made.answers.settings.get(OWNER)) and tables[0].kind == DEALS:
        named = columns.get(OWNER, {})
        columns[OWNER] = {**({"column": named} if isinstance(named, str) else named), "default": owner}
    if tables[0].kind == REPS and TEAM not in columns:
        columns[TEAM] = {"default": made.vendor.team}
    return columns


def _stages(made: Made) -> Iterator[str]:
    yield "[deals.stages]"
    for word, stage in made.stages.items():
        yield f"{_toml(word)} = {_toml(stage)}"
    if made.answers.settings.get(GATES) != ASK:
        yield "[deals.override]"
        yield f"stages = {_toml(sorted(set(made.stages.values())))}"
        yield f"reason = {_toml(APPROVED.format(vendor=made.vendor.name))}"


def _toml(value: Any) -> str:
    """Texts as JSON writes them are texts of TOML, too, but for one character."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(str(key))} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
