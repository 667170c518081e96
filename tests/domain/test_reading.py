"""Reading: one strict reading a type. What is written plainly is read exactly, and nothing else is read at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engine import reading

READINGS: dict[str, Callable[[str], Any]] = {
    name: getattr(reading, name)
    for name in ("day", "instant", "clock", "number", "grouped", "whole", "truth", "currency", "id")
}
ID = "6c2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11"
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("name", "text", "read"),
    [
        ("day", "2026-12-31", date(2026, 12, 31)),
        ("day", "2024-02-29", date(2024, 2, 29)),
        ("instant", "2026-12-31T09:00:00Z", datetime(2026, 12, 31, 9, tzinfo=UTC)),
        ("instant", "2026-12-31t09:00z", datetime(2026, 12, 31, 9, tzinfo=UTC)),
        ("instant", "2026-12-31 09:00:00+00", datetime(2026, 12, 31, 9, tzinfo=UTC)),
        ("instant", "2026-12-31T09:00:00.1234569Z", datetime(2026, 12, 31, 9, 0, 0, 123456, tzinfo=UTC)),
        ("clock", "09:05", time(9, 5)),
        ("number", "1200.50", Decimal("1200.50")),
        ("number", "100000000000000.01", Decimal("100000000000000.01")),
        ("number", "-0.00", Decimal("0.00")),
        ("grouped", "1,200.50", Decimal("1200.50")),
        ("grouped", "-12,345,678", Decimal(-12_345_678)),
        ("grouped", "1200.50", Decimal("1200.50")),
        ("whole", "42", 42),
        ("whole", "-1", -1),
        ("truth", "true", True),
        ("truth", "false", False),
        ("currency", "CNY", "CNY"),
        ("id", ID, UUID(ID)),
        ("id", ID.upper(), UUID(ID)),
    ],
)
def test_what_is_written_plainly_is_read_exactly(name: str, text: str, read: Any) -> None:
    found = READINGS[name](text)
    assert (found, str(found)) == (read, str(read))


UNREADABLE = {
    "day": ["1764460800", "20261231", "2026-W53-4", "2026-12-31T00:00:00", "2026-12-31T00:00:00-12:00", "2026-02-29",
            "2026-12-31+01:00", "26-12-31", "0001-01-01", "2200-01-01", "２０２６-12-31", "2026-1-1"],
    "instant": ["1764460800", "2026-12-31", "2026-12-31T09:00:00", "2026-12-31T24:00:00Z", "2026-12-31T09Z",
                "2026-12-31T09:00:60Z", "0001-01-01T00:00:00+14:00", "2026-12-31T09:00:00+23:59", "20261231T090000Z",
                "2026-12-31T09:00:00,5Z", "2026-12-31T09:00:00+08:00:30", "2026-W53-4T09:00:00Z", "2026-12-31T09:00:00+8"],
    "clock": ["9:00", "09:60", "24:00", "09:00:00", "0900", "٠٩:٠٠"],
    "number": ["1_0", "١٢", "1e3", "NaN", "Infinity", "+1", ".5", "1.", "007", "0x1F", "1,5", "--1", "1" * 16, "0." + "1" * 13],
    "grouped": ["1,5", "1,20,000", "12,34", "1200,500", ",500", "0,500", "1,200,", "1.200,50", "1_0", "١٢"],
    "whole": ["1_0", "１２", "1e3", "1.0", "+1", "08", "-", "1" * 19, "True"],
    "truth": ["True", "1", "yes", "on", "t", "0"],
    "currency": ["cny", "CN", "CNYX", "ＣＮＹ", "C1Y"],
    "id": [ID.replace("-", ""), f"{{{ID}}}", f"urn:uuid:{ID}", "6_2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11", "6c2d-8c1e52a7-4d4c-9d0a-0a4f0b6c7d11"],
}  # fmt: skip
GOOD = {
    "day": "2026-12-31",
    "instant": "2026-12-31T09:00:00Z",
    "clock": "09:00",
    "number": "12",
    "grouped": "12",
    "whole": "12",
    "truth": "true",
    "currency": "CNY",
    "id": ID,
}
NOTHING = ["", " ", "\x00", "\n"]


@pytest.mark.parametrize("name", READINGS)
def test_nothing_else_is_read_and_the_words_do_not_repeat_it(name: str) -> None:
    good, told = GOOD[name], set()
    for text in [*UNREADABLE[name], *NOTHING, f" {good}", f"{good} ", f"{good}\n", f"{good}\x00"]:
        with pytest.raises(ValueError, match=r"^(must|has) ") as refused:
            READINGS[name](text)
        told.add(str(refused.value))
    assert len(told) <= 3, "the words are of the type, not of the text"


@given(st.sampled_from(sorted(READINGS)), st.text())
def test_any_text_is_read_or_refused_with_words(name: str, text: str) -> None:
    try:
        READINGS[name](text)
    except ValueError as refused:
        assert str(refused).startswith(("must ", "has "))  # noqa: PT017 - either may come


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
def test_a_day_comes_back_as_it_was_written(day: date) -> None:
    assert reading.day(day.isoformat()) == day


@given(st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31), timezones=OFFSETS))  # noqa: DTZ001 - the zones are drawn
def test_a_time_comes_back_with_its_offset(at: datetime) -> None:
    read = reading.instant(at.isoformat())
    assert (read, read.utcoffset()) == (at, at.utcoffset())


@given(st.decimals(-(10**14), 10**14, places=6, allow_nan=False))
def test_a_number_comes_back_with_every_digit(number: Decimal) -> None:
    read = reading.number(f"{number:f}")
    assert read == number
    assert f"{read:f}" == f"{number or abs(number):f}"


@given(st.integers(-(10**17), 10**17))
def test_a_whole_number_comes_back(number: int) -> None:
    assert reading.whole(str(number)) == number


@given(st.uuids())
def test_an_id_comes_back(id: UUID) -> None:
    assert reading.id(str(id)) == id


# --- JSON ------------------------------------------------------------------------------------------------------------


def test_a_document_keeps_every_digit_of_a_number() -> None:
    read = reading.document(b'{"amount": 100000000000000.01, "count": 3, "tiny": 1e-7}')
    assert read == {"amount": Decimal("100000000000000.01"), "count": 3, "tiny": Decimal("1e-7")}
    assert type(read["count"]) is int


@pytest.mark.parametrize("content", [b'{"to": 1, "to": 2}', b'[{"a": {"to": 1, "b": 2, "to": 1}}]'])
def test_a_name_that_comes_twice_is_told(content: bytes) -> None:
    with pytest.raises(reading.NamedTwice) as refused:
        reading.document(content)
    assert refused.value.name == "to"


OTHERWISE = [
    b"",
    b"{",
    b"[NaN]",
    b"[Infinity]",
    b"[1_0]",
    b"[01]",
    b"\xff\xfe[\x00]\x00",
    b"\xef\xbb\xbf[]",
    b"[1e99999999999999999999]",
]


@pytest.mark.parametrize(
    "content", [*OTHERWISE, b"[" * 100_000, b"[" + b"1" * 5_000 + b"]", "[]".encode("utf-16")]
)
def test_what_is_no_json_in_utf_8_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="JSON"):
        reading.document(content)
