"""api: request bodies of deals and promises. They become domain values here; no other room sees them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StrictBool

from api.engine.fields import (
    Code,
    Day,
    Instant,
    LongText,
    Money,
    Name,
    NeededText,
    ShortText,
    Strict,
    What,
    money,
)
from domain.engine import values as v


class Envelope(Strict):
    """What every write may say beside its own fields."""

    occurred_at: Annotated[
        Instant | None,
        Field(
            description="When it happened, for a late entry. Not in the future.",
            examples=["2026-03-02T09:00:00+08:00"],
        ),
    ] = None
    reason: Annotated[LongText | None, Field(description="Why; recorded with the event.")] = None


class NextStep(Strict):
    """What is promised to the customer, and by when."""

    what: What
    due_at: Instant

    def value(self) -> v.NextStep:
        return v.NextStep(self.what, self.due_at)


def next_step(given: NextStep | None) -> v.NextStep | None:
    return given.value() if given is not None else None


class OpenDeal(Envelope):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "title": "MES licences, 40 seats",
                    "customer_id": "5f0c2a52-6c2e-4c0e-9b7f-2f2f0b8f5a10",
                    "amount": {"amount": "480000.00", "currency": "CNY"},
                    "expected_close": "2026-12-31",
                    "next_step": {"what": "send the offer", "due_at": "2026-11-30T09:00:00+08:00"},
                }
            ]
        }
    )

    title: Name
    deal_id: Annotated[UUID | None, Field(description="An id of your own; otherwise one is made.")] = None
    owner_id: Annotated[UUID | None, Field(description="The rep; a rep may leave it out.")] = None
    customer_id: UUID | None = None
    product_id: UUID | None = None
    amount: Money | None = None
    expected_close: Day | None = None
    process: Code = "default"
    policy: Code = "default"
    next_step: NextStep | None = None


class Activity(Strict):
    kind: v.ActivityKind
    direction: v.Direction = v.Direction.OUTBOUND
    outcome: ShortText = ""
    duration_minutes: Annotated[int | None, Field(ge=0, le=10_080, strict=True)] = None
    rep_id: UUID | None = None
    contact_id: UUID | None = None
    summary: LongText = ""
    name: ShortText = ""

    def value(self, rep_id: UUID | None) -> v.Activity:
        return v.Activity(
            kind=self.kind,
            direction=self.direction,
            outcome=self.outcome,
            duration_minutes=self.duration_minutes,
            rep_id=self.rep_id or rep_id,
            contact_id=self.contact_id,
            summary=self.summary,
            name=self.name,
        )


class LogActivity(Envelope):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "activity": {"kind": "call", "outcome": "reached", "summary": "wants a demonstration"},
                    "next_step": {"what": "demonstrate", "due_at": "2026-12-02T14:00:00+08:00"},
                }
            ]
        }
    )

    activity: Activity
    activity_id: UUID | None = None
    next_step: NextStep | None = None


class CorrectActivity(Envelope):
    activity: Activity


class Needs(Envelope):
    """What the customer needs: the exit requirements of the stage *needs*. The whole of it, each time."""

    pain_points: LongText = ""
    budget: Money | None = None
    decision_process: LongText = ""
    decision_makers: Annotated[tuple[Name, ...], Field(max_length=50)] = ()

    def value(self) -> v.Needs:
        return v.Needs(
            pain_points=self.pain_points,
            budget=money(self.budget),
            decision_process=self.decision_process,
            decision_makers=self.decision_makers,
        )


class Quote(Envelope):
    reference: Name
    amount: Money
    valid_until: Day | None = None


class MoveStage(Envelope):
    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "contact"}]})

    to: Annotated[Code, Field(description="A stage of the deal's process: those are data, see /processes.")]


class Win(Envelope):
    """All three are what the gate *won* asks for; the amount may be the deal's own."""

    closed_on: Day | None = None
    contract_reference: ShortText = ""
    amount: Money | None = None


class Lose(Envelope):
    loss_reason: ShortText
    competitor: ShortText = ""
    closed_on: Day | None = None


class Reopen(Envelope):
    model_config = ConfigDict(json_schema_extra={"examples": [{"stage": "negotiation"}]})

    stage: Code


class RequestOverride(Envelope):
    """Ask to pass a gate whose requirements are not met."""

    to: Code
    reason: Annotated[NeededText, Field(description="Why the gate should be passed.")]
    override_id: UUID | None = None


class DecideOverride(Envelope):
    approved: StrictBool


class ChangeAmount(Envelope):
    amount: Money | None


class MoveExpectedClose(Envelope):
    expected_close: Day | None


class CorrectDeal(Envelope):
    """Set right what was entered wrongly. A field left out stays as it is."""

    title: Name | None = None
    customer_id: UUID | None = None
    product_id: UUID | None = None


class CorrectClosing(Envelope):
    """Set right what was entered wrongly when the deal was won or lost. A field left out stays as it is."""

    closed_on: Day | None = None
    amount: Money | None = None
    contract_reference: ShortText | None = None
    loss_reason: ShortText | None = None
    competitor: ShortText | None = None


class HandOver(Envelope):
    to: Annotated[UUID, Field(description="The rep who takes over.")]
    handover_note: NeededText


class MoveToProcess(Envelope):
    version: Annotated[int, Field(ge=1, le=100_000, strict=True)]


class PromiseNext(Envelope):
    next_step: NextStep


class ExcusePromise(Envelope):
    """The live promise need not be kept, for this reason. The next one is made."""

    reason: Annotated[NeededText, Field(description="Why the promise need not be kept.")]
    next_step: NextStep | None = None
