"""Domain room: customers with their contacts, and products — enough to hang deals on.

Facts: a customer was registered or changed; a contact was added; a product was listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.aggregate import Aggregate, when
from domain.door import Book, Command, handles
from domain.facts import Fact, PersonName, PersonText, fact
from domain.values import MAX_NAME, Checks, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What is known of a customer as an organisation."""

    name: str
    sector: str = ""
    country: str = ""
    employees: int | None = None
    revenue: Money | None = None
    founded: int | None = None
    parent: str = ""


@fact("customer.registered")
class CustomerRegistered(Fact):
    profile: Profile


@fact("customer.profile-changed")
class CustomerProfileChanged(Fact):
    before: Profile
    after: Profile


@fact("customer.contact-added")
class ContactAdded(Fact):
    contact_id: UUID
    name: PersonName
    mail: PersonText = ""
    phone: PersonText = ""
    role: str = ""


@fact("product.listed")
class ProductListed(Fact):
    name: str
    series: str = ""
    price: Money | None = None


class Customer(Aggregate):
    KIND = "customer"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.profile = Profile(name="")
        self.contacts: frozenset[UUID] = frozenset()

    @when(CustomerRegistered)
    def _registered(self, fact: CustomerRegistered) -> None:
        self.profile = fact.profile

    @when(CustomerProfileChanged)
    def _profile_changed(self, fact: CustomerProfileChanged) -> None:
        self.profile = fact.after

    @when(ContactAdded)
    def _contact_added(self, fact: ContactAdded) -> None:
        self.contacts = self.contacts | {fact.contact_id}


class Product(Aggregate):
    KIND = "product"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.listed: ProductListed | None = None

    @when(ProductListed)
    def _listed(self, fact: ProductListed) -> None:
        self.listed = fact


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCustomer(Command):
    """Register a customer, or change its profile. The same profile again changes nothing."""

    customer_id: UUID
    profile: Profile

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Customer, self.customer_id


@dataclass(frozen=True, slots=True, kw_only=True)
class AddContact(Command):
    customer_id: UUID
    contact_id: UUID
    name: PersonName
    mail: PersonText = ""
    phone: PersonText = ""
    role: str = ""

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Customer, self.customer_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ListProduct(Command):
    """List a product, or list it anew with another price or series."""

    product_id: UUID
    name: str
    series: str = ""
    price: Money | None = None

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return Product, self.product_id


@handles(RegisterCustomer)
def register_customer(command: RegisterCustomer, book: Book) -> dict[str, Any]:
    _check_profile(command.profile)
    customer = book.find(Customer, command.customer_id)
    if not customer.exists:
        customer.record(CustomerRegistered(profile=command.profile))
    elif customer.profile != command.profile:
        customer.record(CustomerProfileChanged(before=customer.profile, after=command.profile))
    return {"customer_id": str(command.customer_id)}


def _check_profile(profile: Profile) -> None:
    checks = Checks()
    checks.text(profile.name, "profile.name", most=MAX_NAME, needed=True)
    for name in ("sector", "country", "parent"):
        checks.text(getattr(profile, name), f"profile.{name}", most=MAX_NAME)
    checks.money(profile.revenue, "profile.revenue")
    checks.that(
        profile.employees is None or 0 <= profile.employees < 2**31, "profile.employees", "is out of range"
    )
    checks.that(profile.founded is None or 0 <= profile.founded < 3000, "profile.founded", "is not a year")
    checks.done()


@handles(AddContact)
def add_contact(command: AddContact, book: Book) -> dict[str, Any]:
    checks = Checks()
    checks.text(command.name, "name", most=MAX_NAME, needed=True)
    for name in ("mail", "phone", "role"):
        checks.text(getattr(command, name), name, most=MAX_NAME)
    checks.done()
    customer = book.get(Customer, command.customer_id)
    if command.contact_id not in customer.contacts:
        customer.record(
            ContactAdded(
                contact_id=command.contact_id,
                name=command.name,
                mail=command.mail,
                phone=command.phone,
                role=command.role,
            )
        )
    return {"customer_id": str(command.customer_id), "contact_id": str(command.contact_id)}


@handles(ListProduct)
def list_product(command: ListProduct, book: Book) -> dict[str, Any]:
    checks = Checks()
    checks.text(command.name, "name", most=MAX_NAME, needed=True)
    checks.text(command.series, "series", most=MAX_NAME)
    checks.money(command.price, "price")
    checks.done()
    product = book.find(Product, command.product_id)
    listed = ProductListed(name=command.name, series=command.series, price=command.price)
    if product.listed != listed:
        product.record(listed)
    return {"product_id": str(command.product_id)}
