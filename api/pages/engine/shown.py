"""api: how values are shown to one person — money, numbers, days and times, in their language and zone. Used as filters in templates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from babel import Locale
from babel import dates as babel_dates
from babel import numbers as babel_numbers
from jinja2 import pass_context
from jinja2.runtime import Context

from api.pages.engine import fragment
from runtime.language import catalogue

NOTHING = "–"
LOCALES = {"en": Locale("en"), "zh": Locale("zh", "CN", script="Hans")}
MANY = 20_000
"""Of values whose text is kept: the same amounts and times are shown again and again."""
SOON = timedelta(days=6)
IN_UTC = re.compile(r"\b(\d{4}-\d\d-\d\d) (\d\d:\d\d) UTC\b", re.ASCII)
"""How histories tell a time."""


class Viewer(Protocol):
    """For whom it is shown: a page."""

    @property
    def language(self) -> str: ...

    @property
    def zone(self) -> ZoneInfo: ...


def _page(context: Context) -> Viewer:
    page: Viewer = context["page"]
    return page


def in_words(context: Context) -> Any:
    return catalogue(_page(context).language)


# --- numbers ---------------------------------------------------------------------------------------------------------


@pass_context
def money(context: Context, amount: Any, currency: str | None = None) -> str:
    """An amount and its currency, or `{"amount": …, "currency": …}`; without decimals where they are nought."""
    if isinstance(amount, dict):
        amount, currency = amount.get("amount"), amount.get("currency")
    if amount in (None, "") or not currency:
        return NOTHING
    return _money(_page(context).language, str(amount), currency)


@lru_cache(MANY)
def _money(language: str, amount: str, currency: str) -> str:
    value = Decimal(amount)
    whole = value == value.to_integral_value()
    locale = LOCALES[language]
    if language == "zh" and not whole:
        return babel_numbers.format_currency(value, currency, locale=locale)
    pattern = "¤#,##0" if language == "zh" else "¤¤ #,##0" if whole else "¤¤ #,##0.00"
    return babel_numbers.format_currency(value, currency, pattern, locale=locale, currency_digits=False)


@pass_context
def number(context: Context, value: Any) -> str:
    if value in (None, ""):
        return NOTHING
    return _number(_page(context).language, str(value))


@lru_cache(MANY)
def _number(language: str, value: str) -> str:
    try:
        return babel_numbers.format_decimal(Decimal(value), locale=LOCALES[language])
    except InvalidOperation:
        return value


@pass_context
def percent(context: Context, value: Any, decimals: int = 0) -> str:
    """A share: 0.42 is 42 %."""
    if value in (None, ""):
        return NOTHING
    pattern = "#,##0." + "0" * decimals + "%" if decimals else "#,##0%"
    return _percent(_page(context).language, str(value), pattern)


@lru_cache(MANY)
def _percent(language: str, value: str, pattern: str) -> str:
    return babel_numbers.format_percent(Decimal(value), pattern, locale=LOCALES[language])


@pass_context
def figure(context: Context, value: Any, unit: str, currency: str = "") -> str:
    """What a metric comes to, by its unit."""
    return figure_text(_page(context).language, value, unit, currency)


def figure_text(language: str, value: Any, unit: str, currency: str = "") -> str:
    if value in (None, ""):
        return NOTHING
    if unit == "money":
        return _money(language, str(value), currency)
    if unit == "ratio":
        return _percent(language, str(value), "#,##0.#%")
    said = _number(language, str(value))
    return f"{said} {catalogue(language).gettext(unit)}" if unit in ("days", "minutes") else said


@pass_context
def short(context: Context, value: float, unit: str = "count") -> str:
    """A value beside an axis: 1.2M, 40%."""
    page = _page(context)
    if unit == "ratio":
        return _percent(page.language, str(value), "#,##0%")
    return babel_numbers.format_compact_decimal(value, locale=LOCALES[page.language], fraction_digits=1)


# --- days and times --------------------------------------------------------------------------------------------------


def read_day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10]) if value else None


def read_moment(value: Any) -> datetime | None:
    return value if isinstance(value, datetime) else datetime.fromisoformat(str(value)) if value else None


def now_of(page: Viewer) -> datetime:
    """Now, on the person's clock."""
    return datetime.now(page.zone)


@pass_context
def day(context: Context, value: Any) -> str:
    """2026-12-31: the year only where it is another one."""
    found = read_day(value)
    if found is None:
        return NOTHING
    page = _page(context)
    return _day(page.language, found, found.year == now_of(page).year)


@lru_cache(MANY)
def _day(language: str, value: date, this_year: bool) -> str:  # noqa: FBT001 - a key of the cache
    skeleton = "MMMd" if this_year else "yMMMd"
    return babel_dates.format_skeleton(skeleton, value, locale=LOCALES[language])


@pass_context
def moment(context: Context, value: Any) -> str:
    """A day and a time of day, in the person's zone."""
    found = read_moment(value)
    if found is None:
        return NOTHING
    page = _page(context)
    local = found.astimezone(page.zone)
    return f"{_day(page.language, local.date(), local.year == now_of(page).year)} {local:%H:%M}"


@pass_context
def exactly(context: Context, value: Any) -> str:
    """With year, seconds and zone: for who points at it."""
    found = read_moment(value)
    return f"{found.astimezone(_page(context).zone):%Y-%m-%d %H:%M:%S %Z}" if found else ""


@pass_context
def ago(context: Context, value: Any) -> str:
    """How far it is from now: in 2 days, 3 hours ago."""
    found = read_moment(value)
    if found is None:
        return NOTHING
    fragment.private()
    away = found - datetime.now(UTC)
    language = _page(context).language
    return babel_dates.format_timedelta(away, add_direction=True, locale=LOCALES[language], threshold=0.95)


@pass_context
def due(context: Context, value: Any) -> str:
    """A due time as people say it: today 09:00, tomorrow 14:00, Thu 10:00, else the day."""
    found = read_moment(value)
    if found is None:
        return NOTHING
    page = _page(context)
    local, words = found.astimezone(page.zone), in_words(context)
    days = (local.date() - now_of(page).date()).days
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    if days in near:
        return f"{words.gettext(near[days])} {local:%H:%M}"
    if 0 < days <= SOON.days:
        return f"{babel_dates.format_date(local.date(), 'EEE', locale=LOCALES[page.language])} {local:%H:%M}"
    return moment(context, value)


@pass_context
def days_since(context: Context, value: Any) -> int:
    """Whole days on the person's calendar."""
    found = read_moment(value)
    return (
        0
        if found is None
        else (now_of(_page(context)).date() - found.astimezone(_page(context).zone).date()).days
    )


def is_past(value: Any) -> bool:
    found = read_moment(value)
    if found is None or found < datetime.now(UTC):
        return found is not None
    fragment.expires(found)
    return False


# --- words -----------------------------------------------------------------------------------------------------------


@pass_context
def word(context: Context, value: Any, used_as: str = "") -> str:
    """A code or a fixed word in the person's language: `no-answer`, `won`. Codes are shown with blanks. `used_as`: as what, where it
    means another thing otherwise: the stage `contact` is no contact.
    """
    return NOTHING if value in (None, "") else word_text(_page(context).language, str(value), used_as)


def word_text(language: str, text: str, used_as: str = "") -> str:
    words = catalogue(language)
    for said in (text, text.replace("-", " ").replace("_", " ")):
        if (found := words.pgettext(used_as, said)) != said:
            return str(found)
    return text.replace("-", " ").replace("_", " ")


@pass_context
def topic(context: Context, value: str) -> str:
    """A kind of event: `deal.stage-moved` is "deal: stage moved"."""
    of, _, what = value.partition(".")
    joint = "：" if _page(context).language == "zh" else ": "
    return f"{word(context, of)}{joint}{word(context, what, 'event')}"


@pass_context
def heard(context: Context, value: Any) -> str:
    """A whole sentence of another room's, in the person's language."""
    return str(in_words(context).heard(str(value))) if value else ""


@pass_context
def said(context: Context, sentence: str) -> str:
    """A sentence of a history, its times in the person's zone: histories tell them in UTC."""
    return IN_UTC.sub(lambda found: moment(context, f"{found[1]}T{found[2]}:00+00:00"), sentence)


def merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**one, **other}


FILTERS: dict[str, Callable[..., Any]] = {
    "ago": ago, "day": day, "days_since": days_since, "due": due, "exactly": exactly, "figure": figure, "heard": heard, "merged": merged, "moment": moment, "money": money,
    "number": number, "percent": percent, "said": said, "short": short, "topic": topic, "word": word,
}  # fmt: skip
