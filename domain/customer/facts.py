"""Domain room: what happens to a customer. Registered or changed; a contact added or corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from annotated_types import Ge, Lt

from domain.engine.facts import Fact, PersonName, PersonText, fact, upcast
from domain.engine.fields import Name, Says, ShortText
from domain.engine.undoing import TakesBack
from domain.engine.values import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a customer as an organisation."""

    name: Name
    sector: ShortText = ""
    country: ShortText = ""
    employees: Annotated[int, Ge(0), Lt(2**31)] | None = None
    revenue: Money | None = None
    founded: Annotated[int, Ge(0), Lt(3000), Says("is not a year")] | None = None
    parent: ShortText = ""


@fact("customer.registered")
class CustomerRegistered(Fact):
    profile: Profile


@fact("customer.profile-changed")
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


@upcast("customer.contact-added", from_version=1)
@upcast("customer.contact-corrected", from_version=1)
def _no_more_was_known(data: dict[str, Any]) -> dict[str, Any]:
    return data


@fact("customer.contact-corrected", version=2)
class ContactCorrected(Fact):
    contact_id: UUID
    before: Contact
    after: Contact


@fact("customer.import-undone")
class CustomerImportUndone(TakesBack):
    before: Profile
    after: Profile | None
