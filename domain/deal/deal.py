"""Domain room: the deal aggregate.

Its story is in `facts.py`, its state and mutators in `state.py`, the rules about its promise in `promising.py`;
here are the rules about the deal itself.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from domain.deal import facts as f
from domain.deal.gates import AT_STAKE, NEVER_OVERRIDDEN, Evidence, changed, closing, missing, on_the_way
from domain.deal.kept import mark_in, mark_of
from domain.deal.overrides import may_decide
from domain.deal.promising import PromisingDeal
from domain.engine.errors import FieldError, GateNotPassed, Invalid, NotFound, Refused
from domain.engine.values import Activity, Money, Needs, PromiseOutcome, Quote, earliest_day
from domain.people.people import Rep
from domain.policy.closed import AFTER_SALES, CLOSED, LOST, WON
from domain.policy.process import Process


class Deal(PromisingDeal):
    # -- the deal itself ---------------------------------------------------------------------

    def open(self, opened: f.DealOpened, at: datetime) -> None:
        self.record(opened, at)

    def record_needs(self, needs: Needs, at: datetime | None = None) -> None:
        self.must_be_open()
        if needs != self.needs:
            self.record(f.NeedsRecorded(before=self.needs, after=needs), at)

    def record_quote(self, quote: Quote, at: datetime | None = None) -> None:
        self.must_be_open()
        before = self.quotes.get(quote.reference)
        if quote != before:
            self.record(f.QuoteRecorded(quote=quote, before=before), at)

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

    def block(self, requirement: str, by: UUID, *, blocks: bool) -> None:
        """Whether what has the id `by` stands in the way of a gate that asks for the requirement. Saying it again is silence."""
        if blocks != (by in self.blocked.get(requirement, ())):
            made = f.DealBlocked if blocks else f.DealUnblocked
            self.record(made(requirement=requirement, by=by))

    def log(self, activity_id: UUID, activity: Activity, at: datetime | None = None) -> bool:
        """True when it is new; the same activity again is silence."""
        if not self.has_logged(activity_id):
            self.record(f.ActivityLogged(activity_id=activity_id, activity=activity), at)
            return True
        if not self._logged_as(activity_id, activity):
            raise Refused(
                "this activity is logged with other content: correct it instead of logging it again"
            )
        return False

    def has_logged(self, activity_id: UUID) -> bool:
        return activity_id in self.activities or mark_in(self.earlier, activity_id) is not None

    def _logged_as(self, activity_id: UUID, activity: Activity) -> bool:
        held = self.activities.get(activity_id)
        if held is not None:
            return held == activity
        return mark_in(self.earlier, activity_id) == mark_of(activity)

    def activity(self, activity_id: UUID) -> Activity:
        """The deal must be complete. Raises NotFound."""
        held = self.activities.get(activity_id)
        if held is None:
            raise NotFound("the deal has no such activity", kind="activity", id=str(activity_id))
        return held

    def correct_activity(self, activity_id: UUID, after: Activity) -> None:
        """The deal must be complete: what is corrected is recorded as it was before, too."""
        before = self.activity(activity_id)
        if after != before:
            self.record(f.ActivityCorrected(activity_id=activity_id, before=before, after=after))

    def correct_closing(self, after: f.Closing) -> None:
        if after != self.closing:
            self.must_have_closed_after_opening(after.closed_on)
            self.record(f.ClosingCorrected(before=self.closing, after=after))

    @property
    def was_let_pass(self) -> bool:
        """Whether it was closed with an approval, not by its gates alone."""
        return any(override.closed for override in self.overrides.values())

    def must_have_closed_after_opening(self, day: date) -> None:
        """Raises Invalid for a day that was over everywhere when the deal was opened."""
        opened_at = self.opened_at if self.opening_told else None
        if opened_at is not None and day < earliest_day(opened_at):
            opened = f"{opened_at:%Y-%m-%d %H:%M %Z}"
            raise Invalid([FieldError("closed_on", f"{day} is before the deal was opened, {opened}")])

    @property
    def closing(self) -> f.Closing:
        """How it was closed. Raises Refused while it is open."""
        if self.closed_on is None:
            raise Refused("the deal is not closed", status=self.status)
        return f.Closing(
            closed_on=self.closed_on,
            amount=self.amount,
            contract_reference=self.contract_reference,
            loss_reason=self.loss_reason,
            competitor=self.competitor,
        )

    def give_to(self, rep: Rep, rule: str, note: str = "") -> None:
        """Change the owner; the live promise goes along. To an owner who changed teams it moves the deal there."""
        rep.must_be_active()
        if rep.team_id is None or (rep.id, rep.team_id) == (self.owner_id, self.team_id):
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
        if self.promise is not None and self.promise.owner_id != rep.id:
            self.record(
                f.PromiseHandedOver(promise_id=self.promise.id, before=self.promise.owner_id, after=rep.id)
            )

    def move_process(self, process: Process) -> None:
        if process.version == self.process_version:
            return
        if process.version < self.process_version:
            raise Refused(
                f"the deal follows version {self.process_version}: a deal moves on to newer versions only",
                version=self.process_version,
            )
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
        asked = on_the_way(process, self.stage, to)
        evidence = self.evidence() if asked else {}
        lacking = missing(evidence, asked)
        override = self._override(evidence, process, to, lacking)
        self.record(f.StageMoved(before=self.stage, after=to, override_id=override, missing=lacking), at)

    def lacking(self, process: Process, to: str, won: f.DealWon | None = None) -> tuple[str, ...]:
        """The requirements on the way to `to` that are not met; `won` brings those it meets itself."""
        asked = on_the_way(process, self.stage, to)
        return missing(self._as_if_won(won), asked) if asked else ()

    def lacking_to_win(
        self, process: Process, amount: Money | None, closed_on: date | None, contract_reference: str
    ) -> tuple[str, ...]:
        evidence = self.evidence() | closing(amount, closed_on, contract_reference)
        return missing(evidence, (*on_the_way(process, self.stage, WON), *NEVER_OVERRIDDEN[WON]))

    def _as_if_won(self, won: f.DealWon | None) -> Evidence:
        evidence = self.evidence()
        return (
            evidence if won is None else evidence | closing(won.amount, won.closed_on, won.contract_reference)
        )

    def _override(
        self, evidence: Evidence, process: Process, to: str, lacking: tuple[str, ...]
    ) -> UUID | None:
        """The approval that lets `lacking` pass with what there is to show, None where none is needed. Raises
        GateNotPassed, which names what has changed since an approval was asked for.
        """
        if not lacking:
            return None
        asked = on_the_way(process, self.stage, to)
        differ = {
            o.id: changed(o.shown, evidence, asked) for o in self.overrides.values() if o.covers(to, lacking)
        }
        override = next((id for id, names in differ.items() if not names), None)
        if override is None or not set(lacking).isdisjoint(NEVER_OVERRIDDEN.get(to, ())):
            raise GateNotPassed(self.stage, lacking, next(iter(differ.values()), ()))
        return override

    def request_override(
        self, process: Process, override_id: UUID, to: str, by: str, won: f.DealWon | None = None
    ) -> None:
        held = self.overrides.get(override_id)
        if held is not None:
            if held.to != to:
                raise Refused(f"under this id an override for {held.to} was asked for: use another id")
            return
        if process.stage(to) is None:
            raise Invalid([FieldError("to", f"no stage {to!r} in version {process.version}")])
        if to != AFTER_SALES:
            self.must_be_open()
        if to == WON and (self if won is None else won).amount is None:
            raise Refused("set the amount first: it is part of what is approved", missing=[AT_STAKE])
        stated = NEVER_OVERRIDDEN.get(to, ())
        lacking = tuple(name for name in self.lacking(process, to, won) if name not in stated)
        if not lacking:
            raise Refused("there is no gate on the way that an override could let pass")
        self.record(f.OverrideRequested(override_id=override_id, to=to, missing=lacking, requested_by=by))

    def decide_override(self, process: Process, override_id: UUID, *, approved: bool, by: str) -> None:
        """The same decision again is silence."""
        held = self.overrides.get(override_id)
        if held is None:
            raise NotFound("no such override was requested", kind="override", id=str(override_id))
        if held.approved is not None:
            held.must_be_decided_so(approved=approved)
            return
        if held.spent:
            raise Refused("the deal was closed since this was asked for: ask again")
        if not self.has_ahead(process, held.to):
            if held.to != AFTER_SALES:
                self.must_be_open()
            raise Refused(
                "the deal has passed this gate already: there is nothing to decide", stage=self.stage
            )
        if not may_decide(held.requested_by, by=by):
            raise Refused("an override is decided by somebody else than who asked for it")
        differ = (
            changed(held.shown, self.evidence(), on_the_way(process, self.stage, held.to)) if approved else ()
        )
        if differ:
            raise Refused(
                f"{', '.join(differ)}: changed since this was asked for: ask again", changed=list(differ)
            )
        self.record(f.OverrideDecided(override_id=override_id, approved=approved, decided_by=by))

    def has_ahead(self, process: Process, to: str) -> bool:
        """Whether the deal may still come to a gate on the way to that stage: an override of it is worth a decision."""
        reachable = self.is_open if to != AFTER_SALES else self.status != LOST
        return reachable and self.stage != to and bool(on_the_way(process, self.stage, to))

    def win(
        self,
        process: Process,
        won: f.DealWon,
        now: datetime,
        at: datetime | None = None,
        done_at: datetime | None = None,
    ) -> None:
        self.must_be_open()
        self.must_have_closed_after_opening(won.closed_on)
        evidence = self._as_if_won(won)
        lacking = missing(evidence, on_the_way(process, self.stage, WON))
        override = self._override(evidence, process, WON, lacking)
        self.change_amount(won.amount, at)
        self.record(won, at)
        self.record(f.StageMoved(before=self.stage, after=WON, override_id=override, missing=lacking), at)
        self.end_promise_at(done_at or at or now, now)

    def lose(self, process: Process, lost: f.DealLost, now: datetime, at: datetime | None = None) -> None:
        self.must_be_open()
        self.must_have_closed_after_opening(lost.closed_on)
        evidence = {
            **self.evidence(),
            "loss-reason": lost.loss_reason.strip(),
            "close-date": lost.closed_on,
        }
        lacking = missing(evidence, (*NEVER_OVERRIDDEN[LOST], *on_the_way(process, self.stage, LOST)))
        override = self._override(evidence, process, LOST, lacking)
        self.record(lost, at)
        self.record(f.StageMoved(before=self.stage, after=LOST, override_id=override, missing=lacking), at)
        self.end_promise(PromiseOutcome.EXCUSED, now)

    def reopen(self, stage: str, process: Process, at: datetime | None = None) -> None:
        """Back to a stage it had reached, or further where the gates allow it. Raises GateNotPassed."""
        if self.status == "open" and stage == self.stage:
            return
        if self.status == "open":
            raise Refused(f"the deal is open, in {self.stage}: move it instead", stage=self.stage)
        if stage not in process.open_stages:
            raise Invalid([FieldError("stage", f"must be one of {', '.join(process.open_stages)}")])
        lacking = missing(self.evidence(), on_the_way(process, self.reached(process), stage))
        if lacking:
            raise GateNotPassed(self.reached(process), lacking)
        self.record(f.DealReopened(before="won" if self.status == WON else "lost", stage=stage), at)

    def reached(self, process: Process) -> str:
        """The open stage that a closed deal may be reopened in without passing a gate."""
        return self.closed_from if self.closed_from in process.open_stages else process.open_stages[0]
