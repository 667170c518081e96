"""Domain room: what people are told of service cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.case.case import Case
from domain.case.facts import CaseMissed
from domain.engine.notices import NoticeRule, Titled, Word, told


def _running(case: Case, fact: CaseMissed) -> bool:
    held = case.running.find(fact.clock)
    return held is not None and held.generation == fact.arming


def _late(case: Case, fact: CaseMissed) -> Mapping[str, Any]:
    return {"case": Titled(case.title, case.customer_id), "clock": Word(fact.clock), "due_at": fact.due_at}


NOTICES = (
    NoticeRule(
        name="case.missed",
        called="service cases that are late",
        says="The service case {case} is late: {clock} was due {due_at}",
        about=Case,
        facts=(CaseMissed,),
        to=told,
        still=_running,
        places=_late,
    ),
)
