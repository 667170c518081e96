"""Domain room: what the commands about one target decide. Dividing is in `dividing.py`."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from domain.customer.product import Product
from domain.cycle.policies import company_day
from domain.engine.command import answers, decides, handles
from domain.engine.errors import AlreadyExists, FieldError, Invalid
from domain.engine.unit_of_work import UnitOfWork
from domain.figures.metrics import Unit
from domain.figures.scope import Scope, ScopeKind
from domain.people.people import Rep, Team
from domain.target import commands as c
from domain.target import facts as f
from domain.target.smart import check_smart
from domain.target.target import Target, target_id

Json = dict[str, Any]


@answers(Target)
def answer_of(target: Target) -> Json:
    """What every command about a target answers."""
    return {
        "target_id": str(target.id),
        "status": target.status,
        "metric": target.metric,
        "scope": target.scope.key,
        "period": target.period.name,
        "number": str(target.number),
        "currency": target.currency,
        "owner_id": str(target.owner_id),
        "shares": [
            {"target_id": str(s.child_id), "number": str(s.number), "settled": s.settled}
            for s in target.shares
        ],
    }


@handles(c.ProposeTarget)
def propose_target(command: c.ProposeTarget, work: UnitOfWork) -> Json:
    check_smart(command)
    assert command.scope is not None
    assert command.period is not None
    assert command.number is not None
    assert command.owner_id is not None
    target = work.find(Target, target_id(command.metric, command.scope, command.period))
    proposed = f.TargetProposed(
        metric=command.metric,
        scope=command.scope,
        period=command.period,
        number=command.number,
        unit=Unit(command.unit),
        owner_id=command.owner_id,
        achievable=command.achievable,
        relevant=command.relevant,
        from_day=command.period.start,
        currency=command.currency,
        team_id=team_of(command.scope, work),
    )
    if not target.stands:
        target.propose(proposed)
    elif not _says_the_same(target, proposed):
        raise AlreadyExists(
            "there is a target for this metric, scope and period: revise it", id=str(target.id), kind="target"
        )
    return answer_of(target)


def _says_the_same(target: Target, said: f.TargetProposed) -> bool:
    held = (target.number, target.currency, target.owner_id, target.achievable, target.relevant)
    return held == (said.number, said.currency, said.owner_id, said.achievable, said.relevant)


def team_of(scope: Scope, work: UnitOfWork) -> UUID | None:
    """The team that a scope belongs to. Raises NotFound for a team, rep or product that is not there."""
    if scope.product_id is not None:
        work.get(Product, scope.product_id)
    if scope.id is None:
        return None
    if scope.kind == ScopeKind.TEAM:
        return work.get(Team, scope.id).id
    return work.get(Rep, scope.id).team_id


@decides(c.AgreeTarget)
def agree_target(target: Target, command: c.AgreeTarget, _work: UnitOfWork) -> None:
    target.agree(command.agreed_by)


@decides(c.LeaveTargetUnagreed)
def leave_target_unagreed(target: Target, _command: c.LeaveTargetUnagreed, _work: UnitOfWork) -> None:
    target.leave_unagreed()


@decides(c.HandOverTarget)
def hand_over_target(target: Target, command: c.HandOverTarget, _work: UnitOfWork) -> None:
    target.hand_over(command.owner_id)


def first_day(target: Target, said: date | None, work: UnitOfWork) -> date:
    """The day a change takes effect: the company's today or the period's first day where none is said. Raises Invalid for one
    outside the period, or past: what is past is judged by what was in force then.
    """
    today, period = company_day(work, work.context.happened_at), target.period
    day = said or max(today, period.start)
    problem = None
    if not period.contains(day):
        problem = f"{day} is not in {period.name}, {period.start} to {period.end}"
    elif day < today:
        problem = (
            f"{day} is past (the company has {today}): it is judged by the number that was in force then"
        )
    if problem:
        raise Invalid([FieldError("from_day", problem)])
    return day
