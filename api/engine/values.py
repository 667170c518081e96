"""api: the domain's types as they stand in request bodies, with the limits they have there. A value that has a shape of its own in JSON
says with `value()` which value of the domain it stands for.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from annotated_types import BaseMetadata, GroupedMetadata
from pydantic import Field, StrictBool

from api.engine import bodies, fields, scopes
from domain.engine import fields as limits
from domain.engine.values import Activity, Money, NextStep
from domain.figures.scope import Scope
from domain.time.periods import Period

VALUES: dict[Any, Any] = {
    Money: fields.Money,
    NextStep: bodies.NextStep,
    Activity: bodies.Activity,
    Scope: scopes.ScopeBody,
}
"""By the domain's class its shape in JSON. A capability adds its own."""
TYPES: dict[Any, Any] = {
    date: fields.Day,
    datetime: fields.Instant,
    Period: scopes.PeriodName,
    bool: StrictBool,
    limits.RuleName: fields.RuleName,
    limits.MetricKey: scopes.MetricKey,
    limits.Amount: scopes.Number,
}
"""How the domain's types are read and explained. A capability adds its own."""


def published(hint: Any) -> Any:
    """What stands in a body for a field of the domain: its type, with the limits that are beside it."""
    origin, args = get_origin(hint), get_args(hint)
    if hint in TYPES or hint in VALUES:
        return TYPES.get(hint) or VALUES[hint]
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


def _is_limit(marker: Any) -> bool:
    """And not one of the domain's other markers, such as what an id refers to."""
    known = isinstance(marker, BaseMetadata | GroupedMetadata)
    return known or hasattr(marker, "__get_pydantic_core_schema__")
