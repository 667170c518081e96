"""Money, numbers and times as people write them in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from runtime import formats

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("amount", "currency", "en", "zh"),
    [
        ("1234.5", "CNY", "CN¥1,234.50", "¥1,234.50"),
        ("-1200", "JPY", "-¥1,200", "-JP¥1,200"),
        ("1.234", "BHD", "BHD\u00a01.234", "BHD\u00a01.234"),
        ("12", "HUF", "HUF\u00a012.00", "HUF\u00a012.00"),  # 2 by ISO 4217; none in CLDR
        ("1200.505", "EUR", "€1,200.505", "€1,200.505"),
    ],
)
def test_money_has_the_decimals_of_its_currency(amount: str, currency: str, en: str, zh: str) -> None:
    assert formats.money(Decimal(amount), currency, "en") == en
    assert formats.money(Decimal(amount), currency, "zh") == zh


def test_numbers_lose_no_digit() -> None:
    assert formats.number(Decimal("1234567.1234567"), "en") == "1,234,567.1234567"
    assert formats.number(1234567, "zh") == "1,234,567"
    assert formats.percent(Decimal("0.125"), "zh", 1) == "12.5%"
    assert formats.percent(1.2, "en") == "120%"


def test_days_and_times_are_written_as_the_language_does() -> None:
    assert [formats.day(date(2026, 11, 30), one) for one in ("en", "zh")] == [
        "Nov 30, 2026",
        "2026年11月30日",
    ]
    shanghai = ZoneInfo("Asia/Shanghai")
    assert formats.moment(NOW + timedelta(hours=8), shanghai, "en") == "Dec 1, 2026 01:00"
    assert formats.moment(NOW, shanghai, "zh") == "2026年11月30日 17:00"
    with pytest.raises(ValueError, match="needs a zone"):
        formats.moment(datetime(2026, 11, 30), shanghai, "en")  # noqa: DTZ001


def test_ages_are_told_in_one_unit() -> None:
    three_days, two_hours = timedelta(days=3), timedelta(hours=2)
    assert [formats.age(NOW - three_days, NOW, one) for one in ("en", "zh")] == ["3 days ago", "3天前"]
    assert [formats.age(NOW + two_hours, NOW, one) for one in ("en", "zh")] == ["in 2 hours", "2小时后"]
    assert [formats.length(three_days, one) for one in ("en", "zh")] == ["3 days", "3天"]
