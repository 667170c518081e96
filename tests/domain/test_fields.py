"""The limits of what a command says stand at its types: each of them holds, through the command handler's check and through HTTP."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen
from pydantic import TypeAdapter, ValidationError

import domain.registry  # noqa: F401 - every command is known
from api.capabilities import ACTS
from api.engine.acts import Act
from api.engine.routes import body_of
from api.engine.values import VALUES
from benchmarks.lives import Lives
from domain.engine.checking import check, look_of, problems
from domain.engine.command import Command, Together
from domain.engine.errors import Invalid
from domain.engine.fields import FLAT, Code, Digits, Name, Pattern, ShortText
from domain.engine.quick_check import good_of
from domain.imports import AsImported

INSTANT, DAY = datetime(2026, 3, 2, 9, tzinfo=UTC), date(2026, 3, 2)
PLAIN: dict[Any, Any] = {
    int: 1,
    Decimal: Decimal(1),
    date: DAY,
    datetime: INSTANT,
    UUID: UUID(int=1),
    bool: True,
}
TEXTS = ("x", "09:30", "a" * 64, "zh")
CARRIERS = (Together, AsImported)
"""What these carry is checked when its turn comes."""


def kinds(of: type[Any] = Command) -> Iterator[type[Any]]:
    for kind in of.__subclasses__():
        yield kind
        yield from kinds(kind)


COMMANDS = sorted({kind for kind in kinds() if kind.__module__.startswith("domain.")} - {*CARRIERS}, key=str)
DERIVED = [act for act in ACTS if not act.by_hand]


class Bad(NamedTuple):
    """A value beyond a limit, the same as JSON, and the path of what is wrong with it."""

    value: Any
    json: Any
    path: str = ""


def apart(hint: Any) -> tuple[Any, dict[type, Any]]:
    """The type without None, and the limits beside it by their kind."""
    limits: dict[type, Any] = {}
    while get_origin(hint) in (Annotated, Union, types.UnionType):
        if get_origin(hint) is Annotated:
            for marker in hint.__metadata__:
                parts = marker if isinstance(marker, GroupedMetadata) else (marker,)
                limits |= {type(part): part for part in parts}
        hint = next(part for part in get_args(hint) if part is not type(None))
    return hint, limits


def good(hint: Any) -> Any:
    bare, limits = apart(hint)
    if bare is str:
        pattern = limits[Pattern].regex if Pattern in limits else ""
        return next(text for text in TEXTS if re.search(pattern, text))
    if get_origin(bare) is tuple:
        return (good(get_args(bare)[0]),) * limits[MinLen].min_length if MinLen in limits else ()
    if get_origin(bare) in (frozenset, dict):
        return get_origin(bare)()
    if get_origin(bare) is Literal:
        return get_args(bare)[0]
    if is_dataclass(bare):
        return made(bare)
    return next(iter(bare)) if issubclass(bare, Enum) else PLAIN[bare]


def made(cls: Any) -> Any:
    """One of a class, of values that are good by themselves."""
    hints = get_type_hints(cls, include_extras=True)
    return cls(**{f.name: good(hints[f.name]) for f in fields(cls)})


def bad(hint: Any) -> Iterator[Bad]:
    """What is refused of a type, once for every limit."""
    bare, limits = apart(hint)
    if bare is str:
        yield from bad_texts(limits)
    elif bare in (int, Decimal):
        yield from bad_numbers(bare, limits)
    elif bare is datetime:
        yield Bad(INSTANT.replace(tzinfo=None), "2026-03-02T09:00:00")
    elif bare is date:
        yield Bad(date(1, 1, 1), "0001-01-01")
    elif get_origin(bare) is tuple:
        yield from bad_tuples(get_args(bare)[0], limits)
    elif is_dataclass(bare):
        whole = hasattr(bare, "problem")
        for one in bad_parts(bare):
            yield one._replace(path="" if whole else f".{one.path}")


def bad_texts(limits: dict[type, Any]) -> Iterator[Bad]:
    for text in ("x" * (limits[MaxLen].max_length + 1), "a\x00"):
        yield Bad(text, text)
    pattern = limits.get(Pattern)
    if pattern is not None and not re.search(pattern.regex, " \n "):
        yield Bad(" \n ", " \n ")


def bad_numbers(kind: Any, limits: dict[type, Any]) -> Iterator[Bad]:
    beyond = [(Ge, "ge", -1), (Gt, "gt", 0), (Le, "le", 1), (Lt, "lt", 0)]
    numbers = [kind(getattr(limits[of], name) + step) for of, name, step in beyond if of in limits]
    if Digits in limits:
        numbers.append(Decimal(1).scaleb(-limits[Digits].decimals - 1))
    for number in numbers:
        yield Bad(number, number if kind is int else f"{number:f}")


def bad_tuples(inner: Any, limits: dict[type, Any]) -> Iterator[Bad]:
    if MaxLen in limits:
        many = (good(inner),) * (limits[MaxLen].max_length + 1)
        yield Bad(many, [str(one) if isinstance(one, UUID) else one for one in many])
    if MinLen in limits:
        yield Bad((), [])
    for one in bad(inner):
        yield Bad((one.value,), [one.json], f"[0]{one.path}")


def bad_parts(cls: Any) -> Iterator[Bad]:
    """A value with one field beyond a limit, for every field that has any."""
    right, hints = made(cls), get_type_hints(cls, include_extras=True)
    for f in fields(cls):
        flat = FLAT in apart(hints[f.name])[1].values()
        for one in bad(hints[f.name]):
            path = one.path.removeprefix(".") if flat else f.name + one.path
            yield Bad(replace(right, **{f.name: one.value}), {f.name: one.json}, path)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_a_command_says_how_long_all_its_texts_may_be(kind: Any) -> None:
    """A text without a limit is a TypeError, however deep inside."""
    look_of(kind)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.__name__)
def test_what_is_beyond_a_limit_is_named(kind: Any) -> None:
    for wrong in bad_parts(kind):
        assert not good_of(kind)(wrong.value, None), wrong.json
        assert wrong.path in {error.field for error in problems(wrong.value)}, wrong.json


@pytest.mark.parametrize("act", DERIVED, ids=lambda act: act.operation)
def test_http_refuses_what_the_command_handler_refuses(act: Act) -> None:
    """Where the request says it as the command does: money, days and periods have a shape of their own in JSON."""
    taken = TypeAdapter(body_of(act))
    for field in act.fields:
        bare, _ = apart(field.hint)
        inner = apart(get_args(bare)[0])[0] if get_origin(bare) is tuple else bare
        if is_dataclass(bare) or is_dataclass(inner) or inner in VALUES:
            continue
        for one in bad(field.hint):
            with pytest.raises(ValidationError) as refused:
                taken.validate_python({field.name: one.json})
            places = {error["loc"][0] for error in refused.value.errors() if error["type"] != "missing"}
            assert field.name in places, (field.name, one.json)


@dataclass(frozen=True)
class Unlimited:
    text: str


@dataclass(frozen=True)
class Limited:
    name: Name
    code: Code = "x"
    remark: ShortText = ""
    share: Decimal = Decimal(0)


def test_a_text_without_a_limit_is_a_mistake_of_ours() -> None:
    with pytest.raises(TypeError, match=r"Unlimited\.text"):
        look_of(Unlimited)


@pytest.mark.parametrize("name", ["Wang", "王芳", "Gdańsk 2"])
def test_what_is_usual_is_found_good_without_a_closer_look(name: str) -> None:
    assert good_of(Limited)(Limited(name, share=Decimal("0.5")), None)


@pytest.mark.parametrize("remark", ["two\nlines", "a\u3000b", "\u200b"])
def test_what_is_unusual_and_good_passes_the_closer_look(remark: str) -> None:
    check(Limited("Wang", remark=remark))


def test_the_quick_look_takes_the_whole_life_of_deals_for_good() -> None:
    lives = Lives(7)
    commands: list[Any] = [*lives.office(), *lives.life(), *lives.brief_life()]
    assert [c for c in commands if not good_of(c.__class__)(c, DAY)] == []


def test_everything_that_is_wrong_is_named_at_once() -> None:
    check(Limited("Wang"))
    with pytest.raises(Invalid) as refused:
        check(Limited(" ", "/", "\ud800", Decimal("NaN")))
    assert [error.field for error in refused.value.errors] == ["name", "code", "remark", "share"]
