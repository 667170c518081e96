"""Domain room: the one check of what is said: a value held against the limits that stand at the types of its fields (`fields.py`), and what is wrong
with it in words.
"""

from __future__ import annotations

import operator
import re
import types
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen

from domain.engine.errors import FieldError, Invalid
from domain.engine.fields import (
    EARLIEST,
    FLAT,
    HALVES,
    LATEST,
    NOT_BLANK,
    PLAIN,
    Digits,
    Name,
    OneOf,
    Pattern,
    Says,
)

Errors = list[FieldError]
Look = Callable[[Any, Errors, date | None], None]
"""Adds what is wrong with a value to the errors. The day is the one that amounts of money are of."""
Check = Callable[[Any, str, Errors, date | None], None]
"""The same of a field, under the name it has."""


def check(value: Any, on: date | None = None) -> None:
    """Hold a command, or another value, against its types. Raises Invalid naming every bad field. `on` is the day that its money
    is of; left out, currencies that were withdrawn pass as well.
    """
    if errors := problems(value, on):
        raise Invalid(errors)


def problems(value: Any, on: date | None = None) -> Errors:
    """Everything that is wrong with a value; empty where it is good."""
    errors: Errors = []
    cls: Any = type(value)
    look_of(cls)(value, errors, on)
    return errors


def add(found: Iterable[FieldError], errors: Errors) -> None:
    """More errors, of fields that are not named yet. What is worked out of fields that are wrong by themselves may fail."""
    if not errors:
        errors += found
        return
    named = {error.field for error in errors}
    with suppress(TypeError, ArithmeticError, Invalid):
        errors.extend(error for error in found if error.field not in named)


@cache
def look_of(cls: Any) -> Look:
    """How values of a class are checked, worked out once: the fields, then what the value says of all of them together (`wrong`).
    Raises TypeError for a text without a limit.
    """
    hints = get_type_hints(cls, include_extras=True)
    found = ((f.name, _check_of(hints[f.name], f"{cls.__qualname__}.{f.name}")) for f in fields(cls))
    checks = tuple((name, one) for name, one in found if one is not None)
    wrong = getattr(cls, "wrong", None)

    def look(value: Any, errors: Errors, on: date | None) -> None:
        for name, one in checks:
            one(getattr(value, name), name, errors, on)
        if wrong is not None:
            add(wrong(value), errors)

    return look


def _check_of(hint: Any, where: str) -> Check | None:
    bare, limits = unwrapped(hint)
    origin, args = get_origin(bare), get_args(bare)
    if bare is str:
        return _text(limits, where)
    if bare in (int, Decimal) or args == (int, Decimal):
        return _number(limits, finite=bare is not int)
    if bare in (date, datetime):
        return _instant if bare is datetime else _day
    if origin in (Union, types.UnionType):
        return _optional(args, where)
    if origin in (tuple, frozenset, dict):
        return _many(origin, args, limits, where)
    if isinstance(bare, type) and is_dataclass(bare):
        return _value(bare, limits)
    if isinstance(bare, type) and issubclass(bare, Enum):
        return _choice(limits)
    if bare in (bool, UUID) or origin is Literal:
        return None
    raise TypeError(f"{where}: it is not known what limits {hint} has")


def unwrapped(hint: Any) -> tuple[Any, dict[type, Any]]:
    """The type itself, and by their kind the limits that stand beside it."""
    if get_origin(hint) is not Annotated:
        return hint, {}
    limits: dict[type, Any] = {}
    for marker in hint.__metadata__:
        for limit in marker if isinstance(marker, GroupedMetadata) else (marker,):
            limits[type(limit)] = limit
    return hint.__origin__, limits


def _text(limits: Mapping[type, Any], where: str) -> Check:
    if MaxLen not in limits:
        raise TypeError(f"{where}: say how long this text may be")
    most, pattern = limits[MaxLen].max_length, limits.get(Pattern, PLAIN)
    written = re.compile(pattern.regex) if pattern not in (PLAIN, NOT_BLANK) else None
    needed = MinLen in limits or (written is not None and not written.fullmatch(""))

    def check(value: str, at: str, errors: Errors, on: date | None) -> None:
        if not (value or needed):
            return
        if needed and not value.strip():
            errors.append(FieldError(at, NOT_BLANK.words))
        elif len(value) > most:
            errors.append(FieldError(at, f"is longer than {most} characters"))
        elif "\x00" in value:
            errors.append(FieldError(at, PLAIN.words))
        elif not value.isascii() and HALVES.search(value):
            errors.append(FieldError(at, "contains half a character"))
        elif written is not None and not written.fullmatch(value):
            errors.append(FieldError(at, pattern.words))

    return check


def _number(limits: Mapping[type, Any], *, finite: bool) -> Check | None:
    tests = tuple(_tests(limits))
    words = limits[Says].words if Says in limits else ""
    digits = limits.get(Digits)

    def check(value: Any, at: str, errors: Errors, on: date | None) -> None:
        if isinstance(value, Decimal) and not value.is_finite():
            errors.append(FieldError(at, "is not a number"))
            return
        for test, bound, otherwise in tests:
            if not test(value, bound):
                errors.append(FieldError(at, words or otherwise))
                return
        if digits is not None and value != round(value, digits.decimals):
            errors.append(FieldError(at, f"has more than {digits.decimals} decimals"))

    return check if tests or finite else None


def _choice(limits: Mapping[type, Any]) -> Check | None:
    if OneOf not in limits:
        return None
    values = limits[OneOf].values
    words = f"must be {' or '.join(str(one.value) for one in values)}"

    def check(value: Any, at: str, errors: Errors, on: date | None) -> None:
        if value not in values:
            errors.append(FieldError(at, words))

    return check


def _tests(limits: Mapping[type, Any]) -> Iterable[tuple[Callable[[Any, Any], bool], Any, str]]:
    """Each bound of a number, and what is said of a number beyond it."""
    if at_least := limits.get(Ge):
        words = f"must be at least {at_least.ge}" if at_least.ge else "must not be negative"
        yield operator.ge, at_least.ge, words
    if above := limits.get(Gt):
        yield operator.gt, above.gt, f"must be above {above.gt}"
    if at_most := limits.get(Le):
        yield operator.le, at_most.le, f"must be at most {at_most.le}"
    if below := limits.get(Lt):
        yield operator.lt, below.lt, f"must be below {below.lt}"


def _day(value: date, at: str, errors: Errors, on: date | None) -> None:
    if not EARLIEST <= value.year < LATEST:
        errors.append(FieldError(at, f"{value:%Y-%m-%d} is not between {EARLIEST} and {LATEST}"))


def _instant(value: datetime, at: str, errors: Errors, on: date | None) -> None:
    if value.tzinfo is None:
        errors.append(FieldError(at, "needs a time zone, such as 2026-11-30T09:00Z"))
    _day(value, at, errors, on)


def _optional(args: tuple[Any, ...], where: str) -> Check | None:
    of = next(filter(None, (_check_of(arg, where) for arg in args if arg is not types.NoneType)), None)

    def check(value: Any, at: str, errors: Errors, on: date | None) -> None:
        if value is not None and of is not None:
            of(value, at, errors, on)

    return check if of is not None else None


def _many(origin: Any, args: tuple[Any, ...], limits: Mapping[type, Any], where: str) -> Check | None:
    """Each entry of a tuple is named by its number; of a table the values are by their keys, and the keys by the table."""
    least = limits[MinLen].min_length if MinLen in limits else 0
    most = limits[MaxLen].max_length if MaxLen in limits else None
    key = _check_of(Name, where) if origin is dict else None
    of = _check_of(args[1] if origin is dict else args[0], where)

    def check(value: Any, at: str, errors: Errors, on: date | None) -> None:
        if not least <= len(value):
            errors.append(FieldError(at, f"needs {least} or more"))
        if most is not None and len(value) > most:
            errors.append(FieldError(at, f"has more than {most:,} entries"))
            return
        for place, one in _entries(value):
            found: Errors = []
            if of is not None:
                of(one, "", found, on)
            errors += [FieldError(f"{at}{place}{e.field}", e.message) for e in found]
        if key is not None:
            for one in value:
                key(one, at, errors, on)

    return check if of is not None or key is not None or limits else None


def _entries(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        return ((f".{key}", one) for key, one in value.items())
    return ((f"[{n}]", one) for n, one in enumerate(value))


def _value(cls: type, limits: Mapping[type, Any]) -> Check:
    look, flat, whole = look_of(cls), FLAT in limits.values(), hasattr(cls, "problem")

    def check(value: Any, at: str, errors: Errors, on: date | None) -> None:
        found: Errors = []
        look(value, found, on)
        if found:
            errors += found if flat else [_within(at, error) for error in found]

    def check_whole(value: Any, at: str, errors: Errors, on: date | None) -> None:
        """What is wrong with a part is wrong with the whole, such as an amount of money."""
        found: Errors = []
        look(value, found, on)
        message = found[0].message if found else value.problem(on)
        if message:
            errors.append(FieldError(at, message))

    return check_whole if whole else check


def _within(at: str, error: FieldError) -> FieldError:
    return FieldError(f"{at}.{error.field}" if error.field else at, error.message)
