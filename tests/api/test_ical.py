"""A person's calendar as iCalendar: read again by the library that wrote it, and by another one that knows time zones from the file alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo, available_timezones

import pytest
import vobject
from icalendar import Calendar

from api.calendar.ical import written
from projections.calendar import CalendarEntry, Kind
from runtime.language import catalogue

TODAY = date(2026, 10, 1)
AT = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


# -- what it says ---------------------------------------------------------------------------------


def entry(at: datetime = AT, **said: Any) -> CalendarEntry:
    id = uuid4()
    usual: dict[str, Any] = {
        "kind": Kind.PROMISE, "id": id, "about_id": id, "text": "send the offer", "deal": "Forty boilers", "customer": "Boiler Works",
        "starts_at": at, "is_off": False, "position": 7, "changed_at": datetime(2026, 9, 30, 12, 0, tzinfo=UTC),
    }  # fmt: skip
    return CalendarEntry(**usual | said)


def ics(*entries: CalendarEntry, zone: str = "Europe/Berlin", language: str = "en") -> bytes:
    return written(entries, catalogue(language), ZoneInfo(zone), "https://sales.example.com", TODAY)


def events(content: bytes) -> list[Any]:
    """As the library reads them again."""
    return list(Calendar.from_ical(content).walk("VEVENT"))


def read(content: bytes) -> Any:
    """The one event."""
    (event,) = events(content)
    return event


def read_elsewhere(content: bytes) -> Any:
    """The same, as another library reads it, by the VTIMEZONE that is in it."""
    return vobject.readOne(content.decode()).vevent


def test_the_same_entries_are_the_same_bytes() -> None:
    entries = [entry(), entry(kind=Kind.MEETING)]
    assert ics(*entries) == ics(*entries)
    assert ics(*entries) != ics(*entries, language="zh")


def test_an_event_has_what_calendar_programs_go_by() -> None:
    one = entry()
    event = read(ics(one))
    assert event["UID"] == f"promise-{one.id}@salesloop"
    assert (event["SEQUENCE"], event["STATUS"], event["TRANSP"]) == (7, "CONFIRMED", "TRANSPARENT")
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == one.changed_at
    assert event["SUMMARY"] == "send the offer – Forty boilers"
    assert "Boiler Works" in event["DESCRIPTION"]
    assert event["URL"] == f"https://sales.example.com/desk/deals/{one.about_id}"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (AT, AT + timedelta(minutes=15))


def test_what_is_off_is_cancelled_under_its_id() -> None:
    one = entry(kind=Kind.ACTION_ITEM, is_off=True, position=9)
    event = read(ics(one))
    assert (event["UID"], event["STATUS"]) == (f"action-item-{one.id}@salesloop", "CANCELLED")
    assert event["SEQUENCE"] == 9


def test_a_revisit_says_whom_to_see_and_leads_to_it() -> None:
    one = entry(kind=Kind.REVISIT, text="Boiler Works", deal="", customer="")
    event = read(ics(one))
    assert event["SUMMARY"] == "See again: Boiler Works"
    assert event["URL"] == f"https://sales.example.com/desk/revisits/{one.about_id}"
    assert read(ics(one, language="zh"))["SUMMARY"] == "回访：Boiler Works"


def test_a_meeting_takes_its_hour_and_is_tentative_until_it_is_called() -> None:
    called = read(ics(entry(kind=Kind.MEETING, text="North")))
    assert (called["SUMMARY"], called["STATUS"], called["TRANSP"]) == (
        "Review meeting: North",
        "CONFIRMED",
        "OPAQUE",
    )
    assert called["DTEND"].dt - called["DTSTART"].dt == HOUR
    planned = read(ics(entry(kind=Kind.MEETING, about_id=None, text="")))
    assert (planned["SUMMARY"], planned["STATUS"]) == ("Review meeting of the company", "TENTATIVE")
    assert "URL" not in planned


def test_what_was_handed_over_says_nothing_of_what_it_is() -> None:
    event = read(ics(entry(is_off=True, text="", deal="", customer="")))
    assert (event["SUMMARY"], event["STATUS"]) == ("Handed over", "CANCELLED")
    assert "URL" not in event


@pytest.mark.parametrize(
    "text",
    ["a,b;c\\d\n\r\nBEGIN:VEVENT", "\x00\x07bell\x9f\u2028", "报价，" * 60, 'say "no": 1;X=2', "🔥" * 40],
)
def test_whatever_was_written_is_read_again_and_breaks_nothing(text: str) -> None:
    content = ics(entry(text=text, deal="", customer=text))
    said = str(read(content)["SUMMARY"])
    kept = [letter for letter in text if letter.isprintable() and letter != " "]
    assert [letter for letter in said if letter != " "] == kept
    assert str(read_elsewhere(content).summary.value) == said
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_chinese() -> None:
    event = read(ics(entry(), language="zh"))
    assert "客户：Boiler Works" in event["DESCRIPTION"]
    assert read(ics(entry(kind=Kind.MEETING, text="华北"), language="zh"))["SUMMARY"] == "复盘会议：华北"


# -- when -----------------------------------------------------------------------------------------

ZONES = (
    "Asia/Shanghai",
    "Europe/Berlin",
    "America/Santiago",
    "America/New_York",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
)


def check_starts(zone: str, times: list[datetime]) -> None:
    """Each is that instant, for the library that wrote it and for another one, by the VTIMEZONE that is in the file."""
    content = ics(*[entry(at, kind=Kind.MEETING) for at in times], zone=zone)
    again = [event["DTSTART"].dt.astimezone(UTC) for event in events(content)]
    assert again == times
    elsewhere = vobject.readOne(content.decode()).vevent_list
    assert [event.dtstart.value.astimezone(UTC) for event in elsewhere] == times


@pytest.mark.parametrize("zone", [*ZONES, "UTC"])
def test_every_hour_of_the_window_is_that_instant_for_another_library_too(zone: str) -> None:
    """Clocks that are put forward and back in between: by the zone's rules in the file alone."""
    begins = datetime(2026, 7, 5, tzinfo=UTC)
    check_starts(zone, [begins + n * HOUR for n in range(0, 490 * 24, 13)])


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2026-10-25"),
        ("Europe/Berlin", "2027-03-28"),
        ("America/Santiago", "2026-09-05"),
        ("America/Santiago", "2027-04-03"),
        ("Africa/Cairo", "2026-10-29"),
    ],
)
def test_around_a_change_of_clocks_every_quarter_of_an_hour_is_right(zone: str, day: str) -> None:
    begins = datetime.fromisoformat(day).replace(tzinfo=UTC) - 3 * HOUR
    check_starts(zone, [begins + n * HOUR / 4 for n in range(4 * 34)])


def test_a_time_that_comes_twice_is_written_in_utc() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert b"DTSTART:20261025T013000Z" in ics(entry(second))
    assert b"DTSTART;TZID=Europe/Berlin:20261025T033000" in ics(entry(second + HOUR))


@pytest.mark.parametrize("zone", ZONES)
def test_what_is_due_by_the_end_of_a_day_is_of_that_day_which_ends_before_the_next(zone: str) -> None:
    last = datetime(2026, 10, 25, 23, 59, 59, tzinfo=ZoneInfo(zone))
    content = ics(entry(last.astimezone(UTC)), zone=zone)
    event = read(content)
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (date(2026, 10, 25), date(2026, 10, 26))
    assert b"DTSTART;VALUE=DATE:20261025\r\n" in content
    assert read_elsewhere(content).dtend.value == date(2026, 10, 26)


def test_every_zone_that_a_person_can_choose_is_written() -> None:
    for zone in sorted(available_timezones() - {"localtime"}):
        assert read(ics(entry(), zone=zone))["DTSTART"].dt == AT, zone
