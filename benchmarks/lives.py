"""benchmarks: the lives of deals as real commands, from a seed — what reps do to a deal from opening to closing.

Decisions can be made here in memory, the way the command handler makes them, for rows that measure what comes after deciding.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import domain.registry  # noqa: F401 - registers every fact and decision
from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.product import ListProduct
from domain.deal import commands as c
from domain.deal.commands import DealCommand
from domain.engine.aggregate import Aggregate
from domain.engine.command import Call, Command
from domain.engine.command_handler import Decision, attempt
from domain.engine.context import Actor, Channel, Context
from domain.engine.unit_of_work import NotLoaded, UnitOfWork
from domain.engine.values import Activity, ActivityKind, Direction, Money, Needs, NextStep, Quote
from domain.people.people import FormTeam, HireRep

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
REPS, CUSTOMERS, PRODUCTS = 20, 200, 10
NOUNS = ("boilers", "pumps", "valves", "sensors", "换热器", "压缩机", "cabinets", "drives", "filters", "阀门")
PLACES = ("Ningbo", "苏州", "Hamburg", "Lyon", "成都", "Leeds", "Turin", "青岛", "Porto", "Gdańsk")
SAID = (
    "They want delivery before the summer shutdown and ask for a site visit first.",
    "Spoke with purchasing: budget is approved, the technical side still compares two makers.",
    "客户要求提供详细的技术参数和三家参考客户的联系方式，下周再谈价格。",
    "No answer, left a message with the switchboard and sent the leaflet again.",
    "Demonstrated the small unit; the operators liked it, the controller asked about spare parts.",
)
OUTCOMES = ("reached", "no-answer", "offer-sent", "meeting-set")


class Lives:
    """An endless supply of deals, the same for the same seed. One office of REPS reps serves all of them."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.team_id = self.new_id()
        self.reps = [self.new_id() for _ in range(REPS)]
        self.customers = [self.new_id() for _ in range(CUSTOMERS)]
        self.products = [self.new_id() for _ in range(PRODUCTS)]
        self.contacts = {customer_id: self.new_id() for customer_id in self.customers}
        """One at each customer."""
        self._customer_of: dict[UUID, UUID] = {}
        self._held: dict[UUID, Aggregate] = {}
        self._moment = START

    def new_id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    # -- commands ----------------------------------------------------------------------------

    def office(self) -> list[Command]:
        """What must be recorded before the first deal."""
        hired = [HireRep(rep_id=id, name=f"Rep {n}", team_id=self.team_id) for n, id in enumerate(self.reps)]
        known = [
            RegisterCustomer(customer_id=id, profile=Profile(name=f"Customer {n}"))
            for n, id in enumerate(self.customers)
        ]
        met = [
            AddContact(customer_id=customer_id, contact_id=id, name="Head of purchasing")
            for customer_id, id in self.contacts.items()
        ]
        listed = [ListProduct(product_id=id, name=f"Product {n}") for n, id in enumerate(self.products)]
        return [FormTeam(team_id=self.team_id, name="North"), *hired, *known, *met, *listed]

    def opening(self) -> c.OpenDeal:
        title = f"{self.random.randrange(2, 90)} {self.random.choice(NOUNS)} for {self.random.choice(PLACES)}"
        deal_id, customer_id = self.new_id(), self.random.choice(self.customers)
        self._customer_of[deal_id] = customer_id
        return c.OpenDeal(
            deal_id=deal_id,
            title=title,
            owner_id=self.random.choice(self.reps),
            customer_id=customer_id,
            product_id=self.random.choice(self.products),
            amount=self._money(),
            expected_close=date(2026, 6, 1) + timedelta(days=self.random.randrange(120)),
        )

    def touch(self, deal_id: UUID) -> c.LogActivity:
        named = self.random.random() < 0.3
        due = START + timedelta(days=self.random.randrange(1_000, 2_000))
        return c.LogActivity(
            deal_id=deal_id,
            activity_id=self.new_id(),
            activity=Activity(
                kind=self.random.choice(tuple(ActivityKind)),
                direction=self.random.choice(tuple(Direction)),
                outcome=self.random.choice(OUTCOMES),
                duration_minutes=self.random.randrange(2, 90),
                rep_id=self.random.choice(self.reps),
                contact_id=self.contacts[self._customer_of[deal_id]],
                summary=self.random.choice(SAID),
            ),
            next_step=NextStep("Send the revised offer and call back", due) if named else None,
        )

    def life(self) -> list[Command]:
        """One deal from opening to won or lost: about fourteen commands, two facts each."""
        opened = self.opening()
        id = opened.deal_id
        steps: list[Command] = [opened, self.touch(id), c.MoveStage(deal_id=id, to="contact"), self.touch(id)]
        steps += [self.touch(id), c.MoveStage(deal_id=id, to="needs"), self._needs(id), self.touch(id)]
        steps += [c.MoveStage(deal_id=id, to="solution"), self._quote(id), self.touch(id)]
        steps += [c.ChangeAmount(deal_id=id, amount=self._money()), c.MoveStage(deal_id=id, to="negotiation")]
        return [*steps, self.touch(id), self._closing(id)]

    def brief_life(self) -> list[Command]:
        """The same in seven commands, a third as many facts."""
        opened = self.opening()
        id = opened.deal_id
        steps: list[Command] = [opened, self.touch(id), c.MoveStage(deal_id=id, to="contact")]
        steps += [self._needs(id), c.ChangeAmount(deal_id=id, amount=self._money()), self._quote(id)]
        return [*steps, self._closing(id)]

    def _closing(self, id: UUID) -> Command:
        if self.random.random() < 0.6:
            return c.LoseDeal(deal_id=id, loss_reason="price", competitor="Nordwerk", closed_on=START.date())
        reference = f"C-{self.random.randrange(10**6)}"
        return c.WinDeal(
            deal_id=id, amount=self._money(), closed_on=START.date(), contract_reference=reference
        )

    def _needs(self, id: UUID) -> c.RecordNeeds:
        needs = Needs(
            pain_points=self.random.choice(SAID),
            budget=self._money(),
            decision_process="Purchasing proposes, the board decides on the second Tuesday of the month.",
            decision_makers=("Head of purchasing", "Plant manager"),
        )
        return c.RecordNeeds(deal_id=id, needs=needs)

    def _quote(self, id: UUID) -> c.RecordQuote:
        reference = f"Q-{self.random.randrange(10**6)}"
        return c.RecordQuote(
            deal_id=id, quote=Quote(reference=reference, amount=self._money(), valid_until=date(2026, 9, 1))
        )

    def _money(self) -> Money:
        return Money(Decimal(self.random.randrange(5_000, 900_000)), "CNY")

    # -- envelopes and decisions -------------------------------------------------------------

    def call(self, command: Command) -> Call:
        """As the API hands it to the command handler: a user, a clock that goes on, an idempotency key."""
        self._moment += timedelta(seconds=1)
        actor = Actor("user", f"u-{self.random.randrange(REPS)}")
        key = f"api/{actor.id}/{self.new_id()}"
        return Call(command, Context(now=self._moment, actor=actor, channel=Channel.API, key=key))

    def decide(self, command: Command) -> Decision:
        """Decide in memory. The decisions are true of a ledger that gets all of them, each deal's in order."""
        call = self.call(command)
        loaded: dict[UUID, Aggregate] = {}
        while True:
            try:
                decision = attempt(call, work := UnitOfWork(call.context, loaded, self._held.get))
                break
            except NotLoaded as missing:
                loaded |= {id: kind(id) for id, kind in missing.wanted.items()}
        self._held |= {aggregate.id: aggregate for aggregate in work.changed}
        return decision

    def decided(self, commands: int) -> list[list[Decision]]:
        """The decisions of whole deals, at least so many in all."""
        found: list[list[Decision]] = []
        while commands > 0:
            life = self.life()
            found.append(self.decided_life(life))
            commands -= len(life)
        return found

    def decided_life(self, life: Sequence[Command]) -> list[Decision]:
        """One deal's, which is then forgotten."""
        decisions = [self.decide(command) for command in life]
        self._held.pop(next(c.deal_id for c in life if isinstance(c, DealCommand)))
        return decisions


def facts_in(decisions: Sequence[Decision]) -> int:
    return sum(len(decision.facts) for decision in decisions)
