"""Domain room: an endpoint that events are sent to, as far as people must be told of it. What it is and how far it has come stands in
tables of the application, not in the ledger.

Fact: it was switched off, since what was sent was not taken for days, since it said that it is gone, or since its owner is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.engine.aggregate import Aggregate, when
from domain.engine.command import Command, answers, handles
from domain.engine.facts import Fact, fact
from domain.engine.fields import UserId, Version
from domain.engine.notices import ADMINS, Login, NoticeRule, Who, Word
from domain.engine.unit_of_work import UnitOfWork


class OffReason(StrEnum):
    """Why it was switched off."""

    FAILING = "failing"
    GONE = "gone"
    OWNER_GONE = "owner-gone"


@fact("webhook.switched-off")
class WebhookSwitchedOff(Fact):
    """`owner` is the user id of whose it is, `account_id` their account where it is no key's. `status` is what was answered last; null:
    nothing was. `generation`: how often it had been set going.
    """

    owner: str
    account_id: UUID | None
    reason: OffReason
    status: int | None
    since: datetime | None
    generation: int


class Webhook(Aggregate):
    KIND = "webhook"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.generation = 0

    @when(WebhookSwitchedOff)
    def _switched_off(self, fact: WebhookSwitchedOff) -> None:
        self.generation = fact.generation


class SwitchOffWebhook(Command, about=Webhook):
    """That it is off: said once for each time that it was set going."""

    webhook_id: UUID
    owner: UserId
    account_id: UUID | None = None
    reason: OffReason
    status: int | None = None
    since: datetime | None = None
    generation: Version


@answers(Webhook)
def answer_of(webhook: Webhook) -> dict[str, Any]:
    return {"webhook_id": str(webhook.id)}


@handles(SwitchOffWebhook)
def switch_off(command: SwitchOffWebhook, work: UnitOfWork) -> dict[str, Any]:
    webhook = work.find(Webhook, command.webhook_id)
    if command.generation > webhook.generation:
        webhook.record(WebhookSwitchedOff.filled(command))
    return answer_of(webhook)


def _its_owner(fact: WebhookSwitchedOff, _webhook: Any) -> Iterator[Who]:
    yield ADMINS
    yield Login(fact.owner)


def _why(_webhook: Any, fact: WebhookSwitchedOff) -> Mapping[str, Any]:
    return {"reason": Word(fact.reason)}


NOTICES = (
    NoticeRule(
        name="webhook.switched-off",
        called="webhooks that were switched off",
        says="A webhook of {owner} was switched off ({reason}): nothing more is sent to it until somebody resumes it",
        about=Webhook,
        facts=(WebhookSwitchedOff,),
        to=_its_owner,
        places=_why,
    ),
)
