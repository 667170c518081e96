"""tests: read models told as given / when / then — commands through the real command handler, then what the queries answer.

`Books` applies the ledger to every read model at once, in strides of any length; the runner has tests of its own.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection

from domain.deal import commands as c
from domain.engine.command import Command
from domain.engine.command_handler import Receipt
from domain.engine.values import Activity, ActivityKind, Money, Needs, Quote
from domain.people.people import HireRep
from projections.engine import positions
from projections.engine.catalog import ALL
from projections.engine.rebuild import Difference, compare
from runtime.database import Pool
from tests.office import NOW, Office

DAY = timedelta(days=1)
ALL_NEEDS = Needs(
    pain_points="boilers fail in winter",
    budget=Money(Decimal(50_000), "CNY"),
    decision_process="board, then purchasing",
    decision_makers=("the plant director",),
)


def yuan(amount: int | str) -> Money:
    return Money(Decimal(amount), "CNY")


@dataclass
class Books:
    """An office, and read models that are brought up to the ledger's head when asked."""

    office: Office
    connection: AsyncConnection[Any]
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def pool(self) -> Pool:
        return self.office.ledger.pool

    async def given(self, *commands: Command, **changes: Any) -> Receipt:
        """Commands through the command handler, one after the other; the last one's receipt."""
        for command in commands:
            receipt = await self.office.run(command, **changes)
        return receipt

    async def follow(self, stride: int = 1_000) -> int:
        head = await positions.head(self.connection)
        for projection in ALL:
            model = projection()
            held = await positions.place(self.connection, model.name)
            while held.position < head:
                upto = min(head, held.position + stride)
                held = await positions.step(self.connection, model, held, upto, "live")
        return head

    async def differences(self) -> list[Difference]:
        """Between every live read model and its rebuild."""
        return [found for p in ALL for found in await compare(self.office.url, p.name)]

    async def hire(self, name: str = "Li Wei", team_id: UUID | None = None, **more: Any) -> UUID:
        rep_id = uuid.uuid4()
        await self.given(HireRep(rep_id=rep_id, name=name, team_id=team_id or self.office.team_id, **more))
        return rep_id

    async def opened(self, now: datetime = NOW, **changes: Any) -> UUID:
        deal_id = uuid.uuid4()
        usual: dict[str, Any] = {"deal_id": deal_id, "title": "Forty boilers", "owner_id": self.office.rep_id}
        await self.given(c.OpenDeal(**(usual | changes)), now=now)
        return deal_id


def call(deal_id: UUID, **changes: Any) -> c.LogActivity:
    activity = Activity(kind=ActivityKind.CALL, **changes)
    return c.LogActivity(deal_id=deal_id, activity_id=uuid.uuid4(), activity=activity)


def needs(deal_id: UUID) -> c.RecordNeeds:
    return c.RecordNeeds(deal_id=deal_id, needs=ALL_NEEDS)


def quote(deal_id: UUID, amount: Money | None = None) -> c.RecordQuote:
    return c.RecordQuote(deal_id=deal_id, quote=Quote(reference="Q-7", amount=amount or yuan(100)))


def to(deal_id: UUID, stage: str) -> c.MoveStage:
    return c.MoveStage(deal_id=deal_id, to=stage)


def win(deal_id: UUID, amount: Money, **changes: Any) -> c.WinDeal:
    usual: dict[str, Any] = {"closed_on": NOW.date(), "contract_reference": "C-1"}
    return c.WinDeal(deal_id=deal_id, amount=amount, **(usual | changes))


def lose(deal_id: UUID, reason: str = "price") -> c.LoseDeal:
    return c.LoseDeal(deal_id=deal_id, loss_reason=reason)
