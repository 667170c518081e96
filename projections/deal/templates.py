"""Projections room: the templates of sentences, taken apart.

`{field}` is a fact's field. `{field!s}` is one whose value is a word of ours, from the vocabulary of that letter. A part in
square brackets is left out where one of its fields is empty; one that begins with `~` where its first two fields read
the same, one with `?field:` where that field is false and one with `!field:` where it is true.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from string import Formatter
from typing import Any, NamedTuple

from domain.engine.facts import Fact

BRACKETS = re.compile(r"\[([^\]]*)\]")
GUARD = re.compile(r"([?!])(\w+):")


class Named(NamedTuple):
    """A place in a template: the path to a value, and the vocabulary that its words are from."""

    path: tuple[str, ...]
    terms: str | None = None

    def of(self, fact: Fact) -> Any:
        """Nothing of nothing is nothing."""
        value: Any = fact
        for name in self.path:
            value = getattr(value, name) if value is not None else None
        return value


Part = tuple[str, Named | None]
"""Text, and what follows it."""


class Kind(StrEnum):
    """When a stretch of a template is told."""

    ALWAYS = ""
    FILLED = "[]"
    CHANGED = "~"
    IF = "?"
    UNLESS = "!"


class Piece(NamedTuple):
    """A stretch of a template. `field` is the truth that IF and UNLESS ask."""

    kind: Kind
    parts: tuple[Part, ...]
    field: Named | None = None

    @property
    def named(self) -> list[Named]:
        return [named for _, named in self.parts if named is not None]


@cache
def pieces(template: str) -> tuple[Piece, ...]:
    """A template taken apart, once: filling it is what a page of history does a hundred times."""
    cut = BRACKETS.split(template)
    return tuple(
        _bracketed(text) if n % 2 else Piece(Kind.ALWAYS, _parts(text)) for n, text in enumerate(cut) if text
    )


def _bracketed(text: str) -> Piece:
    if text.startswith(Kind.CHANGED):
        return Piece(Kind.CHANGED, _parts(text[1:]))
    guard = GUARD.match(text)
    if guard is None:
        return Piece(Kind.FILLED, _parts(text))
    return Piece(Kind(guard[1]), _parts(text[guard.end() :]), Named((guard[2],)))


def _parts(text: str) -> tuple[Part, ...]:
    return tuple(
        (before, Named(tuple(name.split(".")), conversion) if name else None)
        for before, name, _, conversion in Formatter().parse(text)
    )
