"""Domain room: what people are told of customers — that one they have to do with is one with another, or no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.customer.customer import Customer
from domain.customer.facts import CustomerMerged, CustomerUnmerged
from domain.engine.notices import NoticeRule, Titled, told


def _still_merged(customer: Customer, fact: CustomerMerged) -> bool:
    return customer.stands_for == fact.into


def _apart(customer: Customer, _fact: CustomerUnmerged) -> bool:
    return customer.stands_for is None


def _both(customer: Customer, fact: Any) -> Mapping[str, Any]:
    other = fact.into if isinstance(fact, CustomerMerged) else fact.out_of
    return {"customer": customer.profile.name, "other": Titled("", other)}


NOTICES = (
    NoticeRule(
        name="customer.merged",
        called="customers of yours that are merged",
        says="{customer} was merged into {other}: they are one customer",
        about=Customer,
        facts=(CustomerMerged,),
        to=told,
        still=_still_merged,
        places=_both,
    ),
    NoticeRule(
        name="customer.unmerged",
        called="customers of yours that are taken apart again",
        says="{customer} and {other} are two customers again",
        about=Customer,
        facts=(CustomerUnmerged,),
        to=told,
        still=_apart,
        places=_both,
    ),
)
