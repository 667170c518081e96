"""api: one field of a form as it is shown, with what is within it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

ANY = "#"
"""Stands in the names of what a row is made of for the number of the row: `measures.#.weight`."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a name that was typed may stand for."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Control:
    """One field as it is shown. `name` is its dotted place in the body; `kind` one of text, long, number, whole, money, day, moment,
    yes, either, choice, id, ids, lines, scope, group, rows, entries, declared (it stands for the custom fields that are declared); `of` what an id refers to, or a text is the name of; `options` the values
    of a choice; `each` the kind of every line. A group has its parts in `inside`; so have rows, and the entries of a mapping, for what one of
    them is made of.
    """

    name: str
    label: str
    kind: str
    needed: bool = False
    help: str = ""
    options: tuple[str, ...] = ()
    of: str = ""
    longest: int | None = None
    least: str = ""
    most: str = ""
    value: Any = ""
    shown: str = ""
    """What the value stands for, where it is an id."""
    found: tuple[Found, ...] = ()
    """What it may stand for, where the name that was typed is that of several."""
    errors: tuple[str, ...] = ()
    each: str = ""
    inside: tuple[Control, ...] = ()
    rows: tuple[tuple[Control, ...], ...] = ()
    """Of several values of several parts: the controls of each, as many as are asked for."""
    begins: bool = False
    """Where one goes on typing, when the form is shown."""

    @property
    def parts(self) -> Iterator[Control]:
        """All that is within, at any depth."""
        for one in (*self.inside, *(one for row in self.rows for one in row)):
            yield one
            yield from one.parts

    @property
    def holds_rows(self) -> bool:
        return self.kind in ("rows", "entries")

    @property
    def place(self) -> str:
        """Its name without the numbers of rows."""
        return ".".join(part for part in self.name.split(".") if part != ANY and not part.isdigit())

    @property
    def id(self) -> str:
        return "f-" + self.name.replace(".", "-")


def each(control: Control, made: Callable[[Control], Control]) -> Control:
    """The same of it and of all that is within."""
    inside = tuple(each(one, made) for one in control.inside)
    return made(
        replace(
            control, inside=inside, rows=tuple(tuple(each(one, made) for one in row) for row in control.rows)
        )
    )


def within(controls: Iterable[Control]) -> Iterator[Control]:
    """They themselves and all that is within them."""
    for control in controls:
        yield control
        yield from control.parts
