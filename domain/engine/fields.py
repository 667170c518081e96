"""Domain room: the limits of what a command says: stated once, at the type of a field, and checked in one place for all who write.

A field's type says how long, how large and how it is written (`title: Name`); `Command`s and the values inside them are made of
these types. The command handler holds every command against them before anything is decided, and request bodies are made of the
same ones. What depends on the state of something is for the decision to check. Facts are not checked when they are loaded: what
was recorded once stays readable.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, get_args

from annotated_types import Ge, Gt, Le, Len, Lt, MaxLen

from domain.engine.facts import FreeText

MAX_NAME = 300
MAX_TEXT = 10_000
MAX_AMOUNT = Decimal("1e15")
EARLIEST, LATEST = 1900, 2200
"""Years; a day outside is a slip of the pen, and would stretch every report."""
HALVES = re.compile("[\ud800-\udfff]")
"""Surrogates: no encoding can store one alone."""


# -- limits that `annotated_types` has no word for -------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a text is written; `words` say so to people."""

    regex: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """By this name pydantic asks a marker that is not its own; nothing is imported for it."""
        return {**handler(source), "pattern": self.regex}


@dataclass(frozen=True, slots=True)
class Digits:
    """How many digits a number has at most, and how many of them after the point."""

    most: int
    decimals: int

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        return {**handler(source), "max_digits": self.most, "decimal_places": self.decimals}


@dataclass(frozen=True, slots=True)
class Says:
    """What is wrong with a number outside its limits, where those do not say it well themselves."""

    words: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """Those of an enumeration that may be said."""

    values: tuple[Enum, ...]


@dataclass(frozen=True, slots=True)
class NameOf:
    """What a text is the name of, where there is a list of those."""

    kind: str


# -- the types -------------------------------------------------------------------------------------

FLAT = object()
"""Beside a field: what is wrong inside it is named without it. A request says the inner fields themselves."""

PLAIN = Pattern(r"^(?:[^\x00]+)?$", "contains a NUL character")
"""PostgreSQL stores no NUL characters, so none are taken. Programs that make calls from the schema write the longest length into a
plain `[^\\x00]*`, and to compile ten thousand of that takes a tenth of a second each time; not into this.
"""
NOT_BLANK = Pattern(r"^[^\x00]*[^\s\x00](?:[^\x00]+)?$", "must not be empty")

Name = Annotated[str, Len(1, MAX_NAME), NOT_BLANK]
ShortText = Annotated[str, MaxLen(MAX_NAME), PLAIN]
MetricKey = Annotated[str, MaxLen(100), PLAIN, NameOf("metric")]
Key = Annotated[str, MaxLen(200), PLAIN]
"""Of something in a table of ours, or made by a rule."""
Label = Annotated[str, Len(1, 60), NOT_BLANK]
Code = Annotated[
    str,
    Len(1, 60),
    Pattern(r"^[\w][\w .:-]*$", "must begin with a letter or digit and hold only those, blanks and _ . : -"),
]
"""A name that rules go by: of a stage, a process, a policy."""
RuleName = Annotated[
    str,
    MaxLen(60),
    Pattern(
        r"^[a-z0-9][a-z0-9-]{0,59}$", "must be a name of small letters, digits and -, such as key-accounts"
    ),
]
"""Of a policy, a process or a scorecard, as it stands in addresses."""
FieldName = Annotated[
    str,
    MaxLen(40),
    Pattern(r"^[a-z][a-z0-9_]{0,39}$", "must be small letters, digits and _, such as contract_months"),
]
"""By which a custom field is known for ever: in bodies, columns of files and rules."""
UserId = Annotated[
    str,
    MaxLen(64),
    Pattern(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "must be letters, digits, dots, - and _, 64 at most"),
]
TimeOfDay = Annotated[
    str, MaxLen(5), Pattern(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", "must be a time of day, such as 09:30")
]
LanguageTag = Annotated[
    str,
    MaxLen(35),
    Pattern(
        r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4})?$", "must be a language such as en, zh-Hant or ja-Latn"
    ),
]
"""BCP 47, with the script where it matters."""
LongText = Annotated[FreeText, MaxLen(MAX_TEXT), PLAIN]
NeededText = Annotated[FreeText, Len(1, MAX_TEXT), NOT_BLANK]
What = Annotated[FreeText, Len(1, 1_000), NOT_BLANK]
"""What is promised, in a sentence."""
Argument = Annotated[str, MaxLen(1_000_000), PLAIN]
"""Written by rules, such as a receipt of whom they chose among."""
Minutes = Annotated[int, Ge(0), Le(10 * 366 * 24 * 60)]
"""Of one activity: what takes ten years is none."""
Digest = Annotated[str, Len(64, 64), Pattern(r"^[0-9a-f]{64}$", "is not a SHA-256 in hexadecimal")]
Position = Annotated[int, Gt(0), Says("is not a position in the ledger")]
Version = Annotated[int, Ge(1), Le(100_000), Says("must be a version, from 1 to 100,000")]
Quantity = Annotated[Decimal, Ge(0), Lt(MAX_AMOUNT)]
Amount = Annotated[Quantity, Digits(19, 4)]
"""A number of something, said by somebody."""
Change = Annotated[Decimal, Gt(-MAX_AMOUNT), Lt(MAX_AMOUNT), Digits(19, 4)]
"""What is added, or taken away."""
Share = Annotated[Decimal, Ge(0), Le(1)]
Percent = Annotated[Decimal, Ge(0), Le(100), Digits(7, 4)]
Weight = Annotated[Decimal, Gt(0), Le(100), Digits(7, 4)]
"""In per cent: what weighs nothing is left out."""


WORDS = {
    marker.regex: marker.words
    for kind in (Name, ShortText, Code, RuleName, FieldName, UserId, TimeOfDay, LanguageTag, Digest)
    for marker in get_args(kind)
    if isinstance(marker, Pattern)
}
"""By the pattern, for who refuses a text by it."""
