"""Workflows room: the commands of a cycle that carry figures, each worked out as known at one position of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.cycle import commands as c
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.facts import DecisionTaken
from domain.cycle.in_force import COMPANY
from domain.cycle.policies import CyclePolicies
from domain.cycle.policy import CyclePolicy
from domain.figures.pace import Pace
from domain.figures.queries import FigureAsked
from domain.target.proposal import Effect, Evidence, PastPeriod, propose_next
from domain.target.target import Target, target_id
from domain.time.periods import Period, Window
from workflows.activities.desk import Desk
from workflows.loop_messages import Due

DAY = timedelta(days=1)
PERIODS = 4
"""How many periods a proposal looks back on, the reviewed one among them."""


@dataclass(frozen=True)
class Figures:
    desk: Desk

    async def position(self) -> int:
        """The ledger's present head, once everything can be read as known there."""
        position = await self.desk.handler.store.head()
        await self.desk.loop.reach(position)
        return position

    async def _today(self, due: Due) -> date:
        return (await self.desk.load(CyclePolicies, COMPANY)).current.day(due.now)

    # -- check-in and review -----------------------------------------------------------------

    async def check_in(self, due: Due, cycle: Cycle, policy: CyclePolicy) -> c.CheckIn:
        """At opening on a day: true on the day before, the last one that is over for the company, by whose days figures are
        cut.
        """
        position = await self.position()
        targets = await self.desk.load_all(Target, cycle.targets)
        on = min(max(await self._today(due) - DAY, cycle.period.start), cycle.period.end)
        window = Window(cycle.period.start, on)
        asked = [FigureAsked(t.metric, t.scope, window, t.currency) for t in targets]
        found = await self.desk.loop.figures(asked, position)
        actuals = [
            c.Actual(target_id=t.id, figure=figure, shape=await self._shape(t, policy, position))
            for t, figure in zip(targets, found, strict=True)
        ]
        return c.CheckIn(
            cycle_id=cycle.id,
            arming=due.mark.arming,
            number=due.mark.number,
            on=on,
            position=position,
            actuals=tuple(actuals),
        )

    async def _shape(self, target: Target, policy: CyclePolicy, position: int) -> tuple[Decimal, ...]:
        if policy.pace != Pace.SEASONAL:
            return ()
        return await self.desk.loop.shape(
            target.metric, target.scope, target.period, position, target.currency
        )

    async def review(self, due: Due, cycle: Cycle) -> c.OpenReview:
        position = await self.position()
        pack = await self.desk.loop.freeze_pack(cycle.id, position)
        return c.OpenReview(
            cycle_id=cycle.id,
            arming=due.mark.arming,
            position=position,
            pack_digest=pack.digest,
            agenda=pack.agenda,
        )

    # -- the next target ---------------------------------------------------------------------

    async def propose_next(self, due: Due, cycle: Cycle) -> c.ProposeNext:
        """A number for each metric that the cycle had a target for; none where nothing is known to start from."""
        position = await self.position()
        window = Window(cycle.period.start, max(await self._today(due), cycle.period.end))
        targets = [t for t in await self.desk.load_all(Target, cycle.targets) if t.stands]
        proposed = [await self._proposed(cycle, target, window, position) for target in targets]
        return c.ProposeNext(
            cycle_id=cycle.id,
            arming=due.mark.arming,
            position=position,
            targets=tuple(p for p in proposed if p is not None),
        )

    async def _proposed(
        self, cycle: Cycle, target: Target, window: Window, position: int
    ) -> c.Proposed | None:
        loop, following = self.desk.loop, cycle.period.next()
        evidence = Evidence(
            of=target.of,
            past=await self._past(target, cycle.period, position),
            currency=target.currency,
            pipeline=await loop.pipeline(target.metric, cycle.scope, following, position, target.currency),
            effects=await self._effects(cycle, target.metric, window, position),
        )
        found = propose_next(evidence)
        if found is None:
            return None
        return c.Proposed(
            metric=target.metric, number=found.number, currency=target.currency, reasons=found.reasons
        )

    async def _past(self, target: Target, period: Period, position: int) -> Sequence[PastPeriod]:
        """The oldest first; not before the first period in which there was a target or a figure."""
        periods = [period]
        while len(periods) < PERIODS:
            periods.insert(0, periods[0].previous())
        ids = [target_id(target.metric, target.scope, p) for p in periods]
        targets = await self.desk.load_all(Target, ids)
        asked = [
            FigureAsked(target.metric, target.scope, Window(p.start, p.end), target.currency) for p in periods
        ]
        actuals = await self.desk.loop.figures(asked, position)
        past = [
            PastPeriod(p.name, t.in_force(p.end), actual)
            for p, t, actual in zip(periods, targets, actuals, strict=True)
        ]
        first = next((n for n, p in enumerate(past[:-1]) if p.number is not None or p.actual), PERIODS - 1)
        return past[first:]

    async def _effects(self, cycle: Cycle, metric: str, window: Window, position: int) -> Sequence[Effect]:
        """Of what was decided since the period before was fed back: each counts once."""
        previous = await self.desk.load(Cycle, cycle_id(cycle.scope, cycle.period.previous()))
        adjusted = await self._adjusted(cycle, previous, metric, window, position)
        late = [previous.decisions[id] for id in previous.too_late]
        return [*adjusted, *stated((*late, *cycle.decisions.values()), metric)]

    async def _adjusted(
        self, cycle: Cycle, previous: Cycle, metric: str, window: Window, position: int
    ) -> Sequence[Effect]:
        loop, scope = self.desk.loop, cycle.scope
        if previous.next_proposed is None:
            return await loop.decided_effects(scope, metric, window, position)
        window = Window(previous.period.start, window.end)
        counted = await loop.decided_effects(scope, metric, window, previous.next_proposed.position)
        ids = {effect.id for effect in counted}
        found = await loop.decided_effects(scope, metric, window, position)
        return [effect for effect in found if effect.id not in ids]


def stated(decisions: Iterable[DecisionTaken | None], metric: str) -> Iterator[Effect]:
    """What the decisions that were taken say about the next target of the metric."""
    for taken in decisions:
        change = taken.change if taken is not None else None
        if taken is not None and change is not None and change.metric == metric:
            yield Effect("decision", str(taken.decision_id), change.number, as_share=change.as_share)
