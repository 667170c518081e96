"""api: a person's calendar as iCalendar (RFC 5545). The same entries are the same bytes: no clock is read, and nothing is drawn by lot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration, vUri

from projections.calendar import AHEAD, BACK, CalendarEntry, Kind
from runtime.language import Catalogue

PRODUCT = "-//salesloop//calendar//EN"
HOST = "salesloop"
"""What ids end with: it must stay when the address of the house changes."""
OWED, MEETING = timedelta(minutes=15), timedelta(hours=1)
"""How long an entry is shown: what is owed from the moment at which it is due; no fact says how long a meeting takes."""
AGAIN = timedelta(hours=1)
LARGEST = 2**31 - 1
"""What a SEQUENCE may be (RFC 5545, 3.3.8)."""
CALLED = {
    Kind.PROMISE: "A promise of yours",
    Kind.ACTION_ITEM: "An action item of yours",
    Kind.REVISIT: "A customer whom you see again",
    Kind.MEETING: "A review meeting",
}
PLACES = {
    Kind.PROMISE: "/desk/deals/{}",
    Kind.ACTION_ITEM: "/desk/today#i-{}",
    Kind.REVISIT: "/desk/revisits/{}",
    Kind.MEETING: "/desk/meetings/{}",
}


def written(
    entries: Sequence[CalendarEntry], words: Catalogue, zone: ZoneInfo, origin: str, day: date
) -> bytes:
    """In the person's language and time zone. `origin` is where people's browsers find the desk; `day` is today in UTC."""
    made = _calendar(entries, words, zone, origin, day)
    if made.get_missing_tzids():  # a zone that the library does not know
        made = _calendar(entries, words, ZoneInfo("UTC"), origin, day)
    content: bytes = made.to_ical()
    return content


def _calendar(
    entries: Sequence[CalendarEntry], words: Catalogue, zone: ZoneInfo, origin: str, day: date
) -> Calendar:
    made = Calendar()
    name = words.gettext("What I owe, and when we meet")
    for field, value in (
        ("prodid", PRODUCT),
        ("version", "2.0"),
        ("calscale", "GREGORIAN"),
        ("method", "PUBLISH"),
    ):
        made.add(field, value)
    for field, value in (("name", name), ("x-wr-calname", name), ("x-wr-timezone", zone.key)):
        made.add(field, value)
    made.add("refresh-interval", vDuration(AGAIN), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(AGAIN))
    for one in entries:
        made.add_component(_event(one, words, zone, origin))
    made.add_missing_timezones(_first_of_year(day - BACK), _first_of_year(day + AHEAD + timedelta(days=366)))
    return made


def _first_of_year(day: date) -> date:
    """The zone's rules are the same text for a whole year."""
    return day.replace(month=1, day=1)


def _event(one: CalendarEntry, words: Catalogue, zone: ZoneInfo, origin: str) -> Event:
    event = Event()
    event.add("uid", f"{one.kind}-{one.id}@{HOST}")
    event.add("sequence", min(one.position, LARGEST))
    event.add("dtstamp", one.changed_at.astimezone(UTC))
    event.add("last-modified", one.changed_at.astimezone(UTC))
    begins, ends = _times(one, zone)
    event.add("dtstart", begins)
    event.add("dtend", ends)
    event.add("summary", _plain(_summary(one, words)))
    event.add("description", "\n".join(_description(one, words)))
    event.add("status", _status(one))
    event.add("transp", "OPAQUE" if one.kind is Kind.MEETING and not one.is_off else "TRANSPARENT")
    event.add("class", "PRIVATE")
    if one.about_id is not None and one.text:
        event.add("url", vUri(origin + PLACES[one.kind].format(one.about_id)))
    return event


def _summary(one: CalendarEntry, words: Catalogue) -> str:
    if one.kind is Kind.MEETING:
        if one.text:
            return words.say("Review meeting: {whose}", whose=one.text)
        return words.gettext("Review meeting of the company")
    if not one.text:
        return words.gettext("Handed over")
    if one.kind is Kind.REVISIT:
        return words.say("See again: {customer}", customer=one.text)
    return f"{one.text} – {one.deal}" if one.deal else one.text


def _description(one: CalendarEntry, words: Catalogue) -> list[str]:
    said = [words.gettext(CALLED[one.kind])]
    return [*said, words.say("Customer: {name}", name=_plain(one.customer))] if one.customer else said


def _status(one: CalendarEntry) -> str:
    if one.is_off:
        return "CANCELLED"
    return "TENTATIVE" if one.about_id is None else "CONFIRMED"


def _times(one: CalendarEntry, zone: ZoneInfo) -> tuple[date, date]:
    """What is due by the last minute of a day is of that day, whose end is the next (RFC 5545, 3.6.1: exclusive). A time of the hour that comes twice when
    clocks are put back is written in UTC: iCalendar cannot say which of the two it is.
    """
    begins = one.starts_at.astimezone(zone)
    if one.kind is not Kind.MEETING and (begins.hour, begins.minute) == (23, 59):
        return begins.date(), begins.date() + timedelta(days=1)
    ends = (one.starts_at + (MEETING if one.kind is Kind.MEETING else OWED)).astimezone(zone)
    if _comes_twice(begins) or _comes_twice(ends):
        return begins.astimezone(UTC), ends.astimezone(UTC)
    return begins.replace(microsecond=0), ends.replace(microsecond=0)


def _comes_twice(at: datetime) -> bool:
    return at.replace(fold=1 - at.fold).utcoffset() != at.utcoffset()


def _plain(text: str) -> str:
    """Without the control characters that iCalendar has no way to write (RFC 5545, 3.1)."""
    return "".join(
        " " if letter < " " or "\x7f" <= letter <= "\x9f" or letter in "\u2028\u2029" else letter
        for letter in text
    )
