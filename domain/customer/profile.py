"""Domain room: what a customer's profile is made of — names in other languages and scripts, numbers, addresses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from annotated_types import Ge, Lt, MaxLen

from domain.engine.fields import LanguageTag, Name, Says, ShortText

Employees = Annotated[int, Ge(0), Lt(2**31)]
Founded = Annotated[int, Ge(0), Lt(3000), Says("is not a year")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherName:
    """What the customer is called as well: in another script, in short, formerly."""

    name: Name
    language: LanguageTag = ""


class AddressKind(StrEnum):
    REGISTERED = "registered"
    VISIT = "visit"
    BILLING = "billing"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A place of the customer's, and what it is for."""

    kind: AddressKind
    street: ShortText = ""
    postcode: ShortText = ""
    city: ShortText = ""
    region: ShortText = ""
    country: ShortText = ""


OtherNames = Annotated[tuple[OtherName, ...], MaxLen(20)]
Addresses = Annotated[tuple[Address, ...], MaxLen(50)]
