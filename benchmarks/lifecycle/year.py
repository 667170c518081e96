"""benchmarks, lifecycle: a year of customers who buy, as commands on the days on which they are entered.

Most sales come in as imports, some late; some are entered as they go. Some closings are corrected, some deals are reopened and won again,
some were another customer's, some imports are undone; customers are merged, and some taken apart again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import domain.registry  # noqa: F401 - registers every fact and decision
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.merge import MergeCustomers, UnmergeCustomer
from domain.deal import commands as c
from domain.engine.command import Command
from domain.engine.values import Money, Needs, Quote
from domain.lifecycle.policy import LifecyclePolicy, PublishLifecyclePolicy
from domain.people.people import FormTeam, HireRep

FIRST = date(2025, 1, 1)
DAYS = 365
DAY = timedelta(days=1)
OFTEN = (0, 1, 2, 2, 3, 5, 9, 14)
"""How often a customer buys, at most: what would come after the year does not."""
PAUSES = (4, 15, 40, 80, 150, 230)
"""Days from one purchase to the next, about; each customer has one of them."""
LATE = (0, 0, 0, 0, 0, 1, 7, 30, 60)
"""Days until a purchase is entered."""
WHY = "as it was"
POLICIES = (
    (FIRST + 200 * DAY, LifecyclePolicy(name="default", loyal_purchases=2, loyal_within_days=150, dormant_after_days=90)),
    (FIRST + 300 * DAY, LifecyclePolicy(name="default", loyal_purchases=4, loyal_within_days=200, dormant_after_days=120)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The import `job_id` is undone for one stream."""

    kind: str
    id: UUID
    job_id: UUID


@dataclass(frozen=True, slots=True)
class Step:
    """What is entered on a day. Steps of one `subject` wait for one another. `job_id` of an import, which may be undone."""

    day: date
    subject: UUID
    act: Command | TakeBack
    job_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sale:
    """A deal that was won on `day`, and is entered on `entered`."""

    deal_id: UUID
    customer_id: UUID
    day: date
    entered: date
    amount: Money


class Year:
    """The same for the same seed and number of customers."""

    def __init__(self, seed: int, customers: int) -> None:
        self.random = Random(seed)
        self.team_id = self._new_id()
        self.reps = [self._new_id() for _ in range(20)]
        self.customers = [self._new_id() for _ in range(customers)]

    def office(self) -> list[Command]:
        """What must be recorded before anything else."""
        hired = [HireRep(rep_id=id, name=f"Rep {n}", team_id=self.team_id) for n, id in enumerate(self.reps)]
        return [FormTeam(team_id=self.team_id, name="North"), *hired]

    def steps(self) -> list[Step]:
        """In the order of their days."""
        published = [
            Step(day, self.team_id, PublishLifecyclePolicy(policy=policy)) for day, policy in POLICIES
        ]
        found = [*self._known(), *published]
        for customer_id in self.customers:
            found += self._bought(customer_id)
        found += self._merged()
        return sorted(found, key=lambda step: step.day)

    # -- customers ---------------------------------------------------------------------------------

    def _known(self) -> Iterator[Step]:
        for n, id in enumerate(self.customers):
            profile = Profile(name=f"Customer {n}")
            yield Step(FIRST - DAY, id, RegisterCustomer(customer_id=id, profile=profile))
        for n in range(len(self.customers) // 20):  # brought in by files that were wrong, some of them
            id, job_id, day = self._new_id(), self._new_id(), FIRST + self.random.randrange(DAYS) * DAY
            profile = Profile(name=f"Prospect {n}")
            yield Step(day, id, RegisterCustomer(customer_id=id, profile=profile), job_id)
            if n % 2:
                yield Step(day + 20 * DAY, id, TakeBack("customer", id, job_id))

    def _merged(self) -> Iterator[Step]:
        """Three in a hundred, by threes: two are one; some are then found to be a third's, and some are taken apart again."""
        for n in range(0, max(3, len(self.customers) // 33), 3):
            first, twin, third = self.customers[n : n + 3]
            day = FIRST + self.random.randrange(60, 200) * DAY
            yield Step(day, first, MergeCustomers(customer_id=first, gone_id=twin))
            if n % 2:
                yield Step(day + 30 * DAY, first, MergeCustomers(customer_id=third, gone_id=first))
            if n % 4 == 1:
                yield Step(day + 60 * DAY, first, UnmergeCustomer(customer_id=first, rest_stays=True))
            if n % 4 <= 1:
                yield Step(day + 90 * DAY, first, UnmergeCustomer(customer_id=twin, rest_stays=True))

    # -- purchases ---------------------------------------------------------------------------------

    def _bought(self, customer_id: UUID) -> Iterator[Step]:
        pause, day = self.random.choice(PAUSES), self.random.randrange(DAYS)
        for _ in range(self.random.choice(OFTEN)):
            if day >= DAYS:
                break
            bought = FIRST + day * DAY
            entered = bought + self.random.choice(LATE) * DAY
            yield from self._sale(Sale(self._new_id(), customer_id, bought, entered, self._money()))
            day += self.random.randrange(pause // 2, pause * 2)

    def _sale(self, sale: Sale) -> Iterator[Step]:
        chance = self.random.random()
        if chance < 0.1:
            yield from self._entered(sale)
            if chance < 0.01:
                yield self._on(sale, 3, c.ReopenDeal(deal_id=sale.deal_id, stage="identify"))
                yield self._on(sale, 6, c.LoseDeal(deal_id=sale.deal_id, loss_reason="price"))
            return
        job_id = self._new_id()
        yield Step(sale.entered, sale.deal_id, self._row(sale), job_id)
        if chance < 0.14:
            yield from self._won_again(sale, again=chance < 0.12)
        elif chance < 0.18:
            day = min(sale.day + self.random.randrange(-60, 60) * DAY, sale.entered)
            amount = self._money() if chance < 0.16 else None
            yield self._on(sale, 9, c.CorrectClosing(deal_id=sale.deal_id, closed_on=day, amount=amount))
        elif chance < 0.21:
            other = self.random.choice(self.customers)
            yield self._on(sale, 9, c.CorrectDeal(deal_id=sale.deal_id, customer_id=other))
        elif chance < 0.24:
            yield from self._told_otherwise(sale, undone=chance < 0.225)
        elif chance < 0.26:
            yield self._on(sale, 12, TakeBack("deal", sale.deal_id, job_id))

    def _entered(self, sale: Sale) -> Iterator[Step]:
        """By a rep: opened as it goes, and won when it is entered."""
        opened = c.OpenDeal(
            deal_id=sale.deal_id,
            title="Forty boilers",
            owner_id=self.random.choice(self.reps),
            customer_id=sale.customer_id,
        )
        yield Step(sale.day, sale.deal_id, opened)
        for command in (*self._complete(sale), self._win(sale, sale.day)):
            yield self._on(sale, 0, command)

    def _complete(self, sale: Sale) -> tuple[Command, Command]:
        """What is asked of a deal before it is won."""
        money = Money(Decimal(100), "CNY")
        needs = Needs(
            pain_points="cold", budget=money, decision_process="a tender", decision_makers=("Ms Zhao",)
        )
        quote = Quote(reference="Q-1", amount=money)
        return c.RecordNeeds(deal_id=sale.deal_id, needs=needs), c.RecordQuote(
            deal_id=sale.deal_id, quote=quote
        )

    def _win(self, sale: Sale, day: date) -> Command:
        return c.WinDeal(deal_id=sale.deal_id, amount=sale.amount, closed_on=day, contract_reference="C-1")

    def _won_again(self, sale: Sale, *, again: bool) -> Iterator[Step]:
        yield self._on(sale, 5, c.ReopenDeal(deal_id=sale.deal_id, stage="identify"))
        if again:
            for command in (*self._complete(sale), self._win(sale, sale.entered + 4 * DAY)):
                yield self._on(sale, 9, command)

    def _told_otherwise(self, sale: Sale, *, undone: bool) -> Iterator[Step]:
        """A later file says another amount and another day, and may be undone."""
        job_id = self._new_id()
        day = sale.day - self.random.randrange(1, 40) * DAY
        told = Sale(sale.deal_id, sale.customer_id, day, sale.entered, self._money())
        yield Step(sale.entered + 8 * DAY, sale.deal_id, self._row(told), job_id)
        if undone:
            yield self._on(sale, 20, TakeBack("deal", sale.deal_id, job_id))

    def _row(self, sale: Sale) -> c.ImportDeal:
        """As a file tells it, from opening to closing."""
        at = datetime.combine(sale.day, time(3), UTC)
        return c.ImportDeal(
            deal_id=sale.deal_id,
            title="Boilers",
            owner_id=self.reps[sale.deal_id.int % len(self.reps)],
            source="crm",
            reference=str(sale.deal_id),
            opened_at=datetime.combine(sale.entered, time(3), UTC) - 120 * DAY,
            stage="won",
            customer_id=sale.customer_id,
            amount=sale.amount,
            closed_on=sale.day,
            closed_at=at,
            contract_reference="C-1",
            override_reason=WHY,
        )

    def _on(self, sale: Sale, after: int, act: Command | TakeBack) -> Step:
        return Step(sale.entered + after * DAY, sale.deal_id, act)

    def _money(self) -> Money:
        amount = Decimal(self.random.randrange(100, 9_000_000)) / 100
        return Money(amount, self.random.choice(("CNY", "CNY", "CNY", "EUR")))

    def _new_id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)
