"""Domain room: a note about a customer as a file tells it — a need, a preference, a competitor in use, or anything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.customer.customer import Customer
from domain.customer.facts import NoteAdded, NoteChanged, NoteKind
from domain.engine.command import Command, handles
from domain.engine.errors import FieldError, Invalid, Refused
from domain.engine.fields import Key, NeededText
from domain.engine.references import Named
from domain.engine.unit_of_work import UnitOfWork


class ImportNote(Command, about=Customer):
    """A note with the file's own id for it; `at` is when it was written, where that is told. Told again it is set right: what it leaves
    empty, and what `assumed` says that the file does not tell, stays as it was.
    """

    customer_id: UUID
    note_id: UUID
    kind: NoteKind
    text: NeededText
    since: date | None = None
    at: datetime | None = None
    assumed: frozenset[Key] = frozenset()

    def named(self) -> tuple[Named, ...]:
        """What a file names is settled before its rows."""
        return ()


@handles(ImportNote)
def import_note(command: ImportNote, work: UnitOfWork) -> dict[str, Any]:
    customer, now = work.get(Customer, command.customer_id), work.context.now
    if command.at is not None and command.at > now:
        raise Invalid([FieldError("at", f"{command.at} is in the future")])
    held = customer.notes.get(command.note_id)
    if held is None:
        customer.record(NoteAdded.filled(command), command.at)
        return {"note_id": str(command.note_id)}
    kind = held.note.kind if "kind" in command.assumed else command.kind
    said = replace(held.note, kind=kind, text=command.text, since=command.since or held.note.since)
    if said != held.note:
        if held.closed:
            raise Refused("this note is closed: add another one")
        customer.record(NoteChanged(note_id=command.note_id, before=held.note, after=said))
    return {"note_id": str(command.note_id)}
