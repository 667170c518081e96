"""Runtime room, file import: products, a row each."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from domain.customer.product import ListProduct, Product
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.imports import AsImported
from runtime.imports.kinds.kind import Kind, Planning
from runtime.imports.lines import Row
from runtime.imports.mapping import Mapping, needed, told
from runtime.imports.plan import IdOf, Planned, named_row
from runtime.imports.references import References
from runtime.imports.rows import Cells, Once, Reasons

PRODUCTS = "products"


class ProductPlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._sheet, self._values, self._id_of = at_hand.sheet, at_hand.values, at_hand.id_of
        self._once = Once("key")

    def plan(self, row: Row, cells: Cells) -> Planned:
        reasons, key = Reasons(self._sheet, cells), cells["key"]
        self._once.check(row, reasons)
        price = self._values.money(reasons, "price")
        id = self._id_of(PRODUCTS, key)
        name, series = cells.get("name", key), cells.get("series", "")
        command = ListProduct(product_id=id, name=name, series=series, price=price)
        return named_row(row, command, reasons, ((PRODUCTS, key), id))


def _from_name(id: UUID, name: str, _mapping: Mapping, _id_of: IdOf) -> Iterator[AsImported]:
    yield AsImported(said=ListProduct(product_id=id, name=name), if_missing=True)


def _price(references: References, key: str, held: Aggregate | None, command: Command | None) -> None:
    """The list price, which may stand in for an amount: what is known, else what the row said."""
    listed = held.listed if isinstance(held, Product) else None
    price = (
        listed.price if listed is not None else command.price if isinstance(command, ListProduct) else None
    )
    if price is not None:
        references.prices[key] = price


KIND = Kind(
    name=PRODUCTS,
    one="product",
    fields=(*needed("key"), *told("name", "series", "price", "currency")),
    planner=ProductPlanner,
    aggregate=Product,
    from_name=_from_name,
    in_order=True,
    learn=_price,
)
