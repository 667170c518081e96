"""The links of surveys: read back as they were signed, and nobody's where a bit of them is another."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.surveys.links import LENGTH, NoLink, SurveyLink, read, signed

KEY = bytes(range(32))
LINK = SurveyLink(UUID(int=0x51), datetime(2027, 1, 8, tzinfo=UTC))
ids = st.uuids()
times = st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(id=ids, at=times, key=st.binary(min_size=32, max_size=32))
def test_is_read_back(id: UUID, at: datetime, key: bytes) -> None:
    link = SurveyLink(id, at.replace(microsecond=0))
    token = signed(key, link)
    assert len(token) == LENGTH
    assert read(key, token) == link


@given(place=st.integers(0, LENGTH - 1), letter=st.characters())
def test_with_another_letter_is_none(place: int, letter: str) -> None:
    token = signed(KEY, LINK)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(NoLink):
            read(KEY, changed)


@given(text=st.text(max_size=200))
def test_any_other_text_is_none(text: str) -> None:
    with pytest.raises(NoLink):
        read(KEY, text)


def test_of_another_installation_is_none() -> None:
    with pytest.raises(NoLink):
        read(KEY, signed(bytes(32), LINK))
    with pytest.raises(NoLink):
        read(KEY, signed(KEY, LINK) + "A")
