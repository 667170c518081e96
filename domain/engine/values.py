"""Domain room: the small values that facts are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from hashlib import sha1
from typing import Annotated
from uuid import UUID

from domain.engine import currency
from domain.engine.errors import FieldError, Invalid
from domain.engine.facts import FreeText, Personal
from domain.engine.references import OwnRepId

NAMESPACE = UUID("6f0c8f0e-55f0-5d0e-9a55-0d5a1e500b01")
MAX_AMOUNT = Decimal("1e15")
EARLIEST, LATEST = 1900, 2200
"""Years; a day outside is a slip of the pen, and would stretch every report."""
HALVES = re.compile("[\ud800-\udfff]")
"""Surrogates: no encoding can store one alone."""
MAX_TEXT = 10_000
MAX_NAME = 300
_VARIANT_AND_VERSION, _NAMED = 0xF000_C000 << 48, 0x5000_8000 << 48
"""Bits of an id (RFC 9562): which they are, and what they say of one that is made from a name."""


def id_within(namespace: UUID, name: str) -> UUID:
    """The same as `uuid.uuid5`, which takes twice as long."""
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).digest()
    return UUID(int=int.from_bytes(digest[:16]) & ~_VARIANT_AND_VERSION | _NAMED)


@lru_cache(maxsize=4096)
def id_text(number: int) -> str:
    """The text of the id of this number. The same ids are told again and again, and writing one takes as long as a fact."""
    return str(UUID(int=number))


@lru_cache(maxsize=1024)
def named_id(kind: str, name: str) -> UUID:
    """The id of a thing that is known by a public name, such as a process or a policy."""
    return id_within(NAMESPACE, f"{kind}:{name}")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency (ISO 4217 code), to at most the decimals the currency has."""

    amount: Decimal
    currency: str

    def problem(self, on: date | None = None) -> str | None:
        """What is wrong with it, on that day where one is given: a currency may be withdrawn."""
        if not self.amount.is_finite() or abs(self.amount) >= MAX_AMOUNT:
            return f"must be a number below {MAX_AMOUNT:.0e}"
        if self.amount < 0:
            return "must not be negative"
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
    outcome: str = ""
    duration_minutes: int | None = None
    rep_id: OwnRepId | None = None
    contact_id: UUID | None = None
    summary: FreeText = ""
    name: str = ""
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the customer needs: the exit requirements of the stage *needs*."""

    pain_points: FreeText = ""
    budget: Money | None = None
    decision_process: FreeText = ""
    decision_makers: Annotated[tuple[str, ...], Personal("subject")] = ()


NO_NEEDS = Needs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    reference: str
    amount: Money
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is promised to the customer, and by when."""

    what: FreeText
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

    def text(self, value: str, field: str, *, most: int = MAX_TEXT, needed: bool = False) -> None:
        if needed and not value.strip():
            self.that(False, field, "must not be empty")
        if not value:
            return
        if len(value) > most:
            self.that(False, field, f"is longer than {most} characters")
        if "\x00" in value:
            self.that(False, field, "contains a NUL character")
        if not value.isascii() and HALVES.search(value):
            self.that(False, field, "contains half a character")

    def money(self, value: Money | None, field: str, on: date | None = None) -> None:
        """`on` is the day it is told of; left out, currencies that were withdrawn pass as well."""
        if value is not None and (problem := value.problem(on)):
            self.that(False, field, problem)

    def day(self, value: date | None, field: str) -> None:
        if value is not None and not EARLIEST <= value.year < LATEST:
            self.that(False, field, f"{value} is not between {EARLIEST} and {LATEST}")

    def done(self) -> None:
        if self.errors:
            raise Invalid(self.errors)
