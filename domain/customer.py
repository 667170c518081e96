"""Domain room: customers with their contacts, and products — enough to hang deals on.

Facts: a customer was registered or changed; a contact was added or corrected; a product was listed or archived.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Self
from uuid import UUID

from annotated_types import Ge, Lt

from domain.engine.aggregate import Aggregate, becomes, when
from domain.engine.command import Command, handles
from domain.engine.context import Reach
from domain.engine.facts import Fact, PersonName, PersonText, fact, upcast
from domain.engine.fields import Name, Says, ShortText
from domain.engine.undoing import TakesBack
from domain.engine.unit_of_work import UnitOfWork
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


@fact("product.listed")
class ProductListed(Fact):
    name: str
    series: str = ""
    price: Money | None = None


@fact("product.archived")
class ProductArchived(Fact):
    """No new deal is about it; listing it again brings it back."""


@fact("customer.import-undone")
class CustomerImportUndone(TakesBack):
    before: Profile
    after: Profile | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What is known of a product."""

    name: str
    series: str = ""
    price: Money | None = None


@fact("product.import-undone")
class ProductImportUndone(TakesBack):
    before: Listing
    after: Listing | None


class Customer(Aggregate):
    KIND = "customer"
    UNDONE = CustomerImportUndone

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.profile = Profile(name="")
        self.contacts: dict[UUID, Contact] = {}

    def shown(self) -> Profile:
        return self.profile

    def within(self, reach: Reach) -> bool:
        return reach.team_id is None or self.id in reach.customers

    def changeable(self, reach: Reach) -> bool:
        return reach.team_id is None or self.id in reach.own_customers

    def makeable(self, reach: Reach) -> bool:
        """Whoever finds a new one registers it."""
        return True

    def fork(self) -> Self:
        forked = super().fork()
        forked.contacts = dict(self.contacts)
        return forked

    @when(CustomerRegistered)
    def _registered(self, fact: CustomerRegistered) -> None:
        self.profile = fact.profile

    _profile_changed = becomes(CustomerProfileChanged, "profile")

    @when(ContactAdded)
    def _contact_added(self, fact: ContactAdded) -> None:
        self.contacts[fact.contact_id] = Contact(
            name=fact.name,
            mail=fact.mail,
            phone=fact.phone,
            role=fact.role,
            do_not_mail=fact.do_not_mail,
            do_not_call=fact.do_not_call,
        )

    @when(ContactCorrected)
    def _contact_corrected(self, fact: ContactCorrected) -> None:
        self.contacts[fact.contact_id] = fact.after


class Product(Aggregate):
    KIND = "product"
    UNDONE = ProductImportUndone

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.listed: ProductListed | None = None
        self.archived = False

    def shown(self) -> Listing:
        held = self.listed
        return Listing(name=held.name, series=held.series, price=held.price) if held else Listing(name="")

    @when(ProductListed)
    def _listed(self, fact: ProductListed) -> None:
        self.listed, self.archived = fact, False

    @when(ProductArchived)
    def _archived(self, fact: ProductArchived) -> None:
        self.archived = True


class RegisterCustomer(Command, about=Customer):
    """Register a customer, or change its profile. The same profile again changes nothing."""

    customer_id: UUID
    profile: Profile


class AddContact(Command, about=Customer):
    """Add a contact, or set one right. Saying the same again changes nothing."""

    customer_id: UUID
    contact_id: UUID
    name: Name
    mail: ShortText = ""
    phone: ShortText = ""
    role: ShortText = ""
    do_not_mail: bool = False
    do_not_call: bool = False

    def known_by(self) -> Any:
        """What nobody could say once is left out where nobody says it."""
        said = vars(self)
        return {n: said[n] for n in said if n not in ("do_not_mail", "do_not_call") or said[n]}


class ListProduct(Command, about=Product):
    """List a product, or list it anew with another price or series."""

    product_id: UUID
    name: Name
    series: ShortText = ""
    price: Money | None = None


class ArchiveProduct(Command, about=Product):
    product_id: UUID


@handles(RegisterCustomer)
def register_customer(command: RegisterCustomer, work: UnitOfWork) -> dict[str, Any]:
    customer = work.find(Customer, command.customer_id)
    if not customer.exists:
        customer.record(CustomerRegistered(profile=command.profile))
    elif customer.profile != command.profile:
        customer.record(CustomerProfileChanged(before=customer.profile, after=command.profile))
    return {"customer_id": str(command.customer_id)}


@handles(AddContact)
def add_contact(command: AddContact, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    id, held = command.contact_id, customer.contacts.get(command.contact_id)
    said = Contact(**{f.name: getattr(command, f.name) for f in fields(Contact)})
    if held is None:
        customer.record(ContactAdded.filled(command))
    elif said != held:
        customer.record(ContactCorrected(contact_id=id, before=held, after=said))
    return {"customer_id": str(command.customer_id), "contact_id": str(command.contact_id)}


@handles(ListProduct)
def list_product(command: ListProduct, work: UnitOfWork) -> dict[str, Any]:
    product = work.find(Product, command.product_id)
    listed = ProductListed(name=command.name, series=command.series, price=command.price)
    if product.listed != listed or product.archived:
        product.record(listed)
    return {"product_id": str(command.product_id)}


@handles(ArchiveProduct)
def archive_product(command: ArchiveProduct, work: UnitOfWork) -> dict[str, Any]:
    product = work.get(Product, command.product_id)
    if not product.archived:
        product.record(ProductArchived())
    return {"product_id": str(command.product_id)}
