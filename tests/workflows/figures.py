"""tests: the loop's figures worked out from the whole ledger with the domain's meter, each time anew: slow, short and independent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from domain.adjustment.adjustment import AdjustmentDecided, AdjustmentStarted
from domain.cycle.cycle import Cycle
from domain.cycle.facts import AgendaItem, CycleOpened
from domain.engine.canonical import canonical, digest
from domain.engine.recorded import Recorded
from domain.figures.meter import Meter
from domain.figures.metrics import Contribution, figure, metric
from domain.figures.queries import FigureAsked, FrozenPack, Pack
from domain.figures.scope import Scope, ScopeKind, rep, team
from domain.people.people import RepHired, TeamFormed
from domain.target.proposal import Effect
from domain.target.target import Target
from domain.time.periods import Period, Window, period_of
from projections.cycle import kept_packs
from runtime.ledger import Ledger

PAGE = 5_000


@dataclass(frozen=True)
class LedgerFigures:
    """Implements `domain.figures.reads.FigureReader`. It forecasts nothing."""

    ledger: Ledger

    async def reach(self, position: int) -> None:
        assert await self.ledger.head() >= position

    async def figures(self, asked: Sequence[FigureAsked], position: int) -> list[Decimal | None]:
        given = await self._contributions(position)
        return [figure(given, metric(a.metric), a.scope, a.window, a.currency) for a in asked]

    async def shape(
        self, metric: str, scope: Scope, period: Period, position: int, currency: str = ""
    ) -> tuple[Decimal, ...]:
        """What each part came to in the year before."""
        parts = [period_of(p.kind, p.start.replace(year=p.start.year - 1)) for p in period.children()]
        asked = [FigureAsked(metric, scope, Window(p.start, p.end), currency) for p in parts]
        return tuple(found or Decimal(0) for found in await self.figures(asked, position))

    async def cycles(self, scope: Scope, position: int) -> Sequence[UUID]:
        facts = [r for r in await self._facts(position) if isinstance(r.fact, CycleOpened)]
        ours = [(r.fact.period, r.originator_id) for r in facts if r.fact.scope == scope]  # type: ignore[attr-defined]
        return [id for _, id in sorted(ours, key=lambda o: (o[0].end, o[0].start), reverse=True)]

    async def freeze_pack(self, cycle_id: UUID, position: int) -> Pack:
        """What was aimed at and what came, and on the agenda what was missed. Not kept: so it was in an older release."""
        cycle = next(iter((await self.ledger.load({cycle_id: Cycle})).values()))
        assert isinstance(cycle, Cycle)
        targets = (await self.ledger.load(dict.fromkeys(cycle.targets, Target))).values()
        window = Window(cycle.period.start, cycle.period.end)
        lines, agenda = [], []
        for target in targets:
            assert isinstance(target, Target)
            asked = FigureAsked(target.metric, target.scope, window, target.currency)
            (actual,) = await self.figures([asked], position)
            lines.append({"metric": target.metric, "number": target.number, "actual": actual})
            if actual is not None and actual < target.number:
                agenda.append(AgendaItem(code="target-missed", subject_id=target.id, detail=target.metric))
        return Pack(digest(canonical(lines)), tuple(agenda))

    async def unkept_packs(self) -> Sequence[FrozenPack]:
        return await kept_packs.unkept(self.ledger.pool)

    async def keep_pack(self, named: FrozenPack) -> None:
        await kept_packs.keep_later(self.ledger.pool, named)

    async def pipeline(
        self, metric: str, scope: Scope, period: Period, position: int, currency: str = ""
    ) -> Decimal | None:
        return None

    async def peers(self, scope: Scope, position: int) -> Sequence[Scope]:
        kinds = {ScopeKind.REP: (RepHired, rep), ScopeKind.TEAM: (TeamFormed, team)}
        if scope.kind not in kinds:
            return []
        fact, named = kinds[scope.kind]
        found = [named(r.originator_id) for r in await self._facts(position) if isinstance(r.fact, fact)]
        return [other for other in found if other != scope]

    async def under_adjustment(self, position: int) -> Sequence[Scope]:
        facts = await self._facts(position)
        decided = {r.originator_id for r in facts if isinstance(r.fact, AdjustmentDecided)}
        return [
            r.fact.scope
            for r in facts
            if isinstance(r.fact, AdjustmentStarted) and r.originator_id not in decided
        ]

    async def decided_effects(
        self, scope: Scope, metric: str, window: Window, position: int
    ) -> Sequence[Effect]:
        facts = await self._facts(position)
        ours = {
            r.originator_id
            for r in facts
            if isinstance(r.fact, AdjustmentStarted) and (r.fact.scope, r.fact.metric) == (scope, metric)
        }
        return [
            Effect("adjustment", str(r.originator_id), r.fact.effect or Decimal(0), r.fact.outcome.value)
            for r in facts
            if isinstance(r.fact, AdjustmentDecided)
            and r.originator_id in ours
            and window.contains(r.occurred_at.date())
        ]

    async def _contributions(self, position: int) -> list[Contribution]:
        meter = Meter()
        return [given for recorded in await self._facts(position) for given in meter.read(recorded)]

    async def _facts(self, position: int) -> list[Recorded]:
        found: list[Recorded] = []
        while page := await self.ledger.read(found[-1].position if found else 0, PAGE):
            found.extend(page)
        return [recorded for recorded in found if recorded.position <= position]
