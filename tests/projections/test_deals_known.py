"""Deals and the funnel as known at a position: what the board showed then, whatever has happened since."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from domain.deal import commands as c
from domain.engine.errors import Invalid
from projections.deal import board, funnel, history, known
from projections.deal.board import BoardFilter, DealView
from tests.office import NOW
from tests.projections.telling import DAY, Books, lose, to, yuan
from tests.projections.wandering import Company

SORTED = [f"{sign}{name}" for name in board.SORTS for sign in ("", "-")]


BESIDE = ("also_open", "overrides_asked")


def plain(deals: list[DealView]) -> list[dict[str, Any]]:
    """Without what is told of now: names, and what else is open."""
    shown = [msgspec.to_builtins(deal) for deal in deals]
    return [
        {name: value for name, value in deal.items() if not name.endswith("_name") and name not in BESIDE}
        for deal in shown
    ]


async def head(books: Books) -> int:
    await books.follow()
    return await books.office.ledger.head()


@pytest.mark.parametrize("seed", [3, 11])
async def test_a_list_is_what_it_was_in_every_order_and_narrowed_down(books: Books, seed: int) -> None:
    company = Company(books, seed)
    was: list[tuple[int, BoardFilter, str, Any, Any]] = []
    for _ in range(5):
        await company.work(25)
        position = await head(books)
        someone, team = company.chance.choice(company.reps), books.office.team_id
        filters = [
            BoardFilter(),
            BoardFilter(owner_id=someone),
            BoardFilter(team_id=team, status="open"),
            BoardFilter(stage="needs"),
            BoardFilter(override="asked"),
            BoardFilter(currency="CNY", amount_from=yuan(2).amount),
        ]
        for narrowed in filters:
            for sort in SORTED:
                page = await board.listing(books.pool, narrowed, sort, limit=7)
                was.append((position, narrowed, sort, plain(page.items), page.next_cursor))
    for position, narrowed, sort, items, cursor in was:
        page = await known.listing(books.pool, position, narrowed, sort, limit=7)
        assert (plain(page.items), page.next_cursor) == (items, cursor), (position, narrowed, sort)
    assert any(items for *_, items, _ in was)


async def test_the_second_page_goes_on_where_the_first_ended(books: Books) -> None:
    ids = [await books.opened(amount=yuan(n + 1)) for n in range(5)]
    position = await head(books)
    await books.given(*(c.ChangeAmount(deal_id=id, amount=yuan(100)) for id in ids[1:4]))
    await books.follow()

    first = await known.listing(books.pool, position, sort="amount", limit=3)
    second = await known.listing(books.pool, position, sort="amount", cursor=first.next_cursor, limit=3)

    assert [deal.deal_id for deal in (*first.items, *second.items)] == ids
    assert second.next_cursor is None


async def test_one_deal_is_as_it_was_and_nothing_before_it_was_opened(books: Books) -> None:
    before = await head(books)
    deal_id = await books.opened(title="Forty boilers")
    opened = await head(books)
    await books.given(c.CorrectDeal(deal_id=deal_id, title="Fifty boilers"), lose(deal_id))
    now = await head(books)

    titles = {p: await known.get(books.pool, deal_id, p) for p in (before, opened, now)}

    assert titles[before] is None
    assert (titles[opened].title, titles[opened].status) == ("Forty boilers", "open")  # type: ignore[union-attr]
    assert (titles[now].title, titles[now].status) == ("Fifty boilers", "lost")  # type: ignore[union-attr]
    assert await known.get(books.pool, uuid4(), now) is None


async def test_words_of_a_title_are_not_looked_for_then(books: Books) -> None:
    with pytest.raises(Invalid, match="titles are searched as they are now"):
        await known.listing(books.pool, 1, BoardFilter(text="boilers"))


async def test_too_much_that_changed_since_is_refused(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [await books.opened() for _ in range(3)]
    position = await head(books)
    await books.given(*(to(id, "contact") for id in ids))
    await books.follow()
    monkeypatch.setattr(known, "MOST", 2)

    with pytest.raises(Invalid, match="more than 2 deals have changed since"):
        await known.listing(books.pool, position)


@pytest.mark.parametrize("seed", [5, 8])
async def test_the_funnel_stands_as_it_stood(books: Books, seed: int) -> None:
    company = Company(books, seed)
    was = []
    for _ in range(4):
        await company.work(30)
        position = await head(books)
        for owner in (None, company.reps[0]):
            found = await funnel.stages(books.pool, NOW, owner_id=owner)
            was.append((position, owner, [(s.stage, s.deals, s.amounts) for s in found if s.deals]))
    for position, owner, stood in was:
        found = await funnel.stages_at(books.pool, position, owner_id=owner)
        assert [(s.stage, s.deals, s.amounts) for s in found if s.deals] == stood
        assert all(s.entered is s.left is s.conversion is None for s in found)


async def test_a_history_ends_where_it_was_known(books: Books) -> None:
    deal_id = await books.opened()
    await books.given(to(deal_id, "contact"), now=NOW + DAY)
    position = await head(books)
    await books.given(to(deal_id, "needs"), now=NOW + 2 * DAY)
    await books.follow()

    async def told(upto: int | None, cursor: str | None = None) -> list[int]:
        page = await history.page_as_json(books.pool, deal_id, "en", cursor, 2, newest_first=True, upto=upto)
        if page is None:
            return []
        read = msgspec.json.decode(page)
        more = read["next_cursor"]
        return [one["position"] for one in read["items"]] + (await told(upto, more) if more else [])

    everything = await told(None)
    assert max(everything) > position
    assert await told(position) == [place for place in everything if place <= position]
    assert await told(0) == []
