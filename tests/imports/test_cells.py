"""tests: what a cell's text means, and what it is told when it means nothing."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.imports.cells import Unreadable, clean
from runtime.imports.dates import Dates
from runtime.imports.ids import external_id
from runtime.imports.numbers import Numbers, year
from runtime.imports.suggest import closest

STYLES = st.sampled_from(
    [
        (decimal, thousands, grouping)
        for decimal, thousands in ((",", "."), (".", ","), (",", " "), (".", "'"))
        for grouping in ("thousands", "indian")
    ]
)
FORMS = st.sampled_from(
    [
        "%d.%m.%Y %H:%M",
        "%m/%d/%y %I:%M %p",
        "%Y%m%d%H%M",
        "%a %d %b %Y %H:%M",
        "%A, %B %d, %Y %H.%M",
        "%Y-%jT%H%M",
    ]
)
GERMAN, FRENCH, SWISS = Numbers(",", "."), Numbers(",", "\u202f"), Numbers(".", "'")
AMERICAN, INDIAN = Numbers(".", ","), Numbers(".", ",", "indian")


class TestNumbers:
    @pytest.mark.parametrize(
        ("style", "text", "value"),
        [
            (Numbers(), "1054", "1054"),
            (Numbers(), "-3", "-3"),
            (AMERICAN, "1,234.50", "1234.50"),
            (GERMAN, "1.234,50", "1234.50"),
            (GERMAN, "1234,5", "1234.5"),
            (FRENCH, "1\u202f234\u202f567,5", "1234567.5"),
            (FRENCH, "1\u00a0234,5", "1234.5"),
            (FRENCH, "1 234", "1234"),
            (SWISS, "1\u2019234.50", "1234.50"),
            (INDIAN, "12,34,567.5", "1234567.5"),
            (INDIAN, "1,23,456", "123456"),
            (INDIAN, "1,234", "1234"),
            (AMERICAN, "(1,234.50)", "-1234.50"),
            (GERMAN, "1.234,50-", "-1234.50"),
            (GERMAN, "\u22125", "-5"),
        ],
    )
    def test_are_read_as_the_mapping_writes_them(self, style: Numbers, text: str, value: str) -> None:
        assert str(style.number(text)) == value

    @pytest.mark.parametrize(
        ("style", "text"),
        [
            *((GERMAN, text) for text in ("110.7", "1.10", "12.34.567", "5,00.0", "1.2345", "1.234.5", ".5", "5,")),
            *((AMERICAN, text) for text in ("1,5", "1,5000", "1234,567", "0,123", "1,,234", "12,34,567", "1.234,5")),
            *((INDIAN, text) for text in ("123,456", "1,234,567", "12,34", "1,2,345")),
            *((FRENCH, text) for text in ("1\u202f23", "1 234\u00a0567", "1  234", "1.234")),
            *((Numbers(), text) for text in ("1,234", "NaN", "Infinity", "1e9", "１２", "1_0", "0x10", "", "-")),
            *((Numbers(), text) for text in ("--5", "-(5)", "(5", "5)", "+5-", "-5-", "5%", "1 2", "5k", "1/2", "٣")),
        ],
    )  # fmt: skip
    def test_are_nothing_else(self, style: Numbers, text: str) -> None:
        with pytest.raises(Unreadable, match="is not a number"):
            style.number(text)

    @pytest.mark.parametrize(
        ("style", "text", "currency"),
        [
            (AMERICAN, "$22,700.00", "USD"),
            (AMERICAN, "US$ 22,700.00", "USD"),
            (GERMAN, "22.700,00 €", "EUR"),
            (GERMAN, "EUR\u00a022.700,00", "EUR"),
            (AMERICAN, "¥22,700", "CNY"),
            (FRENCH, "22\u202f700,00\u00a0€", "EUR"),
        ],
    )
    def test_may_carry_the_sign_of_their_currency(self, style: Numbers, text: str, currency: str) -> None:
        assert style.number(text, currency) == 22_700

    @pytest.mark.parametrize("text", ["-$5", "$-5", "($5)", "$(5)", "$5-", "5- $"])
    def test_below_zero_may_have_both_signs(self, text: str) -> None:
        assert Numbers().number(text, "USD") == -5

    def test_in_another_currency_are_refused(self) -> None:
        for text, currency in (("$5", "EUR"), ("5 €", "USD"), ("CHF 5", "EUR")):
            with pytest.raises(Unreadable, match=f"the row's currency is {currency}"):
                Numbers().number(text, currency)
        for text in ("$5€", "5 apples", "Infinity 5", "EUR5"):
            with pytest.raises(Unreadable, match="is not a number"):
                Numbers().number(text)

    def test_with_signs_that_nobody_named_are_told_of_the_setting(self) -> None:
        with pytest.raises(
            Unreadable, match=r"such as 1234.50: name its signs under `decimal` and `thousands`$"
        ):
            Numbers().number("$22,700.00", "USD")

    def test_are_not_looked_for_in_texts_of_any_length(self) -> None:
        for text in ("-" + " " * 50_000 + "--5", "1" * 81, "$" * 50_000 + "5"):
            with pytest.raises(Unreadable, match="is not a number"):
                Numbers().number(text, "USD")

    @pytest.mark.parametrize(
        ("style", "text", "currency"),
        [
            (Numbers(), "1.000", "EUR"),
            (Numbers(), "10.500", "USD"),
            (Numbers(), "$ 1.000", "USD"),
            (Numbers(), "-115.000", "JPY"),
            (Numbers(), "1.000", ""),
            (Numbers(","), "1,000", "EUR"),
        ],
    )
    def test_whose_decimals_may_be_a_group_are_refused_unless_its_sign_is_named(
        self, style: Numbers, text: str, currency: str
    ) -> None:
        with pytest.raises(Unreadable, match=r"may be [0-9]+00 as well: name the sign between groups"):
            style.number(text, currency)

    @pytest.mark.parametrize(
        ("style", "text", "currency", "value"),
        [
            (AMERICAN, "1.000", "EUR", "1"),
            (Numbers(), "1.500", "KWD", "1.5"),
            (Numbers(), "1234.000", "EUR", "1234"),
            (Numbers(), "0.500", "EUR", "0.5"),
            (Numbers(), "10.0000", "EUR", "10"),
            (Numbers(), "12.0", "", "12"),
        ],
    )
    def test_whose_decimals_can_be_no_group_are_decimals(
        self, style: Numbers, text: str, currency: str, value: str
    ) -> None:
        assert style.number(text, currency) == Decimal(value)

    def test_of_a_larger_unit_have_any_decimals(self) -> None:
        assert Numbers().number("1.234", "EUR", scaled=True) == Decimal("1.234")

    def test_of_people_are_whole(self) -> None:
        assert Numbers().whole("2822") == 2822
        assert GERMAN.whole("2.822") == 2822
        with pytest.raises(Unreadable, match="whole"):
            Numbers().whole("2.5")

    def test_of_years_have_four_digits(self) -> None:
        assert year("1998") == 1998
        for text in ("98", "1,998", "1998.0", "19980", "１９９８"):
            with pytest.raises(Unreadable, match="is not a year"):
                year(text)

    @given(text=st.text(alphabet="0123456789.,' -()\u202f\u2019+$€", max_size=14), style=STYLES)
    def test_that_are_read_have_the_digits_that_stand_there(
        self, text: str, style: tuple[str, str, str]
    ) -> None:
        """Grouped anew in the same style, the value is the text again: there is no other way to read it."""
        try:
            value = Numbers(*style).number(text)
        except Unreadable:
            return
        decimal, thousands, grouping = style
        body = (
            re.sub(r"[^0-9.,' \u202f\u2019]", "", text)
            .strip(" \u202f")
            .replace("\u2019", "'")
            .replace("\u202f", " ")
        )
        whole, _, behind = str(abs(value)).partition(".")
        tail = decimal + behind if behind else ""
        assert body.lstrip("0") in {whole.lstrip("0") + tail, in_groups(whole, thousands, grouping) + tail}

    @given(
        value=st.decimals(min_value=-(10**14), max_value=10**14, places=4, allow_nan=False),
        style=STYLES,
        grouped=st.booleans(),
    )
    def test_of_any_size_come_back(self, value: Decimal, style: tuple[str, str, str], grouped: bool) -> None:
        decimal, thousands, grouping = style
        whole, _, behind = f"{abs(value):f}".partition(".")
        written = in_groups(whole, thousands, grouping) if grouped else whole
        text = f"{'-' if value < 0 else ''}{written}{decimal}{behind}"
        assert Numbers(*style).number(text) == value


def in_groups(whole: str, sign: str, grouping: str) -> str:
    head, tail = whole[:-3], whole[-3:]
    size = 2 if grouping == "indian" else 3
    parts = [head[max(end - size, 0) : end] for end in range(len(head), 0, -size)]
    return sign.join([*reversed(parts), tail])


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
        ("zone", "day", "end"),
        [
            ("America/Santiago", "2026-04-04", "2026-04-05T03:59:59+00:00"),
            ("Asia/Beirut", "2026-10-24", "2026-10-24T21:59:59+00:00"),
            ("Africa/Cairo", "2026-10-29", "2026-10-29T21:59:59+00:00"),
            ("America/Havana", "2026-10-31", "2026-11-01T03:59:59+00:00"),
            ("Europe/Berlin", "2026-03-29", "2026-03-29T21:59:59+00:00"),
        ],
    )
    def test_end_a_second_before_the_next_day_begins(self, zone: str, day: str, end: str) -> None:
        assert Dates(("iso",), zone).instant(day, end_of_day=True).isoformat() == end

    @pytest.mark.parametrize(
        ("zone", "day", "begins"),
        [
            ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00:00+00:00"),
            ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00+00:00"),
            ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00+00:00"),
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00+00:00"),
        ],
    )
    def test_begin_with_their_first_instant(self, zone: str, day: str, begins: str) -> None:
        dates = Dates(("iso",), zone)
        assert dates.instant(day).isoformat() == begins
        before = date.fromisoformat(day) - timedelta(days=1)
        assert dates.instant(str(before), end_of_day=True) == dates.instant(day) - timedelta(seconds=1)

    @pytest.mark.parametrize(
        ("zone", "day"), [("Pacific/Apia", "2011-12-30"), ("Pacific/Kwajalein", "1993-08-21")]
    )
    def test_that_a_zone_never_had_are_refused(self, zone: str, day: str) -> None:
        for end_of_day in (False, True):
            with pytest.raises(Unreadable, match=f"is a day that {zone} never had"):
                Dates(("iso",), zone).instant(day, end_of_day=end_of_day)

    def test_with_an_offset_are_that_day_there(self) -> None:
        assert self.shanghai.instant("2026-03-05+01:00") == datetime(2026, 3, 4, 23, tzinfo=UTC)
        assert self.shanghai.instant("2026-03-05Z") == datetime(2026, 3, 5, tzinfo=UTC)
        end = self.shanghai.instant("2026-03-05+01:00", end_of_day=True)
        assert end == datetime(2026, 3, 5, 22, 59, 59, tzinfo=UTC)
        assert self.shanghai.day("2026-03-05-11:00") == date(2026, 3, 5)

    def test_that_two_forms_read_differently_are_refused(self) -> None:
        both = Dates(("%m/%d/%Y", "%d/%m/%Y"), "Europe/Berlin")
        with pytest.raises(Unreadable, match=r"may be 2026-03-04 .* or 2026-04-03") as refused:
            both.instant("03/04/2026")
        assert "name the one form of its column" in str(refused.value)
        assert both.day("25/04/2026") == date(2026, 4, 25)
        assert both.day("04/04/2026") == date(2026, 4, 4)

    @pytest.mark.parametrize(
        ("form", "text", "read"),
        [
            ("%d.%m.%Y", "5.3.2026", datetime(2026, 3, 5, tzinfo=UTC)),
            ("%Y%m%d", "20260305", datetime(2026, 3, 5, tzinfo=UTC)),
            ("%d/%m/%y", "05/03/26", datetime(2026, 3, 5, tzinfo=UTC)),
            ("%d %b, %Y %H:%M:%S", "15 Apr, 2021 00:02:00", datetime(2021, 4, 15, 0, 2, tzinfo=UTC)),
            ("%m/%d/%y %I:%M %p", "02/23/26 08:55\u202fPM", datetime(2026, 2, 23, 20, 55, tzinfo=UTC)),
            ("%m/%d/%Y %I:%M %p", "2/3/2026 12:05 am", datetime(2026, 2, 3, 0, 5, tzinfo=UTC)),
            ("%Y年%m月%d日", "2026年3月5日", datetime(2026, 3, 5, tzinfo=UTC)),
            ("%a, %d %B %Y", "Thu, 5 March 2026", datetime(2026, 3, 5, tzinfo=UTC)),
            ("%Y-%j", "2026-064", datetime(2026, 3, 5, tzinfo=UTC)),
            ("%d.%m.%Y %H:%M %z", "05.03.2026 09:30 UTC", datetime(2026, 3, 5, 9, 30, tzinfo=UTC)),
            (
                "%Y-%m-%d %H:%M:%S.%f",
                "2026-03-05 09:30:00.120",
                datetime(2026, 3, 5, 9, 30, 0, 120_000, tzinfo=UTC),
            ),
        ],
    )
    def test_are_read_in_the_form_that_is_named(self, form: str, text: str, read: datetime) -> None:
        assert Dates((form,), "UTC").instant(text) == read

    @pytest.mark.parametrize(
        ("form", "text"),
        [
            ("%d.%m.%Y", "05.03.26"),
            ("%d.%m.%Y", "٠٥.03.2026"),
            ("%d.%m.%Y", "05 .03.2026"),
            ("%d%m%Y", "1112026"),
            ("%Y%m%d", "2026035"),
            ("%d/%m/%y", "05/03/2026"),
            ("%a, %d %B %Y", "Fri, 5 March 2026"),
            ("%d %b %Y", "5 Mär 2026"),
            ("%Y-%j", "2026-366"),
            ("%d.%m.%Y %H:%M", "05.03.2026 24:00"),
            ("%d.%m.%Y %H:%M", "05.03.2026 9:5"),
            ("%d.%m.%Y %H:%M:%S", "05.03.2026 09:05:60"),
            ("%m/%d/%y %I:%M %p", "02/23/26 13:55 PM"),
            ("%d.%m.%Y %H:%M %z", "05.03.2026 09:30 +15:00"),
            ("iso", "20260305"),
            ("iso", "2026-W10-4"),
            ("iso", "2026-064"),
            ("iso", "2026-03-05T24:00"),
            ("iso", "2026-03-05T09"),
            ("iso", "2026-3-5"),
            ("iso", "1772668800"),
            ("iso", "２０２６-03-05"),
            ("iso", "2026-03-05+99:00"),
        ],
    )
    def test_in_another_form_are_refused(self, form: str, text: str) -> None:
        with pytest.raises(Unreadable):
            Dates((form,), "UTC").instant(text)

    @pytest.mark.parametrize("text", ["2026-02-29", "2026-03-05T25:00", "29.02.2026", "05.03.2026 24:00"])
    def test_that_no_calendar_has_are_told_so(self, text: str) -> None:
        with pytest.raises(Unreadable, match="is no day of the calendar, or no time of a day"):
            self.shanghai.instant(text)

    @given(
        day=st.dates(min_value=date(1969, 1, 1), max_value=date(2068, 12, 31)),
        minute=st.integers(min_value=0, max_value=1439),
        form=FORMS,
    )
    def test_come_back_from_every_form(self, day: date, minute: int, form: str) -> None:
        told = datetime(day.year, day.month, day.day, *divmod(minute, 60), tzinfo=UTC)
        assert Dates((form,), "UTC").instant(told.strftime(form)) == told

    @pytest.mark.parametrize(
        "text",
        ["5" * 100_000, "31.02.2017", "2017-13-01", "yesterday", "1899-12-31", "9999-01-01", "0001-01-01"],
    )
    def test_are_nothing_else(self, text: str) -> None:
        with pytest.raises(Unreadable):
            self.shanghai.instant(text)


class TestNames:
    @pytest.mark.parametrize("around", ["\u200b", "\ufeff", "\u200e \u00a0", "\u3000\u2060"])
    def test_are_equal_with_and_without_what_nobody_sees_around_them(self, around: str) -> None:
        for name in ("Ada", "J\u00f6rg", "می\u200cخواهم"):
            assert clean(f"{around}{name}{around}") == name
        assert clean(around) == ""

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
