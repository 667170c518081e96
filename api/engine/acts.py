"""api: what can be written, as data. Each capability has a table of acts; from one entry come the route, its request body, its
place in the OpenAPI document and the command of the terminal. Nothing of a framework may enter: the terminal reads the tables, too.

What an entry does not say is taken from the command's own fields. `docs/add-a-capability.md` shows how one is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, MISSING, dataclass, field, fields
from functools import cached_property
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from api.engine.roles import WRITERS, Role

Json = dict[str, Any]
PLACE = re.compile(r"{(\w+)}")
WHICH = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
WHO = "'Li Wei'"
"""An id and a rep, for examples in the terminal."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a request body. `hint` is the annotation it has in the domain, `default` MISSING where it must be said."""

    name: str
    hint: Any
    default: Any = MISSING
    described: str = ""

    @property
    def needed(self) -> bool:
        return self.default is MISSING


@dataclass(frozen=True)
class Act:
    """One thing that people do: a command, and all that HTTP and the terminal have to know beside it.

    * `path` is where it is posted. Names in braces are fields of the command. `summary` and `more` explain it.
    * `terminal` is the command after `salesloop`, then what its options cannot be derived from; see `cli/engine/derive.py`.
      `typed` is an example of what follows, `help` what is said instead of `summary` and `more`.
    * `roles` may do it. `name` is the operation's id; left out, the command's name.
    * `body` is the name of the request body; left out, the command's. `about` explains it, `example` shows one.
    * `says`: a dataclass with the body's fields, where those are not the command's.
    * `creates` is the field of an id that the writer may name, and that is made otherwise: of a `kind`, named after the field where
      left out. `location` is where the new thing is then; a command's fields stand in braces, `{id}` for its stream's.
      `status` is 201 where something is made.
    * `hide`: fields that only rules fill. `flat`: fields whose own fields are the body's. `optional`: fields that may be left out,
      though the command needs them; `needed`: the other way round.
    * `speaker` is the field that says who speaks. The body has `by` for it: a rep and a manager speak for themselves.
    * `asker` is a field that may be left out: then it is whoever asks.
    * `because`: what the envelope's reason is needed for. `described`: what is said of a field.
    * `by_hand`: why its route is written by hand. The terminal's command is derived all the same.
    """

    command: type[Any]
    path: str
    summary: str
    _: KW_ONLY
    terminal: str
    typed: str = ""
    help: str = ""
    more: str = ""
    roles: tuple[Role, ...] = WRITERS
    name: str = ""
    body: str = ""
    about: str | None = None
    example: Json | None = None
    says: type[Any] | None = None
    creates: str = ""
    kind: str = ""
    location: str = ""
    status: int = 0
    hide: tuple[str, ...] = ()
    flat: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    speaker: str = ""
    asker: str = ""
    because: str = ""
    described: Mapping[str, str] = field(default_factory=dict)
    by_hand: str = ""

    @property
    def operation(self) -> str:
        named = self.name or self.command.__name__
        return named[0].lower() + named[1:]

    @property
    def made(self) -> str:
        """What kind of thing it makes, as the names of made ids have it."""
        return self.kind or self.creates.removesuffix("_id")

    @property
    def answers(self) -> int:
        return self.status or (201 if self.creates else 200)

    @property
    def ids(self) -> tuple[str, ...]:
        """In the path."""
        return tuple(PLACE.findall(self.path))

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Of the body, without what every body may say."""
        return (*self._spoken(), *self._said(self.says or self.command, self.flat), *self._made())

    def _spoken(self) -> Iterator[Field]:
        if self.speaker:
            hint = get_type_hints(self.command, include_extras=True)[self.speaker]
            yield Field("by", hint | None, None, "Who says it; only an admin needs to name anybody.")

    def _made(self) -> Iterator[Field]:
        if self.creates:
            yield Field(self.creates, UUID | None, None, self.described.get(self.creates, ""))

    def _said(self, cls: type[Any], flat: tuple[str, ...] = ()) -> Iterator[Field]:
        hints = get_type_hints(cls, include_extras=True)
        elsewhere = {*self.ids, *self.hide, self.creates, self.speaker}
        for one in fields(cls):
            if one.name in flat:
                yield from self._said(plain(hints[one.name]))
            elif one.name not in elsewhere:
                yield self._field(one.name, hints[one.name], default_of(one))

    def _field(self, name: str, hint: Any, default: Any) -> Field:
        if name in self.needed:
            default = MISSING
        if name in (*self.optional, self.asker) and default is MISSING:
            hint, default = hint | None, None
        return Field(name, hint, default, self.described.get(name, ""))


@dataclass(frozen=True, kw_only=True)
class Reads:
    """A read model of streams for people: its list, narrowed down and sorted page by page, and one of it by its id.

    * `model` is `module:name`, `of` what the operations are called after, `path` where the list is.
    * `by`: what it can be narrowed down by, apart by blanks, beside the team: a filter of the model (`owner` for `owner_id`), or
      `status=open|closed` for one of these words.
    * `many` and `one` say what they are, `more` what else there is to say of the list. `history`: the events of one are told, too.
    * `terminal` is the group whose commands list and show them, and tell their history; with a second word only a list, called so.
      `columns` are the fields that a list shows, `fields` those of one, apart by blanks; `spare` are the columns that go first where there
      is no room, people where left out; `typed` is an example of a list's options.
    """

    model: str
    of: str
    path: str
    by: str
    many: str
    one: str
    more: str = ""
    history: bool = False
    terminal: str = ""
    columns: str = ""
    spare: str = ""
    fields: str = ""
    typed: str = ""


def default_of(one: Any) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def plain(hint: Any) -> Any:
    """The type without its markers, and without None."""
    while get_origin(hint) in (Annotated, Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not NoneType)
    return hint
