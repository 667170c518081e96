"""Domain room: the products that deals are about, listed and archived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.engine.aggregate import Aggregate, when
from domain.engine.command import Command, handles
from domain.engine.facts import Fact, fact
from domain.engine.fields import Name, ShortText
from domain.engine.undoing import TakesBack
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Money


@fact("product.listed")
class ProductListed(Fact):
    name: str
    series: str = ""
    price: Money | None = None


@fact("product.archived")
class ProductArchived(Fact):
    """No new deal is about it; listing it again brings it back."""


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


class ListProduct(Command, about=Product):
    """List a product, or list it anew with another price or series."""

    product_id: UUID
    name: Name
    series: ShortText = ""
    price: Money | None = None


class ArchiveProduct(Command, about=Product):
    product_id: UUID


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
