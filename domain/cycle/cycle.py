"""Domain room: the cycle aggregate.

Its story is in `facts.py`, its state and mutators in `state.py`; here are the rules. A cycle never stands still for
want of a person: what is late is told to who is above, and the loop goes on with what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.cycle import facts as f
from domain.cycle.policy import TIMES, Awaited, Cadence, CyclePolicy, Step, Times
from domain.cycle.state import OVER, CycleState, Phase
from domain.engine.errors import Forbidden, NotFound, Refused
from domain.engine.values import named_id
from domain.figures.scope import Scope
from domain.time.commitment import Commitment, Kind
from domain.time.periods import Period


def cycle_id(scope: Scope, period: Period) -> UUID:
    """The stream of the one cycle for this scope and period."""
    return named_id("cycle", f"{scope.key}|{period.kind}|{period.start}|{period.end}")


def later_of(moment: datetime, other: datetime | None) -> datetime:
    return moment if other is None else max(moment, other)


APPEALABLE = (Phase.FEEDBACK, Phase.NEXT)
"""When the outcome is known, and not over."""


class Cycle(CycleState):
    # -- guards ------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        return self.phase in OVER

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    def clock(self, now: datetime) -> datetime:
        """What deadlines are held against: a pause stops it."""
        return now if self.paused_at is None else self.paused_at

    def runs(self, arming: int) -> bool:
        """Whether a timer set for this arming may still speak for the cycle."""
        return self.exists and not self.is_over and not self.is_paused and arming == self.arming

    def must_be_in(self, *phases: Phase) -> None:
        if self.phase not in phases:
            allowed = ", ".join(phases)
            raise Refused(f"the cycle is in {self.phase}: this belongs to {allowed}", phase=self.phase)

    def must_be(self, by: UUID, person: UUID | None, part: str) -> None:
        if person is not None and by != person:
            raise Forbidden(f"this is for the {part} of the cycle to say")

    def must_be_owner(self, by: UUID) -> None:
        self.must_be(by, self.people.owner_id, "owner")

    def must_be_manager(self, by: UUID) -> None:
        """Where somebody above has the part of a manager who is the owner, either may say it."""
        if by != self.people.reviewer:
            self.must_be(by, self.people.manager_id, "manager")

    def must_go_on(self) -> None:
        if self.is_over:
            raise Refused(f"the cycle is {self.phase}: nothing can be changed about it", phase=self.phase)

    # -- what is owed ------------------------------------------------------------------------

    def waits_for(self, step: Step, subject_id: UUID | None = None) -> Commitment | None:
        return self.waiting.find(step, subject_id)

    def wait_for(
        self,
        policy: CyclePolicy,
        step: Step,
        due_at: datetime,
        now: datetime,
        *,
        of: UUID | None = None,
        subject_id: UUID | None = None,
    ) -> None:
        awaited = policy.awaiting(step, of or self.part(step), due_at, now, subject_id)
        self.record(f.CycleAwaiting(awaited=awaited, arming=self.arming, since=now), now)

    def wait_after(self, policy: CyclePolicy, step: Step, now: datetime) -> None:
        """The step is owed from now, unless it is already."""
        if self.waits_for(step) is None:
            self.wait_for(policy, step, policy.due_after(step, now), now)

    def live(self, step: Step, subject_id: UUID | None, arming: int) -> Commitment | None:
        """What is owed, if a timer set for this arming may still speak for it."""
        owed = self.waits_for(step, subject_id)
        return owed if owed is not None and owed.generation == arming and not self.is_paused else None

    def remind(self, owed: Commitment) -> None:
        if owed.awaits(Kind.REMIND):
            told = f.CycleReminded(
                step=Step(owed.what),
                arming=owed.generation,
                told=owed.owner_id,
                subject_id=owed.subject_id,
            )
            self.record(told)

    def escalate(self, owed: Commitment, policy: CyclePolicy, now: datetime) -> None:
        """Who is above is told, and what must not wait for one person goes on."""
        if not owed.awaits(Kind.ESCALATE):
            return
        told = f.CycleEscalated(
            step=Step(owed.what),
            arming=owed.generation,
            told=self.above(owed),
            subject_id=owed.subject_id,
        )
        self.record(told)
        if owed.what == Step.SELF_ASSESS:
            self.wait_after(policy, Step.ASSESS, now)
        if owed.what == Step.ACKNOWLEDGE:
            self.record(f.LeftUnacknowledged())

    def above(self, owed: Commitment) -> UUID | None:
        """The manager is above everybody else, and somebody may be above the manager."""
        reviewer = self.people.reviewer
        higher = self.people.above_id if reviewer is None or owed.owner_id == reviewer else reviewer
        return higher if higher != owed.owner_id else None

    # -- target and execution ----------------------------------------------------------------

    def include(self, target_id: UUID, metric: str) -> None:
        if target_id not in self.targets:
            self.record(f.TargetIncluded(target_id=target_id, metric=metric))

    def start(self, agreed: Sequence[UUID], policy: CyclePolicy, now: datetime) -> None:
        check_in = policy.next_check_in(self.period, now, self.cadence)
        unagreed = tuple(id for id in self.targets if id not in agreed)
        started = f.ExecutionStarted(agreed=tuple(agreed), unagreed=unagreed, next_check_in_at=check_in)
        self.record(started, now)

    def check_in(self, checked: f.CheckedIn, lines: Sequence[f.CheckInLine], now: datetime) -> None:
        self.record(checked, now)
        told = tuple(dict.fromkeys(p for p in (self.people.owner_id, self.people.reviewer) if p is not None))
        for line in lines:
            step = self.behind.get(line.target_id, 0)
            if line.step > step:
                self.record(f.FellBehind(target_id=line.target_id, step=line.step, told=told), now)
            elif step and not line.step:
                self.record(f.Recovered(target_id=line.target_id, told=told), now)

    # -- review and feedback -----------------------------------------------------------------

    def open_review(self, opened: f.ReviewOpened, policy: CyclePolicy, now: datetime) -> None:
        self.record(opened, now)
        self.wait_after(policy, Step.SELF_ASSESS, now)

    def assess_self(self, by: UUID, text: str, policy: CyclePolicy, now: datetime) -> None:
        self.must_be_owner(by)
        self.must_be_in(Phase.REVIEW)
        said = f.SelfAssessed(assessed_by=by, text=text)
        if said == self.self_assessment:
            return
        if self.assessment is not None:
            raise Refused("the manager has assessed already: comment or appeal instead")
        self.record(said)
        self.wait_after(policy, Step.ASSESS, now)

    def assess(self, by: UUID, text: str, policy: CyclePolicy, now: datetime) -> None:
        self.must_be_manager(by)
        self.must_be_in(Phase.REVIEW)
        said, own = f.Assessed(assessed_by=by, text=text), self.waits_for(Step.SELF_ASSESS)
        if said == self.assessment:
            return
        if own is not None and self.clock(now) <= own.deadlines.due_at:
            raise Refused("the owner's own assessment comes first", until=own.deadlines.due_at.isoformat())
        self.record(said)
        self.wait_after(policy, Step.GIVE_FEEDBACK, now)

    def give_feedback(self, given: f.FeedbackGiven, policy: CyclePolicy, now: datetime) -> None:
        self.must_be_manager(given.given_by)
        held = self.feedback
        if held is not None and (held.text, held.action_items) == (given.text, given.action_items):
            return
        self.must_be_in(Phase.REVIEW)
        if self.assessment is None:
            raise Refused("the manager's assessment comes first")
        self.record(given)
        self.wait_after(policy, Step.ACKNOWLEDGE, now)

    def acknowledge(self, by: UUID) -> None:
        self.must_be_owner(by)
        if not self.acknowledged:
            self.must_be_in(Phase.FEEDBACK, Phase.NEXT, Phase.CLOSED)
            self.record(f.Acknowledged(acknowledged_by=by))

    def appeal(self, by: UUID, why: str, policy: CyclePolicy, now: datetime) -> None:
        self.must_be_owner(by)
        if self.waits_for(Step.DECIDE_APPEAL) is not None:
            if self.appealed is None or (self.appealed.appealed_by, self.appealed.why) != (by, why):
                raise Refused("an appeal waits to be decided already")
            return
        self.must_be_in(*APPEALABLE)
        if not self._still_to_appeal(now):
            raise Refused("the time to appeal is over")
        self.record(f.Appealed(number=self.appeals + 1, appealed_by=by, why=why))
        self.wait_after(policy, Step.DECIDE_APPEAL, now)

    def may_appeal(self, by: UUID | None, now: datetime) -> bool:
        """Whether `appeal` takes a new one of them."""
        theirs = by is not None and self.people.owner_id in (None, by)
        waits = self.waits_for(Step.DECIDE_APPEAL) is not None
        return theirs and not waits and self.phase in APPEALABLE and self._still_to_appeal(now)

    def _still_to_appeal(self, now: datetime) -> bool:
        until = self.times.appeal_until
        return until is not None and self.clock(now) <= until

    def decide_appeal(self, by: UUID, why: str, *, upheld: bool) -> None:
        self.must_be_manager(by)
        if self.waits_for(Step.DECIDE_APPEAL) is None:
            raise Refused("there is no appeal to decide")
        self.record(f.AppealDecided(number=self.appeals, decided_by=by, upheld=upheld, why=why))

    def must_have_asked(self, decision_id: UUID) -> None:
        if decision_id not in self.decisions:
            raise NotFound("no such decision was asked for", kind="decision", id=str(decision_id))

    def may_decide(self, decision_id: UUID, by: UUID) -> bool:
        """Who was asked; and who was told that they are late."""
        owed = self.waits_for(Step.DECIDE, decision_id)
        told = self.above(owed) if owed is not None and owed.escalated else None
        return by in (self.asked.get(decision_id), told)

    def take_decision(self, taken: f.DecisionTaken) -> None:
        self.must_have_asked(taken.decision_id)
        held = self.decisions[taken.decision_id]
        if held == taken:
            return
        if not self.may_decide(taken.decision_id, taken.taken_by):
            raise Forbidden("this was asked of somebody else")
        if held is not None:
            raise Refused("this was decided already", by=str(held.taken_by))
        self.record(taken)

    def hand_over_decision(self, decision_id: UUID, to: UUID) -> None:
        self.must_have_asked(decision_id)
        before = self.asked[decision_id]
        if before != to:
            if self.decisions[decision_id] is not None:
                raise Refused("this was decided already", by=str(before))
            self.record(f.DecisionHandedOver(decision_id=decision_id, before=before, after=to))

    # -- the end, and what people change -----------------------------------------------------

    def close(self, next_id: UUID, now: datetime) -> None:
        if self.phase == Phase.CLOSED:
            return
        self.must_be_in(Phase.NEXT)
        if self.next_proposed is None:
            raise Refused("the next target comes first")
        if self.waiting:
            raise Refused("the cycle waits for something", steps=[owed.what for owed in self.waiting])
        if self.times.appeal_until is not None and now < self.times.appeal_until:
            raise Refused("the owner may still appeal", until=self.times.appeal_until.isoformat())
        self.record(f.CycleClosed(next_id=next_id))

    def pause(self, why: str, now: datetime) -> None:
        self.must_go_on()
        if not self.is_paused:
            self.record(f.CyclePaused(at=now, why=why))

    def resume(self, policy: CyclePolicy, now: datetime) -> None:
        """What was not overdue when the cycle was paused is put off by the business time that the pause took of it."""
        self.must_go_on()
        if self.paused_at is None:
            return
        arming, paused_at = self.arming + 1, self.paused_at
        owed = [policy.put_off(one, later_of(paused_at, one.made_at), now) for one in self.waiting]
        moved = [
            f.CycleAwaiting(awaited=awaited, arming=arming, since=one.made_at)
            for one, awaited in zip(self.waiting, owed, strict=True)
        ]
        times = self._put_off(policy, paused_at, now, owed)
        check_in = times.next_check_in_at
        self.record(f.CycleResumed(at=now, arming=arming, next_check_in_at=check_in, times=times), now)
        for said in moved:
            self.record(said, now)

    def _put_off(
        self, policy: CyclePolicy, paused_at: datetime, now: datetime, owed: Sequence[Awaited]
    ) -> Times:
        """Each time, unless another rule has it: a period begins when it begins, but not before the time to agree is over;
        a check-in that was passed over is not made up for.
        """
        assert self.schedule is not None
        given_at = self.feedback.given_at if self.feedback else None
        began = {"review_at": self.schedule.ends_at, "appeal_until": given_at}
        times = {name: at for name in TIMES if (at := getattr(self.times, name)) is not None}
        moved = {
            name: policy.calendar.put_off(at, later_of(paused_at, began.get(name)), now)
            for name, at in times.items()
        }
        if self.times.executes_at == self.schedule.starts_at:
            moved["executes_at"] = self.schedule.starts_at
        if self.phase == Phase.TARGET:
            moved["executes_at"] = max([moved["executes_at"], *(awaited.due_at for awaited in owed)])
        executes = self.phase == Phase.EXECUTE
        check_in = policy.next_check_in(self.period, now, self.cadence) if executes else None
        return replace(Times(**moved), next_check_in_at=check_in)

    def change_cadence(self, to: Cadence, policy: CyclePolicy, now: datetime) -> None:
        self.must_go_on()
        if to == self.cadence:
            return
        check_in = policy.next_check_in(self.period, now, to) if self.phase == Phase.EXECUTE else None
        changed = f.CadenceChanged(
            before=self.cadence, after=to, arming=self.arming + 1, next_check_in_at=check_in
        )
        self.record(changed)

    def cancel(self, why: str) -> None:
        if self.phase == Phase.CLOSED:
            raise Refused("the cycle is closed: there is nothing left to cancel")
        if self.phase != Phase.CANCELLED:
            self.record(f.CycleCancelled(why=why))

    def hand_over(self, after: f.People, why: str) -> None:
        self.must_go_on()
        if after != self.people:
            self.record(f.CycleHandedOver(before=self.people, after=after, why=why))
