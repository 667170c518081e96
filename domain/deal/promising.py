"""Domain room: the deal's rules about the promise it always has while it is open.

After every command of the deal: open means exactly one live promise, closed means none. Here are the rules about
that promise; those about the deal itself are in `deal.py`, state and mutators in `state.py`.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.deal import facts as f
from domain.deal.promises import EndedPromise, Promise
from domain.deal.state import DealState
from domain.engine.errors import Forbidden, NotFound, Refused
from domain.engine.values import NextStep, PromiseOutcome, id_within
from domain.policy.follow_up import FollowUpPolicy
from domain.time.commitment import Deadlines, Kind

BY_RULE = "follow up"


def _beyond(policy: FollowUpPolicy, what: str, limit: str) -> Forbidden:
    words = f"the policy {policy.name!r} lets an owner {what}: a manager of the team may go further"
    return Forbidden(words, limit=limit, policy=policy.name)


class PromisingDeal(DealState):
    @property
    def is_open(self) -> bool:
        return self.status == "open"

    def must_be_open(self) -> None:
        if not self.is_open:
            raise Refused(f"the deal is {self.status}: reopen it first", status=self.status)

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
            self._rearm(self.promise, policy.deadlines(step.due_at, now), policy, now, named=True)

    def touched(
        self,
        policy: FollowUpPolicy,
        now: datetime,
        touch: str | None,
        step: NextStep | None,
        done_at: datetime | None = None,
    ) -> None:
        """Work was done: what was promised is kept or late, and the next promise follows. `done_at` is given for what
        is entered late; done before the promise was made it is history, keeps nothing and puts nothing off.
        """
        if not self.is_open:
            return
        if self.promise is not None and self.promise.can_be_kept_by(done_at):
            self.end_promise_at(done_at or now, now)
        if step is not None:
            self.promise_next(step, policy, now)
        self.keep_promised(policy, now, touch)

    def must_have_excused(self, promise_id: UUID) -> None:
        """Raises Refused for a promise that ended otherwise, and NotFound for one that there never was."""
        if self.last_ended == EndedPromise(promise_id, PromiseOutcome.EXCUSED):
            return
        if promise_id not in {id_within(self.id, f"promise:{n}") for n in range(1, self.promises + 1)}:
            raise NotFound("the deal has no such promise", kind="promise", id=str(promise_id))
        raise Refused("this promise is not live any more: there is nothing left to excuse")

    def must_leave_owner(self, step: NextStep, policy: FollowUpPolicy, now: datetime) -> None:
        """Raises Forbidden where the owner alone may not promise that, naming the limit and who may."""
        if step.due_at > policy.owner_ahead.after(now, policy.calendar):
            raise _beyond(policy, f"promise {policy.owner_ahead} ahead at most", "owner_ahead")
        held = self.promise
        put_off = held is not None and not held.by_rule and step.due_at > held.deadlines.due_at
        if held is not None and put_off and held.moves >= policy.owner_moves:
            raise _beyond(policy, f"put a promise off {policy.owner_moves} times", "owner_moves")

    def must_leave_owner_excuse(self, policy: FollowUpPolicy) -> None:
        if self.excused >= policy.owner_excuses:
            raise _beyond(policy, f"excuse {policy.owner_excuses} promises of a deal", "owner_excuses")

    def rearm(self, policy: FollowUpPolicy, now: datetime) -> None:
        """The stage moved: a promise made by rule gets the rule's due time anew, one that somebody named keeps its due
        time and gets the new warnings.
        """
        if self.is_open and self.promise is not None:
            by_rule = self.promise.by_rule
            due = policy.due_at(now, self.stage) if by_rule else self.promise.deadlines.due_at
            self._rearm(self.promise, policy.deadlines(due, now), policy, now)

    def follow(self, policy: FollowUpPolicy, now: datetime) -> None:
        """The policy changed. No work was done, so what is overdue stays overdue: a new policy is no amnesty."""
        if not self.is_open or self.promise is None or self.promise.policy_version >= policy.version:
            return
        if self.promise.is_overdue(now):
            same_due = policy.deadlines(self.promise.deadlines.due_at, now)
            self._rearm(self.promise, same_due, policy, now)
        else:
            self.rearm(policy, now)

    def _rearm(
        self,
        promise: Promise,
        after: Deadlines,
        policy: FollowUpPolicy,
        now: datetime,
        *,
        named: bool = False,
    ) -> None:
        rearmed = f.PromiseRearmed(
            promise_id=promise.id,
            before=promise.deadlines,
            after=after,
            policy_version=policy.version,
            arming=promise.generation + 1,
            named=named,
            overdue=promise.is_overdue(now),
        )
        self.record(rearmed, now)

    def _promise(
        self, what: str, due: datetime, policy: FollowUpPolicy, now: datetime, *, by_rule: bool
    ) -> None:
        number = self.promises + 1
        made = f.PromiseMade(
            promise_id=id_within(self.id, f"promise:{number}"),
            number=number,
            owner_id=self.owner_id,
            what=what,
            deadlines=policy.deadlines(due, now),
            policy=policy.name,
            policy_version=policy.version,
            by_rule=by_rule,
            made_at=now,
        )
        self.record(made, now)

    def end_promise_at(self, done_at: datetime, now: datetime) -> None:
        """Kept or late by when the work was done; it ends when we learn of it."""
        if self.promise is not None:
            self.end_promise(self.promise.outcome_at(done_at), now)

    def end_promise(self, outcome: PromiseOutcome, at: datetime | None = None) -> None:
        if self.promise is not None:
            due = self.promise.deadlines.due_at
            self.record(f.PromiseEnded(promise_id=self.promise.id, outcome=outcome, due_at=due), at)

    def break_if_overdue(self, now: datetime) -> None:
        """What its owner let pass is theirs: who takes the deal over starts with a promise of their own."""
        if self.promise is not None and self.promise.is_overdue(now):
            self.end_promise(PromiseOutcome.BROKEN, now)

    def live(self, promise_id: UUID, arming: int) -> Promise | None:
        """The live promise, if a timer set for this arming may still speak for it."""
        held = self.promise
        return held if held is not None and (held.id, held.generation) == (promise_id, arming) else None

    def remind(self, promise: Promise) -> None:
        if promise.awaits(Kind.REMIND):
            self.record(
                f.PromiseReminded(promise_id=promise.id, arming=promise.generation, told=promise.owner_id)
            )

    def miss(self, promise: Promise) -> None:
        if promise.awaits(Kind.MISS):
            due = promise.deadlines.due_at
            missed = f.PromiseMissed(
                promise_id=promise.id, arming=promise.generation, told=promise.owner_id, due_at=due
            )
            self.record(missed)

    def escalate(self, promise: Promise, manager_id: UUID | None, *, again: bool = False) -> None:
        if promise.awaits(Kind.ESCALATE_AGAIN if again else Kind.ESCALATE):
            self.record(f.PromiseEscalated(promise_id=promise.id, arming=promise.generation, told=manager_id))
