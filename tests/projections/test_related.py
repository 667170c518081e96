"""Streams of another capability that say they are about a deal: beside it on the board, among its facts on the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.lead.commands import AllocateLead, CaptureLead, ConvertLead
from projections.deal import board, history, related, sentences
from projections.engine.catalog import ALL
from projections.engine.paging import token_of
from projections.lead import Leads, listing
from tests.projections.telling import Books, call

SAID = {
    "lead.captured": ("captured the lead {name}", "录入线索 {name}"),
    "lead.allocated": ("gave the lead to {after}", "线索分配给 {after}"),
    "lead.converted": ("converted the lead", "线索已转化"),
}
CACHES = (
    related.read_models,
    related.with_sentences,
    related._query,
    sentences.sentence_of,
    sentences.places,
)


@pytest.fixture
def leads_are_shown(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if the read model of leads had said so, and a converted lead were open."""
    monkeypatch.setattr(related, "MODULES", ("projections.lead",))
    monkeypatch.setattr(Leads, "shown_on", {"deal": "deal_id"})
    monkeypatch.setattr(Leads, "sentences", SAID)
    monkeypatch.setattr(Leads, "open_where", "status = 'converted'")
    for cached in CACHES:
        cached.cache_clear()
    yield
    for cached in CACHES:
        cached.cache_clear()


async def converted(books: Books) -> UUID:
    lead_id, deal_id = uuid4(), uuid4()
    await books.given(
        CaptureLead(lead_id=lead_id, name="Wang"),
        AllocateLead(lead_id=lead_id, to=books.office.rep_id),
        ConvertLead(lead_id=lead_id, deal_id=deal_id, title="Forty boilers"),
        call(deal_id),
        call(deal_id),
    )
    await books.follow()
    return deal_id


async def told(books: Books, deal_id: UUID, limit: int, *, newest_first: bool) -> list[str]:
    """The topics of all pages, as they are sent."""
    cursor, found = None, []
    while True:
        sent = await history.page_as_json(books.pool, deal_id, "en", cursor, limit, newest_first=newest_first)
        page = msgspec.json.decode(sent or b"{}")
        found += [item["topic"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return found


@pytest.mark.usefixtures("leads_are_shown")
async def test_they_stand_among_the_deal_s_own_facts_whatever_the_page(books: Books) -> None:
    deal_id = await converted(books)
    whole = await history.listing(books.pool, deal_id)
    topics = [one.topic for one in whole.items]
    assert [one.position for one in whole.items] == sorted(one.position for one in whole.items)
    assert {"lead.captured", "lead.converted", "deal.opened", "deal.activity-logged"} <= set(topics)
    assert whole.items[0].sentence == {"en": "captured the lead Wang", "zh": "录入线索 Wang"}
    for limit in (1, 2, 100):
        assert await told(books, deal_id, limit, newest_first=False) == topics
        assert await told(books, deal_id, limit, newest_first=True) == topics[::-1]


@pytest.mark.usefixtures("leads_are_shown")
async def test_how_many_are_open_stands_beside_the_deal(books: Books) -> None:
    deal_id, other = await converted(books), await books.opened()
    await books.follow()
    seen = {deal.deal_id: deal.also_open for deal in (await board.listing(books.pool)).items}
    one = await board.get(books.pool, deal_id)
    assert one is not None
    assert seen == {deal_id: {"lead": 1}, other: msgspec.UNSET}
    assert one.also_open == {"lead": 1}


@pytest.mark.usefixtures("leads_are_shown")
async def test_a_page_goes_on_where_one_without_them_ended(books: Books) -> None:
    deal_id = await converted(books)
    first = token_of(1)
    page = await history.listing(books.pool, deal_id, first)
    own = [one.version for one in page.items if one.topic.startswith(("deal.", "promise."))]
    assert own[:1] == [2]


@pytest.mark.usefixtures("leads_are_shown")
async def test_a_stream_of_another_kind_has_its_history_too(books: Books) -> None:
    await converted(books)
    [lead] = (await listing(books.pool)).items
    page = await history.of_stream(books.pool, lead.lead_id, limit=2)
    rest = await history.of_stream(books.pool, lead.lead_id, page.next_cursor)
    newest = await history.of_stream(books.pool, lead.lead_id, newest_first=True)
    said = [one.sentence["en"] for one in (*page.items, *rest.items)]
    assert said == ["captured the lead Wang", "gave the lead to Zhang Min", "converted the lead"]
    assert [one.version for one in newest.items] == [3, 2, 1]


async def test_without_a_read_model_that_says_so_nothing_is_asked(books: Books) -> None:
    deal_id = await converted(books)
    topics = await told(books, deal_id, 100, newest_first=False)
    assert not any(topic.startswith("lead.") for topic in topics)
    assert b"also_open" not in msgspec.json.encode(await board.get(books.pool, deal_id))


def test_every_read_model_that_says_so_is_named() -> None:
    saying = {model.__module__ for model in ALL if "deal" in model.shown_on or model.sentences}
    assert {*related.MODULES, *related.TOLD} == saying
