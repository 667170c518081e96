"""The `eventsourcing` library's own interface works on the same ledger, with the same guarantees."""

from __future__ import annotations

import uuid

import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.persistence import IntegrityError

from domain.deal.deal import Deal
from domain.engine.command import Call
from domain.engine.recorded import Pending
from runtime.recorder import folding
from tests.office import Office, context


async def pending(office: Office, deal_id: uuid.UUID) -> tuple[Pending, ...]:
    decision, _ = await office.handler._decide(Call(office.opening(deal_id), context()), {})
    return decision.facts


async def test_the_repository_loads_what_the_door_recorded(office: Office) -> None:
    deal_id = uuid.uuid4()
    receipt = await office.run(office.opening(deal_id))
    deal = office.ledger.repository.get(deal_id, projector_func=folding(Deal(deal_id)))
    assert (deal.version, deal.title, deal.is_open) == (receipt.version, "Forty boilers", True)
    first = office.ledger.repository.get(deal_id, version=1, projector_func=folding(Deal(deal_id)))
    assert (first.version, first.promise) == (1, None)
    with pytest.raises(AggregateNotFoundError):
        office.ledger.repository.get(uuid.uuid4(), projector_func=folding(None))


async def test_save_gives_positions_in_the_same_order(office: Office) -> None:
    head, deal_id = await office.ledger.head(), uuid.uuid4()
    recordings = office.ledger.save(*await pending(office, deal_id))
    assert [r.notification.id for r in recordings] == [head + 1, head + 2]
    assert [r.fact.TOPIC for r in await office.ledger.stream(deal_id)] == ["deal.opened", "promise.made"]


async def test_save_is_all_or_nothing_and_names_the_conflict(office: Office) -> None:
    deal_id, other = uuid.uuid4(), uuid.uuid4()
    facts = await pending(office, deal_id) + await pending(office, other)
    await office.run(office.opening(deal_id))
    head = await office.ledger.head()
    with pytest.raises(IntegrityError):
        office.ledger.save(*facts)
    assert await office.ledger.head() == head


async def test_the_notification_log_and_a_subscription_see_every_fact(office: Office) -> None:
    deal_id = uuid.uuid4()
    receipt = await office.run(office.opening(deal_id))
    log = office.ledger.notification_log.select(start=1, limit=10)
    assert [n.id for n in log] == list(range(1, receipt.position + 1))
    assert office.ledger.recorder.max_notification_id() == receipt.position
    with office.ledger.recorder.subscribe(gt=receipt.position - 1) as subscription:
        assert next(subscription).topic == "promise.made@1"
        await office.run(office.opening())
        assert [next(subscription).topic for _ in range(2)] == ["deal.opened@1", "promise.made@1"]
    opened = office.ledger.notification_log.select(start=1, limit=9, topics=["deal.opened@1"])
    assert [n.id for n in opened] == [receipt.position - 1, receipt.position + 1]
