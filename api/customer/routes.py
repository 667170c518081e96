"""api: customers with their contacts, and products."""

from __future__ import annotations

from api.custom_field import values as _custom_values  # noqa: F401 - how bodies say them
from api.customer.acts import CUSTOMERS, DUPLICATES, PRODUCTS
from api.customer.contact_ids import of_new_contact
from api.customer.duplicates import of_new_customer
from api.engine import auth
from api.engine.routes import add_acts

EXAMPLES = {
    "segment": "key accounts",
    "customers.kind": "customer",
    "products.kind": "product",
    "products.name": "Atlas Max",
    "NewContact.name": "Wang Wei",
    "FileNoteAnswer.kind": "need",
    "CustomerEventAnswer.kind": "activity",
    "ProfileAnswer.employees": 120,
    "ProfileAnswer.founded": 1987,
    "ProfileAnswer.country": "CN",
    "ProfileAnswer.name": "Garnet Controls",
    "ProfileAnswer.sector": "manufacturing",
}
TAGS = {
    "customers": "Customers and their contacts",
    "products": "Products",
}
router = auth.router(tags=["customers"])
products = auth.router(tags=["products"])
MORE = (products,)

add_acts(router, CUSTOMERS, {"registerCustomer": of_new_customer, "addContact": of_new_contact})
add_acts(router, DUPLICATES)
add_acts(products, PRODUCTS)
