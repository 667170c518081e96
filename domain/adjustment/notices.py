"""Domain room: what people are told of adjustments: that one is to be decided, and that it is late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.adjustment.adjustment import Adjustment, AdjustmentEscalated, AdjustmentReminded
from domain.engine.notices import NoticeRule, Person, told


def _undecided(adjustment: Adjustment, _fact: Any) -> bool:
    return adjustment.runs and adjustment.commitment is not None


def _of_owner(adjustment: Adjustment, fact: AdjustmentReminded) -> bool:
    return _undecided(adjustment, fact) and adjustment.owner_id == fact.told


def _owed(adjustment: Adjustment, _fact: Any) -> Mapping[str, Any]:
    held, started = adjustment.commitment, adjustment.started
    assert held is not None
    assert started is not None
    return {
        "hypothesis": started.hypothesis,
        "due_at": held.deadlines.due_at,
        "owner": Person(adjustment.owner_id),
    }


NOTICES = (
    NoticeRule(
        name="adjustment.reminded",
        called="adjustments that you are to decide",
        says="The adjustment “{hypothesis}” is to be decided by {due_at}: keep, change or stop",
        about=Adjustment,
        facts=(AdjustmentReminded,),
        to=told,
        still=_of_owner,
        places=_owed,
    ),
    NoticeRule(
        name="adjustment.escalated",
        called="adjustments that nobody has decided",
        says="{owner} has not decided the adjustment “{hypothesis}”, which was due {due_at}",
        about=Adjustment,
        facts=(AdjustmentEscalated,),
        to=told,
        still=_undecided,
        places=_owed,
    ),
)
