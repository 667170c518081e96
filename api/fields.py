"""api: the small types that request bodies and parameters are made of, each with its limits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from domain.values import MAX_AMOUNT, MAX_NAME, MAX_TEXT
from domain.values import Money as DomainMoney

PLAIN = r"^(?:[^\x00]+)?$"
"""PostgreSQL stores no NUL characters, so none are taken. Programs that make calls from the schema write the longest length
into a plain `[^\\x00]*`, and to compile ten thousand of that takes a tenth of a second each time; not into this.
"""
SOME = r"^[^\x00]*[^\s\x00](?:[^\x00]+)?$"
MAX_PAGE = 200
EARLIEST = 1990
LATEST = 2200


def _in_range(value: datetime) -> datetime:
    if not EARLIEST <= value.year < LATEST:
        raise ValueError(f"must be a time between {EARLIEST} and {LATEST}")
    return value


def _day_in_range(value: date) -> date:
    if not EARLIEST <= value.year < LATEST:
        raise ValueError(f"must be a day between {EARLIEST} and {LATEST}")
    return value


def _text(value: object) -> object:
    """Numbers are no times here: who sends one meant something else."""
    if isinstance(value, int | float):
        raise ValueError("must be ISO 8601 text")  # noqa: TRY004 - pydantic turns a ValueError into an answer
    return value


Name = Annotated[str, StringConstraints(min_length=1, max_length=MAX_NAME, pattern=SOME)]
ShortText = Annotated[str, StringConstraints(max_length=MAX_NAME, pattern=PLAIN)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[\w][\w .:-]*$")]
LongText = Annotated[str, StringConstraints(max_length=MAX_TEXT, pattern=PLAIN)]
NeededText = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT, pattern=SOME)]
What = Annotated[str, StringConstraints(min_length=1, max_length=1_000, pattern=SOME)]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_text),
    AfterValidator(_in_range),
    Field(
        description=f"ISO 8601 with a time zone, {EARLIEST} to {LATEST}",
        examples=["2026-11-30T09:00:00+08:00"],
    ),
]
Day = Annotated[
    date,
    BeforeValidator(_text),
    AfterValidator(_day_in_range),
    Field(description=f"ISO 8601 day, {EARLIEST} to {LATEST}", examples=["2026-12-31"]),
]
Currency = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(description="ISO 4217 code", examples=["CNY"])
]
RuleName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$"), Field(examples=["default"])
]
"""Of a policy or a process."""
CursorText = Annotated[str, StringConstraints(max_length=500, pattern=r"^[A-Za-z0-9_=-]+$")]
Amount = Annotated[
    Decimal,
    Field(ge=0, lt=MAX_AMOUNT, decimal_places=4, max_digits=19, allow_inf_nan=False, examples=["120000.00"]),
]


class Strict(BaseModel):
    """Base of every request body: a field it does not know is refused, not ignored. Its validator is built when the
    first body comes: a process that has just started has better things to do than to build a hundred of them.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False, frozen=True)


class Paging(Strict):
    """The query parameters of every list that comes in pages."""

    cursor: Annotated[CursorText | None, Field(description="`next_cursor` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = 50


class Money(Strict):
    """An amount in a currency. Send the amount as a string to keep every digit."""

    amount: Amount
    currency: Currency

    def value(self) -> DomainMoney:
        return DomainMoney(self.amount, self.currency)


def money(given: Money | None) -> DomainMoney | None:
    return given.value() if given is not None else None
