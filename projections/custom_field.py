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
from domain.customer.facts import ContactFieldsSet, CustomerAbsorbed, CustomerFieldsSet, CustomerReleased
from domain.customer.layers import Layers, laid, said_since, without
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
    ContactFieldsSet.TOPIC: RecordKind.CUSTOMER,
    CustomerFieldsSet.TOPIC: RecordKind.CUSTOMER,
    CustomerAbsorbed.TOPIC: RecordKind.CUSTOMER,
    CustomerReleased.TOPIC: RecordKind.CUSTOMER,
    DealFieldsSet.TOPIC: RecordKind.DEAL,
    LeadFieldsSet.TOPIC: RecordKind.LEAD,
}
"""By the facts that change values, of which kind the record is in whose stream they stand."""
STREAMS = frozenset(FACTS.values())
Key = tuple[UUID, str]
"""A record, and a field of it."""


class FieldRow(msgspec.Struct, gc=False):
    """`value` as `FieldValue` writes it down; `number` is that of a number or an amount. `until` is the position from which on it stood
    no more, null while it stands. `stream_id` is the record itself, and of a contact the customer's record that it stands in.
    """

    record_id: UUID
    field: str
    since: int
    stream_id: UUID
    until: int | None
    record: str
    type: str
    value: Annotated[str, Personal("subject")]
    number: AnyScale | None


VALUES = Table(
    "custom_values",
    FieldRow,
    key=("record_id", "field", "since", "stream_id"),
    indexes={
        "value": "(record, field, left(value, 100), record_id) WHERE until IS NULL",
        "number": "(record, field, number, record_id) WHERE until IS NULL AND number IS NOT NULL",
    },
)


class CustomValuesModel(Projection):
    name = "custom_values"
    tables = (VALUES,)
    topics = frozenset({*FACTS, *(f"{kind}.import-undone" for kind in STREAMS)})
    by_stream = True

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


def rows_of(stream_id: UUID, entries: Sequence[Entry[Any]]) -> list[FieldRow]:
    """All that ever stood of the records of one stream, by everything that is known of it."""
    rows: list[FieldRow] = []
    held: dict[Key, FieldRow] = {}
    kind = next((FACTS[one.fact.TOPIC] for one in entries if one.fact.TOPIC in FACTS), None)
    if kind is None:
        return rows  # an import was undone that said nothing of them
    state = _State(stream_id)
    for n, entry in enumerate(entries):
        before = state.values
        state = _taken_back(stream_id, entries[: n + 1]) if is_mark(entry) else state.after(entry.fact)
        values = state.values
        for key in [key for key in before if before[key] != values.get(key)]:
            held.pop(key).until = entry.position
        for key in [key for key in values if values[key] != before.get(key)]:
            held[key] = _row(stream_id, kind, key, values[key], entry.position)
            rows.append(held[key])
    return rows


class _State(NamedTuple):
    """What the fields say of the record of a stream, and of contacts in it; of a customer with what came from records that were merged into
    it, so that they can be taken out again.
    """

    stream_id: UUID
    values: Mapping[Key, FieldValue] = {}
    layers: Layers = ()

    def after(self, fact: FieldsSet | CustomerAbsorbed | CustomerReleased) -> _State:
        now = _keyed(self.values)
        if isinstance(fact, CustomerAbsorbed):
            layers, file = laid(self.layers, fact.gone_id, {}, _keyed(self._offered(fact)), now)
        elif isinstance(fact, CustomerReleased):
            given = {key for key in said_since(self.layers, fact.gone_id, now) if self._goes(key[1], fact)}
            layers, file = without(self.layers, fact.gone_id, now, given)
        else:
            id = fact.contact_id if isinstance(fact, ContactFieldsSet) else self.stream_id
            gone = {(id, name) for name in fact.before}
            kept = {key: value for key, value in self.values.items() if key not in gone}
            return self._replace(values=kept | {(id, name): value for name, value in fact.after.items()})
        return self._replace(values={key: value for (_, key), value in file.items()}, layers=layers)

    def _offered(self, fact: CustomerAbsorbed) -> dict[Key, FieldValue]:
        own = {(self.stream_id, name): value for name, value in fact.custom.items()}
        of_contacts = ((of.contact_id, of.custom) for of in fact.contact_custom)
        return own | {(id, name): value for id, custom in of_contacts for name, value in custom.items()}

    def _goes(self, key: Key, fact: CustomerReleased) -> bool:
        id, name = key
        return name in fact.custom if id == self.stream_id else id in fact.contact_custom


def _keyed(values: Mapping[Key, FieldValue]) -> dict[tuple[str, Any], Any]:
    return {(CUSTOM, key): value for key, value in values.items()}


def _taken_back(stream_id: UUID, entries: Sequence[Entry[Any]]) -> _State:
    state = _State(stream_id)
    for entry in standing(entries, attrgetter("fact"), attrgetter("version")):
        if not is_mark(entry):
            state = state.after(entry.fact)
        elif entry.fact.gone:
            state = _State(stream_id)
    return state


def _row(stream_id: UUID, kind: RecordKind, key: Key, value: FieldValue, position: int) -> FieldRow:
    id, name = key
    return FieldRow(
        record_id=id,
        field=name,
        since=position,
        stream_id=stream_id,
        until=None,
        record=str(kind if id == stream_id else RecordKind.CONTACT),
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
 WHERE record_id = ANY(%(ids)s) AND since <= %(known)s AND (until IS NULL OR until > %(known)s)
   AND (stream_id = %(within)s OR %(within)s::uuid IS NULL) ORDER BY record_id, field
"""


async def of_records(
    source: Source,
    ids: Collection[UUID],
    declared: FieldSet,
    position: int | None = None,
    within: UUID | None = None,
) -> dict[UUID, dict[str, Told]]:
    """By record the values that stand, or stood at a position, as their fields are declared now; empty where there are none. `within` is the
    customer whose contacts they are.
    """
    found: dict[UUID, dict[str, Told]] = {id: {} for id in ids}
    if not declared.fields or not ids:
        return found
    known = NOW if position is None else position
    for id, name, type, value in await fetch(
        source, STANDING, {"ids": list(ids), "known": known, "within": within}
    ):
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
    "(SELECT {value} FROM read.custom_values v WHERE v.record_id = {id} AND v.field = {field} AND {standing}"
    " AND (v.stream_id = {within} OR {within}::uuid IS NULL))"
)
WRITTEN: Mapping[FieldType, LiteralString] = {
    FieldType.NUMBER: "trim_scale(v.number)",
    FieldType.DATE: "v.value::date",
    FieldType.YES_NO: "(v.value = 'yes')",
    FieldType.CHOICES: "replace(v.value, E'\\n', ', ')",
}


def with_columns(
    columns: Sequence[Column],
    id: str,
    declared: FieldSet,
    position: int | None = None,
    within: UUID | None = None,
) -> list[Column]:
    """Those of a list, and behind them one for each field: `custom.seats`. `id` is the name of the column with the record's id."""
    own = [column for column in columns if column.name != "custom"]
    of = next(column for column in own if column.name == id)
    standing = sql.SQL(
        NOW_STANDING if position is None else THEN_STANDING.replace("%(custom_known)s", "{known}")
    ).format(known=sql.Literal(position))
    return [*own, *(_column(field, of, standing, within) for field in declared.asked)]


def _column(field: CustomField, of: Column, standing: sql.Composable, within: UUID | None) -> Column:
    value = LOOKED_UP.format(
        value=sql.SQL(WRITTEN.get(field.type, "v.value")),
        id=of.value,
        field=sql.Literal(field.name),
        standing=standing,
        within=sql.Literal(within),
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
