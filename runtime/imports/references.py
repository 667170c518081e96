"""Runtime room, file import: the names that rows refer to — which are known, which are not, and what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from uuid import UUID

from domain.custom_field.declaration import FieldSet
from domain.engine.values import Money
from runtime.imports.suggest import did_you_mean

Name = tuple[str, str]
"""Kind and key."""


class Referring:
    """Which names the rows of a kind refer to, in the words of the files that list them. What a field holds may be a key: then
    `…_name` beside it says what that is `called`.
    """

    def __init__(
        self, refers: Map[str, str], aliases: Map[str, Map[str, str]], called: dict[Name, str]
    ) -> None:
        self._fields = [(at, f"{at}_name", kind, aliases.get(kind, {})) for at, kind in refers.items()]
        self._aliases, self._called = aliases, called

    def names(self, cells: Map[str, str]) -> Iterator[tuple[str, Name]]:
        """Each under the field in which it stands."""
        for at, beside, kind, aliases in self._fields:
            if at in cells:
                name = cells[at]
                named = kind, aliases.get(name, name)
                if beside in cells:
                    self._called.setdefault(named, cells[beside])
                yield at, named

    def meant(self, kind: str, name: str) -> str:
        return self._aliases.get(kind, {}).get(name, name)


@dataclass
class References:
    """`known` names may be referred to: they were accepted in this run, or the ledger holds them, or they are `pending`:
    the mapping wants them made as soon as a row that can land refers to them.
    """

    id_of: Callable[[str, str], UUID]
    one: Map[str, str]
    """What one of each kind is called."""
    ids: Map[str, str] = field(default_factory=dict)
    """What a kind's ids are made of, where that is not its name."""
    known: dict[Name, UUID] = field(default_factory=dict)
    absent: set[Name] = field(default_factory=set)
    pending: dict[Name, UUID] = field(default_factory=dict)
    refused: dict[Name, str] = field(default_factory=dict)
    prices: dict[str, Money] = field(default_factory=dict)
    declared: Map[str, FieldSet] = field(default_factory=dict)
    """By kind of file the custom fields of its records."""
    called: dict[Name, str] = field(default_factory=dict)
    """What rows say beside a key that it is called."""
    said: dict[Name, int] = field(default_factory=dict)
    """What the row that brought a name in says, in short."""

    def unsettled(self, names: Iterable[Name]) -> dict[Name, UUID]:
        """Those nobody has looked for yet, with the ids to look for."""
        fresh = (name for name in names if name not in self.known and name not in self.absent)
        return {name: self.id_for(name) for name in fresh}

    def id_for(self, name: Name) -> UUID:
        kind, key = name
        return self.id_of(self.ids.get(kind, kind), key)

    def learn(self, name: Name, id: UUID) -> None:
        self.known[name] = id
        self.absent.discard(name)

    def bring_in(self, name: Name, id: UUID, said: int) -> None:
        """By a row that landed."""
        self.learn(name, id)
        self.said[name] = said

    def promise(self, name: Name, id: UUID) -> None:
        """May be referred to, and is to be made then."""
        self.learn(name, id)
        self.pending[name] = id

    def refuse(self, name: Name, said: int, why: str) -> None:
        """A row that says of a name once more what brought it in takes it from nobody. One that says otherwise does: which of the two is
        meant cannot be told.
        """
        if self.said.get(name) == said:
            return
        self.known.pop(name, None)
        self.pending.pop(name, None)
        self.absent.add(name)
        self.refused[name] = why

    def problem(self, name: Name) -> str:
        """Why the name cannot be referred to, with a suggestion where one is near."""
        kind, key = name
        if name in self.refused:
            return f"this {self.one[kind]} was refused ({self.refused[name]})"
        others = [k for at, k in self.known if at == kind]
        return f"no {self.one[kind]} of this name is known{did_you_mean(key, others)}"
