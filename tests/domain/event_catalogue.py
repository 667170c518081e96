"""tests: every event that a ledger can hold, worked out from the register of facts and their stored samples; the page that says so.

    python -m tests.domain.event_catalogue

(or `make pages`) writes the lists of `docs/events.md` anew, and names what has none. The sentences above them are written by hand.
"""

from __future__ import annotations

import inspect
import json
import re
import types
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from annotated_types import Ge, GroupedMetadata, Gt, Le, Lt, MaxLen, MinLen

import domain.registry  # noqa: F401 - registers every fact
from domain.capabilities import CAPABILITIES
from domain.engine.aggregate import KINDS
from domain.engine.facts import FACTS, UPCASTS, Fact, personal_fields
from domain.engine.fields import PLAIN, Digits, Pattern
from tests.domain.stored_names import parts, read_sample

PAGE = Path(__file__).parents[2] / "docs" / "events.md"
BEGINS = "<!-- made by tests/domain/event_catalogue.py -->\n"
WIDTH = 110
"""A part of a sample that is no longer stands on one line."""
WRITTEN: dict[type, str] = {
    str: "text",
    int: "whole number",
    bool: "true or false",
    Decimal: "number, as text",
    date: "day",
    datetime: "time",
    UUID: "id",
    types.NoneType: "null",
}
"""Every plain type, as it is called on the page."""


def catalogued() -> list[type[Fact]]:
    """Every fact, by capability and stream, and there as the code tells them: more or less as they happen."""
    known = [fact for fact in FACTS.values() if fact.__module__.startswith("domain.")]
    return sorted(known, key=lambda fact: (_place(fact), stream_of(fact), _line(fact)))


def capability_of(fact: type[Fact]) -> str:
    return fact.__module__.split(".")[1]


def stream_of(fact: type[Fact]) -> str:
    """The kind of stream that it stands in. Raises ValueError where it is in none, or in several."""
    (kind,) = [name for name, aggregate in KINDS.items() if fact in aggregate._mutators]
    return kind


def _place(fact: type[Fact]) -> int:
    return CAPABILITIES.index(capability_of(fact))


def _line(fact: type[Fact]) -> tuple[str, int]:
    return fact.__module__, inspect.getsourcelines(fact)[1]


# -- what a field is -------------------------------------------------------------------------------


def type_words(hint: Any) -> str:
    """The type of a field in words, with its limits."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        words, limits = type_words(args[0]), list(_limits(args[1:]))
        of_many = get_origin(args[0]) in (tuple, dict)
        return words.replace(": ", f" ({', '.join(limits)}): ", 1) if of_many else ", ".join([words, *limits])
    if origin in (Union, types.UnionType):
        each = [type_words(arg) for arg in args]
        return (", or " if any("," in one for one in each) else " or ").join(each)
    if origin is tuple:
        return f"list of: {type_words(args[0])}"
    if origin is dict:
        return f"object, whose values are: {type_words(args[1])}"
    if origin is Literal:
        return f"one of {_words(args)}"
    if issubclass(hint, StrEnum):
        return f"one of {_words(hint)}"
    return WRITTEN.get(hint) or f"[{hint.__name__}](#{hint.__name__.lower()})"


def _words(words: Any) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _limits(markers: tuple[Any, ...]) -> Iterator[str]:
    for marker in markers:
        if isinstance(marker, GroupedMetadata):
            yield from _limits(tuple(marker))
        elif words := LIMITS.get(type(marker), _unsaid)(marker):
            yield words


def _number(bound: Any) -> str:
    return f"{bound:,f}" if isinstance(bound, Decimal) else f"{bound:,}"


def _unsaid(marker: Any) -> str:
    return ""


def _pattern(marker: Pattern) -> str:
    return "" if marker == PLAIN or "empty" in marker.words else marker.words


LIMITS: dict[type, Callable[[Any], str]] = {
    MaxLen: lambda marker: f"at most {marker.max_length:,} long",
    MinLen: lambda marker: "not empty" if marker.min_length == 1 else f"at least {marker.min_length:,} long",
    Ge: lambda marker: f"≥ {_number(marker.ge)}",
    Gt: lambda marker: f"> {_number(marker.gt)}",
    Le: lambda marker: f"≤ {_number(marker.le)}",
    Lt: lambda marker: f"< {_number(marker.lt)}",
    Digits: lambda marker: f"at most {marker.most} digits, {marker.decimals} of them decimals",
    Pattern: _pattern,
}
"""Words for each kind of limit; what has none is no limit, or is said by another."""


def values() -> list[type]:
    """The values that facts are made of, by name."""
    found: set[type] = set()

    def look(hint: Any) -> None:
        if isinstance(hint, type) and is_dataclass(hint):
            found.add(hint)
        for part in parts(hint):
            look(part)

    for fact in catalogued():
        for part in parts(fact):
            look(part)
    return sorted(found, key=lambda value: value.__name__)


# -- the page -------------------------------------------------------------------------------------


def lists() -> str:
    by_capability = [(name, list(facts)) for name, facts in groupby(catalogued(), capability_of)]
    index = [
        f"- [{_title(name)}](#{_anchor(_title(name))}): {_index(facts)}" for name, facts in by_capability
    ]
    sections = [f"## {_title(name)}\n\n{_about(name)}\n\n{_events(facts)}" for name, facts in by_capability]
    shapes = "\n".join(f"### {value.__name__}\n\n{_shape(value)}" for value in values())
    last = "- [Values](#values): what events are made of"
    return "\n".join([*index, last, "", *sections, f"## Values\n\n{shapes}"])


def _title(capability: str) -> str:
    return capability.replace("_", " ").capitalize()


def _anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _index(facts: list[type[Fact]]) -> str:
    return ", ".join(f"[`{fact.TOPIC}`](#{_anchor(fact.TOPIC)})" for fact in facts)


def _about(capability: str) -> str:
    first = (import_module(f"domain.{capability}").__doc__ or "").partition("\n")[0]
    words = first.removeprefix("Domain room: ")
    return words[0].upper() + words[1:]


def _events(facts: list[type[Fact]]) -> str:
    return "\n".join(f"### {fact.TOPIC}\n\n{_event(fact)}" for fact in facts)


def _event(fact: type[Fact]) -> str:
    sample = "\n".join(_json(json.loads(read_sample(fact.TOPIC, fact.SCHEMA))))
    lifted = [f"Version {n} is lifted: {_upcast(fact.TOPIC, n)}.\n" for n in range(1, fact.SCHEMA)]
    head = f"Version {fact.SCHEMA}, in the stream of a {stream_of(fact)}.\n"
    return "\n".join([head, *lifted, _shape(fact), f"```json\n{sample}\n```\n"])


def _upcast(topic: str, version: int) -> str:
    step = UPCASTS[topic, version]
    words = " ".join((step.__doc__ or step.__name__.strip("_").replace("_", " ")).split())
    return words[0].lower() + words[1:].removesuffix(".")


def _shape(cls: type) -> str:
    """What its docstring says, its fields, and which of them are personal."""
    hints = get_type_hints(cls, include_extras=True)
    said = [] if _made(cls) else [" ".join((cls.__doc__ or "").split()) + "\n"]
    listed = [f"- `{f.name}`: {type_words(hints[f.name])}" for f in fields(cls)] or ["No fields."]
    personal = [f"`{path}` of the {marker.of}" for path, marker in personal_fields(cls).items()]
    marked = [f"\nPersonal: {', '.join(personal)}."] if personal else []
    return "\n".join([*said, *listed, *marked, ""])


def _made(cls: type) -> bool:
    """Whether the docstring is what `dataclass` makes where there is none."""
    return (cls.__doc__ or f"{cls.__name__}(").startswith(f"{cls.__name__}(")


def _json(value: Any, lead: str = "", indent: str = "") -> list[str]:
    """Lines of JSON: what fits stands on one, so that a sample can be read."""
    flat = indent + lead + json.dumps(value, ensure_ascii=False)
    if len(flat) <= WIDTH or not isinstance(value, dict | list) or not value:
        return [flat]
    inner = indent + "  "
    if isinstance(value, dict):
        blocks = [_json(one, json.dumps(key) + ": ", inner) for key, one in value.items()]
    else:
        blocks = [_json(one, "", inner) for one in value]
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    for block in blocks[:-1]:
        block[-1] += ","
    return [indent + lead + opening, *(line for block in blocks for line in block), indent + closing]


def page() -> str:
    """The page with its lists as they have to be."""
    said, _, _ = PAGE.read_text().partition(BEGINS)
    return said + BEGINS + "\n" + lists()


if __name__ == "__main__":
    PAGE.write_text(page())
