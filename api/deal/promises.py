"""api: promises — name the next step, excuse one."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from api.engine import auth
from api.engine import bodies as b
from api.engine.answers import DONE
from api.engine.auth import may_write
from api.engine.writing import Act
from domain.deal import commands as c

router = auth.router("/deals", tags=["promises"])

Writer = Annotated[Act, Depends(may_write())]


@router.post("/{deal_id}/promise", operation_id="promiseNext", summary="Name the next step", responses=DONE)
async def promise_next(deal_id: UUID, body: b.PromiseNext, act: Writer) -> Response:
    """What is owed, and by when. The live promise moves there."""
    return await act(c.PromiseNext(deal_id=deal_id, next_step=body.next_step.value()), body)


@router.post(
    "/{deal_id}/promises/{promise_id}/excuse",
    operation_id="excusePromise",
    summary="Excuse the live promise",
    responses=DONE,
)
async def excuse(deal_id: UUID, promise_id: UUID, body: b.ExcusePromise, act: Writer) -> Response:
    """It need not be kept, for a stated reason; the next one is made. One that is not live any more stays as it is."""
    command = c.ExcusePromise(deal_id=deal_id, promise_id=promise_id, next_step=b.next_step(body.next_step))
    return await act(command, body)
