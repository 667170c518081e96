"""api: the domain's types as they stand in request bodies, with the limits they have there. A value that has a shape of its own in JSON
says with `value()` which value of the domain it stands for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, is_dataclass
from dataclasses import fields as dataclass_fields
from datetime import date, datetime
from decimal import Decimal
from operator import methodcaller
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Union, cast, get_args, get_origin, get_type_hints

from annotated_types import BaseMetadata, GroupedMetadata
from pydantic import Field, StrictBool, create_model

from api.engine import bodies, calendars, fields, scopes
from api.engine.acts import default_of, plain
from domain.engine import fields as limits
from domain.engine.values import Activity, Money, NextStep
from domain.figures.scope import Scope
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from domain.time.periods import Period

VALUES: dict[Any, Any] = {
    Money: fields.Money,
    NextStep: bodies.NextStep,
    Activity: bodies.Activity,
    Scope: scopes.ScopeBody,
    BusinessCalendar: calendars.Calendar,
}
"""By the domain's class its shape in JSON. A capability adds its own; one that is said field by field needs none."""
TYPES: dict[Any, Any] = {
    date: fields.Day,
    datetime: fields.Instant,
    Period: scopes.PeriodName,
    bool: StrictBool,
    limits.RuleName: fields.RuleName,
    limits.MetricKey: scopes.MetricKey,
    limits.Amount: scopes.Number,
    limits.Percent: Annotated[limits.Percent, Field(examples=["40"]), fields.PLAINLY],
    limits.Weight: Annotated[limits.Weight, Field(examples=["40"]), fields.PLAINLY],
    limits.Change: Annotated[limits.Change, Field(examples=["0.05"]), fields.PLAINLY],
    Duration: calendars.Length,
}
"""How the domain's types are read and explained. A capability adds its own."""


def published(hint: Any) -> Any:
    """What stands in a body for a field of the domain: its type, with the limits that are beside it."""
    origin, args = get_origin(hint), get_args(hint)
    if hint in TYPES or hint in VALUES:
        return TYPES.get(hint) or VALUES[hint]
    if isinstance(hint, type) and is_dataclass(hint):
        add_shape(hint, hint.__name__)
        return VALUES[hint]
    if origin in (Union, UnionType):
        (one,) = (part for part in args if part is not NoneType)
        return published(one) | None
    if origin is tuple:
        return tuple[published(args[0]), ...]  # type: ignore[misc]
    if origin is Annotated:
        bounds = [marker for marker in hint.__metadata__ if _is_limit(marker)]
        strictly: dict[Any, list[Any]] = {int: [Field(strict=True)], Decimal: [fields.PLAINLY]}
        kind = published(args[0])
        return Annotated[kind, *bounds, *strictly.get(kind, [])] if bounds else kind
    return hint


def written(default: Any) -> Any:
    """A default as it would be said, for a type that is read from text."""
    return Field(default=str(default), validate_default=True) if isinstance(default, Duration) else default


def _is_limit(marker: Any) -> bool:
    """And not one of the domain's other markers, such as what an id refers to."""
    known = isinstance(marker, BaseMetadata | GroupedMetadata)
    return known or hasattr(marker, "__get_pydantic_core_schema__")


# --- values that stand in JSON field for field -----------------------------------------------------------------------


class Shape(fields.Strict):
    """A value of the domain, with the same fields."""

    OF: ClassVar[Any]
    READ: ClassVar[tuple[tuple[str, Callable[[Any], Any] | None], ...]]

    def value(self) -> Any:
        return self.OF(**{name: _read(read, getattr(self, name)) for name, read in self.READ})


def add_shape(cls: type[Any], name: str, about: str | None = None) -> None:
    """The shape of a value whose fields a body says as they are; `name` is its in the OpenAPI document."""
    hints = get_type_hints(cls, include_extras=True)
    defaults = {one.name: default_of(one) for one in dataclass_fields(cls)}
    made: dict[str, Any] = {
        field: (published(hints[field]), ... if default is MISSING else default)
        for field, default in defaults.items()
    }
    shape = create_model(name, __base__=Shape, __doc__=about, **made)
    shape.OF, shape.READ = cls, tuple((field, reader(hints[field])) for field in defaults)
    VALUES[cls] = shape


def reader(hint: Any) -> Callable[[Any], Any] | None:
    """How a value of a body becomes the domain's; None where it is that already."""
    kind = plain(hint)
    if get_origin(kind) is tuple:
        inner = reader(get_args(kind)[0])
        return None if inner is None else lambda values: tuple(map(inner, values))
    return cast("Callable[[Any], Any]", methodcaller("value")) if kind in VALUES else None


def _read(read: Callable[[Any], Any] | None, value: Any) -> Any:
    return value if read is None or value is None else read(value)
