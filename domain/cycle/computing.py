"""Domain room: the commands of a cycle that carry figures or people, each worked out as known at one position of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from domain.cycle import commands as c
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.facts import DecisionTaken
from domain.cycle.in_force import COMPANY
from domain.cycle.policies import CyclePolicies, cycle_policy_stream
from domain.cycle.policy import CyclePolicy
from domain.figures.pace import Pace
from domain.figures.queries import FigureAsked
from domain.figures.reads import Reads
from domain.figures.scope import ScopeKind
from domain.people.people import Rep
from domain.target.proposal import Effect, Evidence, PastPeriod
from domain.target.proposal import propose_next as reason_next
from domain.target.target import Target, target_id
from domain.time.commitment import DueStep
from domain.time.periods import Period, Window

DAY = timedelta(days=1)
PERIODS = 4
"""How many periods a proposal looks back on, the reviewed one among them."""


async def check_in(cycle: Cycle, due: DueStep, now: datetime, reads: Reads) -> c.CheckIn:
    """At opening on a day: true on the day before, the last one that is over for the company, by whose days figures are cut."""
    position, policy = await reads.position(), await _policy(cycle, reads)
    targets = await reads.load_all(Target, cycle.targets)
    on = min(max(await _today(now, reads) - DAY, cycle.period.start), cycle.period.end)
    window = Window(cycle.period.start, on)
    asked = [FigureAsked(t.metric, t.scope, window, t.currency) for t in targets]
    found = await reads.figures.figures(asked, position)
    actuals = [
        c.Actual(target_id=t.id, figure=figure, shape=await _shape(t, policy, position, reads))
        for t, figure in zip(targets, found, strict=True)
    ]
    return c.CheckIn(
        cycle_id=cycle.id,
        arming=due.arming,
        number=due.number,
        on=on,
        position=position,
        actuals=tuple(actuals),
    )


async def review(cycle: Cycle, due: DueStep, _now: datetime, reads: Reads) -> c.OpenReview:
    position = await reads.position()
    pack = await reads.figures.freeze_pack(cycle.id, position)
    return c.OpenReview(
        cycle_id=cycle.id, arming=due.arming, position=position, pack_digest=pack.digest, agenda=pack.agenda
    )


async def open_next(cycle: Cycle, _due: DueStep, _now: datetime, reads: Reads) -> c.OpenCycle:
    """The same people, metrics and cadence. Who changed teams is reviewed by the manager of the new one."""
    people, moved = cycle.people, False
    if cycle.scope.kind == ScopeKind.REP and cycle.scope.id is not None:
        moved = (await reads.load(Rep, cycle.scope.id)).team_id != people.team_id
    targets = await reads.load_all(Target, cycle.targets)
    return c.OpenCycle(
        scope=cycle.scope,
        period=cycle.period.next(),
        owner_id=people.owner_id,
        manager_id=None if moved else people.manager_id,
        above_id=people.above_id,
        metrics=tuple(dict.fromkeys(target.metric for target in targets)),
        policy=cycle.policy,
        cadence=cycle.cadence,
        previous_id=cycle.id,
    )


async def propose_next(cycle: Cycle, due: DueStep, now: datetime, reads: Reads) -> c.ProposeNext:
    """A number for each metric that the cycle had a target for; none where nothing is known to start from."""
    position = await reads.position()
    window = Window(cycle.period.start, max(await _today(now, reads), cycle.period.end))
    targets = [t for t in await reads.load_all(Target, cycle.targets) if t.stands]
    proposing = Proposing(cycle, window, position, reads)
    proposed = [await proposing.of(target) for target in targets]
    return c.ProposeNext(
        cycle_id=cycle.id,
        arming=due.arming,
        position=position,
        targets=tuple(p for p in proposed if p is not None),
    )


async def _today(now: datetime, reads: Reads) -> date:
    return (await reads.load(CyclePolicies, COMPANY)).current.day(now)


async def _policy(cycle: Cycle, reads: Reads) -> CyclePolicy:
    policies = await reads.load(CyclePolicies, cycle_policy_stream(cycle.policy))
    return policies.at(cycle.policy_version)


async def _shape(target: Target, policy: CyclePolicy, position: int, reads: Reads) -> tuple[Decimal, ...]:
    if policy.pace != Pace.SEASONAL:
        return ()
    return await reads.figures.shape(target.metric, target.scope, target.period, position, target.currency)


@dataclass(frozen=True)
class Proposing:
    """What is known when the next targets of a cycle are proposed; adjustments decided in the `window` count."""

    cycle: Cycle
    window: Window
    position: int
    reads: Reads

    async def of(self, target: Target) -> c.Proposed | None:
        following = self.cycle.period.next()
        evidence = Evidence(
            of=target.of,
            past=await self._past(target),
            currency=target.currency,
            pipeline=await self.reads.figures.pipeline(
                target.metric, self.cycle.scope, following, self.position, target.currency
            ),
            effects=await self._effects(target.metric),
        )
        found = reason_next(evidence)
        if found is None:
            return None
        return c.Proposed(
            metric=target.metric, number=found.number, currency=target.currency, reasons=found.reasons
        )

    async def _past(self, target: Target) -> Sequence[PastPeriod]:
        """The oldest first; not before the first period in which there was a target or a figure."""
        periods = [self.cycle.period]
        while len(periods) < PERIODS:
            periods.insert(0, periods[0].previous())
        past = [
            PastPeriod(p.name, t.in_force(p.end), actual)
            for p, t, actual in zip(
                periods,
                await self.reads.load_all(
                    Target, [target_id(target.metric, target.scope, p) for p in periods]
                ),
                await self._actuals(target, periods),
                strict=True,
            )
        ]
        first = next((n for n, p in enumerate(past[:-1]) if p.number is not None or p.actual), PERIODS - 1)
        return past[first:]

    async def _actuals(self, target: Target, periods: Iterable[Period]) -> Sequence[Decimal | None]:
        asked = [
            FigureAsked(target.metric, target.scope, Window(p.start, p.end), target.currency) for p in periods
        ]
        return await self.reads.figures.figures(asked, self.position)

    async def _effects(self, metric: str) -> Sequence[Effect]:
        """Of what was decided since the period before was fed back: each counts once."""
        cycle = self.cycle
        previous = await self.reads.load(Cycle, cycle_id(cycle.scope, cycle.period.previous()))
        adjusted = await self._adjusted(previous, metric)
        late = [previous.decisions[id] for id in previous.too_late]
        return [*adjusted, *stated((*late, *cycle.decisions.values()), metric)]

    async def _adjusted(self, previous: Cycle, metric: str) -> Sequence[Effect]:
        figures, scope = self.reads.figures, self.cycle.scope
        if previous.next_proposed is None:
            return await figures.decided_effects(scope, metric, self.window, self.position)
        window = Window(previous.period.start, self.window.end)
        counted = await figures.decided_effects(scope, metric, window, previous.next_proposed.position)
        ids = {effect.id for effect in counted}
        found = await figures.decided_effects(scope, metric, window, self.position)
        return [effect for effect in found if effect.id not in ids]


def stated(decisions: Iterable[DecisionTaken | None], metric: str) -> Iterator[Effect]:
    """What the decisions that were taken say about the next target of the metric."""
    for taken in decisions:
        change = taken.change if taken is not None else None
        if taken is not None and change is not None and change.metric == metric:
            yield Effect("decision", str(taken.decision_id), change.number, as_share=change.as_share)
