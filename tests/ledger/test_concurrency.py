"""Optimistic concurrency per aggregate: one stale command fails alone; two streams, all or nothing."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from datetime import datetime

import pytest

from domain.customer.product import ArchiveProduct, ListProduct
from domain.deal.commands import HandOver, LogActivity, MoveExpectedClose
from domain.engine.command import Call
from domain.engine.errors import AlreadyExists, Conflict, Refused
from domain.engine.values import Activity, ActivityKind
from domain.people.people import ArchiveTeam, FormTeam, HireRep, RepLeaves
from domain.policy.follow_up import DEFAULT_POLICY
from domain.policy.policies import PublishPolicy
from tests.office import Office, context


def call_to(deal_id: uuid.UUID) -> LogActivity:
    return LogActivity(deal_id=deal_id, activity_id=uuid.uuid4(), activity=Activity(kind=ActivityKind.CALL))


async def test_a_version_that_moved_on_is_a_named_conflict(office: Office) -> None:
    deal_id = uuid.uuid4()
    seen = await office.run(office.opening(deal_id))
    await office.run(call_to(deal_id))
    with pytest.raises(Conflict) as refusal:
        await office.run(call_to(deal_id), expected_version=seen.version)
    assert refusal.value.retryable
    assert refusal.value.details == {"expected": seen.version, "actual": seen.version + 3}


async def test_many_writers_on_one_deal_lose_nothing(office: Office) -> None:
    """Unconditional commands are decided again until they fit; versions stay without gaps."""
    deal_id = uuid.uuid4()
    await office.run(office.opening(deal_id))
    desks = [await office.elsewhere() for _ in range(3)]
    await asyncio.gather(*(desk.run(call_to(deal_id)) for desk in desks for _ in range(3)))
    stream = await office.ledger.stream(deal_id)
    assert [r.originator_version for r in stream] == list(range(1, 2 + 9 * 3 + 1))
    assert sum(r.fact.TOPIC == "deal.activity-logged" for r in stream) == 9


async def test_a_caller_who_gives_up_while_waiting_for_a_deal_costs_nobody_a_turn(office: Office) -> None:
    deal_id = uuid.uuid4()
    await office.run(office.opening(deal_id))
    callers = [asyncio.create_task(office.run(call_to(deal_id))) for _ in range(12)]
    await asyncio.sleep(0)
    given_up = callers[2::3]
    for caller in given_up:
        caller.cancel()
    outcomes = await asyncio.gather(*callers, return_exceptions=True)
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [
        caller in given_up for caller in callers
    ]
    stream = await office.ledger.stream(deal_id)
    assert sum(r.fact.TOPIC == "deal.activity-logged" for r in stream) == 8
    assert not office.handler._last_in_line


async def test_two_openings_of_one_deal_leave_one(office: Office) -> None:
    deal_id = uuid.uuid4()
    desks = [await office.elsewhere() for _ in range(2)]
    openings = [office.opening(deal_id, title) for title in ("one", "two")]
    outcomes = await asyncio.gather(
        *(d.run(o) for d, o in zip(desks, openings, strict=True)), return_exceptions=True
    )
    assert sorted(type(o).__name__ for o in outcomes) == ["AlreadyExists", "Receipt"]
    assert len(await office.ledger.stream(deal_id)) == 2


async def test_one_stale_command_in_a_batch_fails_alone(office: Office) -> None:
    deals = [uuid.uuid4() for _ in range(20)]
    await asyncio.gather(*(office.run(office.opening(d)) for d in deals))
    decisions = [(await office.handler._decide(Call(call_to(d), context()), {}))[0] for d in deals]
    await office.run(call_to(deals[7]))
    head = await office.ledger.head()
    outcomes = await asyncio.gather(*(office.ledger.append(d) for d in decisions), return_exceptions=True)
    assert [n for n, o in enumerate(outcomes) if isinstance(o, Conflict)] == [7]
    assert await office.ledger.head() == head + 19 * 3
    positions = [o.position for o in outcomes if not isinstance(o, BaseException)]
    assert sorted(positions) == [head + 3 * n for n in range(1, 20)]


async def test_a_command_on_two_streams_is_recorded_whole(office: Office) -> None:
    deal_id, other = uuid.uuid4(), await office.hire()
    await office.run(office.opening(deal_id))
    receipt = await office.run(HandOver(deal_id=deal_id, to=other, handover_note="on holiday"))
    assert receipt.recorded == 3
    written = await office.ledger.read(receipt.position - 3, 10)
    assert [(r.originator_id, r.fact.TOPIC) for r in written] == [
        (deal_id, "deal.owner-changed"),
        (deal_id, "promise.handed-over"),
        (other, "rep.allocated"),
    ]


async def test_a_command_on_two_streams_is_not_recorded_in_part(office: Office) -> None:
    """The second stream moved on after the decision: nothing of the first is written."""
    deal_id, other = uuid.uuid4(), await office.hire()
    await office.run(office.opening(deal_id))
    call = Call(HandOver(deal_id=deal_id, to=other, handover_note="on holiday"), context())
    decision, _ = await office.handler._decide(call, {})
    await office.run(RepLeaves(rep_id=other))
    head = await office.ledger.head()
    with pytest.raises(Conflict):
        await office.ledger.append(decision)
    assert await office.ledger.head() == head


async def test_what_a_decision_only_read_is_checked_as_well(office: Office) -> None:
    """Another process's memory says the rep is there; the ledger knows better."""
    elsewhere = await office.elsewhere()
    await elsewhere.run(elsewhere.opening())
    await office.run(RepLeaves(rep_id=office.rep_id))
    with pytest.raises(Refused, match="has left"):
        await elsewhere.run(elsewhere.opening())


async def test_nothing_is_accepted_on_what_another_process_has_changed_since(office: Office) -> None:
    """Memory has no age: rules and things that a decision only looks at are asked for news as it is recorded."""
    elsewhere, product_id = await office.elsewhere(), uuid.uuid4()
    await office.run(ListProduct(product_id=product_id, name="Atlas"))
    ka = replace(DEFAULT_POLICY, name="ka", due_after_by_stage={})
    await office.run(PublishPolicy(policy=ka))
    before = replace(elsewhere.opening(), product_id=product_id, policy="ka")
    due = datetime.fromisoformat((await elsewhere.run(before)).answer["due_at"])
    await office.run(PublishPolicy(policy=replace(ka, due_after=replace(ka.due_after, amount=20))))
    after = await elsewhere.run(replace(before, deal_id=uuid.uuid4()))
    assert datetime.fromisoformat(after.answer["due_at"]) > due
    await office.run(ArchiveProduct(product_id=product_id))
    with pytest.raises(Refused, match="archived"):
        await elsewhere.run(replace(before, deal_id=uuid.uuid4()))
    team_id = uuid.uuid4()
    await office.run(FormTeam(team_id=team_id, name="South"))
    await elsewhere.run(HireRep(rep_id=uuid.uuid4(), name="Li Wei", team_id=team_id))
    await office.run(ArchiveTeam(team_id=team_id))
    with pytest.raises(Refused, match="archived"):
        await elsewhere.run(HireRep(rep_id=uuid.uuid4(), name="Wu Jie", team_id=team_id))


async def test_a_refusal_is_never_given_on_remembered_state(office: Office) -> None:
    """This process remembers that the deal does not exist; another one has opened it since."""
    elsewhere = await office.elsewhere()
    deal_id = uuid.uuid4()
    with pytest.raises(Exception, match="no deal has the id"):
        await elsewhere.run(call_to(deal_id))
    await office.run(office.opening(deal_id))
    assert (await elsewhere.run(call_to(deal_id))).recorded == 3


async def test_an_unknown_id_of_another_kind_is_not_taken_for_a_deal(office: Office) -> None:
    with pytest.raises(AlreadyExists):
        await office.run(office.opening(office.team_id))
    with pytest.raises(Exception, match="no deal has the id"):
        await office.run(MoveExpectedClose(deal_id=office.team_id, expected_close=None))
