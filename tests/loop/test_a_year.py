"""A year of a company with 3 teams and 35 reps: four quarterly and twelve monthly cycles, on the real server in virtual time.
Each team and two of the reps go round by the quarter, too, one of them the rep who changes teams.

People are late, a rep changes teams, the year's number is changed in August, and in July all our processes are restarted. In the end
every figure is held against a computation over the raw events that shares no code with the loop.
"""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from temporalio.testing import WorkflowEnvironment

from domain.cycle import facts as f
from domain.cycle.cycle import cycle_id
from domain.engine.command import Command
from domain.engine.recorded import Recorded
from domain.figures.queries import FigureAsked
from domain.figures.scope import COMPANY, Scope, ScopeKind, rep, team
from domain.people.people import HireRep, RepHired, RepMoved
from domain.policy.process import DEFAULT_PROCESS
from domain.target import commands as t
from domain.target.facts import TargetProposed, TargetRevised
from domain.time.periods import Period, PeriodKind, Window, named_period
from projections.cycle import kept_packs
from projections.cycle import pack as review_pack
from projections.engine import catalog
from projections.engine.paging import Source
from projections.figures import figures
from runtime.schema import migrate
from tests.domain.loop.naive import Naive, Row, naive_figure
from tests.loop import company as co
from tests.loop.a_year import ZONE, Year, at_work, everything, local

YEAR = named_period("2031")
MONTHS, QUARTERS = YEAR.parts(PeriodKind.MONTH), YEAR.parts(PeriodKind.QUARTER)
LATE = frozenset({"2031-Q2", "2031-03", "2031-06", "2031-09", "2031-12"})
MOVED_ON, CHANGED_ON, RESTARTED_ON = date(2031, 6, 16), date(2031, 8, 18), date(2031, 7, 9)
MOVER, NEW_TEAM, NEW_NUMBER = co.REPS[4], co.TEAMS[1], Decimal("13100000.00")
CENT, MILLIONTH = Decimal("0.01"), Decimal("0.000001")
SCOPES = (COMPANY, *map(team, co.TEAMS), *map(rep, co.REPS))


def reorganisation() -> list[Command]:
    moves = [
        t.MoveTarget(
            target_id=co.target(month, rep(MOVER)),
            parent_id=co.target(month, team(NEW_TEAM)),
            why="the south needs a hand",
            from_day=max(MOVED_ON, month.start),
        )
        for month in MONTHS
        if month.end >= MOVED_ON
    ]
    return [HireRep(rep_id=MOVER, name="Rep 5", team_id=NEW_TEAM), *moves]


def another_number() -> t.ReviseTarget:
    return t.ReviseTarget(
        target_id=co.target(YEAR), number=NEW_NUMBER, why="the second plant is early", from_day=CHANGED_ON
    )


# --- the same year, computed from the raw events ------------------------------------------------------


class Raw:
    """The whole log. What the loop itself said is no part of what was sold."""

    def __init__(self, log: list[Recorded]) -> None:
        self.log = log
        self._streams: defaultdict[UUID, list[Recorded]] = defaultdict(list)
        for recorded in log:
            self._streams[recorded.originator_id].append(recorded)
        self._sold = [r for r in log if not r.fact.TOPIC.startswith(("cycle.", "target."))]
        self._known: dict[int, list[Row]] = {}

    def of(self, id: UUID) -> list[Recorded]:
        return self._streams[id]

    def sales(self, position: int | None = None) -> list[Row]:
        """As known at a position, or now."""
        head = self.log[-1].position if position is None else position
        known = bisect_right(self._sold, head, key=lambda recorded: recorded.position)
        if known not in self._known:
            stages = [stage.name for stage in DEFAULT_PROCESS.stages]
            self._known[known] = Naive(ZONE, stages).read(self._sold[:known])
        return self._known[known]

    def number(self, id: UUID, on: date, position: int) -> Decimal:
        """What the target's own facts say for a day, as known at a position: the last one that had begun."""
        found = None
        for recorded in self.of(id):
            fact = recorded.fact
            if recorded.position > position:
                break
            if isinstance(fact, TargetProposed) and fact.from_day <= on:
                found = fact.number
            if isinstance(fact, TargetRevised) and fact.from_day <= on:
                found = fact.after
        assert found is not None
        return found


def counts(scope: Scope, first: date, last: date) -> Callable[[Row], bool]:
    def one(row: Row) -> bool:
        whose = {ScopeKind.COMPANY: None, ScopeKind.TEAM: row.team, ScopeKind.REP: row.rep}[scope.kind]
        return whose == scope.id and first <= row.on <= last

    return one


def figure(rows: Sequence[Row], metric: str, scope: Scope, first: date, last: date) -> Decimal | None:
    found = naive_figure(rows, metric, counts(scope, first, last), mean=metric == co.WIN_RATE)
    if found is None or metric != co.WIN_RATE:
        return found
    return found.quantize(MILLIONTH, ROUND_HALF_EVEN)


def linear(period: Period, on: date) -> Decimal:
    """The share of the period's weekdays that are over at the end of `on`."""
    days = [period.start + timedelta(days=n) for n in range(period.days)]
    open_days = [day for day in days if day.weekday() < 5]
    over = Decimal(sum(day <= on for day in open_days)) / len(open_days)
    return over.quantize(MILLIONTH, ROUND_HALF_EVEN)


# --- the test ----------------------------------------------------------------------------------------


async def test_a_company_lives_through_a_year(
    database_url: str, temporal_timeskipping: WorkflowEnvironment
) -> None:
    migrate(database_url, catalog.statements())
    year = Year(
        YEAR,
        LATE,
        "2031-05",
        co.sales(YEAR, seed=35),
        [(local(MOVED_ON, 10), reorganisation()), (local(CHANGED_ON, 10), [another_number()])],
    )
    queue = f"year-{uuid.uuid4()}"
    async with at_work(database_url, temporal_timeskipping, queue) as world:
        for command in (*co.staff(), *co.targets(YEAR), *co.own_targets(YEAR)):
            await world.office.run(command, now=year.now)
        await year.opened(world)
        await year.live(world, local(RESTARTED_ON, 12))
    async with at_work(database_url, temporal_timeskipping, queue) as world:
        await year.live(world, datetime(2032, 2, 20, tzinfo=UTC))
        await world.read()
        raw = Raw(await everything(world))
        for circle, period in co.turns(YEAR):
            told = raw.of(cycle_id(circle.scope, period))
            went_round(circle.scope, period, told)
            checked_in(raw, circle.scope, period, told)
            fed_the_next(raw, circle.scope, period, told)
        led_by_the_team_of_the_day(raw)
        await packs_are_as_they_were(world.office.ledger.pool, raw)
        await attained(world.office.ledger.pool, raw)
        sums_hold(raw)


def went_round(scope: Scope, period: Period, told: list[Recorded]) -> None:
    """Once through every phase, in order; those who were late were told, and the period was recorded as unagreed."""
    topics = [r.fact.TOPIC.removeprefix("cycle.") for r in told]
    way = ["opened", "execution-started", "review-opened", "feedback-given", "next-proposed", "closed"]
    assert [topics.count(topic) for topic in way] == [1] * len(way), period
    order = [
        topics.index(topic) for topic in ("opened", "execution-started", "review-opened", "feedback-given")
    ]
    assert order == sorted(order)
    started = next(r.fact for r in told if isinstance(r.fact, f.ExecutionStarted))
    assert bool(started.unagreed) == (period.name in LATE), period
    assert topics.count("escalated") >= (3 if period.name in LATE else 0), period
    assert ("escalated" in topics) == (period.name in LATE), period
    assert (
        topics.count("appealed")
        == topics.count("appeal-decided")
        == ((scope, period.name) == (COMPANY, "2031-05"))
    )


def led_by_the_team_of_the_day(raw: Raw) -> None:
    """A rep's cycle is reviewed by who leads the team that the rep was in when it was opened."""
    seen = set()
    for circle in co.OF_REPS:
        for quarter in QUARTERS:
            told = raw.of(cycle_id(circle.scope, quarter))[0]
            assert isinstance(told.fact, f.CycleOpened)
            of_rep = [r.fact for r in raw.of(circle.owner_id) if r.position < told.position]
            hired = [fact.team_id for fact in of_rep if isinstance(fact, RepHired)]
            team_id = [*hired, *(fact.after for fact in of_rep if isinstance(fact, RepMoved))][-1]
            people = told.fact.people
            assert (people.team_id, people.manager_id) == (team_id, co.MANAGERS[co.TEAMS.index(team_id)])
            seen.add((circle.owner_id, team_id))
    assert {(MOVER, co.TEAMS[0]), (MOVER, NEW_TEAM)} < seen


def checked_in(raw: Raw, scope: Scope, period: Period, told: list[Recorded]) -> None:
    """Each check-in's figures as known then, and each step behind told once until it was made good."""
    behind: dict[UUID, int] = {}
    mondays = 0
    for recorded in told:
        fact = recorded.fact
        if isinstance(fact, f.CheckedIn):
            mondays += 1
            assert fact.number == mondays
            rows = raw.sales(fact.position)
            steps = {line.target_id: line.step for line in fact.lines}
            for line in fact.lines:
                assert line.actual == figure(rows, line.metric, scope, period.start, fact.on), (
                    scope,
                    period,
                    fact.on,
                )
                assert line.number == raw.number(line.target_id, fact.on, recorded.position)
                if line.metric == co.REVENUE:
                    wanted = (line.number * linear(period, fact.on)).quantize(CENT, ROUND_HALF_EVEN)
                    assert line.expected == wanted
        elif isinstance(fact, f.FellBehind):
            assert fact.step == steps[fact.target_id] > behind.get(fact.target_id, 0)
            behind[fact.target_id] = fact.step
        elif isinstance(fact, f.Recovered):
            assert behind.pop(fact.target_id) > 0
            assert steps[fact.target_id] == 0
    assert mondays == sum((period.start + timedelta(days=n)).weekday() == 0 for n in range(1, period.days)), (
        period
    )


async def packs_are_as_they_were(pool: Source, raw: Raw) -> None:
    """Computed again at the end of the year, each pack is the very bytes that were kept, with the figures of that day."""
    for circle, period in co.turns(YEAR):
        id = cycle_id(circle.scope, period)
        opened = next(r.fact for r in raw.of(id) if isinstance(r.fact, f.ReviewOpened))
        pack = await review_pack.pack(pool, id, opened.position)
        assert pack.digest == opened.pack_digest, (circle.scope, period)
        kept = await kept_packs.kept(pool, opened.pack_digest)
        assert kept is not None
        assert (kept.data, kept.computed) == (pack.data, "when frozen"), (circle.scope, period)
        rows = raw.sales(opened.position)
        assert {line["metric"]: line["actual"] for line in pack.content["targets"]} == {
            metric: figure(rows, metric, circle.scope, period.start, period.end)
            for metric in (co.REVENUE, co.WIN_RATE)
        }


def fed_the_next(raw: Raw, scope: Scope, period: Period, told: list[Recorded]) -> None:
    """The next cycle was opened by this one, and the proposal starts from what this period came to."""
    (proposed,) = [r for r in told if isinstance(r.fact, f.NextProposed)]
    assert isinstance(proposed.fact, f.NextProposed)
    assert proposed.fact.period == period.next()
    by_metric = {target.metric: target for target in proposed.fact.targets}
    assert by_metric.keys() == {co.REVENUE, co.WIN_RATE}
    rows = raw.sales(proposed.fact.position)
    for metric, target in by_metric.items():
        start = target.reasons[0]
        assert start.code == "from-actual"
        assert start.number == figure(rows, metric, scope, period.start, period.end)
    opened = next(r.fact for r in raw.of(cycle_id(scope, period.next())))
    assert isinstance(opened, f.CycleOpened)
    assert opened.previous_id == cycle_id(scope, period)


async def attained(pool: Source, raw: Raw) -> None:
    """Every scope, every period, both metrics: the read model's figure is that of the raw events."""
    rows = raw.sales()
    for period in (*MONTHS, *QUARTERS, YEAR):
        window = Window(period.start, period.end)
        for metric, currency in ((co.REVENUE, co.CURRENCY), (co.WIN_RATE, "")):
            asked = [FigureAsked(metric, scope, window, currency) for scope in SCOPES]
            found = await figures.figures(pool, asked)
            assert found == [figure(rows, metric, scope, period.start, period.end) for scope in SCOPES], (
                period
            )


def sums_hold(raw: Raw) -> None:
    """To the cent, on the year's last day: months make quarters, quarters the year, teams the month."""
    end, head = YEAR.end, raw.log[-1].position

    def now(period: Period, scope: Scope = COMPANY) -> Decimal:
        return raw.number(co.target(period, scope), end, head)

    assert now(YEAR) == sum(map(now, QUARTERS), Decimal(0)) == NEW_NUMBER
    for quarter in QUARTERS:
        assert now(quarter) == sum(map(now, quarter.parts(PeriodKind.MONTH)), Decimal(0))
    for month in MONTHS:
        assert now(month) == sum((now(month, team(id)) for id in co.TEAMS), Decimal(0)), month
        reps = sum((now(month, rep(id)) for id in co.REPS), Decimal(0))
        assert reps == now(month), month
    untouched = MONTHS[0]
    before = [r.fact for r in raw.of(co.target(untouched)) if isinstance(r.fact, TargetRevised)]
    assert not before
