"""Domain room: the recipient — an account that is told of things, and which of its addresses take nothing any more.

Facts: an address failed, and takes something again. No address is in them: accounts and settings have those. What is asked: to note that
one failed, by whom it was tried or by an administrator who has a bounce; and to try it again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.engine.aggregate import Aggregate, when
from domain.engine.command import Command, answers, handles
from domain.engine.facts import Fact, fact
from domain.engine.fields import Code, UserId
from domain.engine.unit_of_work import Json, UnitOfWork


class Channel(StrEnum):
    MAIL = "mail"
    CHAT = "chat"


CHANNELS = tuple(Channel)
BOUNCED, CHANGED = "bounced", "address-changed"
"""Codes: a mail came back later; the account has another address now."""


@fact("recipient.address-failed")
class AddressFailed(Fact):
    """Nothing more is sent there until it is restored. `code` says why in a word or two, such as smtp-550 or bounced."""

    login: str
    channel: Channel
    code: str


@fact("recipient.address-restored")
class AddressRestored(Fact):
    """It is sent to again. `code`: address-changed, or restored by somebody."""

    login: str
    channel: Channel
    code: str


class Recipient(Aggregate):
    """Under the id of the account."""

    KIND: ClassVar[str] = "recipient"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.login = ""
        self.failed: dict[Channel, str] = {}
        """Why, by channel."""

    @when(AddressFailed)
    def _failed(self, fact: AddressFailed) -> None:
        self.login = fact.login
        self.failed = {**self.failed, fact.channel: fact.code}

    @when(AddressRestored)
    def _restored(self, fact: AddressRestored) -> None:
        self.failed = {channel: code for channel, code in self.failed.items() if channel != fact.channel}


class AddressCommand(Command, about=Recipient):
    account_id: UUID
    login: UserId
    channel: Channel


class FailAddress(AddressCommand):
    """Send nothing there any more. Of one that failed already it is silence."""

    code: Code = BOUNCED


class RestoreAddress(AddressCommand):
    """Send there again."""

    code: Code = "restored"


@answers(Recipient)
def answer_of(recipient: Recipient) -> Json:
    return {
        "account_id": str(recipient.id),
        "failed": {str(name): code for name, code in recipient.failed.items()},
    }


@handles(FailAddress)
def fail_address(command: FailAddress, work: UnitOfWork) -> Json:
    recipient = work.find(Recipient, command.account_id)
    if command.channel not in recipient.failed:
        recipient.record(AddressFailed.filled(command))
    return answer_of(recipient)


@handles(RestoreAddress)
def restore_address(command: RestoreAddress, work: UnitOfWork) -> Json:
    recipient = work.find(Recipient, command.account_id)
    if command.channel in recipient.failed:
        recipient.record(AddressRestored.filled(command))
    return answer_of(recipient)
