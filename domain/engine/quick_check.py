"""Domain room: the usual case of a check, made quick. Most commands are good; whether one is, is asked of one function a class that is
generated from the types of its fields. What is not plainly good is for `checking.problems`, which finds the words for it, or that nothing
is wrong after all. No limit is stated here.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from domain.engine.checking import unwrapped
from domain.engine.fields import EARLIEST, LATEST, NOT_BLANK, PLAIN, Digits, OneOf, Pattern

Good = Callable[[Any, date | None], bool]
Names = dict[str, Any]
"""What the generated function calls by name: bounds, patterns, functions of other classes."""
UNUSUAL = "False"


@cache
def good_of(cls: Any) -> Good:
    """Whether a value of this class is plainly good, on the day that its money is of. False says nothing."""
    hints, names = get_type_hints(cls, include_extras=True), Names()
    tests = ((f.name, _test(hints[f.name], names)) for f in fields(cls))
    lines = [f" v = value.{name}\n if not ({test}): return False" for name, test in tests if test]
    if hasattr(cls, "wrong"):
        lines.append(" for _ in value.wrong(): return False")
    source = "\n".join(["def good(value, on):", *lines, " return True"])
    exec(source, names)  # noqa: S102 - made of our own types alone
    good: Good = names["good"]
    return good


def _test(hint: Any, names: Names) -> str:
    """An expression of `v`, true where it is within its limits; empty where it has none."""
    bare, limits = unwrapped(hint)
    origin, args = get_origin(bare), get_args(bare)
    if bare is str:
        return _text(limits, names)
    if bare in (int, Decimal) or args == (int, Decimal):
        return " and ".join(_number(limits, names, finite=bare is not int))
    if bare in (date, datetime):
        return _time(with_zone=bare is datetime)
    if origin in (Union, types.UnionType):
        of = next(filter(None, (_test(arg, names) for arg in args if arg is not types.NoneType)), "")
        return of and f"(v is None or {of})"
    if origin in (tuple, frozenset, dict):
        return _many(origin, args, limits, names)
    if isinstance(bare, type) and is_dataclass(bare):
        whole = " and not v.problem(on)" if hasattr(bare, "problem") else ""
        return f"({_name(good_of(bare), names)}(v, on){whole})"
    if isinstance(bare, type) and issubclass(bare, Enum):
        return f"v in {_name(limits[OneOf].values, names)}" if OneOf in limits else ""
    return "" if bare in (bool, UUID) or origin is Literal else UNUSUAL


def _name(value: Any, names: Names) -> str:
    name = f"n{len(names)}"
    names[name] = value
    return name


def _text(limits: dict[type, Any], names: Names) -> str:
    """Neither NUL nor half a character can be printed."""
    if MaxLen not in limits:
        return UNUSUAL
    pattern = limits.get(Pattern, PLAIN)
    written = re.compile(pattern.regex).fullmatch if pattern not in (PLAIN, NOT_BLANK) else None
    needed = MinLen in limits or (written is not None and not written(""))
    test = f"len(v) <= {limits[MaxLen].max_length} and v.isprintable()"
    if written is not None:
        test += f" and {_name(written, names)}(v)"
    return f"(v and not v.isspace() and {test})" if needed else f"(not v or {test})"


def _number(limits: dict[type, Any], names: Names, *, finite: bool) -> Iterator[str]:
    if finite:
        yield "(v.__class__ is int or v.is_finite())"
    for kind, sign, bound in ((Ge, ">=", "ge"), (Gt, ">", "gt"), (Le, "<=", "le"), (Lt, "<", "lt")):
        if kind in limits:
            yield f"v {sign} {_name(getattr(limits[kind], bound), names)}"
    if Digits in limits:
        yield f"v == round(v, {limits[Digits].decimals})"


def _time(*, with_zone: bool) -> str:
    test = f"{EARLIEST} <= v.year < {LATEST}"
    return f"({test} and v.tzinfo is not None)" if with_zone else test


def _many(origin: Any, args: tuple[Any, ...], limits: dict[type, Any], names: Names) -> str:
    of = UNUSUAL if origin is dict else _test(args[0], names)
    tests = [f"(not v or all([{of} for v in v]))"] if of else []
    if MinLen in limits:
        tests.append(f"len(v) >= {limits[MinLen].min_length}")
    if MaxLen in limits:
        tests.append(f"len(v) <= {limits[MaxLen].max_length}")
    return " and ".join(tests)
