"""Projections room: the review pack — everything a review looks at, as known at one position of the ledger.

A pack is computed from facts and contributions up to its position, and so is the same canonical bytes whatever is recorded later,
until this code changes: the bytes that were frozen are in `packs.py`. Position and SHA-256 stand in `cycle.review-opened`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.cycle.agenda import Point
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.facts import AgendaItem
from domain.cycle.in_force import InForce
from domain.deal import facts as f
from domain.engine.canonical import canonical, digest
from domain.engine.errors import NotFound
from domain.figures.metrics import Better, metric
from domain.figures.scope import ScopeKind
from domain.scorecard.scorecard import scorecard_id
from domain.target.proposal_sentences import spelled
from projections.action_item import OPEN, ActionItems
from projections.adjustment import Adjustments
from projections.cycle import company
from projections.deal import at_position
from projections.deal.at_position import DealAsKnown
from projections.engine import streams
from projections.engine.paging import Source, fetch
from projections.scorecard import Scorecards
from projections.survey.low import answered_low
from projections.target import attainment
from projections.target.attainment import Attainment
from projections.target.tree import TargetTree

DAY = timedelta(days=1)
STALLED_DAYS, LATE_DAYS = 14, 2
"""An open deal that nobody touched for so long has stalled; what is entered so long after its day is late."""
LISTED = 50
ENTRIES = [fact.TOPIC for fact in f.STAGE_IN]
_WHOSE = {ScopeKind.COMPANY: "true", ScopeKind.TEAM: "c.team_id = %(id)s", ScopeKind.REP: "c.rep_id = %(id)s"}
_OF_SCOPE = (
    "{whose} AND c.position <= %(position)s AND (%(product)s::uuid IS NULL OR c.product_id = %(product)s)"
)
STAGES = """
SELECT split_part(c.metric, ':', 2), sum(c.value), sum(c.weight)::int8 FROM read.contributions c
 WHERE c.metric LIKE 'stage-conversion:%%' AND c.day BETWEEN %(first)s AND %(last)s AND {scope} GROUP BY 1 ORDER BY 1
"""
# Without `+ 0` the planner may read the whole ledger's positions once a deal, where it has no statistics yet.
DWELL = """
SELECT left_stage, count(*)::int8, round(sum(seconds) / count(*) / 86400, 2) FROM (
    SELECT CASE WHEN e.topic = %(left)s THEN e.data->>'before' END AS left_stage,
           greatest(0, extract(epoch FROM e.occurred_at
               - lag(e.occurred_at) OVER (PARTITION BY e.stream_id ORDER BY e.version))) AS seconds, e.occurred_at AS at
      FROM ledger.events e
     WHERE e.topic = ANY(%(entered)s) AND e.position + 0 <= %(position)s AND e.stream_id IN (
            SELECT c.subject_id FROM read.contributions c
             WHERE c.metric LIKE 'stage-conversion:%%' AND c.day BETWEEN %(first)s AND %(last)s AND {scope})) moves
 WHERE left_stage IS NOT NULL AND at >= %(begins)s AND at < %(ends)s
 GROUP BY 1 ORDER BY 1
"""
PROMISES = """
SELECT e.data->>'outcome', count(*)::int8 FROM read.contributions c JOIN ledger.events e ON e.position = c.position
 WHERE c.metric IN ('promise-keeping', 'promises-excused') AND c.day BETWEEN %(first)s AND %(last)s AND {scope} GROUP BY 1 ORDER BY 1
"""
CHANGED = """
SELECT c.metric, c.currency, count(*)::int8, sum(c.value), sum(c.weight)::int8 FROM read.contributions c
 WHERE c.position > %(since)s AND c.day < %(first)s AND c.metric <> 'promises-excused' AND {scope} GROUP BY 1, 2 ORDER BY 1, 2
"""
LATE = """
SELECT c.position, c.metric, c.currency, c.day, c.value, c.subject_id, c.recorded_at
  FROM read.contributions c JOIN unnest(%(days)s::date[], %(late)s::timestamptz[]) AS l(day, late) ON l.day = c.day
 WHERE c.day BETWEEN %(first)s AND %(last)s AND c.metric <> 'promises-excused' AND {scope} AND c.recorded_at >= l.late
 ORDER BY c.position, c.n LIMIT %(limit)s
"""
LATE_BY_PEOPLE = """
SELECT count(DISTINCT c.position)::int8
  FROM read.contributions c JOIN unnest(%(days)s::date[], %(late)s::timestamptz[]) AS l(day, late) ON l.day = c.day
  JOIN ledger.events e ON e.position = c.position
 WHERE c.day BETWEEN %(first)s AND %(last)s AND {scope} AND e.meta->>'channel' <> 'import'
   AND c.recorded_at >= l.late
"""
"""All of them, not only those listed. What was brought in before the review is history, and nobody was late with it."""


@dataclass(frozen=True)
class ReviewPack:
    """`content` is what `canonical` wrote down as `data`; `digest` is the SHA-256 of that."""

    position: int
    content: dict[str, Any]
    data: bytes
    digest: str
    agenda: tuple[AgendaItem, ...]


async def pack(source: Source, id: UUID, position: int) -> ReviewPack:
    """The pack of a cycle as known at `position`. Raises NotFound where the cycle was not there yet."""
    cycle = await _cycle(source, id, position)
    if not cycle.exists:
        raise NotFound(f"no cycle has the id {id} at position {position}", kind="cycle", id=str(id))
    before = await _cycle(source, cycle_id(cycle.scope, cycle.period.previous()), position)
    queries = PackQueries(source, cycle, before, position, await company.in_force(source, position))
    targets, stalled = await queries.targets(), await queries.stalled()
    [(late,)] = await queries.ask(LATE_BY_PEOPLE, **queries.late_from())
    content: dict[str, Any] = {
        "cycle": {"id": cycle.id, "scope": cycle.scope.key, "period": cycle.period},
        "position": position,
        "targets": [_target(one) for one in targets],
        "scorecard": await queries.scorecard(),
        "funnel": await queries.funnel(),
        "promises": dict(await queries.ask(PROMISES)),
        "since_last_review": await queries.changed(),
        "entered_late": await queries.late(),
        "stalled": {"deals": len(stalled), "longest": [queries.idle(one) for one in stalled[:LISTED]]},
        "action_items": await queries.action_items(),
        "adjustments": await queries.adjustments(),
    }
    if low := await queries.low_answers():  # without any the bytes are those of releases that knew of none
        content["low_answers"] = low
    data = canonical(content)
    return ReviewPack(position, content, data, digest(data), tuple(_agenda(content, targets, late)))


async def _cycle(source: Source, id: UUID, position: int) -> Cycle:
    cycle = Cycle(id)
    for recorded in await streams.streams(source, [id], position):
        cycle.replay(recorded.fact, recorded.originator_version)
    return cycle


@dataclass(frozen=True)
class PackQueries:
    """One cycle, the one before it, what is asked about them, and whose days they are cut by."""

    source: Source
    cycle: Cycle
    before: Cycle
    position: int
    company: InForce

    async def ask(self, query: str, **more: Any) -> list[Any]:
        scope, period = self.cycle.scope, self.cycle.period
        params = {
            "id": scope.id,
            "product": scope.product_id,
            "position": self.position,
            "first": period.start,
            "last": period.end,
        }
        text = query.replace("{scope}", _OF_SCOPE.replace("{whose}", _WHOSE[scope.kind]))
        return await fetch(self.source, text, params | more)

    async def targets(self) -> list[Attainment]:
        """On the period's last day."""
        known = await TargetTree.at(self.source, list(self.cycle.targets), self.position)
        pairs = [(target, self.cycle.period.end) for target in known.values()]
        return await attainment.attained(self.source, pairs, self.position)

    async def scorecard(self) -> dict[str, Any] | None:
        id = scorecard_id(self.cycle.scope, self.cycle.period)
        found = (await Scorecards.at(self.source, [id], self.position)).get(id)
        if found is None:
            return None
        closed = found.closings[-1].digest if found.closings else None
        return {"status": found.status, "total": found.total, "digest": closed, "scores": found.scores}

    async def funnel(self) -> list[dict[str, Any]]:
        period, moved = self.cycle.period, {"left": f.StageMoved.TOPIC, "entered": ENTRIES}
        begins, ends = self.company.begins(period.start), self.company.begins(period.end + DAY)
        dwell = {
            stage: (left, days)
            for stage, left, days in await self.ask(DWELL, begins=begins, ends=ends, **moved)
        }
        return [
            {
                "stage": stage,
                "left": left,
                "forward": forward,
                "mean_days": dwell.get(stage, (0, None))[1],
            }
            for stage, forward, left in await self.ask(STAGES)
        ]

    async def changed(self) -> list[dict[str, Any]]:
        """What was recorded since the last review about the time before this period; nothing before a first review."""
        since = self.before.review_position
        rows = await self.ask(CHANGED, since=since) if since else []
        return [
            {"metric": key, "currency": currency, "facts": facts, "value": value, "weight": weight}
            for key, currency, facts, value, weight in rows
        ]

    async def late(self) -> list[dict[str, Any]]:
        rows = await self.ask(LATE, limit=LISTED, **self.late_from())
        names = ("position", "metric", "currency", "day", "value", "subject", "entered_on")
        return [dict(zip(names, (*row, self.company.day(at)), strict=True)) for *row, at in rows]

    def late_from(self) -> dict[str, Any]:
        """For each day of the period the instant from which it is late to enter something for it."""
        period = self.cycle.period
        days = [period.start + n * DAY for n in range((period.end - period.start).days + 1)]
        return {"days": days, "late": [self.company.begins(day + (LATE_DAYS + 1) * DAY) for day in days]}

    async def stalled(self) -> list[DealAsKnown]:
        """The scope's open deals that nobody has touched for long when the period ends, the longest first."""
        found = await at_position.open_then(self.source, self.cycle.scope, self.position)
        limit = self.cycle.period.end - STALLED_DAYS * DAY
        return sorted((d for d in found if self.touched(d) < limit), key=lambda d: (self.touched(d), d.id))

    def touched(self, one: DealAsKnown) -> date:
        return self.company.day(_last_touch(one))

    def idle(self, one: DealAsKnown) -> dict[str, Any]:
        return {"id": one.id, "owner": one.deal.owner_id, "stage": one.deal.stage, "since": self.touched(one)}

    async def action_items(self) -> list[dict[str, Any]]:
        """What the previous review agreed on, and what became of it."""
        feedback = self.before.feedback
        ids = feedback.action_items if feedback is not None else ()
        found = await ActionItems.at(self.source, ids, self.position)
        return [
            {"id": item.item_id, "owner": item.owner_id, "due_at": item.due_at, "outcome": item.outcome}
            for item in found.values()
        ]

    async def low_answers(self) -> list[dict[str, Any]]:
        """Of customers in the period, and earlier ones whose loop was open then: what was promised to whom, and what became of it."""
        begins, ends = (
            self.company.begins(day) for day in (self.cycle.period.start, self.cycle.period.end + DAY)
        )
        found = await answered_low(self.source, self.cycle.scope, begins, ends, self.position)
        items = await ActionItems.at(self.source, [a.item_id for a in found if a.item_id], self.position)
        return [
            {
                "id": one.answer_id,
                "customer": one.customer_id,
                "owner": item.owner_id,
                "due_at": item.due_at,
                "outcome": item.outcome,
            }
            for one in found
            if one.item_id is not None and (item := items.get(one.item_id)) is not None
        ]

    async def adjustments(self) -> list[dict[str, Any]]:
        """Of the scope, once they were measured."""
        ids = await Adjustments.ids(self.source, scope_key=self.cycle.scope.key)
        found = await Adjustments.at(self.source, ids, self.position)
        return [
            {
                "id": a.adjustment_id,
                "metric": a.metric,
                "status": a.status,
                "effect": a.effect,
                "outcome": a.outcome,
            }
            for a in found.values()
            if a.measured_at is not None
        ]


def _target(one: Attainment) -> dict[str, Any]:
    return {
        "id": one.target_id,
        "metric": one.metric,
        "currency": one.currency,
        "number": one.number,
        "actual": one.actual,
        "attained": one.attained,
    }


def _last_touch(one: DealAsKnown) -> datetime:
    return max(r.occurred_at for r in one.events if isinstance(r.fact, f.TOUCHES))


# -- the agenda -----------------------------------------------------------------------------------


def _agenda(content: dict[str, Any], targets: Sequence[Attainment], late: int) -> Iterator[AgendaItem]:
    yield from (_missed(one) for one in targets if missed(one))
    outcomes = Counter(content["promises"])
    bad = outcomes["late"] + outcomes["broken"]
    yield from _counted(Point.PROMISES_BROKEN, bad)
    yield from _counted(Point.DEALS_STALLED, content["stalled"]["deals"])
    yield from _counted(Point.ENTERED_LATE, late)
    yield from _counted(Point.FIGURES_CHANGED, len(content["since_last_review"]))
    for item in content["action_items"]:
        if item["outcome"] in (OPEN, "late", "broken"):
            yield AgendaItem(code=Point.ACTION_ITEM_NOT_DONE, subject_id=item["id"], detail=item["outcome"])
    for adjusted in content["adjustments"]:
        yield AgendaItem(
            code=Point.ADJUSTMENT_TO_DISCUSS, subject_id=adjusted["id"], detail=adjusted["metric"]
        )


def missed(one: Attainment) -> bool:
    if one.actual is None:
        return False
    higher = metric(one.metric).direction == Better.HIGHER
    return one.actual < one.number if higher else one.actual > one.number


def _missed(one: Attainment) -> AgendaItem:
    assert one.actual is not None
    of = metric(one.metric)
    came, aim = (spelled(number, of, one.currency, "en") for number in (one.actual, one.number))
    detail = f"{one.metric}: {came} of {aim}"
    return AgendaItem(code=Point.TARGET_MISSED, subject_id=one.target_id, detail=detail)


def _counted(point: Point, many: int) -> Iterable[AgendaItem]:
    return [AgendaItem(code=point, detail=str(many))] if many else []


__all__ = ["ReviewPack", "missed", "pack"]
