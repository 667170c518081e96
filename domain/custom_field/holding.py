"""Domain room: records that hold values of custom fields — their state, and what may be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from domain.custom_field.declaration import (
    FieldSet,
    FieldSets,
    RecordKind,
    field_stream,
    near,
)
from domain.custom_field.facts import CustomValues, FieldsSet
from domain.custom_field.value import FieldValue
from domain.engine.aggregate import Mutator, when
from domain.engine.errors import FieldError, Invalid
from domain.engine.facts import Fact
from domain.engine.unit_of_work import UnitOfWork


class HoldsFields(Protocol):
    """A record with custom fields. `FIELDS_SET` is the fact of its kind that they changed."""

    FIELDS_SET: Any

    @property
    def custom(self) -> CustomValues: ...

    def record(self, fact: Fact, at: datetime | None = None) -> None: ...


def fill_in(
    record: HoldsFields, said: Mapping[str, FieldValue], declared: FieldSet, at: datetime | None = None
) -> None:
    """Record what changes. Raises Invalid naming every field that is wrong."""
    before, after = changed(record.custom, said, declared)
    if before or after:
        record.record(record.FIELDS_SET(before=before, after=after, declared=declared.version), at)


def becoming(fact: type[Any]) -> Mutator:
    """The mutator for the fact of one kind of record."""

    @when(fact)
    def mutate(record: Any, fact: FieldsSet) -> None:
        kept = {name: value for name, value in record.custom.items() if name not in fact.before}
        record.custom = kept | fact.after

    return mutate


def fields_of(record: RecordKind, work: UnitOfWork) -> FieldSet:
    """As they are declared now."""
    held = work.look(FieldSets, field_stream(record)).versions
    return held[-1] if held else FieldSet(name=record, version=0)


def changed(
    held: Mapping[str, FieldValue], said: Mapping[str, FieldValue], declared: FieldSet
) -> tuple[CustomValues, CustomValues]:
    """Of the fields that what is said changes, what they were and what they will be. Raises Invalid."""
    errors: list[FieldError] = []
    before: CustomValues = {}
    after: CustomValues = {}
    for name, value in said.items():
        try:
            read = _read(name, value, held.get(name), declared)
        except ValueError as wrong:
            errors.append(FieldError(f"custom.{name}", str(wrong)))
            continue
        if read == held.get(name):
            continue
        if name in held:
            before[name] = held[name]
        if read is not None:
            after[name] = read
    if errors:
        raise Invalid(errors)
    return before, after


def _read(name: str, said: FieldValue, held: FieldValue | None, declared: FieldSet) -> FieldValue | None:
    """None: it is to be empty. Raises ValueError."""
    field = declared.by_name.get(name)
    if field is None:
        known = [one.name for one in declared.asked]
        raise ValueError(f"no field of a {declared.name} has this name{near(name, known)}")
    if not said.written.strip():
        if field.required and not field.retired:
            raise ValueError("is required")
        return None
    read = field.read(said, held)
    if held is not None and field.as_now(held) == read:
        return held
    if field.retired:
        raise ValueError("is retired: it is not asked for any more")
    return read


def lacking(custom: Mapping[str, FieldValue], declared: FieldSet) -> Iterator[str]:
    """The fields that every record needs and this one lacks."""
    return (one.name for one in declared.asked if one.required and one.name not in custom)


def must_be_complete(record: HoldsFields, declared: FieldSet) -> None:
    """Raises Invalid."""
    if missing := list(lacking(record.custom, declared)):
        raise Invalid([FieldError(f"custom.{name}", "is required") for name in missing])


def without_custom(said: Mapping[str, Any], custom: str = "custom") -> dict[str, Any]:
    """What a command says, as it was before there were custom fields where it names none."""
    return {name: value for name, value in said.items() if name != custom or value}
