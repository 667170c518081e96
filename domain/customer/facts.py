"""Domain room: what happens to a customer — profile, contacts, and what is learnt beside: notes, consents, who decides, which company is above it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from domain.custom_field.facts import CustomValues, FieldsSet
from domain.customer.profile import Addresses, Employees, Founded, OtherNames
from domain.engine.facts import Fact, FreeText, PersonName, PersonText, fact, upcast
from domain.engine.fields import Name, ShortText
from domain.engine.undoing import TakesBack
from domain.engine.values import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a customer as an organisation. `parent` names the company above it, where that is no customer of ours."""

    name: Name
    sector: ShortText = ""
    country: ShortText = ""
    employees: Employees | None = None
    revenue: Money | None = None
    founded: Founded | None = None
    parent: ShortText = ""
    other_names: OtherNames = ()
    registration_number: ShortText = ""
    tax_number: ShortText = ""
    addresses: Addresses = ()
    web: ShortText = ""
    phone: ShortText = ""


@fact("customer.registered", version=2)
class CustomerRegistered(Fact):
    profile: Profile


@fact("customer.profile-changed", version=2)
class CustomerProfileChanged(Fact):
    before: Profile
    after: Profile


@fact("customer.contact-added", version=2)
class ContactAdded(Fact):
    contact_id: UUID
    name: PersonName
    mail: PersonText = ""
    phone: PersonText = ""
    role: PersonText = ""
    do_not_mail: bool = False
    do_not_call: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A person at a customer, how to reach them, and how not to: they said so, or the law does."""

    name: PersonName
    mail: PersonText = ""
    phone: PersonText = ""
    role: PersonText = ""
    do_not_mail: bool = False
    do_not_call: bool = False


@upcast("customer.registered", from_version=1)
@upcast("customer.profile-changed", from_version=1)
@upcast("customer.import-undone", from_version=1)
@upcast("customer.contact-added", from_version=1)
@upcast("customer.contact-corrected", from_version=1)
def _no_more_was_known(data: dict[str, Any]) -> dict[str, Any]:
    return data


@fact("customer.contact-corrected", version=2)
class ContactCorrected(Fact):
    contact_id: UUID
    before: Contact
    after: Contact


@fact("customer.fields-set")
class CustomerFieldsSet(FieldsSet):
    """Custom fields were filled in, or emptied."""


@fact("customer.contact-fields-set")
class ContactFieldsSet(FieldsSet):
    """Custom fields of a contact were filled in, or emptied."""

    contact_id: UUID


@fact("customer.import-undone", version=2)
class CustomerImportUndone(TakesBack):
    before: Profile
    after: Profile | None


# --- what is learnt beside the profile --------------------------------------------------------------


class NoteKind(StrEnum):
    """A need of theirs, how they like to be dealt with, whose products they use, or anything else."""

    NEED = "need"
    PREFERENCE = "preference"
    COMPETITOR = "competitor"
    NOTE = "note"


class Purpose(StrEnum):
    """What a contact consents to: to be written to, to be called, to be asked, and that partners are told of them."""

    MAIL = "mail"
    CALL = "call"
    SURVEY = "survey"
    SHARING = "sharing"


class BuyingRole(StrEnum):
    """What part a contact has in deciding what is bought."""

    DECIDES = "decides"
    INFLUENCES = "influences"
    USES = "uses"
    BLOCKS = "blocks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`text` is the competitor's name where it is about one; `since` when it is true, where that is known."""

    kind: NoteKind
    text: FreeText
    contact_id: UUID | None = None
    product_id: UUID | None = None
    since: date | None = None

    @classmethod
    def of(cls, said: object) -> Self:
        """Of what has its fields."""
        return cls(**{f.name: getattr(said, f.name) for f in fields(cls)})


@fact("customer.note-added")
class NoteAdded(Fact):
    note_id: UUID
    kind: NoteKind
    text: FreeText
    contact_id: UUID | None = None
    product_id: UUID | None = None
    since: date | None = None


@fact("customer.note-changed")
class NoteChanged(Fact):
    note_id: UUID
    before: Note
    after: Note


@fact("customer.note-closed")
class NoteClosed(Fact):
    """It is true no longer: the need is met, the competitor is gone."""

    note_id: UUID
    kind: NoteKind
    text: FreeText
    why: FreeText = ""


@fact("customer.consent-given")
class ConsentGiven(Fact):
    """`evidence` says where it was given, such as a form or a call; `on` is the day, where it was another than it happened."""

    contact_id: UUID
    purpose: Purpose
    evidence: FreeText
    on: date | None = None


@fact("customer.consent-withdrawn")
class ConsentWithdrawn(Fact):
    contact_id: UUID
    purpose: Purpose
    evidence: FreeText
    on: date | None = None


@fact("customer.buying-role-changed")
class BuyingRoleChanged(Fact):
    """In all that is bought; with a deal in that one alone."""

    contact_id: UUID
    before: BuyingRole | None
    after: BuyingRole | None
    deal_id: UUID | None = None


@fact("customer.parent-changed")
class ParentChanged(Fact):
    """Which customer it belongs to as a company."""

    before: UUID | None
    after: UUID | None


@fact("customer.told-apart")
class CustomerToldApart(Fact):
    """That this customer and the other are different, however alike they look; it is true of both."""

    other_id: UUID
    because: FreeText


@fact("customer.compared-again")
class CustomerComparedAgain(Fact):
    """That it was told apart from the other is taken back."""

    other_id: UUID


# -- records that are merged ----------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFieldsHeld:
    """What a contact's custom fields say."""

    contact_id: UUID
    custom: CustomValues


@upcast("customer.absorbed", from_version=1)
@upcast("customer.absorbed", from_version=2)
@upcast("customer.released", from_version=1)
@upcast("customer.released", from_version=2)
@upcast("customer.released", from_version=3)
def _less_came_along_and_went_back(data: dict[str, Any]) -> dict[str, Any]:
    return data


@fact("customer.absorbed", version=3)
class CustomerAbsorbed(Fact):
    """The record `gone_id` stands for this one from now on. `theirs` is what that one said, `taken` the fields of the profile that were
    chosen from it, `offered` those that it says where this one says nothing. What else it has comes along where this one has nothing
    in its place: contacts, notes, consents, roles, custom fields, those of contacts, and the company it belongs to, `parent_id`; `parent_after` is this one's.
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
    contact_custom: tuple[ContactFieldsHeld, ...] = ()
    parent_id: UUID | None = None
    parent_after: UUID | None = None


@fact("customer.merged")
class CustomerMerged(Fact):
    """This record stands for `into` from now on. `told`: who has deals or leads with either, and hears of it."""

    into: UUID
    told: tuple[UUID, ...] = ()


@fact("customer.released", version=4)
class CustomerReleased(Fact):
    """The record `gone_id` is one of its own again. Of what was said since the merge there go with it: `fields` of the profile, `contacts`,
    `notes`, the consents, parts in deciding and custom fields of the contacts in `consents`, `roles` and `contact_custom`, the fields `custom`, and, by `parent`, the company
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
    contact_custom: tuple[UUID, ...] = ()
    parent: bool = False
    lost: tuple[UUID, ...] = ()
    changed: tuple[ContactHeld, ...] = ()
    parent_after: UUID | None = None


@fact("customer.unmerged")
class CustomerUnmerged(Fact):
    """This record stands for itself again, as it was when it was merged."""

    out_of: UUID
    told: tuple[UUID, ...] = ()
