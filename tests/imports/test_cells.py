"""tests: what a cell's text means, and what it is told when it means nothing."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import RFC_4122, UUID

import pytest

from runtime.imports.cells import Dates, Unreadable, clean, number, whole_number
from runtime.imports.ids import external_id
from runtime.imports.suggest import closest


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "thousands", "decimal", "value"),
        [
            ("1054", "", ".", "1054"),
            ("1,234.50", ",", ".", "1234.50"),
            ("1.234,50", ".", ",", "1234.50"),
            ("-3", "", ".", "-3"),
        ],
    )
    def test_are_read_as_the_mapping_writes_them(
        self, text: str, thousands: str, decimal: str, value: str
    ) -> None:
        assert number(text, thousands, decimal) == Decimal(value)

    @pytest.mark.parametrize(
        "text", ["1,234", "12 EUR", "NaN", "Infinity", "1e9", "１２", "1.2.3", "0x10", ""]
    )
    def test_are_nothing_else(self, text: str) -> None:
        with pytest.raises(Unreadable, match="is not a number"):
            number(text)

    def test_of_people_are_whole(self) -> None:
        assert whole_number("2822") == 2822
        with pytest.raises(Unreadable, match="whole"):
            whole_number("2.5")


class TestDates:
    shanghai = Dates(("iso", "%d.%m.%Y", "%d.%m.%Y %H:%M"), "Asia/Shanghai")

    def test_begin_and_end_with_the_day_of_the_zone(self) -> None:
        assert self.shanghai.instant("2017-03-01") == datetime(2017, 2, 28, 16, tzinfo=UTC)
        end = self.shanghai.instant("01.03.2017", end_of_day=True)
        assert end == datetime(2017, 3, 1, 15, 59, 59, tzinfo=UTC)

    def test_with_a_time_are_that_instant(self) -> None:
        for text in (
            "01.03.2017 08:00",
            "2017-03-01T08:00:00",
            "2017-03-01T00:00:00Z",
            "2017-03-01 02:00+02:00",
        ):
            assert self.shanghai.instant(text) == datetime(2017, 3, 1, 0, tzinfo=UTC)
            assert self.shanghai.instant(text, end_of_day=True) == datetime(2017, 3, 1, 0, tzinfo=UTC)

    def test_are_the_day_it_is_in_the_zone(self) -> None:
        assert self.shanghai.day("2017-03-01T20:00:00Z") == date(2017, 3, 2)

    def test_in_a_gap_of_the_clock_are_the_moment_it_jumps(self) -> None:
        # 2026-03-29 in Berlin goes from 02:00 to 03:00, which is 01:00 UTC.
        berlin = Dates(("iso",), "Europe/Berlin")
        assert berlin.instant("2026-03-29T02:30:00") == datetime(2026, 3, 29, 1, tzinfo=UTC)

    @pytest.mark.parametrize(
        "text", ["31.02.2017", "2017-13-01", "yesterday", "1899-12-31", "9999-01-01", "0001-01-01"]
    )
    def test_are_nothing_else(self, text: str) -> None:
        with pytest.raises(Unreadable):
            self.shanghai.instant(text)


class TestNames:
    def test_are_equal_in_whatever_form_they_are_typed(self) -> None:
        assert clean("  Müller \u3000") == clean(unicodedata.normalize("NFD", "Müller"))

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("GTXPro", "GTX Pro"),
            ("gtx  pro", "GTX Pro"),
            ("GTX Plus Bsic", "GTX Plus Basic"),
            ("Zebra", None),
        ],
    )
    def test_find_the_one_that_was_meant(self, typed: str, meant: str | None) -> None:
        assert closest(typed, ["GTX Pro", "GTX Plus Basic", "MG Special"]) == meant


class TestIds:
    def test_are_the_same_for_the_same_and_others_for_anything_else(self) -> None:
        told = [
            ("s", "crm", "rep", "A"),
            ("t", "crm", "rep", "A"),
            ("s", "erp", "rep", "A"),
            ("s", "crm", "deal", "A"),
        ]
        ids = [external_id(*parts) for parts in (*told, ("s", "crm", "rep", "B"), ("s", "crm", "repA", ""))]
        assert len(set(ids)) == len(ids)
        assert ids[0] == external_id("s", "crm", "rep", "A")

    def test_are_uuids_of_the_version_for_such_things(self) -> None:
        id = external_id("s", "crm", "rep", "A")
        assert (id.variant, id.version) == (RFC_4122, 8)
        assert UUID(str(id)) == id
