"""cli: what people do, as data — for each act its command, its route, and what may be said in it. Nothing else of ours may enter.

`fields` are written `option=place:kind`, apart by blanks. `<` before one: an argument, not an option. `place` is where it goes in the
body, `next_step.due_at`; the option's own name where left out. Kinds are in `cli/engine/kinds.py`; text where left out. Then `*`: may be
said several times, and `!`: must be said. What stands in braces in the path is an argument. A test holds all of it against the routes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

FIELD = re.compile(r"(<?)([a-z/-]+)(?:=([a-z_.]*))?(?::([a-z|/_-]+))?(\*?)(!?)")
PLACE = re.compile(r"{(\w+)}")
NAMED = ("deal", "cycle", "rep", "team", "customer", "product")
"""What can be named otherwise than by an id."""
WHICH = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
WHO = "'Li Wei'"


SUPPLIED_BY = {
    "pain-points": "deals needs --pain-points",
    "budget": "deals needs --budget",
    "decision-process": "deals needs --decision-process",
    "decision-makers": "deals needs --decision-makers",
    "quote-or-demonstration": "deals quote",
    "amount": "deals amount",
    "close-date": "deals win --closed",
    "contract-reference": "deals win --contract",
    "loss-reason": "deals lose --why",
}
"""What a gate may want, and the command that records it."""


@dataclass(frozen=True)
class Field:
    """`place` is empty for what is no part of the body, but of the path."""

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
class Act:
    """`call` is the command after `salesloop`, `example` what follows it there; `path` is where it is posted."""

    call: str
    path: str
    fields: str
    help: str
    example: str = ""

    @property
    def group(self) -> str:
        return self.call.split(" ")[0]

    @property
    def name(self) -> str:
        return self.call.split(" ")[1]

    @cached_property
    def parts(self) -> tuple[Field, ...]:
        """Of the path, then of the body."""
        named = (_in_path(name.removesuffix("_id")) for name in PLACE.findall(self.path))
        return (*named, *map(_field, self.fields.split()))


def _in_path(name: str) -> Field:
    return Field(name, "", name if name in NAMED else "id", argument=True, needed=True)


def _field(text: str) -> Field:
    found = FIELD.fullmatch(text)
    assert found is not None, text
    argument, name, place, kind, many, needed = found.groups()
    place = name.replace("-", "_") if place is None else place
    return Field(name, place, kind or "text", bool(argument), bool(many), bool(needed))


DIRECTORY = (
    Act("policies publish", "/policies", "<file=:file!",
        "Publish a policy's next version; open deals that follow it are re-armed.", "./key-accounts.json --reason 'the new quarter'"),
    Act("process publish", "/processes", "<file=:file!", "Publish a process's next version: its stages and gates.", "./process.json"),
)  # fmt: skip
