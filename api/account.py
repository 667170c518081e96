"""api: one's own account — what the person who is signed in is here, and what they chose for themselves. A key has none."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response
from pydantic import ConfigDict

from api.calendar import addresses
from api.engine import auth
from api.engine.answers import OwnAccountAnswer, answers
from api.engine.auth import may_read, may_write
from api.engine.fields import Strict
from api.engine.persons import Language, Zone
from api.engine.reading import Look
from api.engine.roles import READERS
from api.engine.routes import does
from api.engine.writing import Writer
from api.notifications import account_of, own

PATHS = ("account",)
EXAMPLES = {
    "NoticeRuleAnswer.what": "promise",
    "NoticeRuleAnswer.cadence": "daily",
    "ToldOfAnswer.what": "promise.missed",
    "ToldOfAnswer.called": "missed promises",
    "ToldOfAnswer.mail": "daily",
    "ToldOfAnswer.chat": "off",
    "NotificationsAnswer.login": "li.wei",
    "NotificationsAnswer.email": "li@example.com",
    "FailingAnswer.code": "smtp-550",
    "NotificationsAnswer.chat_url": "slack://…wxyz",
    "NotificationsAnswer.chat_schemes": ["feishu", "slack"],
    "quiet_from": "21:00",
    "quiet_until": "07:30",
    "daily_time": "08:00",
    **addresses.EXAMPLES,
}
TAGS = {"account": "One's own account"}
router = auth.router("/account", tags=[*TAGS])
MORE = (own, addresses.own)


class Preferences(Strict):
    """What is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"language": "zh", "timezone": "Asia/Shanghai"}]}
    )

    language: Language | None = None
    timezone: Zone | None = None


@router.get(
    "",
    operation_id="readOwnAccount",
    summary="One's own account",
    responses=answers(OwnAccountAnswer),
)
async def read(look: Annotated[Look, Depends(may_read())]) -> Response:
    """For whoever is signed in; a key has no account."""
    return look.json(await look.services.accounts.own(account_of(look.user)))


@does(
    router,
    "",
    operation="chooseForOneself",
    summary="Choose one's own language and time zone",
    description="Chosen. Open pages know it at once.",
)
async def choose(
    body: Preferences, writer: Annotated[Writer, Depends(may_write(*READERS, versioned=False))]
) -> None:
    """For whoever is signed in, auditors too: it is nothing of the ledger's."""
    account = account_of(writer.user)
    await writer.services.accounts.prefer(account, body.language, body.timezone)
    writer.services.sessions.heard(str(account))
