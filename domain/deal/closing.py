"""Domain room: what winning, losing and reopening a deal decide, and setting a closing right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain.cycle.policies import company_day
from domain.deal import commands as c
from domain.deal import facts as f
from domain.deal.deal import Deal
from domain.deal.decisions import policy_of, process_of, warn_of_currency
from domain.engine.command import decides
from domain.engine.errors import FieldError, Forbidden, GateNotPassed, Invalid
from domain.engine.unit_of_work import UnitOfWork
from domain.people.people import Rep
from domain.policy.closed import LOST, WON

PARTS = {WON: ("closed_on", "amount", "contract_reference"), LOST: ("closed_on", "loss_reason", "competitor")}


@decides(c.WinDeal)
def win_deal(deal: Deal, command: c.WinDeal, work: UnitOfWork) -> None:
    deal.must_be_open()
    process, amount = process_of(deal, work), command.amount or deal.amount
    if amount is None or command.closed_on is None:
        contract = command.contract_reference
        lacking = deal.lacking_to_win(process, amount, command.closed_on, contract)
        raise GateNotPassed(deal.stage, lacking)
    won = f.DealWon(amount=amount, closed_on=command.closed_on, contract_reference=command.contract_reference)
    warn_of_currency("amount", amount, deal.amount, work)
    deal.win(process, won, work.context.now, done_at=work.context.happened_at)


@decides(c.LoseDeal)
def lose_deal(deal: Deal, command: c.LoseDeal, work: UnitOfWork) -> None:
    day = command.closed_on or company_day(work, work.context.happened_at)
    lost = f.DealLost(closed_on=day, loss_reason=command.loss_reason, competitor=command.competitor)
    deal.lose(process_of(deal, work), lost, work.context.now)


@decides(c.ReopenDeal)
def reopen_deal(deal: Deal, command: c.ReopenDeal, work: UnitOfWork) -> None:
    if not deal.is_open:
        work.get(Rep, deal.owner_id, guard=True).must_be_active()
    deal.reopen(command.stage, process_of(deal, work))
    deal.keep_promised(policy_of(deal, work), work.context.now)


@decides(c.CorrectClosing)
def correct_closing(deal: Deal, command: c.CorrectClosing, work: UnitOfWork) -> None:
    before, said = deal.closing, _said(command)
    foreign = [
        FieldError(name, f"a deal that was {deal.status} has none")
        for name in said.keys() - PARTS[deal.status]
    ]
    if foreign:
        raise Invalid(sorted(foreign, key=lambda error: error.field))
    after = replace(before, **said)
    if command.amount is not None and (problem := command.amount.problem(after.closed_on)):
        raise Invalid([FieldError("amount", problem)])
    if after.amount != before.amount and work.context.by_a_rep and deal.was_let_pass:
        raise Forbidden(
            "an approval let this deal be won at its amount: a manager corrects it", field="amount"
        )
    deal.correct_closing(after)
    warn_of_currency("amount", after.amount, before.amount, work)


def _said(command: c.CorrectClosing) -> dict[str, Any]:
    names = dict.fromkeys(name for parts in PARTS.values() for name in parts)
    return {name: value for name in names if (value := getattr(command, name)) is not None}
