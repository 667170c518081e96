"""Domain room: registering a customer, adding its contacts, and setting them right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, fields, replace
from typing import Annotated, Any
from uuid import UUID

from annotated_types import MaxLen

from domain.custom_field.declaration import FieldSets, RecordKind, field_stream
from domain.custom_field.facts import Custom
from domain.custom_field.holding import fields_of, fill_in, must_be_complete, without_custom
from domain.customer.buying_roles import give_role
from domain.customer.change_profile import become, filled_in, not_cleared
from domain.customer.consents import GiveConsent, agree, give_consent, is_barred
from domain.customer.customer import Customer, customer_of
from domain.customer.duplicates import answered, enter
from domain.customer.facts import (
    BuyingRole,
    Contact,
    ContactAdded,
    ContactCorrected,
    CustomerRegistered,
    Profile,
)
from domain.customer.fields import ContactFields
from domain.customer.known import GivenConsent, is_older, not_to_come
from domain.customer.likely import MOST_LIKELY, Likely, Looked
from domain.engine.command import Command, handles
from domain.engine.context import Context
from domain.engine.errors import FieldError
from domain.engine.fields import LongText, Name, ShortText
from domain.engine.unit_of_work import Stream, UnitOfWork

SINCE_CONSENTS = ("do_not_mail", "do_not_call", "buying_role", "consents", "custom")
"""What a contact could not say from the first release on."""
FIRST = ("name", "sector", "country", "employees", "revenue", "founded", "parent")
"""What a profile could."""


class RegisterCustomer(Command, about=Customer):
    """Register a customer, or fill its profile in: of one that is known, what is left empty stays. The same again changes nothing.
    Of a new one `likely` are those that it may be already, as they were found when it was given, among those that `looked` says, and `another_because` says why it is none
    of them; `asks`: a person can be asked.
    """

    customer_id: UUID
    profile: Profile
    custom: Custom = field(default_factory=dict)
    another_because: LongText = ""
    likely: Annotated[tuple[Likely, ...], MaxLen(MOST_LIKELY)] = ()
    looked: Looked = Looked.ALL
    asks: bool = False

    def rules(self) -> tuple[Stream, ...]:
        return ((FieldSets, field_stream(RecordKind.CUSTOMER)),)

    def known_by(self) -> Any:
        """What nobody could say once is left out where nobody says it; whom it is likely to be nobody says."""
        said = {f.name: getattr(self.profile, f.name) for f in fields(Profile)}
        profile = {name: value for name, value in said.items() if name in FIRST or value}
        why = {"another_because": self.another_because} if self.another_because else {}
        return without_custom(
            {"customer_id": self.customer_id, "profile": profile, "custom": self.custom, **why}
        )

    def as_named(self) -> bool:
        """Of a record that was merged, what it says otherwise than that record is said of the customer that it stands for."""
        return True


class AddContact(Command, about=Customer):
    """Add a contact, or say it anew. Saying the same again changes nothing. `consents` and the role are those that come with it."""

    customer_id: UUID
    contact_id: UUID
    name: Name
    mail: ShortText = ""
    phone: ShortText = ""
    role: ShortText = ""
    do_not_mail: bool = False
    do_not_call: bool = False
    buying_role: BuyingRole | None = None
    consents: Annotated[tuple[GivenConsent, ...], MaxLen(20)] = ()
    custom: Custom = field(default_factory=dict)

    def rules(self) -> tuple[Stream, ...]:
        return ((FieldSets, field_stream(RecordKind.CONTACT)),)

    def known_by(self) -> Any:
        """What nobody could say once is left out where nobody says it."""
        said = vars(self)
        return {n: said[n] for n in said if n not in SINCE_CONSENTS or said[n]}

    def wrong_now(self, context: Context) -> Iterator[FieldError]:
        for n, one in enumerate(self.consents):
            yield from not_to_come(f"consents[{n}].on", one.on, context)


class CorrectContact(Command, about=Customer):
    """Set right what is known of a contact. A field left out stays as it is; `clear` names those that are emptied."""

    customer_id: UUID
    contact_id: UUID
    name: Name | None = None
    mail: ShortText | None = None
    phone: ShortText | None = None
    role: ShortText | None = None
    do_not_mail: bool | None = None
    do_not_call: bool | None = None
    clear: Annotated[tuple[ShortText, ...], MaxLen(10)] = ()

    def wrong(self) -> Iterator[FieldError]:
        return not_cleared(self, ("mail", "phone", "role"))


@handles(RegisterCustomer)
def register_customer(command: RegisterCustomer, work: UnitOfWork) -> dict[str, Any]:
    return registered(command, work)


def registered(command: RegisterCustomer, work: UnitOfWork, *, complete: bool = True) -> dict[str, Any]:
    """`complete`: a new one has every custom field that is required."""
    named, declared = work.find(Customer, command.customer_id), fields_of(RecordKind.CUSTOMER, work)
    customer, is_new, likely = named, not named.exists, list[Likely]()
    if is_new:
        customer.record(CustomerRegistered(profile=command.profile))
        likely = enter(customer, command, work)
    else:
        customer = work.get(Customer, customer_of(named.id, work).id)
        said = _differing(filled_in(named.profile, command.profile), named.profile)
        become(customer, replace(customer.profile, **said))
    fill_in(customer, command.custom, declared)
    if is_new and complete:
        must_be_complete(customer, declared)
    answer: dict[str, Any] = {"customer_id": str(customer.id)}
    return answer | (answered(likely, command.looked) if is_new else {})


def _differing(said: Profile, held: Profile) -> dict[str, Any]:
    values = ((one.name, getattr(said, one.name)) for one in fields(Profile))
    return {name: value for name, value in values if value != getattr(held, name)}


@handles(AddContact)
def add_contact(command: AddContact, work: UnitOfWork) -> dict[str, Any]:
    customer, declared = work.get(Customer, command.customer_id), fields_of(RecordKind.CONTACT, work)
    is_new, own = command.contact_id not in customer.contacts, ContactFields(customer, command.contact_id)
    if not is_new:
        said = Contact(**{f.name: getattr(command, f.name) for f in fields(Contact)})
        _correct(customer, command.contact_id, said)
    else:
        customer.record(ContactAdded.filled(command))
    fill_in(own, command.custom, declared)
    if is_new:
        must_be_complete(own, declared)
    if command.buying_role is not None:
        give_role(customer, command.contact_id, command.buying_role)
    for one in command.consents:
        held = customer.consents.get((command.contact_id, one.purpose))
        if not is_older(held, one, barred=is_barred(customer, command.contact_id, one.purpose)):
            give_consent(GiveConsent.of(command, one), work)
    return _answer(command)


@handles(CorrectContact)
def correct_contact(command: CorrectContact, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    held = customer.contact(command.contact_id)
    names = (f.name for f in fields(Contact))
    said = {name: value for name in names if (value := getattr(command, name)) is not None}
    _correct(customer, command.contact_id, replace(held, **said | dict.fromkeys(command.clear, "")))
    return _answer(command)


def _correct(customer: Customer, id: UUID, after: Contact) -> None:
    """Its consents go with it."""
    held = customer.contacts[id]
    if after != held:
        agree(customer, id, held, after)
        customer.record(ContactCorrected(contact_id=id, before=held, after=after))


def _answer(command: AddContact | CorrectContact) -> dict[str, Any]:
    return {"customer_id": str(command.customer_id), "contact_id": str(command.contact_id)}
