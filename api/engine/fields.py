"""api: the small types that request bodies and parameters are made of, each with its limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_before_validator_function

from domain.engine import currency, reading
from domain.engine import fields as limits
from domain.engine.values import Money as DomainMoney

PLAIN, SOME = limits.PLAIN.regex, limits.NOT_BLANK.regex
MAIL = r"^[^\s@]{1,64}@[^\s@]{1,189}$"
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


def _read(read: Callable[[str], object], otherwise: str) -> Callable[[object], object]:
    """The one reading of text, before the library's own: that takes Unix time for a day, `1_0` for ten, `yes` for true."""

    def before(value: object) -> object:
        if isinstance(value, str):
            return read(value)
        raise ValueError(otherwise)

    return before


def _number(value: object) -> Decimal:
    """Text, or a number of JSON with every digit as it was written: the body's reader makes no float of it."""
    if isinstance(value, str):
        return reading.number(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a number, or a number written as text")  # noqa: TRY004 - pydantic turns a ValueError into an answer
    if not (Decimal(value).is_finite() and -MAX_DIGITS <= Decimal(value).adjusted() <= MAX_DIGITS):
        raise ValueError("has too many digits")
    return reading.number(f"{Decimal(value):f}")


def _whole(value: object) -> object:
    """Of a query, where all is text."""
    return reading.whole(value) if isinstance(value, str) else value


def _truth(value: object) -> object:
    return reading.truth(value) if isinstance(value, str) else value


class _Plainly:
    """Read by `_number`, and published as that reads it: the library's own pattern allows `+1`, `.5` and digits of other scripts."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_before_validator_function(_number, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        number = next(kind for kind in found["anyOf"] if kind["type"] == "number")
        lowest = number.get("minimum", number.get("exclusiveMinimum", -1))
        text = {"type": "string", "pattern": SIGNED if lowest < 0 else UNSIGNED}
        return {**found, "anyOf": [number, text]}


PLAINLY = _Plainly()
UNSIGNED = r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$"
SIGNED = r"^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$"
MAX_DIGITS = 30


def _currency(code: str) -> str:
    if wrong := currency.problem(code):
        raise ValueError(wrong)
    return code


Name = limits.Name
ShortText = limits.ShortText
Code = limits.Code
LongText = limits.LongText
NeededText = limits.NeededText
What = limits.What
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_read(reading.instant, "must be a time as text, such as 2026-12-31T09:00:00+08:00")),
    AfterValidator(_in_range),
    Field(
        description=f"ISO 8601 with a time zone, {EARLIEST} to {LATEST}",
        examples=["2026-11-30T09:00:00+08:00"],
    ),
]
Day = Annotated[
    date,
    BeforeValidator(_read(reading.day, "must be a day as text, such as 2026-12-31")),
    AfterValidator(_day_in_range),
    Field(description=f"ISO 8601 day, {EARLIEST} to {LATEST}", examples=["2026-12-31"]),
]
Currency = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{3}$"),
    AfterValidator(_currency),
    Field(description="ISO 4217 code", examples=["CNY"]),
]
RuleName = Annotated[limits.RuleName, Field(examples=["default"])]
LOCALE = r"^[a-z]{2,3}([-_][A-Za-z]{4})?([-_][A-Z]{2})?$"
ZONE = r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$"
LocaleName = Annotated[str, StringConstraints(pattern=LOCALE)]
ZoneText = Annotated[str, StringConstraints(max_length=60, pattern=ZONE)]
CursorText = Annotated[str, StringConstraints(max_length=500, pattern=r"^[A-Za-z0-9_=-]+$")]
Amount = Annotated[limits.Amount, Field(examples=["120000.00"]), PLAINLY]
WHOLE = BeforeValidator(_whole)
"""A whole number of a query; in a body it is a number. It stands behind the limits: before them, they would not be published."""
Truth = Annotated[bool, BeforeValidator(_truth)]
"""Of a query: `true` or `false`."""


class Strict(BaseModel):
    """Base of every request body: a field it does not know is refused, not ignored. Its validator is built when the
    first body comes: a process that has just started has better things to do than to build a hundred of them.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, given: Any) -> Any:
        """FastAPI reads attributes, too: where no field is needed a number of JSON, read as a Decimal, would do."""
        if isinstance(given, Decimal):
            raise ValueError("must be an object")  # noqa: TRY004 - pydantic turns a ValueError into an answer
        return given


SearchText = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=PLAIN)]
"""What is looked for."""


class Filed(Strict):
    """The query parameters of whatever may be had as a file."""

    format: Annotated[
        Literal["json", "csv", "xlsx"],
        Field(
            description="csv and xlsx: all that is found as a file, without pages; `cursor` and `limit` say nothing then"
        ),
    ] = "json"
    locale: Annotated[
        LocaleName | None,
        Field(
            description="of a file: whose heads, and in CSV whose decimal and list separators it has",
            examples=["zh", "de-DE"],
        ),
    ] = None
    zone: Annotated[
        ZoneText | None,
        Field(
            description="of a file: the time zone that times are told in; left out, UTC",
            examples=["Asia/Shanghai"],
        ),
    ] = None
    bom: Annotated[
        Truth, Field(description="of CSV: begins with the mark by which spreadsheets know UTF-8")
    ] = False
    exact: Annotated[
        Truth, Field(description="of CSV for programs: text that a spreadsheet would compute stays as it is")
    ] = False


class Paging(Filed):
    """The query parameters of every list that comes in pages, or as a file."""

    cursor: Annotated[CursorText | None, Field(description="`next_cursor` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_PAGE), WHOLE] = 50


class Money(Strict):
    """An amount in a currency. Send the amount as a string to keep every digit."""

    amount: Amount
    currency: Currency

    def value(self) -> DomainMoney:
        return DomainMoney(self.amount, self.currency)


def money(given: Money | None) -> DomainMoney | None:
    return given.value() if given is not None else None
