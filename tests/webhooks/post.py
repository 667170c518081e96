"""tests: an office whose events are sent to receivers on the loopback, a round at a time."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from api.engine.roles import Role
from api.engine.users import KeyStore, NewKey
from domain.deal.commands import LogActivity
from domain.engine.values import Activity, ActivityKind
from projections.ports.webhooks import webhook_sending
from runtime.webhooks.addresses import Guard
from runtime.webhooks.endpoints import Asker, Endpoints, Wanted
from runtime.webhooks.rounds import Result
from runtime.webhooks.settings import WebhookSettings
from tests.office import Office
from tests.webhooks.receiver import Receiver
from tests.workflows.world import until

OPERATOR = Asker("cli", all=True)
NETWORKS = WebhookSettings((ip_network("127.0.0.0/8"),))


@dataclass
class Post:
    """`now` is the time that rounds are made at; it stands still unless it is moved."""

    office: Office
    receiver: Receiver
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.endpoints = Endpoints(self.office.ledger.pool, Guard(NETWORKS))
        self.sending = webhook_sending(self.office.ledger, NETWORKS)

    async def make(self, owner: Asker = OPERATOR, after: int | None = None, **given: Any) -> tuple[UUID, str]:
        """An endpoint at the receiver, and its secret."""
        id = uuid.uuid4()
        wanted = Wanted("a receiver", self.receiver.url, **given)
        start = await self.office.ledger.head() if after is None else after
        return id, await self.endpoints.make(id, wanted, owner, owner.user_id, start)

    async def round(self, id: UUID, later: timedelta = timedelta(0)) -> Result:
        self.now += later
        return await self.sending.round(id, self.now)

    async def rounds(self, id: UUID) -> Result:
        """As many as there are to be made at once."""
        while (made := await self.round(id)).more:
            pass
        return made

    async def shown(self, id: UUID) -> dict[str, Any]:
        found = await self.endpoints.one(OPERATOR, id)
        assert found is not None
        return found

    async def log(self, id: UUID) -> list[dict[str, Any]]:
        """The oldest first."""
        return [*reversed(await self.endpoints.deliveries(id, None, 1_000, failed=False))]

    async def deal(self) -> UUID:
        receipt = await self.office.run(self.office.opening(), now=datetime.now(UTC))
        return UUID(receipt.answer["deal_id"])

    async def touch(self, deal_id: UUID, times: int = 1, **given: Any) -> None:
        for _ in range(times):
            activity = Activity(kind=ActivityKind.CALL, outcome="reached", **given)
            await self.office.run(
                LogActivity(deal_id=deal_id, activity_id=uuid.uuid4(), activity=activity),
                now=datetime.now(UTC),
            )

    async def key(self, role: Role, rep_id: UUID | None = None, team_id: UUID | None = None) -> Asker:
        id, _ = await KeyStore(self.office.ledger).create(
            NewKey(f"u-{uuid.uuid4()}", role, rep_id, team_id), "t"
        )
        return Asker("a program", key_id=id)

    async def seen_by_the_board(self) -> None:
        head = await self.office.ledger.head()

        async def reached() -> bool:
            rows = await self.office.rows("SELECT position FROM read.positions WHERE name = 'deal_board'")
            return bool(rows and rows[0][0] >= head)

        await until(reached)
