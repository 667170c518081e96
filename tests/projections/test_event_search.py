"""The whole ledger searched: by kind, record, person, door and days, in every stretch, newest first and page by page."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.engine.errors import Invalid
from projections import event_search
from projections.engine.paging import fetch
from projections.event_search import EventSearch, FoundEvent
from tests.projections.telling import Books, call, to
from tests.projections.wandering import Company

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
"""The company's, whose days the search is cut by."""


async def found(books: Books, limit: int = 500, **asked: Any) -> list[FoundEvent]:
    """All pages of it."""
    items: list[FoundEvent] = []
    cursor: str | None = None
    while True:
        page = await event_search.search(books.pool, EventSearch(**asked), "en", cursor, limit)
        items += page.items
        cursor = page.next_cursor
        if cursor is None:
            return items


async def recorded(books: Books) -> list[Any]:
    columns = "position, topic, stream_id, meta->'actor'->>'id', meta->>'channel'"
    return await fetch(books.pool, f"SELECT {columns} FROM ledger.events ORDER BY position DESC", [])


@pytest.mark.parametrize(("newest", "limit"), [(20_000, 500), (3, 4), (10, 500)])
async def test_what_is_found_is_all_there_is_of_it(
    books: Books, monkeypatch: pytest.MonkeyPatch, newest: int, limit: int
) -> None:
    monkeypatch.setattr(event_search, "NEWEST", newest)
    await Company(books, 7).work(40)
    await books.follow()
    rows = await recorded(books)
    ways: list[dict[str, Any]] = [{}, {"since": TODAY - timedelta(days=1), "until": TODAY}]
    ways += [{"topic": topic} for topic in ("deal.stage-moved", "promise", "rep")]
    ways += [{"stream_id": rows[0][2]}, {"who": rows[0][3]}, {"channel": rows[0][4]}, {"channel": "import"}]
    ways += [{"topic": "deal", "who": rows[0][3], "channel": rows[0][4]}]
    for asked in ways:
        wanted = [row[0] for row in rows if fits(row, asked)]
        assert [one.position for one in await found(books, limit, **asked)] == wanted, asked


def fits(row: Any, asked: dict[str, Any]) -> bool:
    _, topic, stream_id, who, channel = row
    return bool(
        ("topic" not in asked or topic == asked["topic"] or topic.startswith(asked["topic"] + "."))
        and asked.get("stream_id", stream_id) == stream_id
        and asked.get("who", who) == who
        and asked.get("channel", channel) == channel
    )


async def test_an_event_is_told_in_words_with_its_record(books: Books) -> None:
    deal_id = await books.opened(title="Forty boilers")
    await books.given(to(deal_id, "contact"), call(deal_id))
    await books.follow()

    told = {one.topic: one for one in await found(books, stream_id=deal_id)}

    assert told["deal.opened"].sentence.startswith("opened “Forty boilers”")
    assert {one.stream_id for one in told.values()} == {deal_id}
    (team,) = await found(books, topic="team.formed")
    assert isinstance(team.stream_id, UUID)
    assert team.sentence == "team.formed", "nobody says it in words"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"topic": "deal.exploded"}, "there are no events of the kind"),
        ({"since": TODAY + timedelta(days=9)}, "since: is still to come"),
        ({"until": TODAY + timedelta(days=9)}, "until: is still to come"),
        ({"since": TODAY, "until": TODAY - timedelta(days=1)}, "until: is before since"),
    ],
)
async def test_what_cannot_be_is_refused(books: Books, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        await found(books, **asked)


async def test_a_cursor_of_something_else_is_refused(books: Books) -> None:
    with pytest.raises(Invalid, match="cursor"):
        await event_search.search(books.pool, EventSearch(), "en", "bm8=")
