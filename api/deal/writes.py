"""api: everything that can be done to a deal, one POST per act."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.engine import auth
from api.engine import bodies as b
from api.engine.answers import DONE, MADE
from api.engine.auth import LEADERS, may_write
from api.engine.errors import invalid
from api.engine.fields import money
from api.engine.writing import Act
from domain.deal import commands as c
from domain.engine.values import Quote

router = auth.router("/deals", tags=["deals"])

Writer = Annotated[Act, Depends(may_write())]
Leader = Annotated[Act, Depends(may_write(*LEADERS))]


@router.post("", operation_id="openDeal", summary="Open a deal", status_code=201, responses=MADE)
async def open_deal(body: b.OpenDeal, act: Writer) -> Response:
    """In the process's first stage. Without a next step, a promise is made by the policy's rule."""
    deal_id = act.new_id("deal", body.deal_id)
    owner_id = body.owner_id or act.user.rep_id
    if owner_id is None:
        raise invalid("owner_id", "name the rep who owns the deal")
    command = c.OpenDeal(
        deal_id=deal_id,
        title=body.title,
        owner_id=owner_id,
        customer_id=body.customer_id,
        product_id=body.product_id,
        amount=money(body.amount),
        expected_close=body.expected_close,
        process=body.process,
        policy=body.policy,
        next_step=b.next_step(body.next_step),
    )
    return await act(command, body, status=201, location=f"/deals/{deal_id}")


@router.post(
    "/{deal_id}/activities",
    operation_id="logActivity",
    summary="Log a touch",
    status_code=201,
    responses=MADE,
)
async def log_activity(deal_id: UUID, body: b.LogActivity, act: Writer) -> Response:
    """It ends the live promise, kept or late, and makes the next one."""
    command = c.LogActivity(
        deal_id=deal_id,
        activity_id=act.new_id("activity", body.activity_id),
        activity=body.activity.value(act.user.rep_id),
        next_step=b.next_step(body.next_step),
    )
    return await act(command, body, status=201)


@router.post(
    "/{deal_id}/activities/{activity_id}/corrections",
    operation_id="correctActivity",
    summary="Correct an activity",
    responses=DONE,
)
async def correct_activity(
    deal_id: UUID, activity_id: UUID, body: b.CorrectActivity, act: Writer
) -> Response:
    activity = body.activity.value(None)
    return await act(c.CorrectActivity(deal_id=deal_id, activity_id=activity_id, activity=activity), body)


@router.post("/{deal_id}/needs", operation_id="recordNeeds", summary="Record the needs", responses=DONE)
async def record_needs(deal_id: UUID, body: b.Needs, act: Writer) -> Response:
    return await act(c.RecordNeeds(deal_id=deal_id, needs=body.value()), body)


@router.post(
    "/{deal_id}/quotes", operation_id="recordQuote", summary="Record a quote", status_code=201, responses=MADE
)
async def record_quote(deal_id: UUID, body: b.Quote, act: Writer) -> Response:
    quote = Quote(reference=body.reference, amount=body.amount.value(), valid_until=body.valid_until)
    return await act(c.RecordQuote(deal_id=deal_id, quote=quote), body, status=201)


@router.post("/{deal_id}/stage", operation_id="moveStage", summary="Move to another stage", responses=DONE)
async def move_stage(deal_id: UUID, body: b.MoveStage, act: Writer) -> Response:
    """Refused with everything that is missing where a gate on the way is not passed."""
    return await act(c.MoveStage(deal_id=deal_id, to=body.to), body)


@router.post("/{deal_id}/win", operation_id="winDeal", summary="Win the deal", responses=DONE)
async def win(deal_id: UUID, body: b.Win, act: Writer) -> Response:
    command = c.WinDeal(
        deal_id=deal_id,
        amount=money(body.amount),
        closed_on=body.closed_on,
        contract_reference=body.contract_reference,
    )
    return await act(command, body)


@router.post("/{deal_id}/lose", operation_id="loseDeal", summary="Lose the deal", responses=DONE)
async def lose(deal_id: UUID, body: b.Lose, act: Writer) -> Response:
    command = c.LoseDeal(
        deal_id=deal_id, loss_reason=body.loss_reason, competitor=body.competitor, closed_on=body.closed_on
    )
    return await act(command, body)


@router.post("/{deal_id}/reopen", operation_id="reopenDeal", summary="Reopen a closed deal", responses=DONE)
async def reopen(deal_id: UUID, body: b.Reopen, act: Writer) -> Response:
    return await act(c.ReopenDeal(deal_id=deal_id, stage=body.stage), body)


@router.post(
    "/{deal_id}/overrides",
    operation_id="requestOverride",
    summary="Ask to pass a gate",
    status_code=201,
    responses=MADE,
)
async def request_override(deal_id: UUID, body: b.RequestOverride, act: Writer) -> Response:
    override_id = act.new_id("override", body.override_id)
    return await act(
        c.RequestOverride(deal_id=deal_id, override_id=override_id, to=body.to), body, status=201
    )


@router.post(
    "/{deal_id}/overrides/{override_id}/decision",
    operation_id="decideOverride",
    summary="Approve or refuse an override",
    responses=DONE,
)
async def decide_override(deal_id: UUID, override_id: UUID, body: b.DecideOverride, act: Leader) -> Response:
    """By somebody else than who asked for it."""
    return await act(c.DecideOverride(deal_id=deal_id, override_id=override_id, approved=body.approved), body)


@router.post("/{deal_id}/amount", operation_id="changeAmount", summary="Change the amount", responses=DONE)
async def change_amount(deal_id: UUID, body: b.ChangeAmount, act: Writer) -> Response:
    return await act(c.ChangeAmount(deal_id=deal_id, amount=money(body.amount)), body)


@router.post(
    "/{deal_id}/expected-close",
    operation_id="moveExpectedClose",
    summary="Move the expected close",
    responses=DONE,
)
async def move_expected_close(deal_id: UUID, body: b.MoveExpectedClose, act: Writer) -> Response:
    return await act(c.MoveExpectedClose(deal_id=deal_id, expected_close=body.expected_close), body)


@router.post(
    "/{deal_id}/corrections",
    operation_id="correctDeal",
    summary="Correct what was entered wrongly",
    responses=DONE,
)
async def correct_deal(deal_id: UUID, body: b.CorrectDeal, act: Writer) -> Response:
    command = c.CorrectDeal(
        deal_id=deal_id, title=body.title, customer_id=body.customer_id, product_id=body.product_id
    )
    return await act(command, body)


@router.post(
    "/{deal_id}/closing-corrections",
    operation_id="correctClosing",
    summary="Correct what was entered wrongly at winning or losing",
    responses=DONE,
)
async def correct_closing(deal_id: UUID, body: b.CorrectClosing, act: Writer) -> Response:
    """A field left out stays as it is."""
    command = c.CorrectClosing(
        deal_id=deal_id,
        closed_on=body.closed_on,
        amount=money(body.amount),
        contract_reference=body.contract_reference,
        loss_reason=body.loss_reason,
        competitor=body.competitor,
    )
    return await act(command, body)


@router.post(
    "/{deal_id}/handover", operation_id="handOver", summary="Hand over to another rep", responses=DONE
)
async def hand_over(deal_id: UUID, body: b.HandOver, act: Writer) -> Response:
    """The deal, its promise and the note go to the other rep in one commit."""
    return await act(c.HandOver(deal_id=deal_id, to=body.to, handover_note=body.handover_note), body)


@router.post(
    "/{deal_id}/process",
    operation_id="moveToProcess",
    summary="Move to another version of the process",
    responses=DONE,
)
async def move_to_process(deal_id: UUID, body: b.MoveToProcess, act: Leader) -> Response:
    return await act(c.MoveToProcess(deal_id=deal_id, version=body.version), body)
