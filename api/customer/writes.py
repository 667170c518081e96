"""api: customers with their contacts, and products."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict, Field

from api.engine import auth
from api.engine.answers import DONE, MADE
from api.engine.auth import ADMIN, may_write
from api.engine.bodies import Envelope
from api.engine.fields import Money, Name, ShortText, money
from api.engine.writing import Act
from domain import customer as c

router = auth.router(tags=[])

Writer = Annotated[Act, Depends(may_write())]


class Profile(Envelope):
    """What is known of a customer as an organisation. The whole of it, each time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "华东精密制造有限公司", "sector": "manufacturing", "country": "CN"}]
        }
    )

    name: Name
    sector: ShortText = ""
    country: ShortText = ""
    employees: Annotated[int | None, Field(ge=0, lt=2**31, strict=True)] = None
    revenue: Money | None = None
    founded: Annotated[int | None, Field(ge=0, lt=3000, strict=True)] = None
    parent: ShortText = ""

    def value(self) -> c.Profile:
        return c.Profile(
            name=self.name,
            sector=self.sector,
            country=self.country,
            employees=self.employees,
            revenue=money(self.revenue),
            founded=self.founded,
            parent=self.parent,
        )


class NewCustomer(Profile):
    customer_id: UUID | None = None


class NewContact(Envelope):
    name: Name
    mail: ShortText = ""
    phone: ShortText = ""
    role: ShortText = ""
    contact_id: UUID | None = None


class NewProduct(Envelope):
    name: Name
    series: ShortText = ""
    price: Money | None = None
    product_id: UUID | None = None


@router.post(
    "/customers",
    operation_id="registerCustomer",
    summary="Register a customer, or change its profile",
    status_code=201,
    responses=MADE,
    tags=["customers"],
)
async def register(body: NewCustomer, act: Writer) -> Response:
    customer_id = act.new_id("customer", body.customer_id)
    command = c.RegisterCustomer(customer_id=customer_id, profile=body.value())
    return await act(command, body, status=201, location=f"/customers/{customer_id}")


@router.post(
    "/customers/{customer_id}/contacts",
    operation_id="addContact",
    summary="Add a contact",
    status_code=201,
    responses=MADE,
    tags=["customers"],
)
async def add_contact(customer_id: UUID, body: NewContact, act: Writer) -> Response:
    command = c.AddContact(
        customer_id=customer_id,
        contact_id=act.new_id("contact", body.contact_id),
        name=body.name,
        mail=body.mail,
        phone=body.phone,
        role=body.role,
    )
    return await act(command, body, status=201)


@router.post(
    "/products",
    operation_id="listProduct",
    summary="List a product, or list it anew",
    status_code=201,
    responses=MADE,
    tags=["products"],
)
async def list_product(body: NewProduct, act: Annotated[Act, Depends(may_write(*ADMIN))]) -> Response:
    product_id = act.new_id("product", body.product_id)
    command = c.ListProduct(
        product_id=product_id, name=body.name, series=body.series, price=money(body.price)
    )
    return await act(command, body, status=201)


@router.post(
    "/products/{product_id}/archive",
    operation_id="archiveProduct",
    summary="Archive a product",
    responses=DONE,
    tags=["products"],
)
async def archive_product(
    product_id: UUID, body: Envelope, act: Annotated[Act, Depends(may_write(*ADMIN))]
) -> Response:
    return await act(c.ArchiveProduct(product_id=product_id), body)
