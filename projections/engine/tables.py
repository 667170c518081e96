"""Projections room: a read model's table is declared once, by the row it holds.

A row is a msgspec Struct; its fields are the columns. Nothing here knows a read model or the ledger.
Every statement takes a suffix, so that a rebuild can fill a second set of tables beside the live one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from operator import attrgetter
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec
from psycopg import sql

from domain.engine.facts import Personal

SCHEMA = "read"
R = TypeVar("R", bound=msgspec.Struct)
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Column:
    type: str
    nullable: bool = False
    personal: bool = False

    def __str__(self) -> str:
        return self.type if self.nullable else f"{self.type} NOT NULL"


@dataclass(frozen=True)
class SqlType:
    """Overrides the column type of a field: `Annotated[Decimal, SqlType("numeric")]`."""

    name: str


AnyScale = Annotated[Decimal, SqlType("numeric")]
TYPES: dict[type, str] = {
    UUID: "uuid",
    str: "text",
    int: "int8",
    bool: "bool",
    Decimal: "numeric(24,4)",
    datetime: "timestamptz",
    date: "date",
}


@dataclass(frozen=True)
class Table(Generic[R]):
    """`key` columns come first in the row. `indexes` maps a short name to what follows `ON table`;
    `generated` names columns that the database computes, for its own use only. `counted` names columns with few
    different values, of which the planner shall know every one: for a rep with three deals another way is the
    right one than for a rep with ten thousand.
    """

    name: str
    row: type[R]
    key: tuple[str, ...]
    indexes: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)
    generated: Mapping[str, str] = field(default_factory=dict)
    counted: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.columns:
            object.__setattr__(self, "columns", _columns(self.row))

    @cached_property
    def names(self) -> list[str]:
        return list(self.columns)

    @cached_property
    def types(self) -> list[str]:
        """As COPY's binary format wants them: without precision."""
        return [column.type.partition("(")[0] for column in self.columns.values()]

    @cached_property
    def values(self) -> attrgetter[Any]:
        return attrgetter(*self.names)

    def key_of(self, row: R) -> Key:
        return tuple(getattr(row, name) for name in self.key)

    def at(self, suffix: str) -> sql.Identifier:
        return sql.Identifier(SCHEMA, self.name + suffix)

    def create(self, suffix: str = "", *, keyed: bool = True) -> list[str]:
        """Statements for the table and its primary key, unless `keyed` comes later; indexes come after the bulk of a
        rebuild.
        """
        table = f"{SCHEMA}.{self.name}{suffix}"
        parts = [f"{name} {column}" for name, column in self.columns.items()]
        parts += [f"{name} {expression}" for name, expression in self.generated.items()]
        parts += [self._primary_key] if keyed else []
        made = f"CREATE TABLE {table} ({', '.join(parts)})"
        personal = [name for name, column in self.columns.items() if column.personal]
        return [
            made,
            *(f"COMMENT ON COLUMN {table}.{name} IS 'personal data'" for name in personal),
            *(f"ALTER TABLE {table} ALTER COLUMN {name} SET STATISTICS 500" for name in self.counted),
        ]

    def keyed(self, suffix: str) -> str:
        """The statement for the primary key of a table that was made without: much faster than row by row."""
        return f"ALTER TABLE {SCHEMA}.{self.name}{suffix} ADD {self._primary_key}"

    @property
    def _primary_key(self) -> str:
        return f"PRIMARY KEY ({', '.join(self.key)})"

    def index(self, suffix: str = "") -> list[str]:
        table = f"{self.name}{suffix}"
        return [f"CREATE INDEX {table}_{name} ON {SCHEMA}.{table} {on}" for name, on in self.indexes.items()]


def field_type(view: type[msgspec.Struct], name: str) -> Any:
    """The annotated type of a struct's field, or of what its property of that name returns."""
    shown = getattr(view, name)
    if isinstance(shown, property):
        return get_type_hints(shown.fget, include_extras=True)["return"]
    return get_type_hints(view, include_extras=True)[name]


def _columns(row: type[msgspec.Struct]) -> dict[str, Column]:
    hints = get_type_hints(row, include_extras=True)
    return {name: _column(hints[name]) for name in row.__struct_fields__}


def _column(hint: Any, *, nullable: bool = False, personal: bool = False) -> Column:
    if get_origin(hint) is Annotated:
        inner, *watermarks = get_args(hint)
        chosen = next((m.name for m in watermarks if isinstance(m, SqlType)), None)
        found = _column(inner, nullable=nullable, personal=any(isinstance(m, Personal) for m in watermarks))
        return Column(chosen, found.nullable, found.personal) if chosen else found
    if get_origin(hint) in (Union, UnionType):
        (inner,) = (arg for arg in get_args(hint) if arg is not type(None))
        return _column(inner, nullable=True, personal=personal)
    known = next(base for base in hint.__mro__ if base in TYPES)  # an enumeration is text
    return Column(TYPES[known], nullable, personal)
