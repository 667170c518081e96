"""Projections room: keyset paging. A cursor remembers the sort and the last row, never a row number.

Rows without a value for the sort key come last in both directions. They are a second stretch of the
same index, so a page is one query, or two where the stretches meet. Nothing counts the table.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, LiteralString, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

from domain.errors import FieldError, Invalid
from runtime.codec import encode

T = TypeVar("T")
Source = AsyncConnectionPool[Any] | AsyncConnection[Any]
Params = dict[str, Any]
MOST = 500


class Page(msgspec.Struct, Generic[T]):
    """`next_cursor` is None on the last page."""

    items: list[T]
    next_cursor: str | None


class Cursor(msgspec.Struct, array_like=True):
    """Where a page ended: `key` is None among the rows without a value."""

    sort: str
    key: str | None
    id: UUID


@dataclass(frozen=True)
class SortKey:
    """What rows can be sorted by; `column` and `id` are also those of an index."""

    column: str
    type: Callable[[str], Any]
    nullable: bool = True
    id: str = "deal_id"


@dataclass(frozen=True)
class Sort:
    """`name` as given, such as `due_at` or `-due_at` (descending)."""

    name: str
    key: SortKey

    @property
    def descending(self) -> bool:
        return self.name.startswith("-")

    def after(self, cursor: str | None) -> tuple[Any, UUID] | None:
        """The place a cursor names. Raises Invalid for one that is not of this sort."""
        if cursor is None:
            return None
        try:
            found = msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=Cursor)
            if found.sort != self.name:
                raise ValueError("another sort")
            return None if found.key is None else self.key.type(found.key), found.id
        except (ValueError, ArithmeticError, binascii.Error, msgspec.MsgspecError) as wrong:
            raise Invalid([FieldError("cursor", "is not a cursor of this list and sort")]) from wrong

    def cursor(self, value: Any, id: UUID) -> str:
        return base64.urlsafe_b64encode(encode(Cursor(self.name, _text(value), id))).decode()

    def stretches(self, after: tuple[Any, UUID] | None) -> list[tuple[sql.Composed, sql.Composed, Params]]:
        """Condition, order and parameters of the stretches still to come: with a value, then without."""
        key, down = sql.Identifier(self.key.column), sql.SQL(" DESC" if self.descending else "")
        beyond = sql.SQL("<" if self.descending else ">")
        parts = {"key": key, "down": down, "beyond": beyond, "id": sql.Identifier(self.key.id)}
        with_value = sql.SQL("{key} IS NOT NULL").format(**parts)
        without = sql.SQL("{key} IS NULL").format(**parts)
        by_key = sql.SQL("{key}{down}, {id}{down}").format(**parts)
        by_id = sql.SQL("{id}{down}").format(**parts)
        params: Params = {}
        if after is not None:
            value, id = after
            params = {"after_key": value, "after_id": id}
            if value is None:
                rest = sql.SQL(" AND {id} {beyond} %(after_id)s").format(**parts)
                return [(without + rest, by_id, params)]
            with_value += sql.SQL(" AND ({key}, {id}) {beyond} (%(after_key)s, %(after_id)s)").format(**parts)
        first = [(with_value, by_key, params)]
        return [*first, (without, by_id, {})] if self.key.nullable else first


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def sort_by(name: str, keys: Mapping[str, SortKey]) -> Sort:
    """Raises Invalid for an unknown sort."""
    key = keys.get(name.removeprefix("-"))
    if key is None:
        known = ", ".join(keys)
        raise Invalid([FieldError("sort", f"must be one of {known}; put - before it for descending")])
    return Sort(name, key)


def limit_of(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise Invalid([FieldError("limit", f"must be between 1 and {MOST}")])
    return limit


def token_of(version: int) -> str:
    """A cursor into one stream."""
    return base64.urlsafe_b64encode(encode(version)).decode()


def version_in(cursor: str) -> int:
    """Raises Invalid."""
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=int)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as wrong:
        raise Invalid([FieldError("cursor", "is not a cursor of this list")]) from wrong


MOMENT = datetime.fromisoformat
DAY = date.fromisoformat
AMOUNT = Decimal
TEXT = str


async def page(
    source: Source, select: Select, sort: Sort, cursor: str | None, limit: int, make: Callable[..., T]
) -> Page[T]:
    """One page of what `select` finds, in the order of `sort`; `make` takes a row's columns."""
    wanted = limit_of(limit) + 1
    items: list[T] = []
    for condition, order, params in sort.stretches(sort.after(cursor)):
        query, given = select.stretch(condition, order)
        rows = await fetch(source, query, given | params | {"limit": wanted - len(items)})
        items += [make(*row) for row in rows]
        if len(items) == wanted:
            last = items[limit - 1]
            return Page(
                items[:limit], sort.cursor(getattr(last, sort.key.column), getattr(last, sort.key.id))
            )
    return Page(items, None)


@dataclass
class Select:
    """A query being narrowed. `query` has the places {where}, {order}, and the parameter %(limit)s."""

    query: sql.SQL
    conditions: list[sql.Composable] = field(default_factory=list)
    params: Params = field(default_factory=dict)

    def where(self, condition: LiteralString, **params: Any) -> None:
        """Narrow down, unless every parameter is None."""
        if any(value is not None for value in params.values()):
            self.conditions.append(sql.SQL(condition))
            self.params |= params

    def equal(self, column: LiteralString, value: Any) -> None:
        self.where(f"{column} = %({column})s", **{column: value})

    def all(self) -> tuple[sql.Composed, Params]:
        """The query without an order, for one that has no pages."""
        return self.query.format(
            where=sql.SQL(" AND ").join(self.conditions or [sql.SQL("true")])
        ), self.params

    def stretch(self, condition: sql.Composable, order: sql.Composable) -> tuple[sql.Composed, Params]:
        where = sql.SQL(" AND ").join([*self.conditions, condition])
        return self.query.format(where=where, order=order), self.params


async def fetch(source: Source, query: sql.Composable | str, params: Params | Sequence[Any]) -> list[Any]:
    """All rows of one query, through a pool or a connection."""
    if isinstance(source, AsyncConnection):
        cursor = source.cursor(binary=True)
        await cursor.execute(query, params)  # type: ignore[arg-type]
        return await cursor.fetchall()
    async with source.connection() as connection:
        return await fetch(connection, query, params)
