"""api: msgspec's types as OpenAPI schemas, with what the library does not say: that times have a zone, which words there are, and names that
are nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from api.engine.vocabulary import say_words

REF = "#/components/schemas/{model}"
SUFFIX = "Answer"
"""So that a row and a body of the same name (`Money`, `Said`) do not take each other's place."""

SHARED = {
    "projections.deal.agenda.AgendaItem": "AgendaAgendaItem",
    "domain.cycle.facts.AgendaItem": "CycleFactsAgendaItem",
}
"""What is published of classes that share a name. It stays, wherever they lie."""


def shapes_of(types: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
    """A schema for each type, in their order, and by name the components that they refer to."""
    schemas, shapes = msgspec.json.schema_components(types, ref_template=REF.format(model="{name}"))
    for info in _classes(inspect.multi_type_info(types)):
        _say_times(info, shapes[_key(info.cls, shapes)])
    named = {key: _plain(key) for key in shapes}
    shapes = {named[key]: shape for key, shape in shapes.items()}
    say_words(shapes)
    refers = {REF.format(model=key): REF.format(model=name + SUFFIX) for key, name in named.items()}
    components = {name + SUFFIX: _pointed(shape, refers) for name, shape in shapes.items()}
    return [_pointed(schema, refers) for schema in schemas], components


def _classes(infos: Iterable[Any]) -> Iterator[Any]:
    """Everything with fields that these types are made of, once each."""
    waiting, seen = list(infos), set()
    while waiting:
        info = waiting.pop()
        if hasattr(info, "fields") and info.cls not in seen:
            seen.add(info.cls)
            yield info
            waiting += [field.type for field in info.fields]
        waiting += _parts(info)


def _parts(info: Any) -> list[Any]:
    """What a union, a list or a dict is of."""
    one = [
        getattr(info, name) for name in ("type", "item_type", "key_type", "value_type") if hasattr(info, name)
    ]
    return [*one, *getattr(info, "types", ()), *getattr(info, "item_types", ())]


def _key(cls: Any, shapes: dict[str, Any]) -> str:
    """Where a class stands among the shapes: under its own name, or where two share it, with its module's."""
    names = (
        (cls.__name__, f"{cls.__module__}.{cls.__qualname__}") if isinstance(cls, type) else (_generic(cls),)
    )
    return next(name for name in names if name in shapes)


def _generic(cls: Any) -> str:
    return f"{cls.__origin__.__name__}_{'_'.join(part.__name__ for part in cls.__args__)}_"


def _say_times(info: Any, shape: dict[str, Any]) -> None:
    """The library says nothing of a time that it would also take without a zone; ours have one."""
    for field in info.fields:
        if any(isinstance(kind, inspect.DateTimeType) for kind in _kinds(field.type)):
            _dated(shape["properties"][field.encode_name])


def _kinds(info: Any) -> Iterator[Any]:
    yield info
    for part in _parts(info):
        yield from _kinds(part)


def _dated(schema: dict[str, Any]) -> None:
    if schema.get("type") == "string" and "format" not in schema:
        schema["format"] = "date-time"
    for part in (*schema.get("anyOf", ()), schema.get("items"), schema.get("additionalProperties")):
        if isinstance(part, dict):
            _dated(part)


def _plain(key: str) -> str:
    """`Page_DealView_` → `PageDealView`."""
    return SHARED.get(key) or "".join(part[:1].upper() + part[1:] for part in key.split("_"))


def _pointed(schema: Any, refers: dict[str, str]) -> Any:
    """With every reference to where that stands now."""
    if isinstance(schema, dict):
        return {
            name: refers[part] if name == "$ref" and isinstance(part, str) else _pointed(part, refers)
            for name, part in schema.items()
        }
    return [_pointed(part, refers) for part in schema] if isinstance(schema, list) else schema
