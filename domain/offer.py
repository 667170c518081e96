"""Domain room: the offer — what is offered to customers in a stage of the lifecycle, and from when until when; in versions.

It stands on the agenda beside the revisit of each of those customers. Whoever makes it says so when they record the revisit; who bought
what was offered before it ran out has taken it up (`projections/offer.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from domain.engine.errors import FieldError
from domain.engine.facts import Fact, fact
from domain.engine.fields import FLAT, Name, RuleName, Version
from domain.engine.references import ProductId
from domain.engine.versions import Publish, Versions
from domain.lifecycle.policy import LifecycleStage


@dataclass(frozen=True)
class Offer:
    """`what` is offered to customers in this `stage`, from day `since` to day `until`, both included; of a product, where it is named.
    What ends earlier is published again with another last day.
    """

    name: RuleName
    what: Name
    stage: LifecycleStage
    since: date
    until: date
    product_id: ProductId | None = None
    version: Version = 1

    def wrong(self) -> Iterator[FieldError]:
        if self.until < self.since:
            yield FieldError("until", f"is before {self.since}, when it begins")

    def stands(self, on: date, stage: LifecycleStage | None) -> bool:
        """Whether it is made to who is in this stage on that day."""
        return stage == self.stage and self.since <= on <= self.until


@fact("offer.published")
class OfferPublished(Fact):
    offer: Offer


class Offers(Versions[Offer]):
    """All versions of one offer."""

    KIND = CALLED = "offer"
    FACT = OfferPublished


class PublishOffer(Publish, of=Offers):
    offer: Annotated[Offer, FLAT]
