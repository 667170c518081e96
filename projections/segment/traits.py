"""Projections room: what is known of each customer as an organisation, in columns that rules of segments are asked of."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.customer.customer import Customer
from domain.engine.facts import FreeText
from projections.engine.stream_view import Events, StreamView


class Traits(msgspec.Struct, kw_only=True):
    """`present`: it is registered, and the import that registered it was not undone. `custom` are its values of custom fields that are
    not personal, as they are written."""

    customer_id: UUID
    present: bool
    registered_at: datetime
    sector: str
    country: str
    parent: str
    employees: int | None
    revenue: Decimal | None
    revenue_currency: str
    founded: int | None
    custom: dict[str, FreeText]
    position: int
    version: int


class CustomerTraits(StreamView[Customer, Traits]):
    name = "customer_traits"
    columns = (
        *("customer_id", "present", "registered_at", "sector", "country", "parent", "employees"),
        *("revenue", "revenue_currency", "founded"),
    )
    indexes = {}
    order = ("registered_at",)

    @classmethod
    def show(cls, customer: Customer, events: Events) -> Traits:
        profile = customer.profile
        return cls.filled(
            customer,
            events,
            present=customer.exists,
            registered_at=events[0].occurred_at,
            sector=profile.sector,
            country=profile.country,
            parent=profile.parent,
            employees=profile.employees,
            revenue=profile.revenue.amount if profile.revenue else None,
            revenue_currency=profile.revenue.currency if profile.revenue else "",
            founded=profile.founded,
            custom={name: value.text for name, value in customer.custom.items() if value.text},
        )
