"""Domain room: an argument in steps that machines can follow and people can read, in both languages. Values only.

A step has a code, the values it looked at, and the number it led to. The words are templates beside the code, so
what is stored says the same in every language and has nothing typed by a person in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from domain.engine.fields import Argument, Key, Label
from domain.engine.values import Words

Language = Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Value:
    """A named value as text: a number in plain digits, a day, a period's name, an id."""

    name: Key
    value: Argument


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One step of an argument; `number` is what it came to."""

    code: Label
    number: Decimal
    values: tuple[Value, ...] = ()


def reason(code: str, number: Decimal, **values: object) -> Reason:
    return Reason(code=code, number=number, values=tuple(Value(n, plain(v)) for n, v in values.items()))


def plain(value: object) -> str:
    """Numbers in digits without an exponent or trailing zeros; everything else as it reads."""
    if isinstance(value, Decimal):
        digits = f"{value:f}"
        return digits.rstrip("0").rstrip(".") or "0" if "." in digits else digits
    return str(value)


def sentences(
    steps: Sequence[tuple[str, Sequence[Value]]], words: Mapping[str, Words], language: Language
) -> tuple[str, ...]:
    """Each step, its code and its values, as a sentence. A code without words is shown as it is, never left out."""
    return tuple(_sentence(code, values, words.get(code), language) for code, values in steps)


def _sentence(code: str, values: Sequence[Value], words: Words | None, language: Language) -> str:
    if words is None:
        return " ".join([code, *(f"{v.name}={v.value}" for v in values)])
    return (words.en if language == "en" else words.zh).format_map({v.name: v.value for v in values})
