"""api: what people do with customers and their contacts, and with products."""

from __future__ import annotations

from api.engine.acts import Act
from api.engine.roles import ADMIN
from domain.customer import commands, product

CUSTOMERS = (
    Act(commands.RegisterCustomer, "/customers", "Register a customer, or change its profile",
        creates="customer_id", location="/customers/{customer_id}", flat=("profile",), body="NewCustomer",
        example={"name": "华东精密制造有限公司", "sector": "manufacturing", "country": "CN"},
        terminal="customer register <name", typed="'Acme Tools' --sector machinery --country DE"),
    Act(commands.AddContact, "/customers/{customer_id}/contacts", "Add a contact", creates="contact_id", body="NewContact",
        terminal="customer contact <name do-not-mail/may-mail=do_not_mail do-not-call/may-call=do_not_call", typed="'Acme Tools' 'Ms Zhao' --role buyer"),
)  # fmt: skip
PRODUCTS = (
    Act(product.ListProduct, "/products", "List a product, or list it anew", roles=ADMIN, creates="product_id", body="NewProduct",
        terminal="product add <name", typed="'MES 40' --price '12000 CNY'"),
    Act(product.ArchiveProduct, "/products/{product_id}/archive", "Archive a product", roles=ADMIN,
        terminal="product archive", typed="'MES 40'"),
)  # fmt: skip
ACTS = (*CUSTOMERS, *PRODUCTS)
