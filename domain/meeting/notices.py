"""Domain room: what people are told of review meetings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.engine.notices import NoticeRule, Person, Who, Word, after, told
from domain.meeting import facts as f
from domain.meeting.meeting import Meeting, MeetingStatus


def _leading(fact: f.MeetingCalled, _meeting: Any) -> Iterable[Who | None]:
    return (fact.chair_id,)


def _called(meeting: Meeting, _fact: f.MeetingCalled) -> bool:
    return meeting.status == MeetingStatus.CALLED


def _awaited(meeting: Meeting, fact: Any) -> bool:
    return meeting.waits_for(fact.step, fact.subject_id) is not None


def _of_whom(meeting: Meeting, fact: f.MeetingReminded) -> bool:
    owed = meeting.waits_for(fact.step, fact.subject_id)
    return owed is not None and owed.owner_id == fact.told


def _owed(meeting: Meeting, fact: Any) -> Mapping[str, Any]:
    owed = meeting.waits_for(fact.step, fact.subject_id)
    assert owed is not None
    return {"step": Word(fact.step), "due_at": owed.deadlines.due_at, "owner": Person(owed.owner_id)}


def _asked(meeting: Meeting, fact: f.MeetingDecisionHandedOver) -> bool:
    return (
        meeting.decisions.get(fact.decision_id) is None and meeting.asked.get(fact.decision_id) == fact.after
    )


def _question(meeting: Meeting, fact: f.MeetingDecisionHandedOver) -> Mapping[str, Any]:
    return {"question": meeting.questions[fact.decision_id]}


NOTICES = (
    NoticeRule(
        name="meeting.called",
        called="review meetings that are called",
        says="A review meeting is called for {starts_at}; its agenda is ready",
        about=Meeting,
        facts=(f.MeetingCalled,),
        to=_leading,
        still=_called,
    ),
    NoticeRule(
        name="meeting.reminded",
        called="what a review meeting waits for from you",
        says="A review meeting waits for you: {step}, due {due_at}",
        about=Meeting,
        facts=(f.MeetingReminded,),
        to=told,
        still=_of_whom,
        places=_owed,
    ),
    NoticeRule(
        name="meeting.escalated",
        called="what a review meeting waits for in vain",
        says="A review meeting still waits for {owner}: {step}, which was due {due_at}",
        about=Meeting,
        facts=(f.MeetingEscalated,),
        to=told,
        still=_awaited,
        places=_owed,
    ),
    NoticeRule(
        name="meeting.decision-handed-over",
        called="decisions of review meetings that are handed over to you",
        says="The decision of a review meeting is yours now: {question}",
        about=Meeting,
        facts=(f.MeetingDecisionHandedOver,),
        to=after,
        still=_asked,
        places=_question,
    ),
)
