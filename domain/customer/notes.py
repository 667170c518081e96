"""Domain room: what is learnt of a customer, dated and by whom — needs, preferences, competitors in use, notes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from domain.customer.customer import Customer
from domain.customer.facts import Note, NoteAdded, NoteChanged, NoteClosed, NoteKind
from domain.customer.known import KeptNote, not_to_come
from domain.engine.command import Command, handles
from domain.engine.context import Context
from domain.engine.errors import FieldError, NotFound, Refused
from domain.engine.fields import MAX_NAME, LongText, NeededText
from domain.engine.references import ContactId, ProductId
from domain.engine.unit_of_work import UnitOfWork


class AddNote(Command, about=Customer):
    """Add a note to a customer's file, or set one right: the same id again. Saying the same again changes nothing."""

    customer_id: UUID
    note_id: UUID
    kind: NoteKind
    text: NeededText
    contact_id: ContactId | None = None
    product_id: ProductId | None = None
    since: date | None = None

    def wrong(self) -> Iterator[FieldError]:
        if self.kind == NoteKind.COMPETITOR and len(self.text) > MAX_NAME:
            yield FieldError("text", f"is longer than {MAX_NAME} characters: say who the competitor is")

    def wrong_now(self, context: Context) -> Iterator[FieldError]:
        return not_to_come("since", self.since, context)


class CloseNote(Command, about=Customer):
    """It is true no longer. Closing it again changes nothing."""

    customer_id: UUID
    note_id: UUID
    why: LongText = ""


@handles(AddNote)
def add_note(command: AddNote, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    if command.contact_id is not None:
        customer.contact(command.contact_id)
    held = customer.notes.get(command.note_id)
    said = Note.of(command)
    if held is None:
        customer.record(NoteAdded.filled(command))
    elif said != held.note:
        if held.closed:
            raise Refused("this note is closed: add another one")
        customer.record(NoteChanged(note_id=command.note_id, before=held.note, after=said))
    return _answer(command)


@handles(CloseNote)
def close_note(command: CloseNote, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    held = _kept(customer, command.note_id, work)
    if held is None:
        id = str(command.note_id)
        raise NotFound(f"this customer has no note with the id {id}", kind="note", id=id)
    if not held.closed:
        customer.record(NoteClosed.filled(command, kind=held.note.kind, text=held.note.text))
    return _answer(command)


def _kept(customer: Customer, id: UUID, work: UnitOfWork) -> KeptNote | None:
    """Also of a record that was merged into it."""
    merged = (work.look(Customer, layer.gone_id) for layer in customer.layers)
    return next((one.notes[id] for one in (customer, *merged) if id in one.notes), None)


def _answer(command: AddNote | CloseNote) -> dict[str, Any]:
    return {"customer_id": str(command.customer_id), "note_id": str(command.note_id)}
