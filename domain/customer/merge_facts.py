"""Domain room: what happens to two customers that are merged, and taken apart again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from domain.custom_field.facts import CustomValues
from domain.customer.facts import BuyingRole, Contact, Note, Profile, Purpose
from domain.engine.facts import Fact, FreeText, fact, upcast


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactHeld:
    """A contact with its id."""

    contact_id: UUID
    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteHeld:
    """A note with its id, and whether it is closed."""

    note_id: UUID
    note: Note
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentHeld:
    """How a contact's consent stands."""

    contact_id: UUID
    purpose: Purpose
    given: bool
    evidence: FreeText
    on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleHeld:
    """A contact's part in deciding."""

    contact_id: UUID
    role: BuyingRole
    deal_id: UUID | None = None


@upcast("customer.absorbed", from_version=1)
@upcast("customer.released", from_version=1)
@upcast("customer.released", from_version=2)
def _less_came_along_and_went_back(data: dict[str, Any]) -> dict[str, Any]:
    return data


@fact("customer.absorbed", version=2)
class CustomerAbsorbed(Fact):
    """The record `gone_id` stands for this one from now on. `theirs` is what that one said, `taken` the fields of the profile that were
    chosen from it, `offered` those that it says where this one says nothing. What else it has comes along where this one has nothing
    in its place: contacts, notes, consents, roles, custom fields, and the company it belongs to, `parent_id`; `parent_after` is this one's.
    """

    gone_id: UUID
    before: Profile
    theirs: Profile
    after: Profile
    taken: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()
    contacts: tuple[ContactHeld, ...] = ()
    notes: tuple[NoteHeld, ...] = ()
    consents: tuple[ConsentHeld, ...] = ()
    roles: tuple[RoleHeld, ...] = ()
    custom: CustomValues = field(default_factory=dict)
    parent_id: UUID | None = None
    parent_after: UUID | None = None


@fact("customer.merged")
class CustomerMerged(Fact):
    """This record stands for `into` from now on. `told`: who has deals or leads with either, and hears of it."""

    into: UUID
    told: tuple[UUID, ...] = ()


@fact("customer.released", version=3)
class CustomerReleased(Fact):
    """The record `gone_id` is one of its own again. Of what was said since the merge there go with it: `fields` of the profile, `contacts`,
    `notes`, the consents and parts in deciding of the contacts in `consents` and `roles`, the fields `custom`, and, by `parent`, the company
    that it belongs to. The contacts `lost` are this one's no more, and the `changed` ones are so again.
    """

    gone_id: UUID
    before: Profile
    after: Profile
    fields: tuple[str, ...] = ()
    contacts: tuple[UUID, ...] = ()
    notes: tuple[UUID, ...] = ()
    consents: tuple[UUID, ...] = ()
    roles: tuple[UUID, ...] = ()
    custom: tuple[str, ...] = ()
    parent: bool = False
    lost: tuple[UUID, ...] = ()
    changed: tuple[ContactHeld, ...] = ()
    parent_after: UUID | None = None


@fact("customer.unmerged")
class CustomerUnmerged(Fact):
    """This record stands for itself again, as it was when it was merged."""

    out_of: UUID
    told: tuple[UUID, ...] = ()
