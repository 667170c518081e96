"""The feed's scope, in SQL and as a predicate: what the one finds is what the other holds."""

from __future__ import annotations

from itertools import permutations, product
from uuid import uuid4

from domain.deal.commands import HandOver
from domain.people.people import FormTeam
from projections import event_feed
from projections.engine.paging import fetch
from projections.event_feed import DealScope
from tests.projections.telling import Books, call

MANY = 5_000


async def test_what_is_found_in_a_scope_is_what_it_holds(books: Books) -> None:
    south = uuid4()
    await books.given(FormTeam(team_id=south, name="South"))
    people = [books.office.rep_id, await books.hire(), await books.hire(team_id=south)]
    for before, after in permutations(people, 2):
        await books.given(call(await books.opened(owner_id=before)))
        await books.given(
            HandOver(deal_id=await books.opened(owner_id=before), to=after, handover_note="Yours.")
        )
    await books.follow()
    deals = await fetch(books.pool, "SELECT DISTINCT team_id, owner_id FROM read.deal_board", [])
    teams, owners = ({row[column] for row in deals} for column in (0, 1))
    assert (teams, owners) == ({books.office.team_id, south}, {*people})
    every = await event_feed.owned(books.pool, 0, MANY)
    sizes = set()
    for scope in map(DealScope._make, product([*teams, uuid4(), None], [*owners, uuid4(), None])):
        found = await event_feed.seen(books.pool, 0, MANY, scope)
        assert found.rows == [one.row for one in every if scope.holds(one)], scope
        sizes.add(len(found.rows))
    assert min(sizes) == 0 < max(sizes) < len(every)
