"""Projections room: what the facts of a promise do to a row that shows a deal's live promise.

Shared by the board and the agenda, so that both tell the same. Without a live promise the columns are empty.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.deal import facts as f
from domain.time.commitment import Deadlines
from projections.deal.fold import ByDeal
from projections.engine.fold import on
from projections.engine.projection import Entry


class ShowsPromise(Protocol):
    """The columns of a live promise. `promised_by` owes it; `by_rule`: nobody named it, the policy did; `overdue`: it
    was moved after it had fallen due, so it can end late but not kept. The rest says who was told when.
    """

    promise_id: UUID | None
    promised: str | None
    promised_by: UUID | None
    by_rule: bool
    overdue: bool
    made_at: datetime | None
    remind_at: datetime | None
    due_at: datetime | None
    escalate_at: datetime | None
    reassign_at: datetime | None
    arming: int
    policy_version: int | None
    reminded_at: datetime | None
    missed_at: datetime | None
    escalated_at: datetime | None


class PromiseFold(ByDeal[Any]):
    """The handlers; mixed into a projection whose row has these columns."""

    copies = {f.PromiseHandedOver: {"promised_by": "after"}}

    @on(f.PromiseMade)
    def _promise_made(self, row: ShowsPromise, entry: Entry[f.PromiseMade]) -> None:
        fact = entry.fact
        row.promise_id, row.promised, row.promised_by = fact.promise_id, fact.what, fact.owner_id
        row.by_rule, row.overdue, row.made_at = fact.by_rule, False, fact.made_at or entry.occurred_at
        _arm(row, fact.deadlines, fact.arming, fact.policy_version)
        _untold(row)

    @on(f.PromiseRearmed)
    def _promise_rearmed(self, row: ShowsPromise, entry: Entry[f.PromiseRearmed]) -> None:
        fact = entry.fact
        row.by_rule, row.overdue = row.by_rule and not fact.named, row.overdue or fact.overdue
        _arm(row, fact.after, fact.arming, fact.policy_version)
        if fact.after.due_at != fact.before.due_at:
            _untold(row)

    @on(f.PromiseReworded)
    def _promise_reworded(self, row: ShowsPromise, entry: Entry[f.PromiseReworded]) -> None:
        row.promised, row.by_rule = entry.fact.after, False

    @on(f.PromiseReminded)
    def _promise_reminded(self, row: ShowsPromise, entry: Entry[f.PromiseReminded]) -> None:
        row.reminded_at = entry.occurred_at

    @on(f.PromiseMissed)
    def _promise_missed(self, row: ShowsPromise, entry: Entry[f.PromiseMissed]) -> None:
        row.missed_at = entry.occurred_at

    @on(f.PromiseEscalated)
    def _promise_escalated(self, row: ShowsPromise, entry: Entry[f.PromiseEscalated]) -> None:
        row.escalated_at = entry.occurred_at

    @on(f.PromiseEnded)
    def _promise_ended(self, row: ShowsPromise, entry: Entry[f.PromiseEnded]) -> None:
        row.promise_id = row.promised = row.promised_by = row.policy_version = None
        row.made_at = row.remind_at = row.due_at = row.escalate_at = row.reassign_at = None
        row.arming, row.by_rule, row.overdue = 0, False, False
        _untold(row)


def _arm(row: ShowsPromise, deadlines: Deadlines, arming: int, policy_version: int) -> None:
    row.remind_at, row.due_at = deadlines.remind_at, deadlines.due_at
    row.escalate_at, row.reassign_at = deadlines.escalate_at, deadlines.reassign_at
    row.arming, row.policy_version = arming, policy_version


def _untold(row: ShowsPromise) -> None:
    row.reminded_at = row.missed_at = row.escalated_at = None
