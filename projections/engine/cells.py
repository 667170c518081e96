"""Projections room: what a list tells as columns — text, numbers, days, times — and each cell as the database writes it.

An amount has no digits that say nothing, a time is ISO 8601 in the connection's zone, a list within a row is JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from psycopg import sql

from runtime.spreadsheets import FORMULAS

DEEPEST = 3
"""So many structs within each other have columns of their own; what lies deeper is JSON in a cell."""


class Kind(StrEnum):
    """What stands in a column."""

    TEXT = "text"
    ID = "id"
    NUMBER = "number"
    DAY = "day"
    MOMENT = "moment"
    TRUTH = "truth"
    DATA = "data"


@dataclass(frozen=True)
class Column:
    """`name` as in the JSON of the list, `a.b` for `b` within `a`."""

    name: str
    kind: Kind
    value: sql.Composable
    """Of its own type; a number as it is to be written."""
    beside: bool = False
    """It is no column of the list itself, but looked up for each of its rows."""


@dataclass(frozen=True)
class Written:
    """How cells are written. `exact`: text that a spreadsheet would compute is not marked as text."""

    decimal: str = "."
    separator: str = ","
    exact: bool = False


# --- columns ---------------------------------------------------------------------------------------------------------

OIDS = {
    2950: Kind.ID,
    1184: Kind.MOMENT,
    1082: Kind.DAY,
    1700: Kind.NUMBER,
    20: Kind.NUMBER,
    23: Kind.NUMBER,
    701: Kind.NUMBER,
    16: Kind.TRUTH,
    114: Kind.DATA,
    3802: Kind.DATA,
}
NUMERIC = 1700
SCALED, IN_JSON = sql.SQL("trim_scale({})"), sql.SQL("(q.j #>> {})")
AS = {
    Kind.MOMENT: sql.SQL("({}::timestamptz)"),
    Kind.NUMBER: sql.SQL("trim_scale({}::numeric)"),
}
NAME_OF = sql.SQL("(SELECT d.name FROM read.directory d WHERE d.id = {}::uuid)")


def fields(view: type[Any]) -> list[Column]:
    """Of the JSON that a view is told as."""
    return [*_fields(msgspec.inspect.type_info(view), ())]


def _fields(info: Any, path: tuple[str, ...]) -> Iterator[Column]:
    for field in info.fields:
        at, kind = (*path, field.encode_name), _one(field.type)
        if hasattr(kind, "fields") and len(at) < DEEPEST:
            yield from _fields(kind, at)
            continue
        what = _kind(kind)
        value = IN_JSON.format(sql.Literal([*at]))
        yield Column(".".join(at), what, AS[what].format(value) if what in AS else value)


def plain(n: int, type_code: int) -> sql.Composable:
    """A number with the digits that say something: columns hold four decimals of every amount."""
    value = sql.Identifier("q", f"c{n}")
    return SCALED.format(value) if type_code == NUMERIC else value


def with_names(columns: Sequence[Column]) -> Iterator[Column]:
    """With the name that people go by beside each id that has one."""
    there = {column.name for column in columns}
    for column in columns:
        yield column
        named = f"{column.name.removesuffix('_id')}_name"
        if column.kind is Kind.ID and column.name in NAMED and named not in there:
            yield Column(named, Kind.TEXT, NAME_OF.format(column.value))


NAMED = {f"{of}_id" for of in ("owner", "manager", "customer", "product", "team", "chair", "of", "rep")}


def _one(info: Any) -> Any:
    """Without what it is when it is not there."""
    kinds = [kind for kind in getattr(info, "types", ()) if not isinstance(kind, NOTHING)]
    return _one(kinds[0]) if len(kinds) == 1 else info


NOTHING = (msgspec.inspect.NoneType,)


def _kind(info: Any) -> Kind:
    return KINDS.get(type(info).__name__, Kind.DATA)


KINDS = {
    "StrType": Kind.TEXT,
    "EnumType": Kind.TEXT,
    "LiteralType": Kind.TEXT,
    "UUIDType": Kind.ID,
    "IntType": Kind.NUMBER,
    "FloatType": Kind.NUMBER,
    "DecimalType": Kind.NUMBER,
    "DateTimeType": Kind.MOMENT,
    "DateType": Kind.DAY,
    "BoolType": Kind.TRUTH,
}


# --- cells as the database writes them -------------------------------------------------------------------------------

BEGINS = sql.SQL(", ").join(sql.Literal(ord(sign)) for sign in FORMULAS)
MARKED = sql.SQL("CASE WHEN ascii(ltrim({0}, chr(39))) IN ({1}) THEN chr(39) || {0} ELSE {0} END")


def written_as(column: Column, written: Written) -> sql.Composable:
    value = column.value
    if column.kind is Kind.MOMENT:
        return sql.SQL("trim(both '\"' from to_json({})::text)").format(value)
    if column.kind is Kind.NUMBER and written.decimal != ".":
        return sql.SQL("replace({}::text, '.', {})").format(value, sql.Literal(written.decimal))
    if column.kind is Kind.TRUTH:
        return sql.SQL("({}::text)").format(value)
    if column.kind is Kind.TEXT and not written.exact:
        return MARKED.format(value, BEGINS)
    return value
