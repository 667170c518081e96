"""Domain room: the offer — what is offered to customers in a stage of the lifecycle or in a segment, and from when until when; in versions.

It stands on the agenda beside the revisit of each of those customers. Whoever makes it says so when they record the revisit; who bought
what was offered before it ran out has taken it up (`projections/offer.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from domain.engine.errors import FieldError, Invalid
from domain.engine.facts import Fact, fact
from domain.engine.fields import FLAT, Name, NameOf, RuleName, Version
from domain.engine.references import ProductId
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.versions import Publish, Versions
from domain.lifecycle.policy import LifecycleStage
from domain.segment.segment import Segments

SegmentName = Annotated[RuleName, NameOf("segment")]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """`what` is offered to customers in this `stage` and in this `segment`, or whichever of both is named, from day `since` to day `until`,
    both included; of a product, where it is named. What ends earlier is published again with another last day.
    """

    name: RuleName
    what: Name
    stage: LifecycleStage | None = None
    segment: SegmentName | None = None
    since: date
    until: date
    product_id: ProductId | None = None
    version: Version = 1

    def wrong(self) -> Iterator[FieldError]:
        if self.until < self.since:
            yield FieldError("until", f"is before {self.since}, when it begins")
        if self.stage is None and self.segment is None:
            yield FieldError("stage", "must be named, or a segment: to whom is it offered?")


@fact("offer.published")
class OfferPublished(Fact):
    offer: Offer


class Offers(Versions[Offer]):
    """All versions of one offer."""

    KIND = CALLED = "offer"
    FACT = OfferPublished


class PublishOffer(Publish, of=Offers):
    offer: Annotated[Offer, FLAT]

    def hold(self, work: UnitOfWork) -> None:
        """A segment that it names must be published. Raises Invalid."""
        name = self.offer.segment
        if name is not None and not work.look(Segments, Segments.stream_of(name)).versions:
            raise Invalid([FieldError("segment", "no segment of this name is published")])
