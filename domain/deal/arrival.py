"""Domain room: how an imported deal comes to the stage its row tells, through the gates on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.deal import facts as f
from domain.deal.commands import ImportDeal
from domain.deal.deal import Deal
from domain.engine.errors import FieldError, Forbidden, GateNotPassed, Invalid
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Money, id_within
from domain.policy.closed import LOST, WON
from domain.policy.process import Process


@dataclass(frozen=True, slots=True)
class Arrival:
    """A deal comes to the stage its row tells, through the gates on the way."""

    deal: Deal
    row: ImportDeal
    process: Process
    work: UnitOfWork
    amount: Money | None
    at: datetime

    def come(self) -> None:
        if self.row.stage == WON:
            self._win()
        elif self.row.stage == LOST:
            self._lose()
        elif self.row.stage != self.deal.stage:
            self._override(self.row.stage)
            self.deal.move(self.process, self.row.stage, self.at)

    def _win(self) -> None:
        if self.amount is None or self.row.closed_on is None:
            raise GateNotPassed(self.deal.stage, ["amount"])
        contract = self.row.contract_reference
        won = f.DealWon(amount=self.amount, closed_on=self.row.closed_on, contract_reference=contract)
        self._override(WON, won)
        self.deal.win(self.process, won, self.work.context.now, self.at)

    def _lose(self) -> None:
        day, reason, rival = self.row.closed_on or self.at.date(), self.row.loss_reason, self.row.competitor
        lost = f.DealLost(closed_on=day, loss_reason=reason, competitor=rival)
        self.deal.lose(self.process, lost, self.work.context.now, self.at)

    def _override(self, to: str, won: f.DealWon | None = None) -> None:
        """Asked for by the file, approved by the user who imports it, for the reason the mapping gives."""
        context, reason = self.work.context, self.row.override_reason.strip()
        lacking = self.deal.lacking(self.process, to, won)
        if not lacking or not reason:
            return
        if context.actor.kind != "user":
            raise Forbidden("an override is decided by a person: import as a user")
        if (context.reason or "").strip() != reason:
            raise Invalid([FieldError("override_reason", "must be the reason the command is given with")])
        if won is not None:
            self.deal.change_amount(won.amount, self.at)  # it is part of what is approved
        override_id = id_within(self.deal.id, f"override:{to}:{self.deal.version}")
        self.deal.request_override(self.process, override_id, to, f"import:{self.row.source}", won)
        self.deal.decide_override(self.process, override_id, approved=True, by=str(context.actor))
