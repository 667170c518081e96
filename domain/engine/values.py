"""Domain room: the small values that facts are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha1
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen

from domain.engine import currency
from domain.engine.errors import FieldError, Invalid
from domain.engine.facts import Personal
from domain.engine.fields import Key, LongText, Minutes, Name, Quantity, ShortText, What
from domain.engine.references import ContactId, OwnRepId

NAMESPACE = UUID("6f0c8f0e-55f0-5d0e-9a55-0d5a1e500b01")
_RANDOM, _NAMED = ~(0xF000_C000 << 48), 0x5000_8000 << 48
"""Bits of an id (RFC 9562): which they are, and what they say of one that is made from a name."""


def id_within(namespace: UUID, name: str) -> UUID:
    """The same as `uuid.uuid5`, which takes twice as long."""
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    return UUID(int=int.from_bytes(digest[:16]) & _RANDOM | _NAMED)


@lru_cache(maxsize=4096)
def id_text(number: int) -> str:
    """The text of the id of this number. The same ids are told again and again, and writing one takes as long as a fact."""
    return str(UUID(int=number))


@lru_cache(maxsize=1024)
def named_id(kind: str, name: str) -> UUID:
    """The id of a thing that is known by a public name, such as a process or a policy."""
    return id_within(NAMESPACE, f"{kind}:{name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text in both languages."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217 code), to at most the decimals the currency has."""

    amount: Quantity
    currency: Key

    def problem(self, on: date | None = None) -> str | None:
        """What is wrong with it, on that day where one is given: a currency may be withdrawn."""
        return currency.problem_of(self.amount, self.currency, on)


class ActivityKind(StrEnum):
    CALL = "call"
    VISIT = "visit"
    MAIL = "mail"
    DEMONSTRATION = "demonstration"
    MEETING = "meeting"
    TASK = "task"


class Direction(StrEnum):
    OUTBOUND = "outbound"
    INBOUND = "inbound"
    INTERNAL = "internal"


class PromiseOutcome(StrEnum):
    KEPT = "kept"
    LATE = "late"
    BROKEN = "broken"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A touch. `outcome` is a short code (reached, no-answer, offer-sent); `duration_minutes`
    is None where nobody measured it; `name` keeps an imported system's own word for it, and
    `started_at` the instant it was begun, where that was recorded.
    """

    kind: ActivityKind
    direction: Direction = Direction.OUTBOUND
    outcome: ShortText = ""
    duration_minutes: Minutes | None = None
    rep_id: OwnRepId | None = None
    contact_id: ContactId | None = None
    summary: LongText = ""
    name: ShortText = ""
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the customer needs: the exit requirements of the stage *needs*."""

    pain_points: LongText = ""
    budget: Money | None = None
    decision_process: LongText = ""
    decision_makers: Annotated[tuple[Name, ...], MaxLen(50), Personal("subject")] = ()


NO_NEEDS = Needs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    reference: Name
    amount: Money
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is promised to the customer, and by when."""

    what: What
    due_at: datetime


EASTERNMOST, WESTERNMOST = timedelta(hours=14), timedelta(hours=12)


def today_anywhere(now: datetime) -> date:
    """The latest day that it already is somewhere: a day after it is in the future everywhere."""
    return (now + EASTERNMOST).astimezone(UTC).date()


def earliest_day(instant: datetime) -> date:
    """The earliest day that it then still was somewhere: the day before was over everywhere."""
    return (instant - WESTERNMOST).astimezone(UTC).date()


class Checks:
    """Collects every field error of a command, to refuse with all of them at once."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def that(self, good: object, field: str, message: str) -> None:
        """Note `message` under `field` unless `good` is true."""
        if not good:
            self.errors.append(FieldError(field, message))

    def money(self, value: Money | None, field: str, on: date | None = None) -> None:
        """`on` is the day it is told of; left out, currencies that were withdrawn pass as well."""
        if value is not None and (problem := value.problem(on)):
            self.that(False, field, problem)

    def done(self) -> None:
        if self.errors:
            raise Invalid(self.errors)
