"""api: addresses that take nothing — reported by an administrator who has a mail that came back, and tried again."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import ConfigDict, Field, StringConstraints

from api.engine import auth
from api.engine.answers import DONE
from api.engine.bodies import Envelope
from api.engine.notice_settings import Channel
from api.notifications import Admin, Login
from domain.notification.recipient import BOUNCED, FailAddress, RestoreAddress
from domain.notification.recipient import Channel as Way

router = auth.router("/accounts", tags=["accounts"])


class Bounced(Envelope):
    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "mail", "code": "bounced"}]})

    channel: Channel = "mail"
    code: Annotated[
        str,
        StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,59}$"),
        Field(description="why, in a word: it is kept for ever", examples=["bounced"]),
    ] = BOUNCED


class Restored(Envelope):
    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "mail"}]})

    channel: Channel = "mail"


@router.post(
    "/{login}/address-failed",
    operation_id="failAddress",
    summary="Send somebody nothing more to an address",
    responses=DONE,
)
async def fail(login: Login, body: Bounced, writer: Admin) -> Response:
    """Of a mail that came back after it was taken. What is refused when it is sent is found out without this."""
    account = await writer.services.accounts.of(login)
    made = FailAddress(
        account_id=account["id"], login=account["login"], channel=Way(body.channel), code=body.code
    )
    return await writer(made, body)


@router.post(
    "/{login}/address-restored",
    operation_id="restoreAddress",
    summary="Send to an address again that took nothing",
    responses=DONE,
)
async def restore(login: Login, body: Restored, writer: Admin) -> Response:
    """An address that was changed is tried without this."""
    account = await writer.services.accounts.of(login)
    made = RestoreAddress(account_id=account["id"], login=account["login"], channel=Way(body.channel))
    return await writer(made, body)
