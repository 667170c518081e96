"""Domain room: a follow-up rule rehearsed over a deal's recorded history.

The deal itself is taken through its past again, with a policy it did not have: the same methods make, keep and miss its
promises as in live work, only the clock is that of the facts. Nothing is recorded. Work that an activity says was begun
before it was done touches the deal twice: when it was begun and when it was done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from domain.deal import facts as f
from domain.deal.deal import Deal
from domain.engine.facts import Fact
from domain.engine.values import Activity, PromiseOutcome
from domain.policy.closed import LOST, WON
from domain.policy.follow_up import FollowUpPolicy

BEGUN = "started"
REHEARSED = (
    f.DealOpened,
    f.ActivityLogged,
    f.OwnerChanged,
    f.StageMoved,
    f.DealWon,
    f.DealLost,
    f.DealReopened,
    f.ActivityCorrected,
    f.ClosingCorrected,
)
"""All that can make, move or end a promise, and what set it right. Promises as they really were are not looked at."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A recorded fact of a deal, and when it was true in the world."""

    at: datetime
    fact: Fact


@dataclass(slots=True)
class Rehearsed:
    """A promise as the rule would have made it. `rule` is what set its due time: an activity ("call:offer" or "call"),
    "stage:" and a stage, or "default". `ended_at` and `outcome` are None while it is live at the end of the history;
    `missed_at` is its due time where that passed before anything was done.
    """

    deal_id: UUID
    rule: str
    made_at: datetime
    due_at: datetime
    missed_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: PromiseOutcome | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Something at an instant; `touch` is what work touches the deal as."""

    at: datetime
    fact: Fact
    touch: str | None = None


def rule_for(policy: FollowUpPolicy, stage: str, touch: str | None) -> str:
    """The name of the duration that `policy.due_after_for` takes."""
    keys = (touch, touch.partition(":")[0]) if touch is not None else ()
    for key in keys:
        if key in policy.due_after_by_activity:
            return key
    return f"stage:{stage}" if stage in policy.due_after_by_stage else "default"


def moments(history: Iterable[Happened]) -> list[Moment]:
    """The history as it is known now, in the order of the world; what happened at one instant stays in the order of the
    ledger.
    """
    known = set_right(history)
    return sorted((m for happened in known for m in _moments(happened)), key=lambda moment: moment.at)


def set_right(history: Iterable[Happened]) -> list[Happened]:
    """Work as it was last told, and closings on the day they were last said to be on."""
    held = list(history)
    last = {h.fact.activity_id: h.fact.after for h in held if isinstance(h.fact, f.ActivityCorrected)}
    told: list[Happened] = []
    for happened in held:
        fact = happened.fact
        if isinstance(fact, f.ActivityLogged) and fact.activity_id in last:
            activity = last[fact.activity_id]
            at = _done_at(happened.at, fact.activity, activity)
            told.append(replace(happened, at=at, fact=replace(fact, activity=activity)))
        elif isinstance(fact, f.ClosingCorrected):
            _move_closing(told, fact.after.closed_on - fact.before.closed_on)
        elif not isinstance(fact, f.ActivityCorrected):
            told.append(happened)
    return told


def _done_at(told_at: datetime, told: Activity, known: Activity) -> datetime:
    """Work that was only begun when it was first told was done so long after."""
    if told.started_at != told_at or told.duration_minutes is not None or known.duration_minutes is None:
        return told_at
    return told_at + timedelta(minutes=known.duration_minutes)


def _move_closing(told: list[Happened], days: timedelta) -> None:
    """The facts of the last closing, to another day."""
    for n in range(len(told) - 1, -1, -1):
        fact = told[n].fact
        closes = isinstance(fact, f.DealWon | f.DealLost)
        if closes or (isinstance(fact, f.StageMoved) and fact.after in (WON, LOST)):
            told[n] = replace(told[n], at=told[n].at + days)
        if closes:
            return


def touches(history: Iterable[Happened]) -> list[str]:
    """What work touched the deal as."""
    return [moment.touch for moment in moments(history) if moment.touch is not None]


def matches(rule: str, touch: str) -> bool:
    return rule in (touch, touch.partition(":")[0])


def _moments(happened: Happened) -> Iterator[Moment]:
    fact = happened.fact
    if not isinstance(fact, f.ActivityLogged):
        yield Moment(happened.at, fact)
        return
    activity: Activity = fact.activity
    if activity.started_at is not None and activity.started_at < happened.at:
        yield Moment(activity.started_at, fact, f"{activity.kind}:{BEGUN}")
    yield Moment(happened.at, fact, f"{activity.kind}:{activity.outcome}")


@dataclass
class Rehearsal:
    """One deal and one policy. `play` gives the promises in the order in which they were made."""

    deal_id: UUID
    policy: FollowUpPolicy
    made: dict[UUID, Rehearsed] = field(default_factory=dict)

    def play(self, history: Iterable[Happened], as_of: datetime) -> list[Rehearsed]:
        """A promise is missed when nothing was done up to and including its due time; one that is due at `as_of` or
        later is not missed yet.
        """
        deal = Deal(self.deal_id)
        for moment in moments(history):
            if moment.at > as_of:
                break
            self._let_pass(deal, moment.at)
            self._happen(deal, moment)
            self._note(deal, moment)
        self._let_pass(deal, as_of)
        return list(self.made.values())

    def _let_pass(self, deal: Deal, until: datetime) -> None:
        """Time goes on to `until`: the timer of the live promise may have gone off."""
        if deal.promise is not None and deal.promise.is_overdue(until):
            deal.miss(deal.promise)
            self.made[deal.promise.id].missed_at = deal.promise.deadlines.due_at

    def _happen(self, deal: Deal, moment: Moment) -> None:
        fact, at = moment.fact, moment.at
        if moment.touch is not None:
            deal.touched(self.policy, at, moment.touch, None)
            return
        deal.replay(fact, deal.version + 1, at)
        if isinstance(fact, f.DealWon):
            deal.end_promise_at(at, at)
        elif isinstance(fact, f.DealLost):
            deal.end_promise(PromiseOutcome.EXCUSED, at)
        elif isinstance(fact, f.StageMoved):
            deal.rearm(self.policy, at)
        elif isinstance(fact, f.DealOpened | f.DealReopened):
            deal.keep_promised(self.policy, at)

    def _note(self, deal: Deal, moment: Moment) -> None:
        """Write down what the moment did to promises."""
        for fact, at in deal.take_decided():
            if isinstance(fact, f.PromiseMade):
                rule = rule_for(self.policy, deal.stage, moment.touch)
                self.made[fact.promise_id] = Rehearsed(deal.id, rule, moment.at, fact.deadlines.due_at)
            elif isinstance(fact, f.PromiseRearmed):
                held = self.made[fact.promise_id]
                held.rule, held.due_at = rule_for(self.policy, deal.stage, None), fact.after.due_at
            elif isinstance(fact, f.PromiseEnded):
                ended = self.made[fact.promise_id]
                ended.outcome, ended.ended_at = fact.outcome, at or moment.at


def rehearse_deal(
    deal_id: UUID, history: Iterable[Happened], policy: FollowUpPolicy, as_of: datetime
) -> list[Rehearsed]:
    """The promises `policy` would have made for a deal with this history, up to `as_of`."""
    return Rehearsal(deal_id, policy).play(history, as_of)
