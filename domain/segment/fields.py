"""Domain room: what rules of segments can ask of a customer, and which facts change the answer. Names as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from types import MappingProxyType

from domain.lifecycle.policy import LifecycleStage


class Kind(StrEnum):
    """What a field holds. DAYS are whole days since something happened, RECENT counts what happened within the last days: both change
    while nobody does anything. CUSTOM is of the type that the value has.
    """

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    DAYS = "days"
    RECENT = "recent"
    CUSTOM = "custom"

    @property
    def is_number(self) -> bool:
        return self in (Kind.NUMBER, Kind.DAYS, Kind.RECENT)


@dataclass(frozen=True, slots=True)
class RuleField:
    """`says` is what it is, for people; `reads` are how the topics of the facts begin that change it. `choices` are all its values; none where
    it may have any.
    """

    name: str
    kind: Kind
    says: str
    reads: tuple[str, ...]
    choices: tuple[str, ...] = ()


CUSTOM = "custom."
ALWAYS = ("customer.",)
"""Who is there at all."""
DEALS = ("deal.",)
CASES = ("case.",)
SURVEYS = ("survey-answer.",)
PEOPLE = ("deal.", "team.")
LIFECYCLE = ("deal.", "lifecycle-policy.", "cycle-policy.")
"""Purchases, what stages are judged by, and the calendar by which days begin."""
COMMON = ("team.", "lifecycle-policy.", "cycle-policy.")
"""What names no customer, and may concern all."""
CHOICES: Mapping[str, tuple[str, ...]] = {"lifecycle.stage": tuple(map(str, LifecycleStage))}

FIELDS: Mapping[str, RuleField] = MappingProxyType(
    {
        name: RuleField(name, kind, says, reads, CHOICES.get(name, ()))
        for name, kind, says, reads in (
            ("sector", Kind.TEXT, "sector", ALWAYS),
            ("country", Kind.TEXT, "country", ALWAYS),
            ("parent", Kind.TEXT, "parent company", ALWAYS),
            ("employees", Kind.NUMBER, "employees", ALWAYS),
            ("revenue", Kind.NUMBER, "yearly revenue", ALWAYS),
            ("revenue_currency", Kind.TEXT, "currency of the revenue", ALWAYS),
            ("founded", Kind.NUMBER, "year it was founded", ALWAYS),
            ("days_known", Kind.DAYS, "days since it was registered", ALWAYS),
            ("registered_on", Kind.DATE, "day it was registered (UTC)", ALWAYS),
            ("purchases.count", Kind.NUMBER, "purchases", DEALS),
            (
                "purchases.value",
                Kind.NUMBER,
                "money of all purchases, in the currency of most of them",
                DEALS,
            ),
            ("purchases.currency", Kind.TEXT, "currency of most purchases", DEALS),
            ("purchases.within_365_days", Kind.RECENT, "purchases within 365 days", DEALS),
            ("purchases.days_since_first", Kind.DAYS, "days since the first purchase", DEALS),
            ("purchases.days_since_last", Kind.DAYS, "days since the last purchase", DEALS),
            ("purchases.first_on", Kind.DATE, "day of the first purchase", DEALS),
            ("purchases.last_on", Kind.DATE, "day of the last purchase", DEALS),
            ("lifecycle.stage", Kind.TEXT, "stage of the lifecycle", LIFECYCLE),
            ("lifecycle.since", Kind.DATE, "first day of the stage", LIFECYCLE),
            ("lifecycle.days_in_stage", Kind.DAYS, "days since the stage began", LIFECYCLE),
            ("deals.open", Kind.NUMBER, "open deals", DEALS),
            ("activity.days_since_last", Kind.DAYS, "days since the last touch", DEALS),
            ("activity.touches_90_days", Kind.RECENT, "touches within 90 days", DEALS),
            ("cases.open", Kind.NUMBER, "open service cases", CASES),
            ("cases.severe", Kind.NUMBER, "open service cases that are severe", CASES),
            ("feedback.case_score", Kind.NUMBER, "what was said of the last case, 1 to 5", CASES),
            (
                "feedback.nps",
                Kind.NUMBER,
                "what they answered last to how likely they recommend us, 0 to 10",
                SURVEYS,
            ),
            (
                "feedback.csat",
                Kind.NUMBER,
                "what they answered last to how content they are, 1 to 5",
                SURVEYS,
            ),
            ("feedback.days_since_last", Kind.DAYS, "days since they last answered a survey", SURVEYS),
            ("feedback.low_open", Kind.NUMBER, "low scores whose action item is still open", SURVEYS),
            ("region", Kind.TEXT, "region of the team with the newest deal", PEOPLE),
            ("team", Kind.TEXT, "team with the newest deal", PEOPLE),
        )
    }
)
"""By name, in the order in which they are shown."""


def field(name: str) -> RuleField | None:
    """None: there is none of that name."""
    if name.startswith(CUSTOM) and len(name) > len(CUSTOM):
        return RuleField(name, Kind.CUSTOM, name.removeprefix(CUSTOM), ALWAYS)
    return FIELDS.get(name)


def nearest(name: str) -> str | None:
    """The field that was probably meant."""
    return next(iter(get_close_matches(name, FIELDS, n=1, cutoff=0.5)), None)


def prefixes(names: Iterable[str]) -> tuple[str, ...]:
    """How the topics begin that these fields change by, beside those that tell of the customer."""
    found = (held for name in names if (held := field(name)) is not None)
    return tuple(dict.fromkeys([*ALWAYS, *(prefix for one in found for prefix in one.reads)]))
