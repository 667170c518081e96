"""Domain room: an imported deal goes through the stages of its past, each at its own time and through the gates on the way.

Of a deal that is known only what comes after the last import is gone through: each move is one that nobody knew of before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.deal.arrival import Arrival
from domain.deal.commands import ImportDeal
from domain.deal.deal import Deal
from domain.deal.facts import RowMarks
from domain.deal.past_stage import PastStage
from domain.deal.row import marks_of
from domain.engine.errors import DomainError, Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import NO_NEEDS, Money
from domain.policy.closed import WON
from domain.policy.process import Process


@dataclass(frozen=True, slots=True)
class Way:
    """From stage to stage as the row's history tells. `since`: nothing is dated before it."""

    deal: Deal
    row: ImportDeal
    process: Process
    work: UnitOfWork
    since: datetime

    def begin(self) -> None:
        """All of it, of a deal that was just opened. A refusal says by `row` which of the rows it is about."""
        at = self.since
        for n, past in enumerate(self.row.stage_history):
            at = min(max(past.at or at, at), self.work.context.now)
            self._at_row(n, past, at, at_its_time=True, amount=past.amount)

    def go_on(self, steps: Sequence[PastStage], worth: Money | None) -> None:
        """Through what is new of it. What the deal is worth in the end is `worth`; its other fields are as the row tells already."""
        now, count = self.work.context.now, len(self.row.stage_history)
        for n, past in enumerate(steps, count - len(steps)):
            at = min(max(past.at or now, self.since), now)
            amount = worth if n == count - 1 else past.amount
            self._at_row(n, past, at, at_its_time=False, amount=amount)

    def _at_row(
        self, n: int, past: PastStage, at: datetime, *, at_its_time: bool, amount: Money | None
    ) -> None:
        try:
            self._reopen(past, at)
            if at_its_time:
                self._tell(past, at)
            Arrival(self.deal, self._row(n, past), self.process, self.work, amount, at).come()
        except DomainError as refusal:
            refusal.details["row"] = n
            raise

    def _reopen(self, past: PastStage, at: datetime) -> None:
        if not self.deal.is_open:
            self.deal.reopen(self.deal.reached(self.process), self.process, at)

    def _tell(self, past: PastStage, at: datetime) -> None:
        if past.needs not in (NO_NEEDS, self.deal.needs):
            self.deal.record_needs(past.needs, at)
        if past.quote is not None:
            self.deal.record_quote(past.quote, at)
        if past.amount is not None and past.stage != WON:
            self.deal.change_amount(past.amount, at)
        if past.expected_close is not None:
            self.deal.move_expected_close(past.expected_close, at)

    def _row(self, n: int, past: PastStage) -> ImportDeal:
        """The row as if it told this; the last is what it tells."""
        reason = self.row.override_reason if past.approved else ""
        if n == len(self.row.stage_history) - 1:
            return replace(self.row, override_reason=reason)
        return replace(
            self.row,
            stage=past.stage,
            closed_on=past.closed_on,
            contract_reference=past.contract_reference,
            loss_reason=past.loss_reason,
            competitor=past.competitor,
            override_reason=reason,
        )


def steps_since(row: ImportDeal, deal: Deal, last: RowMarks) -> Sequence[PastStage]:
    """What the history tells after the row that the last import ended with. Raises Refused where it does not tell that one."""
    history = row.stage_history
    if not history or "stage" in row.assumed:
        return ()
    marks = [_marks(row, n) for n in range(len(history))]
    for n in reversed(range(len(history))):
        known_at = last.stage_at and marks[n].stage_at
        if marks[n].standing == last.standing and (not known_at or marks[n].stage_at == last.stage_at):
            return history[n + 1 :]
    if row.stage == deal.status or marks_of(row).standing == last.standing:
        return ()  # what else it tells of this stage is judged as of any row
    raise Refused(
        "the rows of the deal lack the one it was last imported with: import a file that holds its whole history",
        reference=row.reference,
    )


def _marks(row: ImportDeal, n: int) -> RowMarks:
    """What the row would be remembered as, had its history ended there."""
    history, past = row.stage_history, row.stage_history[n]
    if n == len(history) - 1:
        return marks_of(row)
    while n and history[n - 1].stage == past.stage:
        n -= 1
    told = replace(
        row,
        stage=past.stage,
        stage_at=history[n].at,
        closed_on=past.closed_on,
        contract_reference=past.contract_reference,
        loss_reason=past.loss_reason,
        competitor=past.competitor,
    )
    return marks_of(told)
