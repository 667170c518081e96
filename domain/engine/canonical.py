"""Domain room: one way to write a value down, so that equal values are equal bytes. No I/O.

JSON with sorted keys and no blanks; numbers that matter are text in plain digits without trailing zeros, days and
instants (in UTC) are ISO 8601.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.engine.reasoning import plain


def canonical(value: Any) -> bytes:
    """Raises TypeError for what has no one way to be written, such as a set or a float."""
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def digest(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Decimal):
        return plain(value.copy_abs() if value.is_zero() else value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, (date, UUID)):
        return str(value)
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def digest_of_positions(positions: Iterable[int]) -> str:
    """The same for the same set of positions."""
    return digest(",".join(map(str, sorted(set(positions)))).encode())
