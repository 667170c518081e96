"""tests: a company at work — random commands, seeded, legal and illegal; the command handler decides which ones happen."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.deal import commands as c
from domain.engine.command import Command
from domain.engine.context import Actor
from domain.engine.errors import DomainError
from domain.engine.values import Activity, ActivityKind, Money, NextStep
from domain.people.people import RepLeaves
from domain.policy.follow_up import short_fuse
from domain.policy.policies import PublishPolicy
from domain.policy.process import DEFAULT_PROCESS, PublishProcess
from projections.deal import board as deal_board
from tests.office import NOW
from tests.projections.looping import Muddle
from tests.projections.telling import Books, lose, needs, quote, to, win

ZONES = ("Asia/Shanghai", "America/Los_Angeles", "Europe/Berlin", "Pacific/Kiritimati", "Asia/Kathmandu")
STAGES = ("identify", "contact", "needs", "solution", "negotiation", "after-sales")


class Company:
    """Works on a few deals, and remembers them."""

    def __init__(self, books: Books, seed: int, *, looping: bool = False) -> None:
        self.books = books
        self.chance = Random(seed)
        self.now = NOW
        self.deals: list[UUID] = []
        self.requests: dict[UUID, list[UUID]] = {}
        self.reps: list[UUID] = [books.office.rep_id]
        self.happened = 0
        self.looping = looping
        """Half of what is done is about targets, cycles, reviews and what comes of them."""

    async def work(self, steps: int) -> None:
        for _ in range(3):
            self.reps.append(await self.books.hire(f"Rep {self.chance.random()}"))
        self.muddle = Muddle(self.chance, self.reps[:2])
        await self.books.given(PublishPolicy(policy=short_fuse(60)), *self.muddle.beginning())
        for _ in range(steps):
            self.now += timedelta(hours=self.chance.randrange(30))
            await self.attempt(await self.thought())

    async def attempt(self, command: Command) -> None:
        earlier = self.now - timedelta(days=self.chance.choice([0, 0, 0, 1, 40]))
        try:
            usual: dict[str, Any] = {"now": self.now, "occurred_at": earlier, "reason": "it had to be"}
            who = Actor("user", "u-2" if isinstance(command, c.DecideOverride) else "u-1")
            await self.books.given(command, actor=who, **usual)
            self.happened += 1
        except DomainError:
            pass

    async def thought(self) -> Command:
        if self.looping and self.chance.random() < 0.5:
            return self.muddle.idea(self.now)
        if len(self.deals) < 2 or self.chance.random() < 0.1:
            return self.opening()
        deal_id = self.chance.choice(self.deals)
        if self.chance.random() < 0.2:
            return await self.timer(deal_id)
        return self.chance.choice(self.ideas())(deal_id)

    def opening(self) -> c.OpenDeal:
        self.deals.append(uuid.UUID(int=self.chance.getrandbits(128)))
        policy = self.chance.choice(["default", "short-fuse"])
        amount, owner = self.money(), self.chance.choice(self.reps)
        return c.OpenDeal(
            deal_id=self.deals[-1], title="A deal", owner_id=owner, amount=amount, policy=policy
        )

    def ideas(self) -> list[Callable[[UUID], Command]]:
        return [
            needs,
            quote,
            lose,
            self.touch,
            self.touch,
            lambda id: to(id, self.chance.choice(STAGES)),
            lambda id: to(id, self.chance.choice(STAGES)),
            lambda id: win(id, self.money() or Money(Decimal(1), "CNY"), closed_on=self.day()),
            lambda id: c.ReopenDeal(deal_id=id, stage=self.chance.choice(STAGES)),
            lambda id: c.ChangeAmount(deal_id=id, amount=self.money()),
            lambda id: c.MoveExpectedClose(deal_id=id, expected_close=self.chance.choice([None, self.day()])),
            lambda id: c.CorrectDeal(deal_id=id, title=f"Deal {self.chance.randrange(99)}"),
            lambda id: c.HandOver(deal_id=id, to=self.chance.choice(self.reps), handover_note="yours"),
            lambda id: c.PromiseNext(deal_id=id, next_step=self.step()),
            lambda id: c.CorrectClosing(deal_id=id, amount=self.money(), loss_reason="too dear"),
            lambda id: (
                RepLeaves(rep_id=self.chance.choice(self.reps[1:]))
                if self.chance.random() < 0.1
                else lose(id)
            ),
            self.request,
            lambda id: c.DecideOverride(
                deal_id=id,
                override_id=self.chance.choice(self.requests.get(id, [id])),
                approved=self.chance.random() < 0.5,
            ),
            lambda id: c.MoveToProcess(deal_id=id, version=self.chance.randrange(1, 4)),
            lambda id: self.chance.choice([self.elsewhere(), self.otherwise(), self.touch(id)]),
            lambda id: RegisterCustomer(
                customer_id=id, profile=Profile(name=f"Customer {self.chance.random()}")
            ),
        ]

    def request(self, deal_id: UUID) -> Command:
        asked = uuid.UUID(int=self.chance.getrandbits(128))
        self.requests.setdefault(deal_id, []).append(asked)
        return c.RequestOverride(deal_id=deal_id, override_id=asked, to=self.chance.choice(STAGES))

    def elsewhere(self) -> Command:
        """The company moves to another time zone."""
        calendar = replace(DEFAULT_CYCLE_POLICY.calendar, timezone=self.chance.choice(ZONES))
        return PublishCyclePolicy(policy=replace(DEFAULT_CYCLE_POLICY, calendar=calendar))

    def otherwise(self) -> Command:
        """It sells by another process: a stage less, or two the other way round."""
        *opened, _ = DEFAULT_PROCESS.stages[:5]
        self.chance.shuffle(opened)
        stages = (*opened[: self.chance.randrange(2, 5)], *DEFAULT_PROCESS.stages[5:])
        return PublishProcess(process=replace(DEFAULT_PROCESS, stages=stages))

    async def timer(self, deal_id: UUID) -> Command:
        """A timer that speaks for the live promise, or too late for an older arming."""
        await self.books.follow()
        row = await deal_board.get(self.books.pool, deal_id)
        promise = (row and row.promise_id) or uuid.UUID(int=self.chance.getrandbits(128))
        arming = max(1, (row.arming if row else 1) - self.chance.choice([0, 0, 0, 1]))
        self.now = max(self.now, (row and row.due_at) or self.now)
        told: dict[str, Any] = {"deal_id": deal_id, "promise_id": promise, "arming": arming}
        kinds = [c.RemindPromise, c.MissPromise, c.EscalatePromise]
        other = self.chance.choice(self.reps)
        return self.chance.choice([*(kind(**told) for kind in kinds), c.ReassignPromise(**told, to=other)])

    def touch(self, deal_id: UUID) -> Command:
        activity = Activity(kind=self.chance.choice(list(ActivityKind)), summary="talked")
        step = self.step() if self.chance.random() < 0.3 else None
        id = uuid.UUID(int=self.chance.getrandbits(128))
        return c.LogActivity(deal_id=deal_id, activity_id=id, activity=activity, next_step=step)

    def step(self) -> NextStep:
        due: datetime = self.now + timedelta(hours=self.chance.randrange(1, 200))
        return NextStep("send the offer", due)

    def money(self) -> Money | None:
        amount = Decimal(self.chance.randrange(1, 10**6)).scaleb(-self.chance.randrange(5))
        return self.chance.choice([None, Money(amount, "CNY"), Money(amount, "EUR")])

    def day(self) -> date:
        return date(2026, 5, 1) + timedelta(days=self.chance.randrange(90))
