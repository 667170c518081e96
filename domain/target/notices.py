"""Domain room: what people are told of targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.engine.notices import NoticeRule, Who
from domain.target import facts as f
from domain.target.target import PROPOSED, Target


def _owner(fact: f.TargetProposed, _target: Any) -> Iterable[Who]:
    return (fact.owner_id,)


def _proposed(target: Target, fact: f.TargetProposed) -> bool:
    return target.status == PROPOSED and target.owner_id == fact.owner_id


def _measured(target: Target, _fact: Any) -> Mapping[str, Any]:
    return {
        "metric": target.of.name,
        "period": target.period.name,
        "number": target.of.written(target.number, target.currency),
    }


NOTICES = (
    NoticeRule(
        name="target.proposed",
        called="targets that are proposed to you",
        says="A target is proposed to you for {period}: {metric}, {number}",
        about=Target,
        facts=(f.TargetProposed,),
        to=_owner,
        still=_proposed,
        places=_measured,
    ),
)
