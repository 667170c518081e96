"""tests: the people, the deal and the phrases that the rules of the deal are told with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.deal import commands as c
from domain.engine.context import Actor
from domain.engine.values import Activity, ActivityKind, Money, Needs, NextStep, Quote
from domain.people.people import FormTeam, HireRep, RepLeaves
from tests.domain.given_when_then import NOW, Later, later

NORTH, SOUTH = UUID(int=0xA1), UUID(int=0xA2)
MANAGER = UUID(int=0xB0)
LI, WANG, ZHAO = UUID(int=0xB1), UUID(int=0xB2), UUID(int=0xB3)
DEAL = UUID(int=0xD1)
CALL, SECOND_CALL = UUID(int=0xE1), UUID(int=0xE2)
OVERRIDE, SECOND_OVERRIDE = UUID(int=0xF1), UUID(int=0xF2)

REP, BOSS = Actor("user", "rep-li"), Actor("user", "boss")
TIMER = Actor("workflow", "follow-up", "run-1")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TODAY = NOW.date()

STAFF = (
    FormTeam(team_id=NORTH, name="North", manager_id=MANAGER),
    FormTeam(team_id=SOUTH, name="South"),
    HireRep(rep_id=LI, name="Li Na", team_id=NORTH),
    HireRep(rep_id=WANG, name="Wang Wei", team_id=NORTH),
    HireRep(rep_id=ZHAO, name="Zhao Jun", team_id=SOUTH),
)

BUDGET = Money(Decimal(50_000), "CNY")
PRICE = Money(Decimal("48000.50"), "CNY")
ALL_NEEDS = Needs(
    pain_points="boilers fail in winter",
    budget=BUDGET,
    decision_process="board, then purchasing",
    decision_makers=("the plant director",),
)


def yuan(amount: int | str) -> Money:
    return Money(Decimal(amount), "CNY")


def opening(**changes: Any) -> c.OpenDeal:
    usual: dict[str, Any] = {"deal_id": DEAL, "title": "Forty boilers", "owner_id": LI}
    return c.OpenDeal(**(usual | changes))


def to(stage: str) -> c.MoveStage:
    return c.MoveStage(deal_id=DEAL, to=stage)


def touch(
    kind: ActivityKind = ActivityKind.CALL,
    activity_id: UUID = CALL,
    next_step: NextStep | None = None,
    **changes: Any,
) -> c.LogActivity:
    activity = Activity(kind=kind, **changes)
    return c.LogActivity(deal_id=DEAL, activity_id=activity_id, activity=activity, next_step=next_step)


def step(due_at: datetime, what: str = "send the offer") -> NextStep:
    return NextStep(what, due_at)


def needs(needs: Needs = ALL_NEEDS) -> c.RecordNeeds:
    return c.RecordNeeds(deal_id=DEAL, needs=needs)


def quote(reference: str = "Q-7", amount: Money = PRICE, valid_until: date | None = None) -> c.RecordQuote:
    return c.RecordQuote(
        deal_id=DEAL, quote=Quote(reference=reference, amount=amount, valid_until=valid_until)
    )


def win(**changes: Any) -> c.WinDeal:
    usual: dict[str, Any] = {
        "deal_id": DEAL,
        "amount": PRICE,
        "closed_on": TODAY,
        "contract_reference": "C-1",
    }
    return c.WinDeal(**(usual | changes))


def lose(**changes: Any) -> c.LoseDeal:
    usual: dict[str, Any] = {"deal_id": DEAL, "loss_reason": "price"}
    return c.LoseDeal(**(usual | changes))


def reopen(stage: str = "identify") -> c.ReopenDeal:
    return c.ReopenDeal(deal_id=DEAL, stage=stage)


def ask(to: str, override_id: UUID = OVERRIDE) -> Later:
    return later(
        c.RequestOverride(deal_id=DEAL, override_id=override_id, to=to), reason="the fair is tomorrow"
    )


def approve(override_id: UUID = OVERRIDE, *, approved: bool = True) -> Later:
    return later(c.DecideOverride(deal_id=DEAL, override_id=override_id, approved=approved), actor=BOSS)


def hand_to(rep_id: UUID, **changes: Any) -> c.HandOver:
    usual: dict[str, Any] = {"deal_id": DEAL, "to": rep_id, "handover_note": "knows the plant"}
    return c.HandOver(**(usual | changes))


def leaves(rep_id: UUID) -> RepLeaves:
    return RepLeaves(rep_id=rep_id)


OPENED = (*STAFF, opening())
QUALIFIED = (*OPENED, needs())
OFFERED = (*QUALIFIED, quote(), to("negotiation"))
WON = (*OFFERED, win())
LOST = (*OPENED, lose())
