"""Domain room: the value of a custom field, and how what is said becomes one: strictly by type, or from text that says it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

from annotated_types import MaxLen

from domain.engine import reading
from domain.engine.facts import PersonText
from domain.engine.fields import MAX_TEXT, PLAIN, LongText
from domain.engine.reasoning import plain
from domain.engine.values import Money


class FieldType(StrEnum):
    """`choice` is one of several, `choices` any number of them; `link` is a web address."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    YES_NO = "yes-no"
    CHOICE = "choice"
    CHOICES = "choices"
    LINK = "link"


Plain = str | Decimal | Money | date | bool | tuple[str, ...]
Told = str | bool | list[str] | Money
"""A value in answers: numbers and days as text."""
MAX_LINK = 2_000
YES, NO = ("yes", "true", "1", "y", "on", "是"), ("no", "false", "0", "n", "off", "否")
BETWEEN = "\n"
"""Between the names of several choices, as they are written down."""
_SEVERAL = re.compile(r"[\n,;，；、]")
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """`text` says it in one way, so that equal values are equal: a number in plain digits, `2026-12-31`, `1200.5 CNY`, `yes` or `no`,
    the names of choices, one a line. What a personal field holds stands in `personal` instead, whatever its type. Both empty: nothing.
    """

    type: FieldType
    text: LongText = ""
    personal: Annotated[PersonText, MaxLen(MAX_TEXT), PLAIN] = ""

    @property
    def written(self) -> str:
        return self.text or self.personal

    @property
    def value(self) -> Plain:
        """As its type has it."""
        return _PLAIN.get(self.type, str)(self.written)


NOTHING = FieldValue(type=FieldType.TEXT)
"""Said of a field, it empties it."""


def said_text(text: str) -> FieldValue:
    """Text that says a value of whatever type the field has."""
    return FieldValue(type=FieldType.TEXT, text=text)


def money_of(written: str) -> Money:
    """Of `1200.5 CNY`."""
    amount, _, currency = written.partition(" ")
    return Money(Decimal(amount), currency)


_PLAIN: Mapping[FieldType, Callable[[str], Plain]] = {
    FieldType.NUMBER: Decimal,
    FieldType.MONEY: money_of,
    FieldType.DATE: date.fromisoformat,
    FieldType.YES_NO: lambda written: written == "yes",
    FieldType.CHOICES: lambda written: tuple(written.split(BETWEEN)),
}


# --- how text says each type: each raises ValueError with words for people -------------------------------------------


def read_text(text: str) -> str:
    return text


def read_number(text: str) -> str:
    return plain(reading.grouped(_tight(text)))


def read_money(text: str) -> str:
    amount, _, code = text.strip().rpartition(" ")
    if not amount:
        raise ValueError("must be an amount with its currency, such as 1200.50 CNY")
    said = Money(reading.grouped(_tight(amount)), reading.currency(code.upper()))
    if said.amount < 0:
        raise ValueError("must not be negative")
    if problem := said.problem():
        raise ValueError(problem)
    return written_money(said)


def written_money(money: Money) -> str:
    return f"{plain(money.amount)} {money.currency}"


def read_date(text: str) -> str:
    return reading.day(text.strip()).isoformat()


def read_yes_no(text: str) -> str:
    word = text.strip().casefold()
    if word in YES:
        return "yes"
    if word in NO:
        return "no"
    raise ValueError("must be yes or no")


def read_link(text: str) -> str:
    link = text.strip()
    parts = urlsplit(link)
    if parts.scheme not in ("http", "https") or not parts.netloc or _SPACES.search(link):
        raise ValueError("must be a web address that begins with https:// or http://")
    if len(link) > MAX_LINK:
        raise ValueError(f"is longer than {MAX_LINK} characters")
    return link


def names_in(text: str) -> list[str]:
    """Of several choices that are said in one text."""
    return [name.strip() for name in _SEVERAL.split(text) if name.strip()]


def _tight(text: str) -> str:
    return text.strip().removeprefix("+")


READERS: Mapping[FieldType, Callable[[str], str]] = {
    FieldType.TEXT: read_text,
    FieldType.NUMBER: read_number,
    FieldType.MONEY: read_money,
    FieldType.DATE: read_date,
    FieldType.YES_NO: read_yes_no,
    FieldType.LINK: read_link,
}
"""All but choices, which only a declaration knows."""
