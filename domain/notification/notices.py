"""Domain room: what administrators are told of those who are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.engine.notices import NoticeRule, Word, administrators
from domain.notification.recipient import AddressFailed, Recipient


def _fails(recipient: Recipient, fact: AddressFailed) -> bool:
    return fact.channel in recipient.failed


def _address(_recipient: Recipient, fact: AddressFailed) -> Mapping[str, Any]:
    return {"login": fact.login, "channel": Word(fact.channel), "code": fact.code}


NOTICES = (
    NoticeRule(
        name="recipient.address-failed",
        called="addresses that take nothing",
        says="What is sent to {login} by {channel} is refused for good ({code}): nothing more is sent there",
        about=Recipient,
        facts=(AddressFailed,),
        to=administrators,
        still=_fails,
        places=_address,
    ),
)
