"""api: everything people do in a cycle, one POST per act. What timers say has no route."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict, Field, StrictBool

from api.engine import auth
from api.engine.answers import DONE, MADE
from api.engine.auth import LEADERS, may_write
from api.engine.bodies import Envelope
from api.engine.fields import PLAINLY, Instant, NeededText, RuleName, Strict
from api.engine.scopes import MetricKey, PeriodName, Said, ScopeBody, period, speaker
from api.engine.writing import Act
from domain.cycle import commands as c
from domain.cycle.facts import StatedChange
from domain.cycle.policy import Cadence
from domain.engine.values import MAX_AMOUNT

router = auth.router("/cycles", tags=["cycles"])

Writer = Annotated[Act, Depends(may_write())]
Leader = Annotated[Act, Depends(may_write(*LEADERS))]


class OpenCycle(Envelope):
    """A rep's manager is the team's where none is named; `above_id` is told where the manager is late."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scope": {"kind": "rep", "id": "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"},
                    "period": "2027-Q1",
                    "owner_id": "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11",
                    "metrics": ["revenue-won", "promise-keeping"],
                }
            ]
        }
    )

    scope: ScopeBody
    period: PeriodName
    owner_id: UUID
    manager_id: UUID | None = None
    above_id: UUID | None = None
    metrics: Annotated[tuple[MetricKey, ...], Field(max_length=50)] = ()
    policy: RuleName = "default"
    cadence: Cadence | None = None


class Include(Envelope):
    target_id: UUID


class Assessment(Said):
    text: NeededText


class Question(Envelope):
    """`of` is who must decide, by `due_at`."""

    question: NeededText
    of: UUID
    due_at: Instant
    decision_id: UUID | None = None


class Change(Strict):
    """Added to the next target of `metric`, in its unit; `as_share`: as a share of what it would be otherwise, 0.05 for a twentieth."""

    metric: MetricKey
    number: Annotated[
        Decimal,
        Field(gt=-MAX_AMOUNT, lt=MAX_AMOUNT, decimal_places=4, max_digits=19, examples=["0.05"]),
        PLAINLY,
    ]
    as_share: StrictBool = False

    def value(self) -> StatedChange:
        return StatedChange(metric=self.metric, number=self.number, as_share=self.as_share)


class Choice(Said):
    """A `change` that was decided on enters the proposal of the next target, where that was not made yet."""

    choice: NeededText
    change: Change | None = None


class Another(Envelope):
    to: UUID


class Feedback(Said):
    """What owner and manager agreed on; its action items were opened before."""

    text: NeededText
    action_items: Annotated[tuple[UUID, ...], Field(max_length=200)] = ()


class Comment(Said):
    text: NeededText
    comment_id: UUID | None = None


class Appeal(Said):
    why: NeededText


class AppealDecision(Said):
    upheld: StrictBool
    why: NeededText


class Because(Envelope):
    why: NeededText


class NewCadence(Envelope):
    cadence: Cadence


class NewPeople(Envelope):
    """Who is not named keeps their part."""

    why: NeededText
    owner_id: UUID | None = None
    manager_id: UUID | None = None
    above_id: UUID | None = None


@router.post("", operation_id="openCycle", summary="Open a cycle", status_code=201, responses=MADE)
async def open_cycle(body: OpenCycle, act: Leader) -> Response:
    """There is one for a scope and period. A workflow then drives it and opens the next by itself."""
    command = c.OpenCycle(
        scope=body.scope.value(),
        period=await period(act.services.ledger, body.period),
        owner_id=body.owner_id,
        manager_id=body.manager_id,
        above_id=body.above_id,
        metrics=body.metrics,
        policy=body.policy,
        cadence=body.cadence,
    )
    return await act(command, body, status=201, location=f"/cycles/{command.stream()[1]}")


@router.post("/{cycle_id}/targets", operation_id="includeTarget", summary="Include a target", responses=DONE)
async def include(cycle_id: UUID, body: Include, act: Leader) -> Response:
    """One for the same scope and period."""
    return await act(c.IncludeTarget(cycle_id=cycle_id, target_id=body.target_id), body)


@router.post(
    "/{cycle_id}/agree", operation_id="agreeTargets", summary="Agree to the cycle's targets", responses=DONE
)
async def agree(cycle_id: UUID, body: Said, act: Writer) -> Response:
    """The owner, to every one of them."""
    return await act(c.AgreeTargets(cycle_id=cycle_id, agreed_by=await speaker(act, body)), body)


@router.post(
    "/{cycle_id}/self-assessment", operation_id="assessSelf", summary="The owner's assessment", responses=DONE
)
async def assess_self(cycle_id: UUID, body: Assessment, act: Writer) -> Response:
    by = await speaker(act, body)
    return await act(c.AssessSelf(cycle_id=cycle_id, assessed_by=by, text=body.text), body)


@router.post(
    "/{cycle_id}/assessment",
    operation_id="assessCycle",
    summary="The manager's assessment",
    responses=DONE,
)
async def assess(cycle_id: UUID, body: Assessment, act: Leader) -> Response:
    """After the owner's own, or when that is overdue."""
    by = await speaker(act, body)
    return await act(c.AssessCycle(cycle_id=cycle_id, assessed_by=by, text=body.text), body)


@router.post(
    "/{cycle_id}/decisions",
    operation_id="askDecision",
    summary="Ask for a decision",
    status_code=201,
    responses=MADE,
)
async def ask_decision(cycle_id: UUID, body: Question, act: Leader) -> Response:
    command = c.AskDecision(
        cycle_id=cycle_id,
        decision_id=act.new_id("decision", body.decision_id),
        question=body.question,
        of=body.of,
        due_at=body.due_at,
    )
    return await act(command, body, status=201)


@router.post(
    "/{cycle_id}/decisions/{decision_id}/choice",
    operation_id="takeDecision",
    summary="Take a decision",
    responses=DONE,
)
async def take_decision(cycle_id: UUID, decision_id: UUID, body: Choice, act: Writer) -> Response:
    """Who was asked; when that is overdue, also who was told."""
    command = c.TakeDecision(
        cycle_id=cycle_id,
        decision_id=decision_id,
        taken_by=await speaker(act, body),
        choice=body.choice,
        change=body.change.value() if body.change else None,
    )
    return await act(command, body)


@router.post(
    "/{cycle_id}/decisions/{decision_id}/handover",
    operation_id="handOverDecision",
    summary="Ask another one for it",
    responses=DONE,
)
async def hand_over_decision(cycle_id: UUID, decision_id: UUID, body: Another, act: Leader) -> Response:
    return await act(c.HandOverDecision(cycle_id=cycle_id, decision_id=decision_id, to=body.to), body)


@router.post(
    "/{cycle_id}/feedback", operation_id="giveFeedback", summary="Give the agreed feedback", responses=DONE
)
async def give_feedback(cycle_id: UUID, body: Feedback, act: Leader) -> Response:
    command = c.GiveFeedback(
        cycle_id=cycle_id,
        given_by=await speaker(act, body),
        text=body.text,
        action_items=body.action_items,
    )
    return await act(command, body)


@router.post(
    "/{cycle_id}/acknowledge",
    operation_id="acknowledgeFeedback",
    summary="Acknowledge the feedback",
    responses=DONE,
)
async def acknowledge(cycle_id: UUID, body: Said, act: Writer) -> Response:
    by = await speaker(act, body)
    return await act(c.AcknowledgeFeedback(cycle_id=cycle_id, acknowledged_by=by), body)


@router.post(
    "/{cycle_id}/comments",
    operation_id="commentOnCycle",
    summary="Comment on a cycle",
    status_code=201,
    responses=MADE,
)
async def comment(cycle_id: UUID, body: Comment, act: Writer) -> Response:
    command = c.CommentOnCycle(
        cycle_id=cycle_id,
        comment_id=act.new_id("comment", body.comment_id),
        author_id=await speaker(act, body),
        text=body.text,
    )
    return await act(command, body, status=201)


@router.post(
    "/{cycle_id}/appeal", operation_id="appealCycle", summary="Appeal against the outcome", responses=DONE
)
async def appeal(cycle_id: UUID, body: Appeal, act: Writer) -> Response:
    """A closed scorecard is reopened; its first result is kept."""
    by = await speaker(act, body)
    return await act(c.AppealCycle(cycle_id=cycle_id, appealed_by=by, why=body.why), body)


@router.post(
    "/{cycle_id}/appeal/decision", operation_id="decideAppeal", summary="Decide an appeal", responses=DONE
)
async def decide_appeal(cycle_id: UUID, body: AppealDecision, act: Leader) -> Response:
    command = c.DecideAppeal(
        cycle_id=cycle_id, decided_by=await speaker(act, body), upheld=body.upheld, why=body.why
    )
    return await act(command, body)


@router.post("/{cycle_id}/pause", operation_id="pauseCycle", summary="Pause a cycle", responses=DONE)
async def pause(cycle_id: UUID, body: Because, act: Leader) -> Response:
    """Nobody is reminded until it is resumed."""
    return await act(c.PauseCycle(cycle_id=cycle_id, why=body.why), body)


@router.post("/{cycle_id}/resume", operation_id="resumeCycle", summary="Resume a cycle", responses=DONE)
async def resume(cycle_id: UUID, body: Envelope, act: Leader) -> Response:
    return await act(c.ResumeCycle(cycle_id=cycle_id), body)


@router.post("/{cycle_id}/cancel", operation_id="cancelCycle", summary="Cancel a cycle", responses=DONE)
async def cancel(cycle_id: UUID, body: Because, act: Leader) -> Response:
    return await act(c.CancelCycle(cycle_id=cycle_id, why=body.why), body)


@router.post(
    "/{cycle_id}/cadence", operation_id="changeCadence", summary="Change the check-ins", responses=DONE
)
async def change_cadence(cycle_id: UUID, body: NewCadence, act: Leader) -> Response:
    return await act(c.ChangeCadence(cycle_id=cycle_id, cadence=body.cadence), body)


@router.post(
    "/{cycle_id}/handover", operation_id="handOverCycle", summary="Name others for its parts", responses=DONE
)
async def hand_over(cycle_id: UUID, body: NewPeople, act: Leader) -> Response:
    """With its owner the cycle's targets change hands."""
    command = c.HandOverCycle(
        cycle_id=cycle_id,
        why=body.why,
        owner_id=body.owner_id,
        manager_id=body.manager_id,
        above_id=body.above_id,
    )
    return await act(command, body)
