"""cli: an act of the API's tables as a command — its options, each with the place in the request body that it fills.

What a table says in `terminal` is the command, then what cannot be derived, apart by blanks: `<name` is an argument, not an option;
`option=place` fills another place than its name says (`next_step.due_at`), nothing after `=` the whole body; `:kind` is read in
another way than the field's type says (`cli/engine/kinds.py`); `-place` is no option. Every other field of the body has an option.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import Any, Literal, get_args, get_origin, get_type_hints

from api.engine.acts import Act, default_of, plain
from domain.engine.references import PERSON, Refers

TOKEN = re.compile(r"(<?)([a-z/-]+)(?:=([a-z_.]*))?(?::([a-z|/_-]+))?")
NAMED = ("deal", "cycle", "rep", "team", "customer", "product")
"""What can be named otherwise than by an id."""
SHORT = {
    "action_items": "item",
    "children": "part",
    "contract_reference": "contract",
    "ends_at": "until",
    "expected_close": "close",
    "from_day": "from",
    "handover_note": "note",
    "loss_reason": "why",
    "metrics": "metric",
    "starts_at": "from",
    "user_id": "login",
}
"""Of fields whose options are not called after them."""
INSIDE = {
    "NextStep": "next=what due=due_at",
    "Activity": "<kind=kind outcome summary minutes=duration_minutes inbound=direction:is/inbound as=name rep=rep_id contact=contact_id",
}
"""Values that are said by several options, by the domain's class."""
KINDS = {
    "str": "text", "int": "whole", "Decimal": "number", "bool": "yes", "date": "day", "datetime": "instant", "UUID": "id",
    "Money": "money", "Scope": "scope", "Period": "text", "Window": "days", "StatedChange": "change", "Child": "part", "Score": "score", "Reply": "reply",
    "Kept": "kept",
}  # fmt: skip
"""How what is typed is read, by the field's type."""
REFERRED = {PERSON: "rep", "cycle": "cycle_id"}
"""And by what an id refers to, where that is not named by its own kind."""


@dataclass(frozen=True)
class Option:
    """`place` is empty for what is no part of the body, but of the path, or the whole of it."""

    name: str
    place: str
    kind: str
    argument: bool = False
    many: bool = False
    needed: bool = False

    @property
    def variable(self) -> str:
        return f"_{self.name.replace('-', '_').replace('/', '_')}"


@dataclass(frozen=True)
class Command:
    """`call` is what comes after `salesloop`, `path` where it is posted, `parts` the options: those of the path first."""

    call: str
    path: str
    parts: tuple[Option, ...]
    help: str
    example: str

    @property
    def group(self) -> str:
        return self.call.split(" ")[0]

    @property
    def name(self) -> str:
        return self.call.split(" ")[1]


def commands(module: str, group: str = "") -> list[Command]:
    """Of a table, by its module; of one group, where that is named."""
    acts: tuple[Act, ...] = import_module(module).ACTS
    return [
        command_of(act) for act in acts if act.terminal.split(" ")[0] in (group or act.terminal.split(" ")[0])
    ]


def command_of(act: Act) -> Command:
    group, name, *tokens = act.terminal.split(" ")
    said = act.help or " ".join(f"{act.summary}. {act.more}".split())
    parts = (*map(_in_path, act.ids), *_options(act, tokens))
    return Command(f"{group} {name}", act.path, parts, said, act.typed)


def _in_path(name: str) -> Option:
    plainly = name.removesuffix("_id")
    return Option(plainly, "", plainly if plainly in NAMED else "id", argument=True, needed=True)


def _options(act: Act, tokens: list[str]) -> Iterator[Option]:
    """First what the table names, then every other field of the body."""
    hints = {one.name: (one.hint, one.needed) for one in act.fields}
    left_out = {act.creates, *(token[1:] for token in tokens if token.startswith("-"))}
    named = [_named(token, hints) for token in tokens if not token.startswith("-")]
    yield from named
    taken = {one.place.split(".")[0] for one in named} | left_out
    if any(one.kind == "file" for one in named):
        return
    for name, (hint, needed) in hints.items():
        if name not in taken:
            yield from _of(name, hint, needed=needed)


def _named(token: str, hints: dict[str, tuple[Any, bool]]) -> Option:
    found = TOKEN.fullmatch(token)
    assert found is not None, token
    argument, name, place, kind = found.groups()
    if place is None:
        place = next((field for field in hints if field in (name, f"{name}_id") or short(field) == name), "")
        if not place:
            raise ValueError(f"{token}: the body has no such field")
    if not place:
        return Option(name, "", kind, argument=bool(argument), needed=bool(argument))
    hint, needed = _at(place, hints)
    return Option(name, place, kind or kind_of(hint), bool(argument), is_many(hint), needed)


def _at(place: str, hints: dict[str, tuple[Any, bool]]) -> tuple[Any, bool]:
    """The type of what stands there, and whether it must be said."""
    first, *inside = place.split(".")
    hint, needed = hints[first]
    for step in inside:
        cls = plain(hint)
        hint = get_type_hints(cls, include_extras=True)[step]
        needed = needed and not has_default(cls, step)
    return hint, needed


def has_default(cls: Any, name: str) -> bool:
    from dataclasses import MISSING

    return default_of(cls.__dataclass_fields__[name]) is not MISSING


def _of(name: str, hint: Any, *, needed: bool) -> Iterator[Option]:
    inside = INSIDE.get(plain(hint).__name__) if isinstance(plain(hint), type) else None
    if inside is None:
        yield Option(short(name), name, kind_of(hint), many=is_many(hint), needed=needed)
        return
    for token in inside.split(" "):
        plainly, _, kind = token.partition(":")
        option, _, place = plainly.partition("=")
        named = f"{option}={name}.{place or option}" + (f":{kind}" if kind else "")
        yield _named(named, {name: (hint, needed)})


def short(name: str) -> str:
    """What a field's option is called: `expected_close` → `close`, `owner_id` → `owner`, `due_at` → `due`."""
    return SHORT.get(name) or re.sub(r"_(id|at|on)$", "", name).replace("_", "-")


def is_many(hint: Any) -> bool:
    return get_origin(plain(hint)) in (tuple, dict)


def kind_of(hint: Any) -> str:
    """How it is read. Raises KeyError for a type that nothing typed stands for."""
    kind = plain(hint)
    if get_origin(kind) is tuple:
        return kind_of(get_args(kind)[0])
    if refers := next(_refers(hint), None):
        return REFERRED.get(refers.kind, refers.kind if refers.kind in NAMED else "id")
    if get_origin(kind) is Literal:
        return "|".join(get_args(kind))
    if issubclass(kind, Enum):
        return "|".join(str(one.value) for one in kind)
    return KINDS[kind.__name__]


def _refers(hint: Any) -> Iterator[Refers]:
    yield from (marker for marker in getattr(hint, "__metadata__", ()) if isinstance(marker, Refers))
    for part in get_args(hint):
        yield from _refers(part)
