"""tests/cli: a value of any type that a view is given, as long as it may be — for tables that must hold it."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

AMOUNT = Decimal("987654321012345.67")
COUNT = 9_876_543_210
TEXT = "华东区汽车零部件 factory automation retrofit, the second phase 二期"
ID = UUID("0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11")
AT = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
PLAIN: dict[Any, Any] = {
    str: TEXT,
    int: COUNT,
    float: 12345.678,
    bool: True,
    Decimal: AMOUNT,
    UUID: ID,
    datetime: AT,
    date: date(2026, 12, 31),
    time: time(23, 59),
    timedelta: timedelta(days=12_345),
    object: TEXT,
}
NAMED: dict[str, Any] = {"currency": "CNY", "metric": "revenue-won", "result": "", "code": "target-missed"}


def extreme(kind: Any, name: str = "") -> Any:
    """By its fields' types. Names that must mean something get what they mean."""
    if name in NAMED and kind is not None:
        return NAMED[name]
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return extreme(next(part for part in parts if part is not types.NoneType), name)
    if origin is Literal:
        return max(parts, key=len)
    if origin is not None and hasattr(kind, "__metadata__"):
        return extreme(parts[0], name)
    if origin in (tuple, list) or (isinstance(origin, type) and issubclass(origin, list | tuple)):
        made = [extreme(part, name) for part in parts if part is not ...]
        return made if origin is list else tuple(made)
    if isinstance(origin, type) and hasattr(origin, "keys"):
        return {extreme(parts[0], name) if parts[0] is not str else "CNY": extreme(parts[1], name)}
    if isinstance(kind, type):
        return _made(kind)
    return extreme(origin or kind.__supertype__, name)


def _made(kind: type) -> Any:
    if kind in PLAIN:
        return PLAIN[kind]
    if issubclass(kind, Enum):
        return max(kind, key=lambda one: len(str(one.value)))
    hints = get_type_hints(kind, include_extras=True)
    if issubclass(kind, msgspec.Struct):
        names = list(kind.__struct_fields__)
    elif is_dataclass(kind):
        names = [field.name for field in fields(kind) if field.init]
    else:
        return next(PLAIN[base] for base in kind.__mro__ if base in PLAIN)
    return kind(**{name: extreme(hints[name], name) for name in names})
