"""Domain room: what people are told of cycles — a review is open, a step waits for them, the figures fell behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from domain.cycle import facts as f
from domain.cycle.cycle import Cycle
from domain.cycle.policy import Step
from domain.cycle.state import Phase
from domain.engine.notices import NoticeRule, Person, To, Who, Word, after, told
from domain.time.commitment import Commitment

TOLD_BY_NAME = {Step.SELF_ASSESS, Step.ACKNOWLEDGE}
"""Steps that have a notice of their own."""


def _owed_by(cycle: Cycle, fact: Any) -> Commitment | None:
    awaited = fact.awaited if isinstance(fact, f.CycleAwaiting) else fact
    return cycle.waits_for(awaited.step, awaited.subject_id)


def _waits(cycle: Cycle, fact: Any) -> bool:
    owed = _owed_by(cycle, fact)
    return owed is not None and owed.generation == _arming(fact) and not cycle.is_paused


def _arming(fact: Any) -> int:
    arming: int = fact.arming
    return arming


def _waits_for(cycle: Cycle, fact: Any) -> bool:
    owed, of = _owed_by(cycle, fact), fact.awaited.of if isinstance(fact, f.CycleAwaiting) else fact.told
    return owed is not None and owed.owner_id == of and _waits(cycle, fact)


def _owed(cycle: Cycle, fact: Any) -> Mapping[str, Any]:
    owed = _owed_by(cycle, fact)
    assert owed is not None
    return {
        "period": cycle.period.name,
        "step": Word(owed.what),
        "due_at": owed.deadlines.due_at,
        "owner": Person(owed.owner_id),
    }


def _of_step(step: Step) -> To:
    """Who owes it: when it begins to be owed, and when its time has nearly come."""

    def to(fact: Any, _cycle: Any) -> Iterable[Who | None]:
        if isinstance(fact, f.CycleAwaiting):
            return (fact.awaited.of,) if fact.awaited.step == step else ()
        return (fact.told,) if fact.step == step else ()

    return to


def _others(fact: f.CycleReminded, cycle: Any) -> Iterable[Who | None]:
    return () if fact.step in TOLD_BY_NAME else told(fact, cycle)


def _both(_fact: Any, cycle: Cycle) -> Iterator[Who | None]:
    yield from dict.fromkeys((cycle.people.owner_id, cycle.people.reviewer))


def _in_review(cycle: Cycle, fact: f.ReviewOpened) -> bool:
    return cycle.phase == Phase.REVIEW and cycle.pack_digest == fact.pack_digest


def _behind(cycle: Cycle, fact: f.FellBehind) -> bool:
    return cycle.phase == Phase.EXECUTE and cycle.behind.get(fact.target_id) == fact.step


def _period(cycle: Cycle, _fact: Any) -> Mapping[str, Any]:
    return {"period": cycle.period.name, "owner": Person(cycle.people.owner_id)}


def _undecided(cycle: Cycle, fact: f.DecisionHandedOver) -> bool:
    return cycle.decisions.get(fact.decision_id) is None and cycle.asked.get(fact.decision_id) == fact.after


def _question(cycle: Cycle, fact: f.DecisionHandedOver) -> Mapping[str, Any]:
    return {"period": cycle.period.name, "question": cycle.questions[fact.decision_id]}


def _step(name: str, called: str, says: str, step: Step) -> NoticeRule:
    return NoticeRule(
        name=name,
        called=called,
        says=says,
        about=Cycle,
        facts=(f.CycleAwaiting, f.CycleReminded),
        to=_of_step(step),
        still=_waits_for,
        places=_owed,
    )


NOTICES = (
    NoticeRule(
        name="cycle.behind",
        called="cycles that fall behind",
        says="The cycle {period} of {owner} fell behind its target",
        about=Cycle,
        facts=(f.FellBehind,),
        to=told,
        still=_behind,
        places=_period,
    ),
    NoticeRule(
        name="cycle.pack-ready",
        called="reviews that are open",
        says="The review of {period} of {owner} is open, and its pack is ready",
        about=Cycle,
        facts=(f.ReviewOpened,),
        to=_both,
        near=True,
        still=_in_review,
        places=_period,
    ),
    _step(
        "cycle.self-assessment-due",
        "assessments of your own that are due",
        "Your own assessment of {period} is due {due_at}",
        Step.SELF_ASSESS,
    ),
    _step(
        "cycle.feedback-given",
        "feedback that waits for you",
        "Feedback on {period} waits for you to acknowledge it, until {due_at}",
        Step.ACKNOWLEDGE,
    ),
    NoticeRule(
        name="cycle.reminded",
        called="what a cycle waits for from you",
        says="The cycle {period} waits for you: {step}, due {due_at}",
        about=Cycle,
        facts=(f.CycleReminded,),
        to=_others,
        still=_waits_for,
        places=_owed,
    ),
    NoticeRule(
        name="cycle.escalated",
        called="what a cycle waits for in vain",
        says="The cycle {period} still waits for {owner}: {step}, which was due {due_at}",
        about=Cycle,
        facts=(f.CycleEscalated,),
        to=told,
        still=_waits,
        places=_owed,
    ),
    NoticeRule(
        name="cycle.decision-handed-over",
        called="decisions that are handed over to you",
        says="The decision on {period} is yours now: {question}",
        about=Cycle,
        facts=(f.DecisionHandedOver,),
        to=after,
        still=_undecided,
        places=_question,
    ),
)
