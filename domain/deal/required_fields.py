"""Domain room: custom fields as requirements of gates — a process asks for them as it does for an amount or a budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from domain.custom_field.declaration import CustomField, FieldSet
from domain.custom_field.value import FieldValue
from domain.policy.closed import AFTER_SALES, LOST
from domain.policy.process import Process, Stage

PREFIX = "custom."
"""Before a field's name in what a gate asks for."""


def shown_of(custom: Mapping[str, FieldValue]) -> Iterator[tuple[str, object]]:
    """What a deal has to show for these requirements."""
    return ((PREFIX + name, value) for name, value in custom.items())


@lru_cache(maxsize=256)
def with_fields(process: Process, declared: FieldSet) -> Process:
    """The process with each required field among what its stages ask of who enters them: from the stage on that the field names, or, where it
    is always required, from the second stage on. Nothing is asked to give up.
    """
    asked = [one for one in declared.asked if one.required or one.required_from]
    if not asked:
        return process
    stages = [_asking(process, place, stage, asked) for place, stage in enumerate(process.stages)]
    return replace(process, stages=tuple(stages))


def _asking(process: Process, place: int, stage: Stage, fields: list[CustomField]) -> Stage:
    if stage.name in (LOST, AFTER_SALES):
        return stage
    names = tuple(PREFIX + one.name for one in fields if place >= _first(process, one))
    return replace(stage, enter=(*stage.enter, *names)) if names else stage


def _first(process: Process, field: CustomField) -> int:
    """The place of the first stage that asks for it; behind all stages where none does."""
    places = [1] if field.required else []
    for one in field.required_from:
        if one.process == process.name:
            places += [n for n, stage in enumerate(process.stages) if stage.name == one.stage]
    return min(places, default=len(process.stages))
