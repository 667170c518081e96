"""Whatever is asked of deals, in whatever order and by whomever, what must hold of them holds.

The machine decides as the command handler does: on remembered aggregates, which it then compares with a fold of all recorded facts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.deal import commands as c
from domain.deal.deal import Deal
from domain.engine.aggregate import Aggregate
from domain.engine.command import Call, Command
from domain.engine.command_handler import attempt
from domain.engine.context import Actor
from domain.engine.errors import DomainError
from domain.engine.facts import FACTS, Fact
from domain.engine.unit_of_work import NotLoaded, UnitOfWork, nothing_remembered
from domain.engine.values import Activity, ActivityKind, Money, Needs, NextStep, Quote
from domain.people.people import HireRep, PlanLeave, RepLeaves
from domain.policy.follow_up import DEFAULT_POLICY
from domain.policy.policies import PublishPolicy
from domain.policy.process import DEFAULT_PROCESS, PublishProcess
from domain.time.duration import Duration
from runtime.snapshots import frozen, thawed
from tests.domain.anything import anything
from tests.domain.given_when_then import NOW, History, context_of
from tests.domain.ledger_of_promises import Account
from tests.domain.words import ALL_NEEDS, LI, NORTH, PRICE, SOUTH, STAFF, WANG, ZHAO, yuan

DEALS = tuple(UUID(int=0xD0 + n) for n in range(3))
REPS = (LI, WANG, ZHAO, UUID(int=0xB4))
OVERRIDES = tuple(UUID(int=0xF0 + n) for n in range(3))
ACTIVITIES = tuple(UUID(int=0xE0 + n) for n in range(5))
USERS = tuple(Actor("user", name) for name in ("one", "two"))
STAGES = tuple(s.name for s in DEFAULT_PROCESS.stages)
TIMERS = (c.RemindPromise, c.MissPromise, c.EscalatePromise)

deals, reps, overrides, users = map(st.sampled_from, (DEALS, REPS, OVERRIDES, USERS))
stages = st.sampled_from(STAGES)
money = st.sampled_from([PRICE, yuan(1), None, Money(PRICE.amount, "EUR"), yuan(-1)])
minutes = st.integers(1, 20 * 24 * 60).map(lambda n: timedelta(minutes=n))
spans = minutes | minutes.map(lambda span: -span)
"""How far ahead a step is due: half of them lie behind."""
steps = minutes | minutes | st.none() | spans
lateness = st.sampled_from(
    [timedelta(0), timedelta(0), timedelta(minutes=5), timedelta(days=2), timedelta(days=90)]
)
seldom = st.sampled_from([False, False, False, True])
kinds = st.sampled_from(list(ActivityKind))
references = st.sampled_from(["C-1", "C-2", "", " "])
wants = st.sampled_from([ALL_NEEDS, Needs(), replace(ALL_NEEDS, budget=None), Needs(pain_points="cold")])


def tighter(stage: int, requirement: str) -> PublishProcess:
    """The default process, with one more requirement to leave a stage."""
    changed = list(DEFAULT_PROCESS.stages)
    changed[stage] = replace(changed[stage], leave=(*changed[stage].leave, requirement))
    return PublishProcess(process=replace(DEFAULT_PROCESS, stages=tuple(changed)))


def again(held: Aggregate) -> Aggregate:
    """The aggregate as a snapshot gives it back, where its kind is kept."""
    return held if held.KEPT is None else thawed(type(held)(held.id), frozen(held), held.version)


SHORTER = PublishProcess(process=replace(DEFAULT_PROCESS, stages=DEFAULT_PROCESS.stages[1:]))


@dataclass(frozen=True)
class Imported:
    """What a row of a file may say, apart from whose and which deal it is."""

    stage: str
    days: int
    amount: Money | None
    needs: Needs
    text: str
    override_reason: str

    def told(self, now: datetime, deal: UUID, owner: UUID) -> c.ImportDeal:
        closed = now - timedelta(days=self.days // 2) if self.stage in ("won", "lost") else None
        return c.ImportDeal(
            deal_id=deal,
            title="Boilers",
            owner_id=owner,
            source="crm",
            reference=f"R-{deal.int}",
            opened_at=now - timedelta(days=self.days),
            stage=self.stage,
            amount=self.amount,
            needs=self.needs,
            closed_on=closed.date() if closed else None,
            closed_at=closed,
            contract_reference=self.text,
            loss_reason=self.text,
            override_reason=self.override_reason,
        )


rows = st.builds(
    Imported,
    stages,
    st.integers(0, 40),
    money,
    wants,
    references,
    st.sampled_from(["", "as in the old system"]),
)


class Selling(RuleBasedStateMachine):
    """Three deals, a few reps, and commands that may or may not be allowed."""

    def __init__(self) -> None:
        super().__init__()
        self.history = History()
        self.held: dict[UUID, Aggregate] = {}
        self.now = NOW
        self.accounts: dict[UUID, Account] = {}

    @initialize()
    def begin(self) -> None:
        for command in STAFF:
            self.ask(command)
        for deal in DEALS[:2]:
            self.ask(c.OpenDeal(deal_id=deal, title="Boilers", owner_id=LI))

    def ask(self, command: Command, **context: Any) -> tuple[Fact, ...]:
        """Decide on remembered state, keep what was decided, and check all that must hold after any command."""
        call = Call(command, context_of(now=self.now, **context))
        before = self.as_held()
        facts: tuple[Fact, ...] = ()
        changed: list[Aggregate] = []
        try:
            decision, work = self._attempt(call, dict(self.held))
            afresh, _ = self._attempt(call, {})
            assert [p.fact for p in decision.facts] == [p.fact for p in afresh.facts]
            assert decision.answer == afresh.answer
            from_snapshots, _ = self._attempt(call, {id: again(held) for id, held in self.held.items()})
            assert from_snapshots == decision._replace(meta=from_snapshots.meta)
            changed = list(work.changed)
            for pending in decision.facts:
                self.history.keep(pending)
            facts = tuple(p.fact for p in decision.facts)
            self._account(decision.facts)
        except DomainError:
            pass
        assert self.as_held() == before, "a decision changed what it was made on"
        self.held |= {aggregate.id: aggregate for aggregate in changed}
        for aggregate in changed:
            assert vars(aggregate) == vars(self.history.load(type(aggregate), aggregate.id))
        return facts

    def as_held(self) -> bytes:
        """All that is remembered, to the last value: what changed in place reads differently."""
        return msgspec.msgpack.encode([vars(held) for held in self.held.values()], enc_hook=repr)

    def _attempt(self, call: Call, loaded: dict[UUID, Aggregate]) -> Any:
        while True:
            try:
                work = UnitOfWork(call.context, loaded, nothing_remembered)
                return attempt(call, work), work
            except NotLoaded as missing:
                loaded |= {id: self.history.load(kind, id) for id, kind in missing.wanted.items()}

    def _account(self, pending: Any) -> None:
        for deal_id in DEALS:
            facts = [p.fact for p in pending if p.originator_id == deal_id]
            self.accounts.setdefault(deal_id, Account()).read(facts)

    def deal(self, id: UUID) -> Deal:
        return self.history.load(Deal, id)

    @invariant()
    def every_open_deal_has_one_live_promise(self) -> None:
        for deal_id in DEALS:
            deal, account = self.deal(deal_id), self.accounts.get(deal_id, Account())
            assert deal.is_open == (deal.promise is not None) == account.open
            if deal.promise is not None:
                assert deal.promise.owner_id == deal.owner_id == account.owner
                assert deal.promise.generation == account.arming
                times = deal.promise.deadlines
                assert times.remind_at <= times.due_at <= times.escalate_at <= times.reassign_at

    # -- time ----------------------------------------------------------------------------------

    @rule(hours=st.integers(1, 24 * 12))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    def past(self, ago: timedelta) -> datetime | None:
        return self.now - ago if ago else None

    def ahead(self, span: timedelta | None) -> NextStep | None:
        return NextStep("call again", self.now + span) if span is not None else None

    # -- selling -------------------------------------------------------------------------------

    @rule(deal=deals, owner=reps, amount=money, span=steps, ago=lateness)
    def open(
        self, deal: UUID, owner: UUID, amount: Money | None, span: timedelta | None, ago: timedelta
    ) -> None:
        command = c.OpenDeal(
            deal_id=deal, title="Boilers", owner_id=owner, amount=amount, next_step=self.ahead(span)
        )
        self.ask(command, occurred_at=self.past(ago))

    @rule(deal=deals, activity=st.sampled_from(ACTIVITIES), kind=kinds, span=steps, ago=lateness)
    def touch(
        self, deal: UUID, activity: UUID, kind: ActivityKind, span: timedelta | None, ago: timedelta
    ) -> None:
        command = c.LogActivity(
            deal_id=deal, activity_id=activity, activity=Activity(kind=kind), next_step=self.ahead(span)
        )
        self.ask(command, occurred_at=self.past(ago))

    @rule(deal=deals, activity=st.sampled_from(ACTIVITIES), kind=kinds)
    def correct_touch(self, deal: UUID, activity: UUID, kind: ActivityKind) -> None:
        self.ask(c.CorrectActivity(deal_id=deal, activity_id=activity, activity=Activity(kind=kind)))

    @rule(deal=deals, to=stages)
    def move(self, deal: UUID, to: str) -> None:
        self.ask(c.MoveStage(deal_id=deal, to=to))

    @rule(deal=deals, needs=wants, amount=money, quoted=st.booleans())
    def prepare(self, deal: UUID, needs: Needs, amount: Money | None, quoted: bool) -> None:
        self.ask(c.RecordNeeds(deal_id=deal, needs=needs))
        self.ask(c.ChangeAmount(deal_id=deal, amount=amount))
        if quoted:
            self.ask(c.RecordQuote(deal_id=deal, quote=Quote(reference="Q", amount=amount or PRICE)))

    @rule(deal=deals, amount=money, contract=references, undated=seldom, ago=lateness)
    def win(self, deal: UUID, amount: Money | None, contract: str, undated: bool, ago: timedelta) -> None:
        day = None if undated else self.now.date()
        command = c.WinDeal(deal_id=deal, amount=amount, closed_on=day, contract_reference=contract)
        self.ask(command, occurred_at=self.past(ago))

    @rule(deal=deals, amount=money)
    def win_as_it_should_be(self, deal: UUID, amount: Money | None) -> None:
        self.prepare(deal, ALL_NEEDS, amount, quoted=True)
        self.win(deal, amount, "C-1", undated=False, ago=timedelta(0))

    @rule(deal=deals, reason=references)
    def lose(self, deal: UUID, reason: str) -> None:
        self.ask(c.LoseDeal(deal_id=deal, loss_reason=reason))

    @rule(deal=deals, stage=st.just("identify") | stages)
    def reopen(self, deal: UUID, stage: str) -> None:
        self.ask(c.ReopenDeal(deal_id=deal, stage=stage))

    @rule(deal=deals, contract=st.none() | references, reason=st.none() | references)
    def correct_closing(self, deal: UUID, contract: str | None, reason: str | None) -> None:
        self.ask(c.CorrectClosing(deal_id=deal, contract_reference=contract, loss_reason=reason))

    @rule(deal=deals, override=overrides, to=stages, user=users)
    def ask_override(self, deal: UUID, override: UUID, to: str, user: Actor) -> None:
        self.ask(c.RequestOverride(deal_id=deal, override_id=override, to=to), reason="now", actor=user)

    @rule(deal=deals, override=overrides, approved=st.booleans(), user=users)
    def decide_override(self, deal: UUID, override: UUID, approved: bool, user: Actor) -> None:
        self.ask(c.DecideOverride(deal_id=deal, override_id=override, approved=approved), actor=user)

    @rule(deal=deals, override=overrides, to=st.sampled_from(STAGES[1:6]), before=wants, after=wants)
    def pass_by_override(self, deal: UUID, override: UUID, to: str, before: Needs, after: Needs) -> None:
        """Approved over some needs, used over others, and tried twice."""
        self.move(deal, "identify")
        self.ask(c.RecordNeeds(deal_id=deal, needs=before))
        self.ask_override(deal, override, to, USERS[0])
        self.decide_override(deal, override, True, USERS[1])
        self.ask(c.RecordNeeds(deal_id=deal, needs=after))
        for stage in (to, "identify", to):
            self.move(deal, stage)
        self.win(deal, PRICE, "", undated=False, ago=timedelta(0))

    # -- promises ------------------------------------------------------------------------------

    @rule(deal=deals, span=spans, what=st.sampled_from(["follow up", "send the offer"]))
    def promise_next(self, deal: UUID, span: timedelta, what: str) -> None:
        self.ask(c.PromiseNext(deal_id=deal, next_step=NextStep(what, self.now + span)))

    def spoken_of(self, deal_id: UUID, stale: bool) -> tuple[UUID, int]:
        promise = self.deal(deal_id).promise
        if promise is None or stale:
            return UUID(int=9), 1
        return promise.id, promise.generation

    @rule(deal=deals, stale=seldom, span=steps)
    def excuse(self, deal: UUID, stale: bool, span: timedelta | None) -> None:
        promise_id, _ = self.spoken_of(deal, stale)
        command = c.ExcusePromise(deal_id=deal, promise_id=promise_id, next_step=self.ahead(span))
        self.ask(command, reason="holiday")

    @rule(deal=deals, kind=st.sampled_from(TIMERS), stale=seldom, earlier=seldom)
    def timer_speaks(self, deal: UUID, kind: type[c.PromiseTimer], stale: bool, earlier: bool) -> None:
        promise_id, arming = self.spoken_of(deal, stale)
        spoken = kind(deal_id=deal, promise_id=promise_id, arming=arming - earlier)
        facts = self.ask(spoken)
        assert not (facts and (stale or earlier)), "a late timer is not heard"
        assert not self.ask(spoken), "a timer is heard once"

    @rule(deal=deals, to=reps, stale=seldom)
    def reassign(self, deal: UUID, to: UUID, stale: bool) -> None:
        promise_id, arming = self.spoken_of(deal, stale)
        spoken = c.ReassignPromise(deal_id=deal, promise_id=promise_id, arming=arming, to=to)
        self.ask(spoken)
        assert not self.ask(spoken), "a timer is heard once"

    @rule(deal=deals, to=reps)
    def nobody_acts(self, deal: UUID, to: UUID) -> None:
        for kind in TIMERS:
            self.timer_speaks(deal, kind, stale=False, earlier=False)
        self.reassign(deal, to, stale=False)

    @rule(deal=deals)
    def rearm(self, deal: UUID) -> None:
        self.ask(c.RearmPromise(deal_id=deal))
        assert not self.ask(c.RearmPromise(deal_id=deal)), "a policy version re-arms once"
        assert not self.ask(c.EnsurePromise(deal_id=deal)), "there is nothing to heal"

    # -- people and rules ----------------------------------------------------------------------

    @rule(deal=deals, to=reps)
    def hand_over(self, deal: UUID, to: UUID) -> None:
        self.ask(c.HandOver(deal_id=deal, to=to, handover_note="knows the plant"))

    @rule(rep=reps, team=st.sampled_from([NORTH, SOUTH]))
    def hire_or_move(self, rep: UUID, team: UUID) -> None:
        self.ask(HireRep(rep_id=rep, name="Somebody", team_id=team))

    @rule(rep=st.sampled_from(REPS[1:]), days=st.integers(1, 30))
    def be_away(self, rep: UUID, days: int) -> None:
        self.ask(PlanLeave(rep_id=rep, starts_at=self.now, ends_at=self.now + timedelta(days=days)))

    @rule(rep=st.sampled_from(REPS[1:]))
    def leave(self, rep: UUID) -> None:
        self.ask(RepLeaves(rep_id=rep))

    @rule(hours=st.integers(1, 200), most=st.integers(0, 3))
    def publish_policy(self, hours: int, most: int) -> None:
        policy = replace(DEFAULT_POLICY, due_after=Duration(hours, "hours"), max_reassignments=most)
        self.ask(PublishPolicy(policy=policy))

    @rule(
        process=st.sampled_from(
            [
                tighter(0, "budget"),
                tighter(1, "amount"),
                tighter(4, "pain-points"),
                SHORTER,
                tighter(3, "budget"),
            ]
        )
    )
    def publish_process(self, process: PublishProcess) -> None:
        self.ask(process)

    @rule(deal=deals, version=st.integers(1, 4))
    def move_process(self, deal: UUID, version: int) -> None:
        self.ask(c.MoveToProcess(deal_id=deal, version=version))

    # -- import --------------------------------------------------------------------------------

    @rule(deal=deals, owner=reps, row=rows, user=users)
    def import_row(self, deal: UUID, owner: UUID, row: Imported, user: Actor) -> None:
        command = row.told(self.now, deal, owner)
        reason = command.override_reason or None
        if self.ask(command, actor=user, reason=reason):
            assert not self.ask(command, actor=user, reason=reason), "the same row again changes nothing"


Selling.TestCase.settings = settings(
    max_examples=100,
    stateful_step_count=50,
)
TestSelling = Selling.TestCase


def kinds_of(base: type[Aggregate]) -> list[type[Aggregate]]:
    """Every kind of aggregate the domain has."""
    below = [kind for sub in base.__subclasses__() for kind in kinds_of(sub)]
    return below or ([base] if base.__module__.startswith("domain.") else [])


KINDS = kinds_of(Aggregate)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
@settings(max_examples=25)
@given(data=st.data())
def test_no_sequence_of_facts_is_too_strange_to_load(kind: type[Aggregate], data: st.DataObject) -> None:
    """Rules change; a stream recorded under others is still a stream. Mutators assign and never judge."""
    topics = sorted(t for t, fact in FACTS.items() if fact in kind._mutators)
    sequence = data.draw(st.lists(st.sampled_from(topics), max_size=8))
    aggregate = kind(UUID(int=1))
    for version, topic in enumerate(sequence, 1):
        aggregate.replay(data.draw(anything(FACTS[topic])), version)
    assert aggregate.version == len(sequence)


def subclasses(kind: type[Aggregate]) -> list[type[Aggregate]]:
    return [below for child in kind.__subclasses__() for below in (child, *subclasses(child))]


def test_every_fact_has_one_kind_of_stream() -> None:
    """Or a fact would be recorded that nothing remembers."""
    kinds = [k for k in subclasses(Aggregate) if k.KIND != Aggregate.KIND and not subclasses(k)]
    homes = {topic: [k for k in kinds if fact in k._mutators] for topic, fact in FACTS.items()}
    assert {topic for topic, kinds in homes.items() if len(kinds) != 1} == set()
