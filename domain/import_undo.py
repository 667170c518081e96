"""Domain room: undoing what one import did to one stream, whole or not at all.

A kind of stream takes part by naming its fact (`Aggregate.UNDONE`) and what is shown of it (`Aggregate.shown`); what is to be seen to
afterwards stands beside the kind, under `settles`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Annotated, Any, TypeVar
from uuid import UUID

from annotated_types import Ge

from domain.engine.aggregate import KINDS, Aggregate
from domain.engine.command import Command, handles
from domain.engine.errors import Refused
from domain.engine.fields import Name
from domain.engine.registers import Register
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Money

A = TypeVar("A", bound=Aggregate)
Settle = Callable[[Any, Any, UnitOfWork], None]
_SETTLES: Register[type[Aggregate], Settle] = Register()


class UndoImport(Command):
    """Take back what the import `job_id` recorded of this stream: everything from version `since` on. `version` is the newest that the
    caller has seen; where the stream went on since, nothing is undone.
    """

    kind: Name
    id: UUID
    job_id: UUID
    since: Annotated[int, Ge(1)]
    version: Annotated[int, Ge(1)]

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return KINDS[self.kind], self.id

    def as_named(self) -> bool:
        """Nothing is undone where something was merged since."""
        return True


def settles(kind: type[A]) -> Callable[[Callable[[A, A, UnitOfWork], None]], Settle]:
    """Register what else is decided once an import of this kind was undone: of the aggregate as it stands again, and as it stood before
    the undo. Raises Refused where it cannot stand so any more.
    """

    def register(settle: Callable[[A, A, UnitOfWork], None]) -> Settle:
        _SETTLES[kind] = settle
        return settle

    return register


@handles(UndoImport)
def undo_import(command: UndoImport, work: UnitOfWork) -> dict[str, Any]:
    kind = KINDS[command.kind]
    if kind.UNDONE is None:
        raise Refused(f"imports of a {kind.KIND} are not undone")
    held = work.find(kind, command.id)
    if held.version != command.version or not held.exists:
        raise Refused("something was recorded here in between", version=held.version)
    undone, earlier = held.fork(), work.as_of(kind, command.id, command.since - 1)
    held.take_back(earlier, command.since, command.job_id)
    settle = _SETTLES.get(kind)
    if settle is not None:
        settle(held, undone, work)
    before, after = undone.shown(), held.shown()
    changes = [] if held.gone else list(_changes(before, after))
    return {"id": str(command.id), "gone": held.gone, "name": name_of(before), "changes": changes}


def name_of(shown: Any) -> str:
    """What is shown of something is called; empty of nothing."""
    return str(getattr(shown, "title", None) or getattr(shown, "name", ""))


def _changes(now: Any, before: Any) -> Iterator[tuple[str, str, str]]:
    """Field, what it is, and what it goes back to."""
    for name in (field.name for field in fields(now)):
        one, other = getattr(now, name), getattr(before, name)
        if one != other:
            yield name.removesuffix("_id"), _text(one), _text(other)


def _text(value: Any) -> str:
    if isinstance(value, Money):
        return f"{value.amount:f} {value.currency}"
    return "" if value is None else str(value)
