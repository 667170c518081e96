"""Domain room: an administrator declares custom fields: all of a kind of record at once, or one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from domain.custom_field.declaration import (
    CustomField,
    FieldSet,
    FieldSets,
    RecordKind,
    changes,
    field_stream,
    unlike,
)
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command, handles
from domain.engine.errors import FieldError, Invalid
from domain.engine.unit_of_work import Json, UnitOfWork
from domain.policy.process import Processes, process_stream


class PublishFields(Command):
    """Publish all custom fields of a kind of record. The same again is silence; a field or a choice that was there is retired, not left out."""

    declared: FieldSet

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return FieldSets, field_stream(self.declared.name)


class DeclareField(Command):
    """Declare one field, or change the one of that name; the others stay as they are."""

    of: RecordKind
    field: CustomField

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return FieldSets, field_stream(self.of)

    def wrong(self) -> Iterator[FieldError]:
        if self.field.required_from and self.of != RecordKind.DEAL:
            yield FieldError("field.required_from", "only deals have stages")


@handles(PublishFields)
def publish_fields(command: PublishFields, work: UnitOfWork) -> Json:
    held, wanted = work.find(FieldSets, command.stream()[1]), command.declared
    wrong = list(unlike(held.current, wanted)) if held.versions else []
    for n, one in enumerate(wanted.fields):
        wrong += [FieldError(f"fields[{n}].{e.field}", e.message) for e in _unknown_stages(one, work)]
    return _published(held, wanted, [FieldError(f"declared.{e.field}", e.message) for e in wrong])


@handles(DeclareField)
def declare_field(command: DeclareField, work: UnitOfWork) -> Json:
    held, one = work.find(FieldSets, command.stream()[1]), command.field
    there = {held_one.name: held_one for held_one in held.declared}
    wrong = list(changes(there[one.name], one)) if one.name in there else []
    wrong += _unknown_stages(one, work)
    wanted = FieldSet(name=command.of, fields=tuple((there | {one.name: one}).values()))
    answer = _published(held, wanted, [FieldError(f"field.{e.field}", e.message) for e in wrong])
    return {**answer, "field": one.name}


def _published(held: FieldSets, wanted: FieldSet, wrong: list[FieldError]) -> Json:
    if wrong:
        raise Invalid(wrong)
    before: Any = held.versions[-1] if held.versions else FieldSet(name=wanted.name, version=0)
    if replace(wanted, version=before.version) != before:
        before = held.publish(wanted)
    return {"of": str(wanted.name), "version": before.version}


def _unknown_stages(one: CustomField, work: UnitOfWork) -> Iterator[FieldError]:
    for n, place in enumerate(one.required_from):
        processes = work.look(Processes, process_stream(place.process)).versions
        if not processes:
            yield FieldError(f"required_from[{n}].process", f"no process {place.process!r} is published")
        elif processes[-1].stage(place.stage) is None:
            known = ", ".join(stage.name for stage in processes[-1].stages)
            words = f"no stage {place.stage!r} in the process {place.process!r}; there are: {known}"
            yield FieldError(f"required_from[{n}].stage", words)
