"""Domain room: a deal's present state and its mutators. They only assign; see `deal.py` for rules."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from domain.custom_field.facts import CustomValues
from domain.custom_field.holding import becoming
from domain.deal import facts as f
from domain.deal.gates import Blockers, shown
from domain.deal.kept import KeptDeal, marked
from domain.deal.overrides import Override
from domain.deal.promises import EndedPromise, Promise
from domain.deal.required_fields import shown_of
from domain.engine.aggregate import OwnedAggregate, becomes, when
from domain.engine.values import NO_NEEDS, Activity, ActivityKind, Money, Needs, PromiseOutcome, Quote
from domain.policy.closed import LOST, WON
from domain.policy.process import declared_requirements


class DealState(OwnedAggregate):
    KIND = "deal"
    FIELDS_SET = f.DealFieldsSet
    KEPT = KeptDeal
    UNDONE = f.DealImportUndone

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.opened_at: datetime | None = None
        """When it was opened in the world; None where the fold was not told."""
        self.opening_told = True
        """False where the system it was imported from did not say: then it was opened when it was first imported."""
        self.status = "none"
        self.stage = ""
        self.title = ""
        self.process = "default"
        self.process_version = 0
        self.policy = "default"
        self.owner_id: UUID = id
        self.team_id: UUID = id
        self.customer_id: UUID | None = None
        self.product_id: UUID | None = None
        self.amount: Money | None = None
        self.expected_close: date | None = None
        self.needs: Needs = NO_NEEDS
        self.quotes: dict[str, Quote] = {}
        self.custom: CustomValues = {}
        self.demonstrations: int = 0
        self.closed_from = ""
        """The open stage it was closed from, and so had reached by the rules."""
        self.closed_on: date | None = None
        self.contract_reference: str = ""
        self.loss_reason: str = ""
        self.competitor: str = ""
        self.activities: dict[UUID, Activity] = {}
        self.earlier = ""
        """Marks of the activities that a snapshot does not hold (`kept.py`)."""
        self.overrides: dict[UUID, Override] = {}
        self.blocked: dict[str, tuple[UUID, ...]] = {}
        """By requirement, what stands in its way."""
        self.promise: Promise | None = None
        self.promises = 0
        self.excused = 0
        """How many of them were."""
        self.last_ended: EndedPromise | None = None
        self.reassignments = 0
        self.imported: f.ImportNoted | None = None

    def begin(self, at: datetime | None) -> None:
        self.opened_at = at

    def carry(self, fact: Any) -> None:
        self.promises = max(self.promises, fact.promises)

    def carried(self) -> dict[str, Any]:
        return {"promises": self.promises}

    def shown(self) -> f.ShownDeal:
        names = (field.name for field in fields(f.ShownDeal))
        return f.ShownDeal(**{name: getattr(self, name) for name in names})

    def fork(self) -> Self:
        forked = super().fork()
        forked.activities = dict(self.activities)
        forked.overrides = dict(self.overrides)
        forked.quotes = dict(self.quotes)
        return forked

    @property
    def complete(self) -> bool:
        return not self.earlier

    def condensed(self) -> Self:
        if not self.activities:
            return self
        condensed = super().fork()
        condensed.earlier, condensed.activities = marked(self.earlier, self.activities), {}
        return condensed

    def evidence(self) -> dict[str, object]:
        """What each gate requirement looks at (`gates.py`)."""
        return {
            "pain-points": self.needs.pain_points.strip(),
            "budget": self.needs.budget,
            "decision-process": self.needs.decision_process.strip(),
            "decision-makers": self.needs.decision_makers,
            "quote-or-demonstration": tuple(self.quotes.values()) or self.demonstrations > 0,
            "amount": self.amount,
            "close-date": self.closed_on,
            "contract-reference": self.contract_reference.strip(),
            "loss-reason": self.loss_reason.strip(),
            **{name: Blockers(self.blocked.get(name, ())) for name in declared_requirements()},
            **dict(shown_of(self.custom)),
        }

    @when(f.DealOpened)
    def _opened(self, fact: f.DealOpened) -> None:
        self.status, self.stage, self.title = "open", fact.stage, fact.title
        self.owner_id, self.team_id = fact.owner_id, fact.team_id
        self.customer_id, self.product_id = fact.customer_id, fact.product_id
        self.process, self.process_version, self.policy = fact.process, fact.process_version, fact.policy
        self.amount, self.expected_close = fact.amount, fact.expected_close

    @when(f.ActivityLogged)
    def _logged(self, fact: f.ActivityLogged) -> None:
        self.activities[fact.activity_id] = fact.activity
        self.demonstrations += fact.activity.kind == ActivityKind.DEMONSTRATION

    @when(f.ActivityCorrected)
    def _activity_corrected(self, fact: f.ActivityCorrected) -> None:
        self.activities[fact.activity_id] = fact.after
        self.demonstrations += fact.after.kind == ActivityKind.DEMONSTRATION
        self.demonstrations -= fact.before.kind == ActivityKind.DEMONSTRATION

    _needs_recorded = becomes(f.NeedsRecorded, "needs")

    @when(f.QuoteRecorded)
    def _quote_recorded(self, fact: f.QuoteRecorded) -> None:
        self.quotes[fact.quote.reference] = fact.quote

    _fields_set = becoming(f.DealFieldsSet)
    _amount_changed = becomes(f.AmountChanged, "amount")
    _expected_close_moved = becomes(f.ExpectedCloseMoved, "expected_close")
    _title_corrected = becomes(f.TitleCorrected, "title")
    _customer_corrected = becomes(f.CustomerCorrected, "customer_id")
    _product_corrected = becomes(f.ProductCorrected, "product_id")

    @when(f.OwnerChanged)
    def _owner_changed(self, fact: f.OwnerChanged) -> None:
        self.owner_id, self.team_id = fact.after, fact.team_after
        self.reassignments += fact.rule == "escalation"

    @when(f.StageMoved)
    def _stage_moved(self, fact: f.StageMoved) -> None:
        if fact.after in (WON, LOST):
            self.closed_from = fact.before
        self.stage = fact.after
        override = self.overrides.get(fact.override_id) if fact.override_id else None
        if override is not None:
            self.overrides[override.id] = replace(override, spent=True, closed=fact.after in (WON, LOST))

    @when(f.OverrideRequested)
    def _override_requested(self, fact: f.OverrideRequested) -> None:
        self.overrides[fact.override_id] = Override(
            id=fact.override_id,
            to=fact.to,
            missing=fact.missing,
            requested_by=fact.requested_by,
            shown=shown(self.evidence()),
        )

    @when(f.OverrideDecided)
    def _override_decided(self, fact: f.OverrideDecided) -> None:
        override = self.overrides.get(fact.override_id)
        if override is not None:
            self.overrides[override.id] = replace(override, approved=fact.approved, by=fact.decided_by)

    @when(f.DealWon)
    def _won(self, fact: f.DealWon) -> None:
        self.status, self.closed_on, self.amount = WON, fact.closed_on, fact.amount
        self.contract_reference = fact.contract_reference

    @when(f.DealLost)
    def _lost(self, fact: f.DealLost) -> None:
        self.status, self.closed_on = LOST, fact.closed_on
        self.loss_reason, self.competitor = fact.loss_reason, fact.competitor

    @when(f.ClosingCorrected)
    def _closing_corrected(self, fact: f.ClosingCorrected) -> None:
        after = fact.after
        self.closed_on, self.amount = after.closed_on, after.amount
        self.contract_reference = after.contract_reference
        self.loss_reason, self.competitor = after.loss_reason, after.competitor

    @when(f.DealReopened)
    def _reopened(self, fact: f.DealReopened) -> None:
        self.status, self.stage, self.closed_on = "open", fact.stage, None
        self.contract_reference = self.loss_reason = self.competitor = ""
        self.reassignments = 0
        self.overrides = {id: replace(o, spent=True, closed=False) for id, o in self.overrides.items()}

    _process_moved = becomes(f.ProcessMoved, "process_version")

    @when(f.DealBlocked)
    def _blocked(self, fact: f.DealBlocked) -> None:
        by = (*self.blocked.get(fact.requirement, ()), fact.by)
        self.blocked = {**self.blocked, fact.requirement: by}

    @when(f.DealUnblocked)
    def _unblocked(self, fact: f.DealUnblocked) -> None:
        by = tuple(id for id in self.blocked.get(fact.requirement, ()) if id != fact.by)
        self.blocked = {**self.blocked, fact.requirement: by}

    @when(f.ImportNoted)
    def _import_noted(self, fact: f.ImportNoted) -> None:
        if self.imported is None and fact.as_of == self.opened_at:
            self.opening_told = False
        self.imported = fact

    @when(f.PromiseMade)
    def _promise_made(self, fact: f.PromiseMade) -> None:
        self.promises = fact.number
        self.promise = Promise(
            id=fact.promise_id,
            owner_id=fact.owner_id,
            what=fact.what,
            deadlines=fact.deadlines,
            policy_version=fact.policy_version,
            generation=fact.arming,
            by_rule=fact.by_rule,
            made_at=fact.made_at,
        )

    @when(f.PromiseRearmed)
    def _promise_rearmed(self, fact: f.PromiseRearmed) -> None:
        """Who was told of a due time is not told of the same one again."""
        held = self.promise
        if held is not None:
            same = fact.after.due_at == fact.before.due_at
            put_off = fact.named and not held.by_rule and fact.after.due_at > fact.before.due_at
            self.promise = held.move(
                fact.after,
                fact.arming,
                told_before=same,
                overdue=fact.overdue,
                policy_version=fact.policy_version,
                by_rule=held.by_rule and not fact.named,
                moves=held.moves + put_off,
            )

    @when(f.PromiseReworded)
    def _promise_reworded(self, fact: f.PromiseReworded) -> None:
        if self.promise is not None:
            self.promise = replace(self.promise, what=fact.after, by_rule=False)

    @when(f.PromiseHandedOver)
    def _promise_handed_over(self, fact: f.PromiseHandedOver) -> None:
        if self.promise is not None:
            self.promise = self.promise.hand_over(fact.after)

    @when(f.PromiseReminded)
    def _promise_reminded(self, fact: f.PromiseReminded) -> None:
        if self.promise is not None:
            self.promise = self.promise.remind()

    @when(f.PromiseMissed)
    def _promise_missed(self, fact: f.PromiseMissed) -> None:
        if self.promise is not None:
            self.promise = self.promise.miss()

    @when(f.PromiseEscalated)
    def _promise_escalated(self, fact: f.PromiseEscalated) -> None:
        if self.promise is not None:
            self.promise = self.promise.escalate()

    @when(f.PromiseEnded)
    def _promise_ended(self, fact: f.PromiseEnded) -> None:
        self.promise, self.last_ended = None, EndedPromise(fact.promise_id, fact.outcome)
        self.excused += fact.outcome == PromiseOutcome.EXCUSED
