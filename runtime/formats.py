"""runtime: money, numbers, days and times as people of a language write them, for pages and terminal. By Babel, which is imported when
the first is written. Programs are told plain values; nothing here is read back.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from domain.engine.currency import written
from runtime.language import ZH

if TYPE_CHECKING:
    from babel import Locale


@cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale("zh", "CN", script="Hans") if language == ZH else Locale("en", "US")


def number(value: Decimal | int, language: str) -> str:
    """Grouped, with every digit but noughts at the end: 1,234.5."""
    from babel.numbers import format_decimal

    return format_decimal(value, locale=_locale(language), decimal_quantization=False)


def percent(share: Decimal | float, language: str, decimals: int = 0) -> str:
    """A share of 1: 0.125 with one decimal is 12.5%."""
    from babel.numbers import format_percent

    form = "#,##0." + "0" * decimals + "%" if decimals else "#,##0%"
    return format_percent(share, format=form, locale=_locale(language))


def money(amount: Decimal, currency: str, language: str) -> str:
    """With the currency's sign, where the language has one, and its decimals by ISO 4217: ¥1,234.50 in Chinese, CN¥1,234.50 in
    English. An amount that has more keeps them.
    """
    from babel.numbers import format_currency, get_currency_symbol

    locale = _locale(language)
    exact = written(amount, currency)
    places = max(0, -int(exact.as_tuple().exponent))
    sign = "¤\u00a0" if get_currency_symbol(currency, locale)[-1:].isalpha() else "¤"
    form = sign + "#,##0" + ("." + "0" * places if places else "")
    return format_currency(exact, currency, form, locale, currency_digits=False)


def day(value: date, language: str) -> str:
    """Nov 30, 2026; 2026年11月30日."""
    from babel.dates import format_date

    return format_date(value, "medium", locale=_locale(language))


def moment(at: datetime, zone: tzinfo, language: str) -> str:
    """Day and time of 24 hours in a zone. Raises ValueError for a time without one."""
    from babel.dates import format_datetime

    if at.tzinfo is None:
        raise ValueError("a time needs a zone to be shown in another")
    local = at.astimezone(zone)
    return f"{day(local.date(), language)} {format_datetime(local, 'HH:mm', locale=_locale(language))}"


def age(since: datetime, now: datetime, language: str) -> str:
    """How long ago, or ahead, in the one unit that fits: 3 days ago, 3天前; in 2 hours, 2小时后."""
    from babel.dates import format_timedelta

    return format_timedelta(since - now, add_direction=True, locale=_locale(language))


def length(of: timedelta, language: str) -> str:
    """In the one unit that fits: 3 days; 3天."""
    from babel.dates import format_timedelta

    return format_timedelta(of, locale=_locale(language))
