"""Domain room: what the commands about a cycle's target and execution decide.

Review and feedback are in `reviewing.py`, what people change about a cycle is in `changing.py`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.cycle import commands as c
from domain.cycle import facts as f
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.policies import cycle_policy
from domain.cycle.policy import CyclePolicy, Schedule, Step
from domain.cycle.state import Phase
from domain.engine.command import answers, decides, handles
from domain.engine.errors import AlreadyExists, FieldError, Invalid, Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Checks
from domain.figures.pace import Pace, elapsed_share, judge
from domain.people.people import Team
from domain.target.decisions import team_of
from domain.target.target import AGREED, Target, target_id
from domain.time.commitment import Commitment

Json = dict[str, Any]


@answers(Cycle)
def answer_of(cycle: Cycle) -> Json:
    """What every command about a cycle answers: where it stands, and what it waits for."""
    return {
        "cycle_id": str(cycle.id),
        "phase": cycle.phase,
        "period": cycle.period.name,
        "scope": cycle.scope.key,
        "paused": cycle.is_paused,
        "arming": cycle.arming,
        "targets": [str(id) for id in cycle.targets],
        "check_ins": cycle.check_ins,
        "next_check_in_at": _iso(cycle.times.next_check_in_at),
        "waiting": [
            {
                "step": w.what,
                "of": str(w.owner_id) if w.owner_id else None,
                "due_at": w.deadlines.due_at.isoformat(),
                "subject_id": str(w.subject_id) if w.subject_id else None,
            }
            for w in cycle.waiting
        ],
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def policy_of(cycle: Cycle, work: UnitOfWork) -> CyclePolicy:
    return cycle_policy(cycle.policy, work, cycle.policy_version)


@handles(c.OpenCycle)
def open_cycle(command: c.OpenCycle, work: UnitOfWork) -> Json:
    cycle = work.find(Cycle, cycle_id(command.scope, command.period))
    if cycle.exists and cycle.phase != Phase.CANCELLED:
        _must_be_the_same(cycle, command)
        return answer_of(cycle)
    policy = cycle_policy(command.policy, work)
    now, people = work.context.now, _people(command, work)
    ids = [target_id(key, command.scope, command.period) for key in dict.fromkeys(command.metrics)]
    work.want(*((Target, id) for id in ids))
    targets = [target for target in (work.find(Target, id) for id in ids) if target.stands]
    agree_by = policy.due_before(Step.AGREE, command.period, now)
    schedule = policy.schedule(command.period)
    warn_of_nobody_above(people, work)
    cycle.record(_opening(cycle, command, policy, schedule, max(schedule.starts_at, agree_by), people))
    for target in targets:
        cycle.include(target.id, target.metric)
    if not targets:
        cycle.wait_for(policy, Step.PROPOSE, policy.due_before(Step.PROPOSE, command.period, now), now)
    elif not all(target.status == AGREED for target in targets):
        cycle.wait_for(policy, Step.AGREE, agree_by, now)
    return answer_of(cycle)


def _opening(
    cycle: Cycle,
    command: c.OpenCycle,
    policy: CyclePolicy,
    schedule: Schedule,
    executes_at: datetime,
    people: f.People,
) -> f.CycleOpened:
    return f.CycleOpened(
        scope=command.scope,
        period=command.period,
        people=people,
        policy=policy.name,
        policy_version=policy.version,
        cadence=command.cadence or policy.cadence,
        schedule=schedule,
        executes_at=executes_at,
        arming=cycle.arming + 1,
        previous_id=command.previous_id,
    )


def warn_of_nobody_above(people: f.People, work: UnitOfWork) -> None:
    if people.reviewer in (None, people.owner_id):
        work.warn(
            "nobody is above the owner: what the manager does in a cycle waits for "
            + ("the owner" if people.reviewer else "nobody, and any manager may do it")
            + "; name a manager_id or above_id, or hand the cycle over"
        )


def _people(command: c.OpenCycle, work: UnitOfWork) -> f.People:
    """Where no manager is named it is the team's, unless that is the owner."""
    team_id, manager = team_of(command.scope, work), command.manager_id
    if manager is None and team_id is not None:
        found = work.get(Team, team_id).manager_id
        manager = found if found != command.owner_id else None
    return f.People(owner_id=command.owner_id, manager_id=manager, above_id=command.above_id, team_id=team_id)


def _must_be_the_same(cycle: Cycle, command: c.OpenCycle) -> None:
    people = cycle.people
    named = {
        "manager_id": (command.manager_id, people.manager_id),
        "above_id": (command.above_id, people.above_id),
        "cadence": (command.cadence, cycle.cadence),
    }
    other = [name for name, (given, held) in named.items() if given is not None and given != held]
    if other:
        raise AlreadyExists(
            f"there is a cycle for this scope and period already, with another {', '.join(other)}: change that one",
            kind="cycle",
            id=str(cycle.id),
        )
    if (people.owner_id, cycle.policy) != (command.owner_id, command.policy):
        raise AlreadyExists(
            f"there is a cycle for this scope and period already, of the owner {cycle.people.owner_id} under the policy "
            f"{cycle.policy!r}: hand it over, or cancel it first",
            kind="cycle",
            id=str(cycle.id),
        )


@decides(c.IncludeTarget)
def include_target(cycle: Cycle, command: c.IncludeTarget, work: UnitOfWork) -> None:
    target = work.get(Target, command.target_id)
    if target.id in cycle.targets:
        return
    cycle.must_be_in(Phase.TARGET, Phase.EXECUTE)
    target.must_stand()
    if (target.scope, target.period) != (cycle.scope, cycle.period):
        raise Invalid([FieldError("target_id", "is for another scope or period than the cycle")])
    include(cycle, target, work)


def include(cycle: Cycle, target: Target, work: UnitOfWork) -> None:
    """It is to be agreed, where there is still time to."""
    cycle.include(target.id, target.metric)
    if cycle.phase == Phase.TARGET and target.status != AGREED and cycle.waits_for(Step.AGREE) is None:
        policy, now = policy_of(cycle, work), work.context.now
        cycle.wait_for(policy, Step.AGREE, policy.due_before(Step.AGREE, cycle.period, now), now)


def targets_of(cycle: Cycle, work: UnitOfWork) -> list[Target]:
    """The targets of the cycle that stand."""
    work.want(*((Target, id) for id in cycle.targets))
    return [target for target in (work.get(Target, id) for id in cycle.targets) if target.stands]


@decides(c.AgreeTargets)
def agree_targets(cycle: Cycle, command: c.AgreeTargets, work: UnitOfWork) -> None:
    """Each target and the cycle, in one commit. Later than the deadline is better than never."""
    cycle.must_be_in(Phase.TARGET, Phase.EXECUTE)
    targets = targets_of(cycle, work)
    if not targets:
        raise Refused("the cycle has no target yet: propose one first")
    open_ones = [target for target in targets if target.status != AGREED]
    for target in targets:
        target.agree(command.agreed_by)
    if open_ones or cycle.waits_for(Step.AGREE) is not None:
        ids = tuple(target.id for target in targets)
        cycle.record(f.TargetsAgreed(agreed_by=command.agreed_by, target_ids=ids))


def _owed(cycle: Cycle, command: c.RemindCycle | c.EscalateCycle, work: UnitOfWork) -> Commitment | None:
    """What a timer speaks for. Nothing, when the targets were agreed to one by one in the meantime."""
    wait = cycle.live(command.step, command.subject_id, command.arming)
    if wait is None or wait.what != Step.AGREE:
        return wait
    targets = targets_of(cycle, work)
    if not all(target.status == AGREED for target in targets):
        return wait
    ids = tuple(target.id for target in targets)
    cycle.record(f.TargetsAgreed(agreed_by=cycle.people.owner_id, target_ids=ids))
    return None


@decides(c.RemindCycle)
def remind_cycle(cycle: Cycle, command: c.RemindCycle, work: UnitOfWork) -> None:
    wait = _owed(cycle, command, work)
    if wait is not None:
        cycle.remind(wait)


@decides(c.EscalateCycle)
def escalate_cycle(cycle: Cycle, command: c.EscalateCycle, work: UnitOfWork) -> None:
    wait = _owed(cycle, command, work)
    if wait is not None:
        cycle.escalate(wait, policy_of(cycle, work), work.context.now)


@decides(c.StartExecution)
def start_execution(cycle: Cycle, command: c.StartExecution, work: UnitOfWork) -> None:
    now = work.context.now
    if not cycle.runs(command.arming) or cycle.phase != Phase.TARGET:
        return
    if cycle.times.executes_at is not None and now < cycle.times.executes_at:
        raise Refused("execution has not begun yet", starts_at=cycle.times.executes_at.isoformat())
    targets = targets_of(cycle, work)
    for target in targets:
        target.leave_unagreed()
    agreed = [target.id for target in targets if target.status == AGREED]
    cycle.start(agreed, policy_of(cycle, work), now)


@handles(c.CheckIn)
def check_in(command: c.CheckIn, work: UnitOfWork) -> Json:
    cycle = work.get(Cycle, command.cycle_id)
    due = cycle.runs(command.arming) and cycle.phase == Phase.EXECUTE
    if not due or command.number != cycle.check_ins + 1:
        return answer_of(cycle)
    targets = targets_of(cycle, work)
    actuals = {actual.target_id: actual for actual in command.actuals}
    lacking = [str(target.id) for target in targets if target.id not in actuals]
    checks = Checks()
    checks.that(not lacking, "actuals", f"lack {', '.join(lacking)}")
    checks.that(cycle.period.contains(command.on), "on", f"{command.on} is not in {cycle.period}")
    checks.done()
    policy, now = policy_of(cycle, work), work.context.now
    lines = tuple(_line(cycle, target, actuals[target.id], policy, command) for target in targets)
    checked = f.CheckedIn(
        number=command.number,
        on=command.on,
        position=command.position,
        lines=lines,
        next_check_in_at=policy.next_check_in(cycle.period, now, cycle.cadence),
    )
    cycle.check_in(checked, lines, now)
    return answer_of(cycle)


def _line(
    cycle: Cycle, target: Target, actual: c.Actual, policy: CyclePolicy, command: c.CheckIn
) -> f.CheckInLine:
    number = target.in_force(command.on)
    number = target.number if number is None else number
    shape = actual.shape if policy.pace == Pace.SEASONAL else ()
    share = elapsed_share(cycle.period, command.on, policy.calendar, shape)
    judged = judge(target.of, number, actual.figure, share, policy.threshold)
    return f.CheckInLine(
        target_id=target.id,
        metric=target.metric,
        number=number,
        actual=actual.figure,
        expected=judged.expected,
        shortfall=judged.shortfall,
        status=judged.status,
        step=judged.step,
    )
