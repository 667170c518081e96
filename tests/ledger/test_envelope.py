"""Each recorded fact carries who, when, why, through which door, and what it followed from."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from domain.deal.commands import MoveExpectedClose
from domain.engine.context import Actor, Channel
from tests.office import NOW, Office


async def test_the_whole_envelope_is_recorded(office: Office) -> None:
    deal_id, correlation = uuid.uuid4(), uuid.uuid4()
    await office.run(office.opening(deal_id))
    happened = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
    clock = "SELECT clock_timestamp()"
    [(before,)] = await office.rows(clock)
    receipt = await office.run(
        MoveExpectedClose(deal_id=deal_id, expected_close=datetime(2026, 6, 1, tzinfo=UTC).date()),
        actor=Actor("workflow", "follow-up", "run-7"),
        channel=Channel.WORKFLOW,
        reason="the customer's board meets in May",
        correlation_id=correlation,
        caused_by=3,
        occurred_at=happened,
    )
    [recorded] = await office.ledger.read(receipt.position - 1)
    assert recorded.position == receipt.position
    ids = await office.rows("SELECT count(DISTINCT event_id) FROM ledger.events")
    assert ids == [(receipt.position,)]
    assert recorded.occurred_at == happened
    [(after,)] = await office.rows(clock)
    assert before <= recorded.recorded_at <= after
    assert recorded.meta.actor == Actor("workflow", "follow-up", "run-7")
    assert recorded.meta.channel is Channel.WORKFLOW
    assert recorded.meta.reason == "the customer's board meets in May"
    assert (recorded.meta.correlation_id, recorded.meta.caused_by) == (correlation, 3)
    assert recorded.schema_version == recorded.fact.SCHEMA == 1
    assert (recorded.fact.before, recorded.fact.after.isoformat()) == (None, "2026-06-01")  # type: ignore[attr-defined]


async def test_without_a_time_of_its_own_a_fact_happened_when_it_was_handled(office: Office) -> None:
    receipt = await office.run(office.opening())
    assert {r.occurred_at for r in await office.ledger.read(receipt.position - 2)} == {NOW}


async def test_text_of_any_kind_comes_back_as_it_was(office: Office) -> None:
    title = "锅炉四十台, \"quoted\" \\n \\ {braces} 'single' ,comma, \u2028 \U0001f4c8 %s"
    reason = "line one\nline two\twith tab, and , commas"
    deal_id = uuid.uuid4()
    await office.run(office.opening(deal_id, title), reason=reason)
    opened = (await office.ledger.stream(deal_id))[0]
    assert opened.fact.title == title  # type: ignore[attr-defined]
    assert opened.meta.reason == reason
