"""A key seen before returns the first answer and records nothing; key and events commit together."""

from __future__ import annotations

import asyncio
import uuid

import pytest

from domain.deal.commands import LogActivity, LoseDeal, MoveStage
from domain.engine.errors import Invalid, KeyReused, NotFound, Refused
from domain.engine.values import Activity, ActivityKind
from tests.office import Office


async def test_a_repeat_returns_the_first_answer_and_records_nothing(office: Office) -> None:
    opening = office.opening()
    first = await office.run(opening, key="k")
    head = await office.ledger.head()
    again = await office.run(opening, key="k")
    assert (again.answer, again.position, again.version) == (first.answer, first.position, first.version)
    assert (again.replayed, again.recorded) == (True, 0)
    assert await office.ledger.head() == head


async def test_the_same_key_with_another_body_is_refused(office: Office) -> None:
    await office.run(office.opening(), key="k")
    head = await office.ledger.head()
    with pytest.raises(KeyReused):
        await office.run(office.opening(), key="k")
    assert await office.ledger.head() == head


async def test_concurrent_duplicates_record_once_and_all_get_the_same_answer(office: Office) -> None:
    """From several processes' ledgers at once: the key is decided inside the append."""
    desks = [await office.elsewhere() for _ in range(8)]
    deal_id = uuid.uuid4()
    await office.run(office.opening(deal_id))
    head = await office.ledger.head()
    touch = LogActivity(deal_id=deal_id, activity_id=uuid.uuid4(), activity=Activity(kind=ActivityKind.CALL))
    receipts = await asyncio.gather(*(desk.run(touch, key="same") for desk in desks for _ in range(4)))
    assert {r.position for r in receipts} == {head + 3}
    assert sum(not r.replayed for r in receipts) == 1
    assert await office.ledger.head() == head + 3


async def test_a_repeat_is_answered_even_where_the_command_would_now_be_refused(office: Office) -> None:
    deal_id = uuid.uuid4()
    await office.run(office.opening(deal_id))
    first = await office.run(LoseDeal(deal_id=deal_id, loss_reason="price"), key="lose")
    with pytest.raises(Refused):
        await office.run(LoseDeal(deal_id=deal_id, loss_reason="price"))
    again = await office.run(LoseDeal(deal_id=deal_id, loss_reason="price"), key="lose")
    assert again.replayed
    assert again.answer == first.answer


async def test_a_refused_command_leaves_its_key_free(office: Office) -> None:
    deal_id = uuid.uuid4()
    with pytest.raises(NotFound):
        await office.run(MoveStage(deal_id=deal_id, to="contact"), key="k")
    assert await office.rows("SELECT * FROM ledger.receipts WHERE key = 'k'") == []
    await office.run(office.opening(deal_id), key="k")


async def test_a_silent_command_keeps_its_key_too(office: Office) -> None:
    deal_id = uuid.uuid4()
    await office.run(office.opening(deal_id))
    first = await office.run(MoveStage(deal_id=deal_id, to="identify"), key="k")
    assert first.recorded == 0
    assert (await office.run(MoveStage(deal_id=deal_id, to="identify"), key="k")).replayed
    with pytest.raises(KeyReused):
        await office.run(MoveStage(deal_id=deal_id, to="contact"), key="k")


async def test_in_one_batch_only_the_first_of_two_equal_keys_records(office: Office) -> None:
    commands = [office.opening() for _ in range(2)]
    outcomes = await asyncio.gather(*(office.run(c, key="one") for c in commands), return_exceptions=True)
    assert sorted(type(o).__name__ for o in outcomes) == ["KeyReused", "Receipt"]


@pytest.mark.parametrize("key", ["", "two\nlines", "x" * 401, "tab\there"])
async def test_a_key_that_cannot_be_stored_is_named(office: Office, key: str) -> None:
    with pytest.raises(Invalid, match="key"):
        await office.run(office.opening(), key=key)


async def test_a_printable_key_of_any_language_is_taken(office: Office) -> None:
    opening = office.opening()
    await office.run(opening, key="导入:一,二 ' \" \\ %s")
    assert (await office.run(opening, key="导入:一,二 ' \" \\ %s")).replayed
