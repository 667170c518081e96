"""api: the domain's types as they stand in request bodies. A value that has a shape of its own in JSON says with `value()` which value
of the domain it stands for.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from annotated_types import BaseMetadata, GroupedMetadata
from pydantic import Field, StrictBool, StringConstraints

from api.engine import bodies, fields
from api.engine.fields import PLAINLY, Code, Day, Instant, LongText, Name, NeededText, RuleName, ShortText
from api.engine.scopes import MetricKey, Number, PeriodName, ScopeBody
from api.engine.users import USER_PATTERN
from domain.engine.values import Activity, Money, NextStep
from domain.figures.scope import Scope
from domain.time.periods import Period

VALUES: dict[Any, Any] = {
    Money: fields.Money,
    NextStep: bodies.NextStep,
    Activity: bodies.Activity,
    Scope: ScopeBody,
}
"""By the domain's class its shape in JSON. A capability adds its own."""
TYPES: dict[Any, Any] = {date: Day, datetime: Instant, Period: PeriodName, bool: StrictBool}
UserId = Annotated[str, StringConstraints(pattern=USER_PATTERN)]
TEXTS: dict[str, Any] = {
    **dict.fromkeys(("name", "title", "reference"), Name),
    **dict.fromkeys(
        ("mail", "phone", "role", "region", "series", "sector", "country", "parent", "source"), ShortText
    ),
    **dict.fromkeys(
        ("currency", "unit", "basis", "contract_reference", "loss_reason", "competitor"), ShortText
    ),
    **dict.fromkeys(("interest", "note", "notes", "hypothesis", "achievable", "relevant"), LongText),
    **dict.fromkeys(("pain_points", "decision_process"), LongText),
    **dict.fromkeys(("why", "text", "question", "choice", "what", "handover_note"), NeededText),
    **dict.fromkeys(("stage", "to", "process"), Code),
    **dict.fromkeys(("policy", "definition"), RuleName),
    **dict.fromkeys(("metric", "metrics"), MetricKey),
    "decision_makers": Name,
    "user_id": UserId,
}
"""Kinds of text by the field, where the domain's type does not say it."""
WHOLE: dict[str, Any] = {
    "version": Field(ge=1, le=100_000, strict=True),
    "employees": Field(ge=0, lt=2**31, strict=True),
    "founded": Field(ge=0, lt=3000, strict=True),
}
MOST: dict[str, Any] = {
    "metrics": Field(max_length=50),
    "decision_makers": Field(max_length=50),
    "action_items": Field(max_length=200),
    "children": Field(max_length=1_000),
    **dict.fromkeys(("measures", "scores"), Field(min_length=1, max_length=50)),
}
"""Likewise of whole numbers, and how many there may be of something."""
LIMITS: dict[str, Any] = {"Code": Code, "RuleName": RuleName, "ShortText": ShortText}
"""What an act says of a field by name, where it is not what stands above. A capability adds its own."""


def published(hint: Any, name: str, limit: str = "") -> Any:
    """What stands in a body for a field of the domain. Its limits stand at its type; where they do not yet, the tables above have them by the
    field's name. `limit` is one of `LIMITS`, or how many there may be of something.
    """
    origin, args = get_origin(hint), get_args(hint)
    if limit in LIMITS:
        return LIMITS[limit] | None if type(None) in args else LIMITS[limit]
    if origin is Annotated:
        limits = [marker for marker in hint.__metadata__ if _limits(marker)]
        return _limited(args[0], limits, name) if limits else published(args[0], name, limit)
    if origin in (Union, UnionType):
        (one,) = (part for part in args if part is not NoneType)
        return published(one, name, limit) | None
    if origin is tuple:
        most = Field(max_length=int(limit)) if limit else MOST[name]
        return Annotated[tuple[published(args[0], name), ...], most]  # type: ignore[misc]
    if hint is str:
        return TEXTS[name]
    if hint is int:
        return Annotated[int, WHOLE[name]]
    if hint is Decimal:
        return Number
    return VALUES.get(hint) or TYPES.get(hint, hint)


def _limits(marker: Any) -> bool:
    """Whether it is a limit, and not one of the domain's other markers."""
    known = isinstance(marker, BaseMetadata | GroupedMetadata)
    return known or hasattr(marker, "__get_pydantic_core_schema__")


def _limited(kind: Any, limits: list[Any], name: str) -> Any:
    """A field whose limits stand at its type in the domain."""
    strictly: dict[Any, list[Any]] = {int: [Field(strict=True)], Decimal: [PLAINLY]}
    if get_origin(kind) is tuple:
        kind = tuple[published(get_args(kind)[0], name), ...]  # type: ignore[misc]
    return Annotated[kind, *limits, *strictly.get(kind, [])]
