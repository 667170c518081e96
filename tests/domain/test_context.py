"""When something happened, as whoever tells it says: clocks differ by minutes, and nobody tells of tomorrow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.engine.errors import Invalid
from tests.domain.given_when_then import NOW, context_of


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(0), -timedelta(days=9_000)])
def test_what_happened_by_a_clock_that_is_minutes_ahead_has_happened(ahead: timedelta) -> None:
    assert context_of(occurred_at=NOW + ahead).happened_at == NOW + ahead


@pytest.mark.parametrize("ahead", [timedelta(minutes=5, microseconds=1), timedelta(hours=1)])
def test_what_happens_later_has_not_happened(ahead: timedelta) -> None:
    with pytest.raises(Invalid) as refusal:
        context_of(occurred_at=NOW + ahead)
    assert [error.field for error in refusal.value.errors] == ["occurred_at"]
