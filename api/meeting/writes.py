"""api: what people do about review meetings, one POST per act. A workflow calls each meeting; that has no route."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict, Field, StringConstraints

from api.engine import auth
from api.engine.answers import DONE, MADE
from api.engine.auth import may_write
from api.engine.bodies import Envelope
from api.engine.fields import Instant, LongText, NeededText, RuleName, Strict
from api.engine.roles import LEADERS
from api.engine.scopes import Said, ScopeBody, speaker
from api.engine.writing import Act
from domain.cycle.policy import Cadence
from domain.meeting import commands as c
from domain.meeting.plan import Plan

router = auth.router(tags=["meetings"])

Writer = Annotated[Act, Depends(may_write())]
Leader = Annotated[Act, Depends(may_write(*LEADERS))]
TimeOfDay = Annotated[
    str,
    StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"),
    Field(description="in the zone of the cycle policy's calendar", examples=["09:30"]),
]
People = Annotated[tuple[UUID, ...], Field(max_length=500)]


class SetSchedule(Envelope):
    """`day` is the ISO weekday (1 is Monday) of weekly meetings, the day of the month (1 to 28) of monthly ones; where that is no
    business day, the first one after it. Without a chair whoever manages the team then has it; `above_id` is told when they are late.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scope": {"kind": "team", "id": "5f0c2a52-6c2e-4c0e-9b7f-2f2f0b8f5a10"},
                    "cadence": "weekly",
                    "day": 1,
                    "at": "09:30",
                }
            ]
        }
    )

    scope: ScopeBody
    cadence: Literal["weekly", "monthly"]
    day: Annotated[int, Field(ge=1, le=28, strict=True)]
    at: TimeOfDay
    chair_id: UUID | None = None
    above_id: UUID | None = None
    policy: RuleName = "default"

    def plan(self) -> Plan:
        return Plan(
            cadence=Cadence(self.cadence),
            day=self.day,
            at=self.at,
            chair_id=self.chair_id,
            above_id=self.above_id,
            policy=self.policy,
        )


class Because(Envelope):
    why: NeededText


class QuestionBody(Strict):
    """`of` decides, by `due_at`; with a `choice` it was decided at the meeting."""

    question: NeededText
    of: UUID
    due_at: Instant
    choice: LongText = ""
    decision_id: UUID | None = None


class AgreedBody(Strict):
    """An action item: who does what, until when."""

    what: NeededText
    owner_id: UUID
    due_at: Instant
    manager_id: UUID | None = None
    item_id: UUID | None = None


class Held(Said):
    """What was said, decided and agreed on, all recorded at once or not at all. `occurred_at` is when it took place."""

    present: People = ()
    notes: LongText = ""
    decisions: Annotated[tuple[QuestionBody, ...], Field(max_length=50)] = ()
    action_items: Annotated[tuple[AgreedBody, ...], Field(max_length=50)] = ()


class Asked(Envelope):
    question: NeededText
    of: UUID
    due_at: Instant
    decision_id: UUID | None = None


class MeetingChoice(Said):
    choice: NeededText


class Another(Envelope):
    to: UUID


@router.post(
    "/meeting-schedules",
    operation_id="setMeetingSchedule",
    summary="Meet weekly or monthly",
    status_code=201,
    responses=MADE,
)
async def set_schedule(body: SetSchedule, act: Leader) -> Response:
    """There is one weekly and one monthly schedule for a scope; set again it is changed. A workflow calls each meeting, with its agenda
    from the newest review pack of the scope.
    """
    command = c.SetMeetingSchedule(scope=body.scope.value(), plan=body.plan())
    return await act(command, body, status=201, location=f"/meeting-schedules/{command.stream()[1]}")


@router.post(
    "/meeting-schedules/{schedule_id}/cancel",
    operation_id="cancelMeetingSchedule",
    summary="Call no more meetings",
    responses=DONE,
)
async def cancel_schedule(schedule_id: UUID, body: Because, act: Leader) -> Response:
    return await act(c.CancelMeetingSchedule(schedule_id=schedule_id, why=body.why), body)


@router.post(
    "/meetings/{meeting_id}/hold",
    operation_id="holdMeeting",
    summary="Record what came of a meeting",
    responses=DONE,
)
async def hold(meeting_id: UUID, body: Held, act: Leader) -> Response:
    """By its chair. Its action items are followed up like promises, its decisions until they are taken."""
    command = c.HoldMeeting(
        meeting_id=meeting_id,
        held_by=await speaker(act, body),
        present=body.present,
        notes=body.notes,
        decisions=tuple(_question(act, n, one) for n, one in enumerate(body.decisions)),
        action_items=tuple(_agreed(act, n, one) for n, one in enumerate(body.action_items)),
    )
    return await act(command, body)


def _question(act: Act, n: int, one: QuestionBody | Asked) -> c.Question:
    return c.Question(
        decision_id=act.new_id(f"decision:{n}", one.decision_id),
        question=one.question,
        of=one.of,
        due_at=one.due_at,
        choice=one.choice if isinstance(one, QuestionBody) else "",
    )


def _agreed(act: Act, n: int, one: AgreedBody) -> c.Agreed:
    return c.Agreed(
        item_id=act.new_id(f"action-item:{n}", one.item_id),
        what=one.what,
        owner_id=one.owner_id,
        due_at=one.due_at,
        manager_id=one.manager_id,
    )


@router.post(
    "/meetings/{meeting_id}/decisions",
    operation_id="askMeetingDecision",
    summary="Ask for a decision",
    status_code=201,
    responses=MADE,
)
async def ask(meeting_id: UUID, body: Asked, act: Leader) -> Response:
    command = c.AskMeetingDecision(meeting_id=meeting_id, question=_question(act, 0, body))
    return await act(command, body, status=201)


@router.post(
    "/meetings/{meeting_id}/decisions/{decision_id}/choice",
    operation_id="takeMeetingDecision",
    summary="Take a decision",
    responses=DONE,
)
async def take(meeting_id: UUID, decision_id: UUID, body: MeetingChoice, act: Writer) -> Response:
    """Who was asked; when that is overdue, also who was told."""
    command = c.TakeMeetingDecision(
        meeting_id=meeting_id,
        decision_id=decision_id,
        taken_by=await speaker(act, body),
        choice=body.choice,
    )
    return await act(command, body)


@router.post(
    "/meetings/{meeting_id}/decisions/{decision_id}/handover",
    operation_id="handOverMeetingDecision",
    summary="Ask another one for it",
    responses=DONE,
)
async def hand_over(meeting_id: UUID, decision_id: UUID, body: Another, act: Leader) -> Response:
    command = c.HandOverMeetingDecision(meeting_id=meeting_id, decision_id=decision_id, to=body.to)
    return await act(command, body)


@router.post(
    "/meetings/{meeting_id}/chair",
    operation_id="changeChair",
    summary="Name another chair",
    responses=DONE,
)
async def change_chair(meeting_id: UUID, body: Another, act: Leader) -> Response:
    return await act(c.ChangeChair(meeting_id=meeting_id, to=body.to), body)


@router.post(
    "/meetings/{meeting_id}/cancel",
    operation_id="cancelMeeting",
    summary="Cancel a meeting",
    responses=DONE,
)
async def cancel(meeting_id: UUID, body: Because, act: Leader) -> Response:
    return await act(c.CancelMeeting(meeting_id=meeting_id, why=body.why), body)
