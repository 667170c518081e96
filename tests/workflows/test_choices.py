"""Who gets a deal by rule: pure arithmetic over loads."""

from __future__ import annotations

import json
import uuid

from hypothesis import given
from hypothesis import strategies as some

from domain.people.owed import Loads
from workflows.activities.handovers import spread
from workflows.activities.timers import choose

LOADS = some.dictionaries(some.uuids(), some.integers(0, 50), min_size=1, max_size=8)


@given(LOADS, some.uuids(), some.sets(some.uuids(), max_size=3))
def test_the_chosen_is_among_the_least_loaded_and_never_an_excluded_one(
    open_deals: dict[uuid.UUID, int], deal_id: uuid.UUID, others: set[uuid.UUID]
) -> None:
    excluded = others | {next(iter(open_deals))}
    heir = choose(Loads(7, open_deals), excluded, deal_id)
    left = {id: n for id, n in open_deals.items() if id not in excluded}
    if not left:
        assert heir.rep_id is None
    else:
        assert heir.rep_id in left
        assert left[heir.rep_id] == min(left.values())


@given(LOADS, some.uuids())
def test_the_receipt_is_enough_to_decide_again(open_deals: dict[uuid.UUID, int], deal_id: uuid.UUID) -> None:
    excluded = {next(iter(open_deals))}
    heir = choose(Loads(7, open_deals), excluded, deal_id)
    receipt = json.loads(heir.receipt)
    seen = Loads(receipt["as_known_at"], {uuid.UUID(id): n for id, n in receipt["open_deals"].items()})
    assert choose(seen, set(map(uuid.UUID, receipt["excluded"])), deal_id) == heir


@given(some.lists(some.uuids(), min_size=1, max_size=60, unique=True), some.integers(1, 7))
def test_equal_reps_get_equal_shares_within_one(deals: list[uuid.UUID], reps: int) -> None:
    team = {uuid.UUID(int=n + 1): 4 for n in range(reps)}
    handings = list(spread(deals, Loads(7, team), uuid.UUID(int=99)))
    got = [sum(1 for h in handings if h.heir.rep_id == rep) for rep in team]
    assert sum(got) == len(deals)
    assert max(got) - min(got) <= 1


def test_with_nobody_there_nobody_is_chosen() -> None:
    (handing,) = spread([uuid.UUID(int=1)], Loads(7, {}), uuid.UUID(int=99))
    assert handing.heir.rep_id is None
    assert json.loads(handing.heir.receipt)["chosen"] is None
