"""Projections room: the values of custom fields, each for as long as it stood — so a list can be narrowed down by one, now or as known then.

A value stands from the position that set it until the one that changed it, or took it back with an import. Rows are never removed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Any, LiteralString, NamedTuple
from uuid import UUID

import msgspec
from psycopg import AsyncConnection, sql

from domain.custom_field.declaration import CustomField, FieldSet, RecordKind
from domain.custom_field.facts import CustomValues, FieldsSet
from domain.custom_field.value import BETWEEN, FieldType, FieldValue, Told, said_text
from domain.customer.facts import CustomerAbsorbed, CustomerFieldsSet, CustomerReleased
from domain.customer.layers import Layers, laid, without
from domain.customer.merging import CUSTOM
from domain.deal.facts import DealFieldsSet
from domain.engine.errors import FieldError, Invalid
from domain.engine.facts import Personal
from domain.engine.undoing import standing
from domain.engine.values import Money
from domain.lead.facts import LeadFieldsSet
from projections.engine import streams
from projections.engine.cells import Column, Kind
from projections.engine.condition import NOW_STANDING, THEN_STANDING, Condition
from projections.engine.fold import is_mark
from projections.engine.paging import Source, fetch
from projections.engine.projection import Entry, Projection
from projections.engine.rows import Rows
from projections.engine.streams import NOW
from projections.engine.tables import AnyScale, Table

FACTS: Mapping[str, RecordKind] = {
    CustomerFieldsSet.TOPIC: RecordKind.CUSTOMER,
    CustomerAbsorbed.TOPIC: RecordKind.CUSTOMER,
    CustomerReleased.TOPIC: RecordKind.CUSTOMER,
    DealFieldsSet.TOPIC: RecordKind.DEAL,
    LeadFieldsSet.TOPIC: RecordKind.LEAD,
}


class FieldRow(msgspec.Struct, gc=False):
    """`value` as `FieldValue` writes it down; `number` is that of a number or an amount. `until` is the position from which on it stood
    no more, null while it stands.
    """

    record_id: UUID
    field: str
    since: int
    until: int | None
    record: str
    type: str
    value: Annotated[str, Personal("subject")]
    number: AnyScale | None


VALUES = Table(
    "custom_values",
    FieldRow,
    key=("record_id", "field", "since"),
    indexes={
        "value": "(record, field, left(value, 100), record_id) WHERE until IS NULL",
        "number": "(record, field, number, record_id) WHERE until IS NULL AND number IS NOT NULL",
    },
)


class CustomValuesModel(Projection):
    name = "custom_values"
    tables = (VALUES,)
    topics = frozenset({*FACTS, *(f"{kind}.import-undone" for kind in RecordKind)})
    by_stream = True
    revision = 2

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self._rows = Rows(VALUES, suffix)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        ids = {entry.stream_id for entry in await self.read(connection, after, upto)}
        if not ids:
            return
        by_record: defaultdict[UUID, list[Entry[Any]]] = defaultdict(list)
        for entry in await streams.facts(connection, ids, self.topics, upto):
            by_record[entry.stream_id].append(entry)
        for id, entries in by_record.items():
            for row in rows_of(id, entries):
                self._rows.add(row)
        await self._rows.save(connection)
        self._rows.forget()

    def forget(self) -> None:
        self._rows.forget()


def rows_of(record_id: UUID, entries: Sequence[Entry[Any]]) -> list[FieldRow]:
    """All that ever stood of one record, by everything that is known of it."""
    rows: list[FieldRow] = []
    held: dict[str, FieldRow] = {}
    state = _State()
    for n, entry in enumerate(entries):
        before = state.values
        state = _taken_back(entries[: n + 1]) if is_mark(entry) else state.after(entry.fact)
        values = state.values
        for name in [name for name in before if before[name] != values.get(name)]:
            held.pop(name).until = entry.position
        for name in [name for name in values if values[name] != before.get(name)]:
            held[name] = _row(record_id, name, values[name], entry, entries)
            rows.append(held[name])
    return rows


class _State(NamedTuple):
    """What a record's fields say; of a customer with what came from records that were merged into it, so that they can be taken out again."""

    values: CustomValues = {}
    layers: Layers = ()

    def after(self, fact: FieldsSet | CustomerAbsorbed | CustomerReleased) -> _State:
        if isinstance(fact, FieldsSet):
            kept = {name: value for name, value in self.values.items() if name not in fact.before}
            return self._replace(values=kept | fact.after)
        now = _keyed(self.values)
        if isinstance(fact, CustomerAbsorbed):
            layers, file = laid(self.layers, fact.gone_id, {}, _keyed(fact.custom), now)
        else:
            layers, file = without(self.layers, fact.gone_id, now, _keyed(dict.fromkeys(fact.custom)))
        return _State({name: value for (_, name), value in file.items()}, layers)


def _keyed(values: Mapping[str, Any]) -> dict[tuple[str, Any], Any]:
    return {(CUSTOM, name): value for name, value in values.items()}


def _taken_back(entries: Sequence[Entry[Any]]) -> _State:
    state = _State()
    for entry in standing(entries, attrgetter("fact"), attrgetter("version")):
        if not is_mark(entry):
            state = state.after(entry.fact)
        elif entry.fact.gone:
            state = _State()
    return state


def _row(
    id: UUID, name: str, value: FieldValue, entry: Entry[Any], entries: Sequence[Entry[Any]]
) -> FieldRow:
    record = next(FACTS[one.fact.TOPIC] for one in entries if one.fact.TOPIC in FACTS)
    return FieldRow(
        record_id=id,
        field=name,
        since=entry.position,
        until=None,
        record=str(record),
        type=str(value.type),
        value=value.written,
        number=_number(value),
    )


def _number(value: FieldValue) -> Decimal | None:
    said = value.value
    if isinstance(said, Money):
        return said.amount
    return said if isinstance(said, Decimal) else None


# -- queries --------------------------------------------------------------------------------------

STANDING = """
SELECT record_id, field, type, value FROM read.custom_values
 WHERE record_id = ANY(%(ids)s) AND since <= %(known)s AND (until IS NULL OR until > %(known)s) ORDER BY record_id, field
"""


async def of_records(
    source: Source, ids: Collection[UUID], declared: FieldSet, position: int | None = None
) -> dict[UUID, dict[str, Told]]:
    """By record the values that stand, or stood at a position, as their fields are declared now; empty where there are none."""
    found: dict[UUID, dict[str, Told]] = {id: {} for id in ids}
    if not declared.fields or not ids:
        return found
    known = NOW if position is None else position
    for id, name, type, value in await fetch(source, STANDING, {"ids": list(ids), "known": known}):
        found[id][name] = told(name, FieldValue(type=FieldType(type), text=value), declared)
    return found


def told_of(values: CustomValues, declared: FieldSet) -> dict[str, Told]:
    """Those that a record holds."""
    return {name: told(name, value, declared) for name, value in sorted(values.items())}


def told(name: str, value: FieldValue, declared: FieldSet) -> Told:
    field = declared.by_name.get(name)
    said = (field.as_now(value) if field is not None else value).value
    if isinstance(said, (bool, Money)):
        return said
    return list(said) if isinstance(said, tuple) else value_text(said)


def value_text(said: Any) -> str:
    return f"{said:f}" if isinstance(said, Decimal) else str(said)


KINDS: Mapping[FieldType, Kind] = {
    FieldType.NUMBER: Kind.NUMBER,
    FieldType.DATE: Kind.DAY,
    FieldType.YES_NO: Kind.TRUTH,
}
"""What stands in a column of a file; text where nothing is said."""
LOOKED_UP = sql.SQL(
    "(SELECT {value} FROM read.custom_values v WHERE v.record_id = {id} AND v.field = {field} AND {standing})"
)
WRITTEN: Mapping[FieldType, LiteralString] = {
    FieldType.NUMBER: "trim_scale(v.number)",
    FieldType.DATE: "v.value::date",
    FieldType.YES_NO: "(v.value = 'yes')",
    FieldType.CHOICES: "replace(v.value, E'\\n', ', ')",
}


def with_columns(
    columns: Sequence[Column], id: str, declared: FieldSet, position: int | None = None
) -> list[Column]:
    """Those of a list, and behind them one for each field: `custom.seats`. `id` is the name of the column with the record's id."""
    own = [column for column in columns if column.name != "custom"]
    of = next(column for column in own if column.name == id)
    standing = sql.SQL(
        NOW_STANDING if position is None else THEN_STANDING.replace("%(custom_known)s", "{known}")
    ).format(known=sql.Literal(position))
    return [*own, *(_column(field, of, standing) for field in declared.asked)]


def _column(field: CustomField, of: Column, standing: sql.Composable) -> Column:
    value = LOOKED_UP.format(
        value=sql.SQL(WRITTEN.get(field.type, "v.value")),
        id=of.value,
        field=sql.Literal(field.name),
        standing=standing,
    )
    return Column(f"custom.{field.name}", KINDS.get(field.type, Kind.TEXT), value, beside=True)


CONDITION = re.compile(r"\s*([a-z][a-z0-9_]{0,39})\s*(=|>=|<=)\s*(.*)", re.DOTALL)
ON_VALUE: Mapping[str, LiteralString] = {
    "=": "left(v.value, 100) = left(%(custom_value)s, 100) AND v.value = %(custom_value)s",
    ">=": "left(v.value, 100) >= %(custom_value)s",
    "<=": "left(v.value, 100) <= %(custom_value)s",
}
ON_NUMBER: Mapping[str, LiteralString] = {
    "=": "v.number = %(custom_value)s::numeric",
    ">=": "v.number >= %(custom_value)s::numeric",
    "<=": "v.number <= %(custom_value)s::numeric",
}
ON_CHOICES: LiteralString = "%(custom_value)s = ANY(string_to_array(v.value, E'\\n'))"
COMPARED = (FieldType.NUMBER, FieldType.MONEY, FieldType.DATE)


def condition_of(text: str, declared: FieldSet) -> Condition:
    """`segment=gold`, `seats>=100`, `renewal<=2026-12-31`. Raises Invalid."""
    found = CONDITION.fullmatch(text)
    if found is None:
        raise _wrong("must be a field, =, >= or <=, and a value, such as seats>=100")
    name, sign, said = found.groups()
    field = declared.by_name.get(name)
    if field is None:
        raise _wrong(f"no field of a {declared.name} has the name {name!r}")
    if sign != "=" and field.type not in COMPARED:
        raise _wrong(f"{name} can be compared by = alone")
    try:
        value = field.read(said_text(said), field.made(said))
    except ValueError as wrong:
        raise _wrong(f"{name} {wrong}") from wrong
    return Condition(str(declared.name), name, *_test(value, sign))


def _test(value: FieldValue, sign: str) -> tuple[str, LiteralString]:
    number = _number(value)
    if number is not None:
        return f"{number:f}", ON_NUMBER[sign]
    if value.type == FieldType.CHOICES:
        return value.written.split(BETWEEN)[0], ON_CHOICES
    return value.written, ON_VALUE[sign]


def _wrong(message: str) -> Invalid:
    return Invalid([FieldError("query.custom", message)])
