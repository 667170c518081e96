"""What a deal's follow-up hears when an import of the deal is undone."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from domain.deal.facts import DealImportUndone, ShownDeal
from domain.engine.context import Actor, Channel
from domain.engine.recorded import Meta, Recorded
from workflows.deal.messages import TOPICS, DealClosed, read, standing_of

ID = UUID(int=1)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def shown(status: str) -> ShownDeal:
    return ShownDeal(title="Forty boilers", status=status, stage="needs", owner_id=ID, team_id=ID)


def undone(after: ShownDeal | None) -> Recorded:
    fact = DealImportUndone(job_id=uuid4(), since=1, before=shown("open"), after=after)
    meta = Meta(Actor("user", "ops"), Channel.IMPORT, uuid4())
    return Recorded(7, ID, 5, fact, uuid4(), NOW, NOW, meta, 1)


@pytest.mark.parametrize("after", [None, shown("won"), shown("lost")])
def test_a_deal_that_is_gone_or_closed_again_ends_it(after: ShownDeal | None) -> None:
    assert read(undone(after)) == DealClosed(7, ID)
    assert standing_of(undone(after)).armed is None
    assert DealImportUndone.TOPIC in TOPICS


def test_a_deal_that_is_open_again_is_told_by_its_promise() -> None:
    assert read(undone(shown("open"))) is None
