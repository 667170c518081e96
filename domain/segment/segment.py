"""Domain room: the segment — a rule about customers, published in versions under a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from domain.custom_field.declaration import RecordKind
from domain.custom_field.holding import fields_of
from domain.engine.errors import FieldError, Invalid
from domain.engine.facts import Fact, fact
from domain.engine.fields import FLAT, NOT_BLANK, Label, RuleName, ShortText, Version
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.versions import Publish, Versions
from domain.segment.custom import asks_custom, must_fit
from domain.segment.rule import MAX_RULE, parse

RuleText = Annotated[str, Len(1, MAX_RULE), NOT_BLANK]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """`rule` is in the language of `rule.py`. `label_zh` is what it is called in Chinese, the label where left out. One that nobody shall be in
    any more has the rule `false`.
    """

    name: RuleName
    rule: RuleText
    label: Label
    label_zh: ShortText = ""
    description: ShortText = ""
    version: Version = 1

    def wrong(self) -> Iterator[FieldError]:
        try:
            parse(self.rule)
        except Invalid as invalid:
            yield from invalid.errors


@fact("segment.published")
class SegmentPublished(Fact):
    segment: Segment


class Segments(Versions[Segment]):
    """All versions of one named segment."""

    KIND = CALLED = "segment"
    FACT = SegmentPublished


class PublishSegment(Publish, of=Segments):
    """Every customer is then held against it anew."""

    segment: Annotated[Segment, FLAT]

    def hold(self, work: UnitOfWork) -> None:
        """Custom fields that it asks for must be declared, and compared with values of their types. Raises Invalid."""
        rule = parse(self.segment.rule)
        if asks_custom(rule):
            must_fit(rule, fields_of(RecordKind.CUSTOMER, work))
