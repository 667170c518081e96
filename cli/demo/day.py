"""cli: the demonstration's day — the team of those who open the desk has a quarter that runs with its targets, something late, and something to approve.

Said once for a quarter, for the rep and the manager: what they make of it afterwards stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from cli.demo.cycle import NAME, lasting, rounded, turn_of
from cli.demo.turn import REVENUE, Turn
from cli.engine.common import context

if TYPE_CHECKING:
    from domain.engine.command import Command
    from domain.engine.command_handler import CommandHandler
    from domain.figures.scope import Scope
    from domain.target.commands import ProposeTarget
    from domain.time.periods import Period
    from projections.deal.board import DealView
    from runtime.ledger import Ledger

WHY, HURRY = "the demonstration", "the trial has to start before their budget is signed"
MORE = Decimal("1.1")
"""Than the quarter before, as a target."""
LATE_IN = timedelta(milliseconds=500)
ITEM_DUE = timedelta(days=3)
AMOUNT = Decimal(48_000)
SEGMENTS = (
    ("steady-buyers", "purchases.within_365_days >= 3", "Steady buyers", "常购客户"),
    (
        "silent-buyers",
        "purchases.count >= 1 and purchases.days_since_last >= 60",
        "Silent buyers",
        "沉默客户",
    ),
)
"""By name: the rule, and what it is called in English and Chinese."""


@dataclass(frozen=True)
class Desk:
    """Who opens it, with which logins: a rep of a team that `manager_id` manages."""

    logins: Mapping[UUID, str]
    rep_id: UUID
    team_id: UUID
    manager_id: UUID


async def fill(opened: Ledger, handler: CommandHandler, desk: Desk) -> None:
    """Nothing where it was done before, or where no target could be set."""
    from domain.cycle.cycle import Cycle, cycle_id
    from domain.cycle.policies import PublishCyclePolicy
    from domain.time.periods import PeriodKind, period_of

    await _run(handler, desk, *_named(desk), *segments())
    turn = await turn_of(opened)
    if turn is None:
        return
    now = datetime.now(UTC)
    quarter = period_of(PeriodKind.QUARTER, turn.company.day(now))
    team, rep = _scopes(desk)
    id = cycle_id(team, quarter)
    [before] = (await opened.load({id: Cycle})).values()
    if before.exists:
        return
    await _run(handler, desk, PublishCyclePolicy(policy=lasting(turn.company.at(now).calendar)))
    largest = await _largest(opened, desk)
    if largest is not None:
        await _run(handler, desk, _late(largest.deal_id, id))
        await _run(handler, desk, *_fields(largest))
    customer_id = largest.customer_id if largest else None
    if customer_id is not None:
        await _run(handler, desk, *_learnt(customer_id))
    await _run(handler, desk, *_asks(desk, id, customer_id, turn.currency), why=HURRY)
    await _run(handler, desk, *_items(desk, id))
    for scope, owner_id in ((rep, desk.rep_id), (team, desk.manager_id)):
        target = await _target(opened, turn, scope, quarter, owner_id)
        if target is not None:
            await _run(handler, desk, target, *_cycle(desk, turn, scope, quarter, owner_id))


async def _run(handler: CommandHandler, desk: Desk, *commands: Command, why: str = WHY) -> None:
    for command in commands:
        await handler.execute(command, context(desk.logins[desk.rep_id], why))


def _fields(largest: DealView) -> Iterator[Command]:
    """What this company asks of its deals, customers and contacts beside what is built in; and what the largest deal says of it."""
    from domain.custom_field.commands import DeclareField
    from domain.custom_field.declaration import CustomField, FieldChoice, RecordKind
    from domain.custom_field.value import FieldType, said_text
    from domain.customer.fields import SetCustomerFields
    from domain.deal.commands import SetDealFields

    tiers = (
        FieldChoice(name="gold", label="Gold", label_zh="金牌"),
        FieldChoice(name="silver", label="Silver", label_zh="银牌"),
    )
    seats = CustomField(name="seats", label="Seats", label_zh="席位数", type=FieldType.NUMBER, decimals=0)
    live = CustomField(name="go_live", label="Go-live", label_zh="上线日期", type=FieldType.DATE)
    tier = CustomField(name="tier", label="Tier", label_zh="等级", type=FieldType.CHOICE, choices=tiers)
    speaks = CustomField(name="speaks", label="Speaks", label_zh="语言", type=FieldType.TEXT, personal=True)
    of_deals, of_customers = RecordKind.DEAL, RecordKind.CUSTOMER
    declared = ((of_deals, seats), (of_deals, live), (of_customers, tier), (RecordKind.CONTACT, speaks))
    for of, field in declared:
        yield DeclareField(of=of, field=field)
    yield SetDealFields(deal_id=largest.deal_id, custom={"seats": said_text("40")})
    if largest.customer_id is not None:
        yield SetCustomerFields(customer_id=largest.customer_id, custom={"tier": said_text("gold")})


def _named(desk: Desk) -> Iterator[Command]:
    """Which user each is: histories tell their names then. The same again is silence."""
    from domain.people.people import CorrectRep

    for id, login in desk.logins.items():
        yield CorrectRep(rep_id=id, user_id=login)


def segments() -> Iterator[Command]:
    """Rules about customers to look at on the desk. The same again is silence."""
    from domain.segment.segment import PublishSegment, Segment

    for name, rule, label, label_zh in SEGMENTS:
        yield PublishSegment(segment=Segment(name=name, rule=rule, label=label, label_zh=label_zh))


def _scopes(desk: Desk) -> tuple[Scope, Scope]:
    from domain.figures.scope import Scope, ScopeKind

    return Scope(kind=ScopeKind.TEAM, id=desk.team_id), Scope(kind=ScopeKind.REP, id=desk.rep_id)


# --- targets ---------------------------------------------------------------------------------------------------------


async def _target(
    opened: Ledger, turn: Turn, scope: Scope, quarter: Period, owner_id: UUID
) -> ProposeTarget | None:
    """A tenth more than the quarter before; None where it brought nothing."""
    from domain.target.commands import ProposeTarget
    from projections.figures.figures import asking, figures

    before = quarter.previous()
    [came] = await figures(opened.pool, [asking(REVENUE, scope, before, turn.currency)])
    if not came:
        return None
    return ProposeTarget(
        metric=REVENUE,
        number=rounded(came * MORE),
        unit="money",
        currency=turn.currency,
        period=quarter,
        scope=scope,
        owner_id=owner_id,
        achievable=f"{before} brought {came:,.0f}: this is a tenth more",
        relevant="what the company lives on",
    )


def _cycle(desk: Desk, turn: Turn, scope: Scope, quarter: Period, owner_id: UUID) -> Iterator[Command]:
    """A target that was agreed to, and runs a minute from now."""
    from domain.cycle.commands import AgreeTargets, OpenCycle
    from domain.cycle.cycle import cycle_id

    manager_id = desk.manager_id if owner_id == desk.rep_id else turn.manager_id
    yield OpenCycle(
        scope=scope,
        period=quarter,
        owner_id=owner_id,
        manager_id=manager_id,
        metrics=(REVENUE,),
        policy=NAME,
    )
    yield AgreeTargets(cycle_id=cycle_id(scope, quarter), agreed_by=owner_id)


# --- what is to do ---------------------------------------------------------------------------------------------------


async def _largest(opened: Ledger, desk: Desk) -> DealView | None:
    """The rep's open deal of the largest amount."""
    from projections.deal.board import BoardFilter, listing

    narrowed = BoardFilter(owner_id=desk.rep_id, status="open")
    return next(iter((await listing(opened.pool, narrowed, sort="-amount", limit=1)).items), None)


def _late(deal_id: UUID, about: UUID) -> Command:
    """A next step that is due before anybody looks."""
    from domain.deal.commands import LogActivity
    from domain.engine.values import Activity, ActivityKind, NextStep, named_id

    return LogActivity(
        deal_id=deal_id,
        activity_id=named_id("demo call", str(about)),
        activity=Activity(
            kind=ActivityKind.CALL, outcome="reached", summary="wants to see the numbers again"
        ),
        next_step=NextStep(what="send the numbers", due_at=datetime.now(UTC) + LATE_IN),
    )


def _asks(desk: Desk, about: UUID, customer_id: UUID | None, currency: str) -> Iterator[Command]:
    """A deal that would pass a gate before all is recorded that the gate asks for."""
    from domain.deal.commands import MoveStage, OpenDeal, RequestOverride
    from domain.engine.values import Money, NextStep, named_id

    id = named_id("demo approval", str(about))
    due = datetime.now(UTC) + ITEM_DUE
    yield OpenDeal(
        deal_id=id,
        title="A trial that cannot wait",
        owner_id=desk.rep_id,
        customer_id=customer_id,
        amount=Money(AMOUNT, currency),
        next_step=NextStep(what="agree on the day of the trial", due_at=due),
    )
    yield MoveStage(deal_id=id, to="needs")
    yield RequestOverride(deal_id=id, override_id=named_id("demo override", str(about)), to="solution")


def _learnt(customer_id: UUID) -> Iterator[Command]:
    """What is known of the largest customer: who decides, what they need, whose products they use."""
    from domain.customer.commands import AddContact
    from domain.customer.facts import BuyingRole, NoteKind, Purpose
    from domain.customer.known import GivenConsent
    from domain.customer.notes import AddNote
    from domain.engine.values import named_id

    def id(what: str) -> UUID:
        return named_id("demo file", f"{customer_id}:{what}")

    fair = (GivenConsent(purpose=Purpose.MAIL, source="trade fair"),)
    for name, role, part, consents in (
        ("Zhao Min", "managing director", BuyingRole.DECIDES, fair),
        ("Jonas Weber", "head of purchasing", BuyingRole.BLOCKS, ()),
        ("Lin Tao", "plant engineer", BuyingRole.USES, ()),
    ):
        yield AddContact(
            customer_id=customer_id,
            contact_id=id(name),
            name=name,
            role=role,
            buying_role=part,
            consents=consents,
        )
    for kind, text in (
        (NoteKind.NEED, "spare parts within two working days"),
        (NoteKind.PREFERENCE, "calls before ten, never on Mondays"),
        (NoteKind.COMPETITOR, "Northwind Controls"),
    ):
        yield AddNote(customer_id=customer_id, note_id=id(text), kind=kind, text=text)


def _items(desk: Desk, about: UUID) -> Iterator[Command]:
    from domain.action_item.commands import OpenActionItem
    from domain.engine.values import named_id

    for owner_id, what in (
        (desk.rep_id, "note who decides at each of the five largest customers"),
        (desk.manager_id, "go through the deals that stand still with the team"),
    ):
        yield OpenActionItem(
            item_id=named_id("demo item", f"{about}:{owner_id}"),
            what=what,
            owner_id=owner_id,
            due_at=datetime.now(UTC) + ITEM_DUE,
        )
