"""Runtime room, file import: what a row needs is made with it, in one decision: a row that is refused has made nothing.

Customers, products and reps that rows name and nobody listed are made from no more than their names, where a mapping
wants that. Whatever somebody made meanwhile stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from domain.engine.command import Command, Together
from domain.imports import AsImported
from runtime.imports.kinds.kind import Kind
from runtime.imports.kinds.listed import KINDS
from runtime.imports.mapping import Mapping
from runtime.imports.plan import Planned
from runtime.imports.references import Name, References

Needed = tuple[tuple[str, AsImported], ...]


def with_what_it_needs(planned: Planned, needed: Needed, kind: Kind) -> Command:
    said = planned.commands[-1]
    command = said if kind.noted or kind.as_it_is else AsImported(said=said, assumed=planned.assumed)  # type: ignore[arg-type]
    return Together(needed=needed, command=command) if needed else command


def needs_of(planned: Planned, mapping: Mapping, references: References) -> Needed:
    """What is to be made with this row, each under the field that names it."""
    if not references.pending:
        return planned.needed
    pending = [(field, name) for field, name in planned.refers if name in references.pending]
    return (*planned.needed, *_makings(pending, mapping, references))


def _makings(
    pending: Iterable[tuple[str, Name]], mapping: Mapping, references: References
) -> Iterator[tuple[str, AsImported]]:
    for field, (kind, key) in pending:
        from_name = KINDS[kind].from_name
        assert from_name is not None
        id, called = references.pending[kind, key], references.called.get((kind, key), key)
        for command in from_name(id, called, mapping, references.id_of):
            yield field, command


def made_by(planned: Planned, references: References) -> Iterator[Name]:
    """The names that are there now that this row landed."""
    return (name for _, name in planned.refers if name in references.pending)


def waves(going: Iterable[int], needs: dict[int, Needed]) -> tuple[list[int], list[int]]:
    """Those that make each thing first, and those that would make the same: they go when it is there, or was refused."""
    taken: set[UUID] = set()
    first: list[int] = []
    rest: list[int] = []
    for n in going:
        ids = {stream[1] for _, command in needs[n] if (stream := command.stream()) is not None}
        (first if taken.isdisjoint(ids) else rest).append(n)
        taken |= ids
    return first, rest
