"""Snapshots only make reading faster: what is decided, and what may be changed, stays the same with and without them."""

from __future__ import annotations

import shutil
import uuid
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.deal.commands import CorrectActivity, LogActivity
from domain.deal.deal import Deal
from domain.deal.facts import ActivityCorrected
from domain.engine.aggregate import Aggregate
from domain.engine.command import Call
from domain.engine.errors import Refused
from domain.engine.facts import Fact
from domain.engine.values import Activity, ActivityKind
from runtime.snapshots import EVERY, ROOM, code_in, frozen, shape, thawed
from tests.domain.anything import anything
from tests.office import Office, context

any_fact = st.one_of([anything(fact) for fact in Deal._mutators])
ID = UUID(int=0xD0)


def kinds(of: type[Aggregate] = Aggregate) -> list[type[Aggregate]]:
    """Every kind of aggregate that gets snapshots."""
    below = [kind for child in of.__subclasses__() for kind in kinds(child)]
    return [of, *below] if of.KEPT is not None else below


def call(deal_id: UUID, kind: ActivityKind = ActivityKind.CALL) -> LogActivity:
    return LogActivity(deal_id=deal_id, activity_id=uuid.uuid4(), activity=Activity(kind=kind))


def folded(aggregate: Deal, facts: list[Fact]) -> Deal:
    for fact in facts:
        aggregate.replay(fact, aggregate.version + 1)
    return aggregate


@pytest.mark.parametrize("kind", kinds())
def test_a_snapshot_holds_every_attribute_of_the_state(kind: type[Aggregate]) -> None:
    kept: Any = kind.KEPT
    assert {f.name for f in fields(kept)} == set(vars(kind(ID))) - (set(vars(Aggregate(ID))) - {"gone"})


@given(facts=st.lists(any_fact, max_size=12), at=st.integers(1, 11))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_a_stream_read_from_a_snapshot_is_the_stream_read_whole(facts: list[Fact], at: int) -> None:
    kept = folded(Deal(ID), facts[:at])
    resumed = thawed(Deal(ID), frozen(kept), kept.version)
    assert isinstance(resumed, Deal)
    assert frozen(folded(resumed, facts[at:])) == frozen(folded(Deal(ID), facts))


def test_a_change_of_any_file_that_may_take_part_makes_another_shape(tmp_path: Path) -> None:
    """Not only of the aggregate's own: a mutator calls helpers, and facts hold values of other files."""
    copied = [Path(shutil.copytree(ROOM, tmp_path / str(n))) for n in range(4)]
    (copied[1] / "deal" / "promising.py").open("a").write("# another rule\n")
    (copied[2] / "values.py").open("a").write("# another value\n")
    (copied[3] / "deal" / "state.py").rename(copied[3] / "deal" / "condition.py")
    assert code_in(copied[0]) == code_in(ROOM)
    assert len({code_in(room) for room in copied}) == 4


async def long_deal(office: Office) -> UUID:
    """A deal with more facts than go without a snapshot."""
    deal_id = uuid.uuid4()
    await office.run(office.opening(deal_id))
    calls = [Call(call(deal_id), context()) for _ in range(EVERY // 3 + 2)]
    await office.handler.execute_many(calls)
    await office.ledger.snapshots_written()
    return deal_id


async def old_activity(office: Office) -> LogActivity:
    """An activity of a long deal, from before its snapshot."""
    first = call(await long_deal(office))
    await office.run(first)
    await office.handler.execute_many([Call(call(first.deal_id), context()) for _ in range(EVERY // 3 + 2)])
    await office.ledger.snapshots_written()
    return first


async def test_an_activity_from_before_the_snapshot_is_logged_once(office: Office) -> None:
    first = await old_activity(office)
    for handler in (office, await office.elsewhere()):
        assert (await handler.run(first)).recorded == 0
        with pytest.raises(Refused):
            await handler.run(replace(first, activity=replace(first.activity, outcome="reached")))


async def test_an_activity_from_before_the_snapshot_is_corrected_with_before_and_after(
    office: Office,
) -> None:
    first = await old_activity(office)
    before = first.activity
    for handler, outcome in ((office, "reached"), (await office.elsewhere(), "no-answer")):
        after = replace(first.activity, outcome=outcome)
        command = CorrectActivity(deal_id=first.deal_id, activity_id=first.activity_id, activity=after)
        written = await handler.run(command)
        [recorded] = await office.ledger.stream(first.deal_id, after=written.version - 1)
        assert recorded.fact == ActivityCorrected(activity_id=first.activity_id, before=before, after=after)
        assert (await handler.run(command)).recorded == 0
        before = after


async def kept(office: Office, deal_id: UUID) -> tuple[int, str]:
    [row] = await office.rows("SELECT version, shape FROM app.snapshots WHERE stream_id = %s", deal_id)
    return row[0], row[1]


async def whole(office: Office, deal_id: UUID) -> Deal:
    deal = Deal(deal_id)
    for recorded in await office.ledger.stream(deal_id):
        recorded.mutate(deal)
    return deal


async def test_a_deal_knows_when_it_was_opened_however_it_is_read(office: Office) -> None:
    deal_id = await long_deal(office)
    [first, *_] = await office.ledger.stream(deal_id)
    for store in (office.ledger, (await office.elsewhere()).ledger):
        for complete in (True, False):
            read = (await store.load({deal_id: Deal}, complete=complete))[deal_id]
            assert isinstance(read, Deal)
            assert read.opened_at == first.occurred_at


async def test_a_long_deal_is_read_from_its_snapshot_on(office: Office) -> None:
    deal_id = await long_deal(office)
    version, made_by = await kept(office, deal_id)
    assert version >= EVERY
    assert made_by == shape(Deal)
    marked = frozen(thawed(Deal(deal_id), await state(office, deal_id), version)).replace("Forty", "Fifty")
    await office.rows("UPDATE app.snapshots SET state = %s WHERE stream_id = %s RETURNING 1", marked, deal_id)
    elsewhere = await office.elsewhere()
    read = await elsewhere.ledger.load({deal_id: Deal})
    assert read[deal_id].title == "Fifty boilers", "the snapshot was not read"  # type: ignore[attr-defined]
    assert read[deal_id].version == (await whole(office, deal_id)).version


async def state(office: Office, deal_id: UUID) -> str:
    [row] = await office.rows("SELECT state FROM app.snapshots WHERE stream_id = %s", deal_id)
    return str(row[0])


async def test_reading_from_a_snapshot_gives_what_reading_everything_gives(office: Office) -> None:
    deal_id = await long_deal(office)
    await office.run(call(deal_id, ActivityKind.DEMONSTRATION))
    elsewhere = await office.elsewhere()
    read = await elsewhere.ledger.load({deal_id: Deal})
    assert frozen(read[deal_id]) == frozen(await whole(office, deal_id))


async def test_a_snapshot_of_another_shape_is_ignored_and_replaced(office: Office) -> None:
    deal_id = await long_deal(office)
    await office.rows(
        "UPDATE app.snapshots SET shape = 'of another release', state = '{}' WHERE stream_id = %s RETURNING 1",
        deal_id,
    )
    elsewhere = await office.elsewhere()
    read = await elsewhere.ledger.load({deal_id: Deal})
    assert frozen(read[deal_id]) == frozen(await whole(office, deal_id))
    await elsewhere.ledger.snapshots_written()
    assert await kept(office, deal_id) == (read[deal_id].version, shape(Deal))


async def test_an_older_snapshot_never_replaces_a_newer_one(office: Office) -> None:
    deal_id = await long_deal(office)
    version, _ = await kept(office, deal_id)
    older = folded(Deal(deal_id), [r.fact for r in await office.ledger.stream(deal_id, limit=version - 1)])
    office.ledger.keep(older)
    await office.ledger.snapshots_written()
    assert (await kept(office, deal_id))[0] == version


async def test_without_snapshots_commands_go_on_and_facts_stay_beyond_reach(office: Office) -> None:
    deal_id = await long_deal(office)
    await office.rows("DELETE FROM app.snapshots RETURNING 1")
    elsewhere = await office.elsewhere()
    before = (await whole(office, deal_id)).version
    assert (await elsewhere.run(call(deal_id))).version == before + 3
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await office.rows("DELETE FROM ledger.events WHERE stream_id = %s RETURNING 1", deal_id)
