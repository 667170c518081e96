"""Domain room: the deal aggregate.

Its story is in `facts.py`, its state and mutators in `state.py`; here are the rules. After every command the deal
keeps its own invariant: open means exactly one live promise, closed means none.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID, uuid5

from domain.deal import facts as f
from domain.deal.gates import missing, on_the_way
from domain.deal.promises import Promise
from domain.deal.state import DealState
from domain.errors import FieldError, GateNotPassed, Invalid, NotFound, Refused
from domain.people import Rep
from domain.policy import Deadlines, FollowUpPolicy
from domain.process import AFTER_SALES, CLOSED, LOST, WON, Process
from domain.values import Activity, Money, Needs, NextStep, PromiseOutcome, Quote

BY_RULE = "follow up"


class Deal(DealState):
    @property
    def is_open(self) -> bool:
        return self.status == "open"

    def must_be_open(self) -> None:
        if not self.is_open:
            raise Refused(f"the deal is {self.status}: reopen it first", status=self.status)

    # -- the deal itself ---------------------------------------------------------------------

    def open(self, opened: f.DealOpened, at: datetime | None = None) -> None:
        self.record(opened, at)

    def record_needs(self, needs: Needs, at: datetime | None = None) -> None:
        self.must_be_open()
        if needs != self.needs:
            self.record(f.NeedsRecorded(before=self.needs, after=needs), at)

    def record_quote(self, quote: Quote, at: datetime | None = None) -> None:
        self.must_be_open()
        self.record(f.QuoteRecorded(quote=quote), at)

    def change_amount(self, amount: Money | None, at: datetime | None = None) -> None:
        if amount != self.amount:
            self.record(f.AmountChanged(before=self.amount, after=amount), at)

    def move_expected_close(self, to: date | None, at: datetime | None = None) -> None:
        if to != self.expected_close:
            self.record(f.ExpectedCloseMoved(before=self.expected_close, after=to), at)

    def correct_title(self, title: str) -> None:
        if title != self.title:
            self.record(f.TitleCorrected(before=self.title, after=title))

    def correct_customer(self, customer_id: UUID | None) -> None:
        if customer_id != self.customer_id:
            self.record(f.CustomerCorrected(before=self.customer_id, after=customer_id))

    def correct_product(self, product_id: UUID | None) -> None:
        if product_id != self.product_id:
            self.record(f.ProductCorrected(before=self.product_id, after=product_id))

    def log(self, activity_id: UUID, activity: Activity, at: datetime | None = None) -> bool:
        """True when it is new; the same activity again is silence."""
        held = self.activities.get(activity_id)
        if held is not None:
            if held != activity:
                raise Refused(
                    "this activity is logged with other content: correct it instead of logging it again"
                )
            return False
        self.record(f.ActivityLogged(activity_id=activity_id, activity=activity), at)
        return True

    def correct_activity(self, activity_id: UUID, after: Activity) -> None:
        before = self.activities.get(activity_id)
        if before is None:
            raise NotFound("the deal has no such activity", kind="activity", id=str(activity_id))
        if after != before:
            self.record(f.ActivityCorrected(activity_id=activity_id, before=before, after=after))

    def give_to(self, rep: Rep, rule: str, note: str = "") -> None:
        """Change the owner; the live promise goes along."""
        rep.must_be_active()
        if rep.id == self.owner_id or rep.team_id is None:
            return
        before = self.owner_id
        self.record(
            f.OwnerChanged(
                before=before,
                after=rep.id,
                team_before=self.team_id,
                team_after=rep.team_id,
                rule=rule,
                handover_note=note,
            )
        )
        if self.promise is not None:
            self.record(
                f.PromiseHandedOver(promise_id=self.promise.id, before=self.promise.owner_id, after=rep.id)
            )

    def move_process(self, process: Process) -> None:
        if process.version == self.process_version:
            return
        if process.stage(self.stage) is None:
            raise Refused(f"version {process.version} has no stage {self.stage!r}: move the deal first")
        self.record(f.ProcessMoved(before=self.process_version, after=process.version))

    # -- stages and gates --------------------------------------------------------------------

    def move(self, process: Process, to: str, at: datetime | None = None) -> None:
        """Move between open stages, or from won to after-sales. Raises GateNotPassed."""
        self._check_move(process, to)
        if to == self.stage:
            return
        self._pass_gate(process, to, at)

    def _check_move(self, process: Process, to: str) -> None:
        if process.stage(to) is None:
            known = ", ".join(s.name for s in process.stages)
            raise Invalid(
                [FieldError("to", f"no stage {to!r} in version {process.version}; there are: {known}")]
            )
        if to in (WON, LOST):
            raise Refused(f"close the deal with the command for {to}: it asks for what a closing needs")
        if to == AFTER_SALES and self.status != WON:
            raise Refused("only a won deal goes to after-sales", status=self.status)
        if to not in CLOSED:
            self.must_be_open()

    def _pass_gate(self, process: Process, to: str, at: datetime | None) -> None:
        lacking = self.lacking(process, to)
        override = self._override(to, lacking)
        self.record(f.StageMoved(before=self.stage, after=to, override_id=override, missing=lacking), at)

    def lacking(self, process: Process, to: str, won: f.DealWon | None = None) -> tuple[str, ...]:
        """The requirements on the way to `to` that are not met; `won` brings those it meets itself."""
        tried = self
        if won is not None:
            tried = self.fork()
            tried.amount, tried.closed_on = won.amount, won.closed_on
            tried.contract_reference = won.contract_reference
        return missing(tried, on_the_way(process, self.stage, to))

    def _override(self, to: str, lacking: tuple[str, ...]) -> UUID | None:
        """The approval that lets `lacking` pass, None where none is needed. Raises GateNotPassed."""
        override = self._approved(to) if lacking else None
        if lacking and override is None:
            raise GateNotPassed(self.stage, lacking)
        return override

    def _approved(self, to: str) -> UUID | None:
        return next((id for id, (stage, _, ok) in self.overrides.items() if stage == to and ok), None)

    def request_override(
        self, process: Process, override_id: UUID, to: str, by: str, won: f.DealWon | None = None
    ) -> None:
        if override_id in self.overrides:
            return
        if process.stage(to) is None:
            raise Invalid([FieldError("to", f"no stage {to!r} in version {process.version}")])
        lacking = self.lacking(process, to, won)
        if not lacking:
            raise Refused("the gate is passed already: no override is needed")
        self.record(f.OverrideRequested(override_id=override_id, to=to, missing=lacking, requested_by=by))

    def decide_override(self, override_id: UUID, *, approved: bool, by: str) -> None:
        if override_id not in self.overrides:
            raise NotFound("no such override was requested", kind="override", id=str(override_id))
        _, requested_by, decided = self.overrides[override_id]
        if decided is not None:
            return
        if requested_by == by:
            raise Refused("an override is decided by somebody else than who asked for it")
        self.record(f.OverrideDecided(override_id=override_id, approved=approved, decided_by=by))

    def win(self, process: Process, won: f.DealWon, now: datetime, at: datetime | None = None) -> None:
        self.must_be_open()
        lacking = self.lacking(process, WON, won)
        override = self._override(WON, lacking)
        self.change_amount(won.amount, at)
        self.record(won, at)
        self.record(f.StageMoved(before=self.stage, after=WON, override_id=override, missing=lacking), at)
        self.end_promise_at(now)

    def lose(self, lost: f.DealLost, at: datetime | None = None) -> None:
        self.must_be_open()
        if not lost.loss_reason.strip():
            raise GateNotPassed(self.stage, ("loss-reason",))
        self.record(lost, at)
        self.record(f.StageMoved(before=self.stage, after=LOST), at)
        self.end_promise(PromiseOutcome.EXCUSED)

    def reopen(self, stage: str, process: Process) -> None:
        if self.status == "open":
            return
        if stage not in process.open_stages:
            raise Invalid([FieldError("stage", f"must be one of {', '.join(process.open_stages)}")])
        self.record(f.DealReopened(before="won" if self.status == WON else "lost", stage=stage))

    # -- promises ----------------------------------------------------------------------------

    def keep_promised(self, policy: FollowUpPolicy, now: datetime, touch: str | None = None) -> None:
        """The invariant: an open deal without a live promise gets one, made by rule."""
        if self.is_open and self.promise is None:
            due = policy.due_at(now, self.stage, touch)
            self._promise(BY_RULE, due, policy, now, by_rule=True)

    def promise_next(self, step: NextStep, policy: FollowUpPolicy, now: datetime) -> None:
        """Somebody names the next step: the live promise moves there, or a new one is made."""
        self.must_be_open()
        if self.promise is None:
            self._promise(step.what, step.due_at, policy, now, by_rule=False)
            return
        if step.what != self.promise.what:
            reworded = f.PromiseReworded(
                promise_id=self.promise.id, before=self.promise.what, after=step.what
            )
            self.record(reworded, now)
        if step.due_at != self.promise.deadlines.due_at:
            self._rearm(self.promise, policy.deadlines(step.due_at, now), policy, now)

    def touched(
        self, policy: FollowUpPolicy, now: datetime, touch: str | None, step: NextStep | None
    ) -> None:
        """Work was done: what was promised is kept or late, and the next promise follows."""
        if not self.is_open:
            return
        self.end_promise_at(now)
        if step is None:
            self.keep_promised(policy, now, touch)
        else:
            self._promise(step.what, step.due_at, policy, now, by_rule=False)

    def rearm(self, policy: FollowUpPolicy, now: datetime) -> None:
        """The stage or the policy moved: a promise made by rule gets the rule's due time anew, one
        that somebody named keeps its due time and gets the new warnings.
        """
        if not self.is_open or self.promise is None:
            return
        due = policy.due_at(now, self.stage) if self.promise.by_rule else self.promise.deadlines.due_at
        self._rearm(self.promise, policy.deadlines(due, now), policy, now)

    def _rearm(self, promise: Promise, after: Deadlines, policy: FollowUpPolicy, now: datetime) -> None:
        rearmed = f.PromiseRearmed(
            promise_id=promise.id,
            before=promise.deadlines,
            after=after,
            policy_version=policy.version,
            arming=promise.arming + 1,
        )
        self.record(rearmed, now)

    def _promise(
        self, what: str, due: datetime, policy: FollowUpPolicy, now: datetime, *, by_rule: bool
    ) -> None:
        number = self.promises + 1
        made = f.PromiseMade(
            promise_id=uuid5(self.id, f"promise:{number}"),
            number=number,
            owner_id=self.owner_id,
            what=what,
            deadlines=policy.deadlines(due, now),
            policy=policy.name,
            policy_version=policy.version,
            by_rule=by_rule,
        )
        self.record(made, now)

    def end_promise_at(self, now: datetime) -> None:
        if self.promise is not None:
            self.end_promise(self.promise.outcome_at(now), now)

    def end_promise(self, outcome: PromiseOutcome, at: datetime | None = None) -> None:
        if self.promise is not None:
            due = self.promise.deadlines.due_at
            self.record(f.PromiseEnded(promise_id=self.promise.id, outcome=outcome, due_at=due), at)

    def live(self, promise_id: UUID, arming: int) -> Promise | None:
        """The live promise, if a timer set for this arming may still speak for it."""
        held = self.promise
        return held if held is not None and (held.id, held.arming) == (promise_id, arming) else None

    def remind(self, promise: Promise) -> None:
        if not promise.reminded and not promise.missed:
            self.record(
                f.PromiseReminded(promise_id=promise.id, arming=promise.arming, told=promise.owner_id)
            )

    def miss(self, promise: Promise) -> None:
        if not promise.missed:
            due = promise.deadlines.due_at
            missed = f.PromiseMissed(
                promise_id=promise.id, arming=promise.arming, told=promise.owner_id, due_at=due
            )
            self.record(missed)

    def escalate(self, promise: Promise, manager_id: UUID | None, *, again: bool = False) -> None:
        if not (promise.escalated_again if again else promise.escalated):
            self.record(f.PromiseEscalated(promise_id=promise.id, arming=promise.arming, told=manager_id))
