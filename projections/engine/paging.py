"""Projections room: keyset paging. A cursor remembers the sort and the last row, never a row number.

Rows without a value for the sort key come last in both directions. They are a second stretch of the
same index, so a page is one query, or two where the stretches meet. Nothing counts the table.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, LiteralString, TypeVar
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, AsyncRawCursor
from psycopg_pool import AsyncConnectionPool

from domain.engine import reading
from domain.engine.errors import FieldError, Invalid
from domain.engine.fields import HALVES
from projections.engine.snapshot import Snapshot, whole
from projections.engine.tables import Table
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
    """What rows can be sorted by; `within`, `column` and `id` are also those of an index. `within`: what has to be the same for
    two values to be compared, such as a currency; those rows stand together.
    """

    column: str
    type: Callable[[str], Any]
    id: str
    nullable: bool = True
    within: str = ""

    def value(self, row: Any) -> Any:
        """None where the row has none; with `within` both."""
        value = getattr(row, self.column)
        return (getattr(row, self.within), value) if self.within and value is not None else value


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
        found = opened(cursor, Cursor, "is not a cursor of this list and sort")
        try:
            place = None if found.key is None else self.key.type(found.key), found.id
        except ValueError as wrong:
            raise not_one("is not a cursor of this list and sort") from wrong
        if self.cursor(*place) != cursor:  # of another sort, or made by hand
            raise not_one("is not a cursor of this list and sort")
        return place

    def cursor(self, value: Any, id: UUID) -> str:
        return sealed(Cursor(self.name, _text(value), id))

    @property
    def order(self) -> str:
        """In both stretches, so that one index serves them."""
        down = " DESC" if self.descending else ""
        return ", ".join(f"{column}{down}" for column in self._columns)

    @property
    def whole(self) -> str:
        """Of both stretches at once: those without a value last."""
        down, key = " DESC" if self.descending else "", self.key
        if not key.nullable:
            return self.order
        if key.within:
            return f"({key.column} IS NULL), {self.order}"
        return f"{key.column}{down} NULLS LAST, {key.id}{down}"

    @property
    def _columns(self) -> tuple[str, ...]:
        key = self.key
        return (key.within, key.column, key.id) if key.within else (key.column, key.id)

    def stretches(self, after: tuple[Any, UUID] | None) -> list[tuple[str, Params]]:
        """Condition and parameters of the stretches still to come: with a value, then without."""
        key, id, beyond = self.key.column, self.key.id, "<" if self.descending else ">"
        with_value, without = f"{key} IS NOT NULL", f"{key} IS NULL"
        rest: list[tuple[str, Params]] = [(without, {})] if self.key.nullable else []
        if after is None:
            return [(with_value, {}), *rest]
        if after[0] is None:
            return [(f"{without} AND {id} {beyond} %(after_id)s", {"after_id": after[1]})]
        place = (*after[0], after[1]) if self.key.within else after
        params: Params = {f"after_{n}": value for n, value in enumerate(place)}
        given = ", ".join(f"%({name})s" for name in params)
        return [(f"{with_value} AND ({', '.join(self._columns)}) {beyond} ({given})", params), *rest]


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, tuple):
        return " ".join(_text(part) or "" for part in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def sort_by(name: str, keys: Mapping[str, SortKey]) -> Sort:
    """Raises Invalid for an unknown sort."""
    key = keys.get(name.removeprefix("-"))
    if key is None:
        known = ", ".join(keys)
        raise Invalid([FieldError("sort", f"must be one of {known}; put - before it for descending")])
    return Sort(name, key)


def in_order(first: Any, last: Any, field: str, than: str) -> None:
    """Raises Invalid where the end of a stretch lies before its beginning: nothing could be in it."""
    if first is not None and last is not None and last < first:
        raise Invalid([FieldError(field, f"is before {than}")])


def limit_of(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise Invalid([FieldError("limit", f"must be between 1 and {MOST}")])
    return limit


def sealed(place: Any) -> str:
    """A place in a list as a cursor."""
    return base64.urlsafe_b64encode(encode(place)).decode()


def opened(cursor: str, type: type[T], otherwise: str = "is not a cursor of this list") -> T:
    """The place that a cursor names, which comes from outside like all else. Raises Invalid for one that `sealed` never made."""
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=type)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as wrong:
        raise not_one(otherwise) from wrong
    if sealed(found) != cursor:
        raise not_one(otherwise)
    return found


def not_one(message: str) -> Invalid:
    return Invalid([FieldError("cursor", message)])


def token_of(version: int) -> str:
    """A cursor into one stream."""
    return sealed(version)


def version_in(cursor: str) -> int:
    """Raises Invalid."""
    return opened(cursor, Version)


def _plain(text: str) -> str:
    if "\x00" in text or HALVES.search(text):
        raise ValueError("must be text that a database can hold")
    return text


Version = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
MOMENT = reading.instant
DAY = reading.day


def AMOUNT(text: str) -> tuple[str, Decimal]:  # noqa: N802 - one of the types of keys
    """In a currency: amounts of another are not more or less."""
    currency, _, amount = text.partition(" ")
    return reading.currency(currency), reading.number(amount)


TEXT = _plain
TYPES = {"timestamptz": MOMENT, "date": DAY, "text": TEXT}


def sort_key(table: Table[Any], column: str) -> SortKey:
    """For a column of a table with one key; rows of the same value stand in its order."""
    (id,), about = table.key, table.columns[column]
    return SortKey(column, TYPES[about.type], id, about.nullable)


async def page(
    source: Source, select: Select, sort: Sort, cursor: str | None, limit: int, make: Callable[..., T]
) -> Page[T]:
    """One page of what `select` finds, in the order of `sort`; `make` takes a row's columns. From a snapshot that catches lists it is
    empty, and the snapshot knows what there is.
    """
    if isinstance(source, Snapshot) and source.catching:
        return source.catch(Page[T]([], None), select.whole(sort), select.params)
    wanted = limit_of(limit) + 1
    items: list[T] = []
    for condition, params in sort.stretches(sort.after(cursor)):
        query = select.narrowed(condition, order=sort.order)
        given = {**select.params, **params, "limit": wanted - len(items)}
        if not select.is_narrow:  # a plan is kept only where it looks as good as one for the very values
            query = query.replace("%(limit)s", str(given["limit"]))
        items += [make(*row) for row in await fetch(source, query, given, planned_anew=select.is_narrow)]
        if len(items) == wanted:
            last = items[limit - 1]
            return Page(items[:limit], sort.cursor(sort.key.value(last), getattr(last, sort.key.id)))
    return Page(items, None)


@dataclass
class Select:
    """A query being narrowed. `query` has the places {where} and {order}; pages take the parameter %(limit)s."""

    query: str
    conditions: list[str] = field(default_factory=list)
    params: Params = field(default_factory=dict)

    @property
    def is_narrow(self) -> bool:
        return bool(self.conditions)

    def where(self, condition: LiteralString, **params: Any) -> None:
        """Narrow down, unless every parameter is None. What always holds belongs into `conditions`."""
        assert params, condition
        if any(value is not None for value in params.values()):
            self.conditions.append(condition)
            self.params |= params

    def equal(self, column: LiteralString, value: Any) -> None:
        self.where(f"{column} = %({column})s", **{column: value})

    def narrowed(self, *more: str, order: str = "") -> str:
        return _filled(self.query, [*self.conditions, *more], order)

    def whole(self, sort: Sort) -> str:
        """Without the bound of a page: all of it in the order of the pages."""
        return _filled(whole(self.query), self.conditions, sort.whole)


def _filled(query: str, conditions: Sequence[str], order: str) -> str:
    return query.replace("{where}", " AND ".join(conditions) or "true").replace("{order}", order)


async def fetch(
    source: Source, query: str, params: Params | Sequence[Any], *, planned_anew: bool = False
) -> list[Any]:
    """All rows of one query, through a pool or a connection. `planned_anew`: the best way depends on the values, so no
    plan is kept.
    """
    if isinstance(source, AsyncConnection):
        cursor = source.cursor(binary=True)
        await cursor.execute(query.encode(), params, prepare=False if planned_anew else None)
        return await cursor.fetchall()
    async with source.connection() as connection:
        return await fetch(connection, query, params, planned_anew=planned_anew)


async def fetch_raw(source: Source, query: bytes, params: Sequence[Any]) -> list[Any]:
    """The same for a query with the server's own placeholders, $1 and on: nothing looks through a long text each time."""
    if isinstance(source, AsyncConnection):
        cursor = AsyncRawCursor(source)
        await cursor.execute(query, params, prepare=True, binary=True)
        return await cursor.fetchall()
    async with source.connection() as connection:
        return await fetch_raw(connection, query, params)
