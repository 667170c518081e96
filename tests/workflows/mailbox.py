"""tests: a channel that keeps what it is handed, as a receiver does that honours the ids of messages; and refuses as it is told to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from runtime.channels.message import Message, NotDelivered


@dataclass
class Mailbox:
    """`refusals` are raised first, one a try; `takes_what_it_refuses`: the message is there all the same, as with a server that is cut off
    after it took it.
    """

    tries: list[Message] = field(default_factory=list)
    kept: dict[UUID, Message] = field(default_factory=dict)
    refusals: list[NotDelivered] = field(default_factory=list)
    takes_what_it_refuses: bool = False

    async def send(self, message: Message) -> None:
        self.tries.append(message)
        refused = self.refusals.pop(0) if self.refusals else None
        if refused is None or self.takes_what_it_refuses:
            self.kept.setdefault(message.id, message)
        if refused is not None:
            raise refused

    async def close(self) -> None:
        """Nothing is kept between messages."""

    @property
    def messages(self) -> list[Message]:
        return list(self.kept.values())

    def sentences(self, address: str) -> list[str]:
        return [notice.sentence for one in self.to(address) for notice in one.notices]

    def kinds(self, address: str) -> list[str]:
        return [notice.kind for one in self.to(address) for notice in one.notices]

    def to(self, address: str) -> list[Message]:
        return [message for message in self.messages if message.to == address]

    def refuse(self, refusals: Iterable[NotDelivered]) -> None:
        self.refusals.extend(refusals)
