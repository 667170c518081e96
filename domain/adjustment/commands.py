"""Domain room: what may be asked of an adjustment, and what that decides. Its story is in `adjustment.py`."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.adjustment.adjustment import (
    Adjustment,
    AdjustmentMeasured,
    AdjustmentStarted,
    BaselineFrozen,
    Outcome,
)
from domain.adjustment.experiment import METHOD, Compared, choose_control, difference_in_differences
from domain.cycle.policies import company_day, cycle_policy
from domain.cycle.policy import Step
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command, answers, decides, handles
from domain.engine.errors import AlreadyExists, Forbidden, Refused
from domain.engine.fields import LongText, MetricKey, NeededText, Position, RuleName, ShortText
from domain.engine.references import CycleId, PersonId
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Checks
from domain.figures.metrics import find_metric, metric
from domain.figures.scope import Scope
from domain.people.people import managers_over
from domain.target.decisions import team_of
from domain.target.smart import check_metric, check_unit
from domain.time.periods import Window

Json = dict[str, Any]
DAY = timedelta(days=1)
MISSING = {
    "hypothesis": "say what is expected to change, and why",
    "scope": "say for whom: the company, a team or a rep",
    "metric": "say by what it is judged",
    "baseline": "say which days it is compared with",
    "horizon": "say until when it is given",
    "owner_id": "say who owns it",
}


class AdjustmentCommand(Command, about=Adjustment):
    adjustment_id: UUID


class StartAdjustment(AdjustmentCommand):
    """Start a change of strategy. What is left out is named in the refusal, all of it at once. `starts` is its first
    day (left out: the company's today), `horizon` its last; `baseline` lies before. The same again is silence.
    """

    hypothesis: LongText = ""
    scope: Scope | None = None
    metric: MetricKey = ""
    currency: ShortText = ""
    baseline: Window | None = None
    horizon: date | None = None
    owner_id: PersonId | None = None
    starts: date | None = None
    above_id: PersonId | None = None
    policy: RuleName = "default"
    cycle_id: CycleId | None = None


class FreezeBaseline(AdjustmentCommand):
    """The figures of the baseline window as known at `position`: its own, and those of everybody it might be compared
    with. `busy` are under an adjustment themselves. Silence once it is frozen.
    """

    position: Position
    before: Decimal | None
    candidates: tuple[Compared, ...] = ()
    busy: tuple[Scope, ...] = ()


class MeasureAdjustment(AdjustmentCommand):
    """The figures of the horizon as known at `position`: its own, and each control's in `after`. Silence once it is
    measured, or decided.
    """

    position: Position
    after: Decimal | None
    controls: tuple[Compared, ...] = ()


class RemindAdjustment(AdjustmentCommand):
    """The time to warn its owner, before it is to be decided, has come."""


class EscalateAdjustment(AdjustmentCommand):
    """Nobody decided: tell who is above."""


class DecideAdjustment(AdjustmentCommand):
    """By its owner, by who is above them, or by a manager of the team."""

    outcome: Outcome
    decided_by: PersonId
    why: NeededText

    def concerns(self, held: Aggregate) -> bool:
        return isinstance(held, Adjustment) and self.decided_by in (held.owner_id, held.above_id)


class HandOverAdjustment(AdjustmentCommand):
    to: PersonId


@answers(Adjustment)
def answer_of(adjustment: Adjustment) -> Json:
    """What every command about an adjustment answers."""
    measured, decided = adjustment.measured, adjustment.decided
    effect = measured.effect if measured else None
    return {
        "adjustment_id": str(adjustment.id),
        "owner_id": str(adjustment.owner_id),
        "measure_at": adjustment.measure_at.isoformat() if adjustment.measure_at else None,
        "controls": [c.scope.key for c in adjustment.frozen.controls] if adjustment.frozen else [],
        "effect": str(effect) if effect is not None else None,
        "decide_by": measured.awaited.due_at.isoformat() if measured else None,
        "outcome": decided.outcome if decided else None,
    }


@handles(StartAdjustment)
def start_adjustment(command: StartAdjustment, work: UnitOfWork) -> Json:
    today = company_day(work, work.context.happened_at)
    _check(command, command.starts or today)
    assert command.scope is not None
    assert command.baseline is not None
    assert command.horizon is not None
    assert command.owner_id is not None
    adjustment = work.find(Adjustment, command.adjustment_id)
    policy = cycle_policy(command.policy, work)
    started = AdjustmentStarted(
        hypothesis=command.hypothesis,
        scope=command.scope,
        metric=command.metric,
        baseline=command.baseline,
        horizon=Window(command.starts or today, command.horizon),
        owner_id=command.owner_id,
        above_id=command.above_id,
        team_id=team_of(command.scope, work),
        measure_at=policy.review_after.after(policy.instant(command.horizon + DAY), policy.calendar),
        policy=policy.name,
        policy_version=policy.version,
        currency=command.currency,
        cycle_id=command.cycle_id,
    )
    held = adjustment.started
    if held is None:
        adjustment.record(started)
    elif _said(held, command) != _said(started, command):
        raise AlreadyExists("this id belongs to another adjustment", id=str(adjustment.id))
    return answer_of(adjustment)


def _said(started: AdjustmentStarted, command: StartAdjustment) -> tuple[object, ...]:
    """What of it the command says; without its first day it says that it started when it did."""
    return (
        started.hypothesis,
        started.scope,
        started.metric,
        started.currency,
        started.baseline,
        started.horizon.end,
        started.horizon.start if command.starts is not None else None,
        started.owner_id,
        started.above_id,
    )


def _check(command: StartAdjustment, starts: date) -> None:
    checks = Checks()
    for name, message in MISSING.items():
        value = getattr(command, name)
        checks.that(bool(value.strip()) if isinstance(value, str) else value is not None, name, message)
    of = find_metric(command.metric)
    if command.metric.strip():
        check_metric(command.metric, checks)
    if of is not None:
        on = command.baseline.start if command.baseline else None
        check_unit(of, of.unit, command.currency, checks, on)
        checks.that(of.unit != "money" or command.currency, "currency", "say in which currency, such as CNY")
    _check_days(command, starts, checks)
    checks.done()


def _check_days(command: StartAdjustment, starts: date, checks: Checks) -> None:
    baseline, horizon = command.baseline, command.horizon
    if horizon is not None:
        checks.that(horizon >= starts, "horizon", f"must be {starts} or later")
    if baseline is not None:
        checks.that(baseline.end < starts, "baseline", f"must lie before {starts}, when it starts")


@decides(FreezeBaseline)
def freeze_baseline(adjustment: Adjustment, command: FreezeBaseline, _work: UnitOfWork) -> None:
    if adjustment.frozen is None and adjustment.runs:
        figures = {c.scope: c.before for c in command.candidates}
        chosen = choose_control(adjustment.scope, command.before, figures, command.busy)
        frozen = BaselineFrozen(
            position=command.position,
            adjusted=Compared(adjustment.scope, command.before),
            controls=tuple(Compared(scope, figures[scope]) for scope in chosen),
            method=METHOD,
        )
        adjustment.record(frozen)


@decides(MeasureAdjustment)
def measure_adjustment(adjustment: Adjustment, command: MeasureAdjustment, work: UnitOfWork) -> None:
    now = work.context.now
    frozen = adjustment.frozen
    if not adjustment.runs or adjustment.measured is not None:
        return
    if frozen is None:
        raise Refused("the baseline is not frozen yet")
    if adjustment.measure_at is not None and now < adjustment.measure_at:
        raise Refused("the horizon is not over yet", measure_at=adjustment.measure_at.isoformat())
    after = {c.scope: c.after for c in command.controls}
    controls = tuple(Compared(c.scope, c.before, after.get(c.scope)) for c in frozen.controls)
    adjusted = Compared(adjustment.scope, frozen.adjusted.before, command.after)
    of = metric(adjustment.metric)
    policy = cycle_policy(adjustment.policy, work, adjustment.policy_version)
    due = policy.assess_within.after(now, policy.calendar)
    measured = AdjustmentMeasured(
        position=command.position,
        adjusted=adjusted,
        controls=controls,
        effect=difference_in_differences(of, adjusted, controls, adjustment.baseline, adjustment.horizon),
        awaited=policy.awaiting(Step.DECIDE, adjustment.owner_id, due, now),
    )
    adjustment.record(measured)


@decides(RemindAdjustment)
def remind_adjustment(adjustment: Adjustment, _command: RemindAdjustment, _work: UnitOfWork) -> None:
    adjustment.remind()


@decides(EscalateAdjustment)
def escalate_adjustment(adjustment: Adjustment, _command: EscalateAdjustment, work: UnitOfWork) -> None:
    adjustment.escalate(next(managers_over(adjustment.owner_id, adjustment.team_id, work), None))


@decides(DecideAdjustment)
def decide_adjustment(adjustment: Adjustment, command: DecideAdjustment, work: UnitOfWork) -> None:
    managers = managers_over(adjustment.owner_id, adjustment.team_id, work)
    if command.decided_by not in (adjustment.owner_id, adjustment.above_id, *managers):
        raise Forbidden("this is for the owner of the adjustment, or who is above them, to decide")
    adjustment.decide(command.outcome, command.decided_by, command.why)


@decides(HandOverAdjustment)
def hand_over_adjustment(adjustment: Adjustment, command: HandOverAdjustment, _work: UnitOfWork) -> None:
    adjustment.hand_over(command.to)
