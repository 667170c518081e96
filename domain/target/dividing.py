"""Domain room: dividing a target into others — several targets, one commit, sums that hold exactly.

Rates do not add up: each part of a rate has the rate itself, unless numbers are given by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.engine.command import decides
from domain.engine.errors import AlreadyExists, FieldError, Invalid, Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Checks
from domain.figures.scope import ScopeKind
from domain.figures.shares import Method, check_manual, spread, spread_equally
from domain.people.people import Rep
from domain.target import commands as c
from domain.target import facts as f
from domain.target.decisions import team_of
from domain.target.smart import check_number
from domain.target.target import Target, target_id
from domain.time.periods import KINDS


@decides(c.DecomposeTarget)
def decompose_target(parent: Target, command: c.DecomposeTarget, work: UnitOfWork) -> None:
    parent.must_stand()
    _check_children(parent, command.children, work)
    numbers = numbers_for(parent, parent.number, command.method, command.children)
    parts = tuple(zip(command.children, numbers, strict=True))
    shares = tuple(f.Share(id_of(parent, child), number) for child, number in parts)
    if not parent.shares:
        for child, number in parts:
            propose_part(parent, child, number, parent.period.start, work)
        parent.divide(command.method, shares, parent.period.start, command.basis)
    elif parent.shares != shares:
        raise Refused("the target is divided already: re-spread it")


# -- checks --------------------------------------------------------------------------------------


def _check_children(parent: Target, children: Sequence[c.Child], work: UnitOfWork) -> None:
    """Either shorter periods that partition the parent's, or smaller scopes of the same period. Raises Invalid."""
    ids = [id_of(parent, child) for child in children]
    checks = Checks()
    checks.that(len(set(ids)) == len(ids), "children", "name the same part twice")
    problem = None if checks.errors else _axis_problem(parent, children)
    checks.that(problem is None, "children", problem or "")
    checks.done()
    work.want(*((Target, id) for id in ids))
    check_teams(parent, children, work)


def _axis_problem(parent: Target, children: Sequence[c.Child]) -> str | None:
    if all(child.scope == parent.scope for child in children):
        periods = tuple(sorted((child.period for child in children), key=lambda p: p.start))
        shorter = KINDS[KINDS.index(parent.period.kind) + 1 :]
        partition = any(periods == parent.period.parts(kind) for kind in shorter)
        return None if partition else f"must partition {parent.period} into shorter periods, all of one kind"
    if all(child.period == parent.period and child.scope.is_below(parent.scope) for child in children):
        return None
    return "must be smaller scopes of the same period, or shorter periods of the same scope"


def check_teams(parent: Target, children: Sequence[c.Child], work: UnitOfWork) -> None:
    """A team is divided among its own reps."""
    reps = [c.scope.id for c in children if c.scope.kind == ScopeKind.REP and c.scope.id]
    if parent.scope.kind != ScopeKind.TEAM or not reps or parent.scope.id is None:
        return
    work.want(*((Rep, id) for id in reps))
    strangers = [str(id) for id in reps if work.get(Rep, id).team_id != parent.scope.id]
    if strangers:
        raise Invalid([FieldError("children", f"not in this team: {', '.join(strangers)}")])


# -- numbers -------------------------------------------------------------------------------------


def numbers_for(
    parent: Target, total: Decimal, method: Method, children: Sequence[c.Child]
) -> tuple[Decimal, ...]:
    """What each child gets of `total`. Raises Invalid."""
    if method == Method.MANUAL:
        return _manual(parent, total, children)
    if not parent.of.adds_up:
        return (parent.number,) * len(children)
    if method == Method.EQUAL:
        return spread_equally(total, len(children), parent.unit)
    return spread(total, _weights(children), parent.unit)


def _manual(parent: Target, total: Decimal, children: Sequence[c.Child]) -> tuple[Decimal, ...]:
    checks, numbers = Checks(), []
    for n, child in enumerate(children):
        checks.that(child.number is not None, f"children[{n}].number", "say how much")
        if child.number is not None:
            check_number(child.number, parent.of, parent.currency, checks)
            numbers.append(child.number)
    checks.done()
    return check_manual(total, numbers, parent.unit) if parent.of.adds_up else tuple(numbers)


def _weights(children: Sequence[c.Child]) -> tuple[Decimal, ...]:
    checks = Checks()
    for n, child in enumerate(children):
        checks.that(child.weight is not None, f"children[{n}].weight", "say what it weighs")
    checks.done()
    return tuple(child.weight for child in children if child.weight is not None)


def id_of(parent: Target, child: c.Child) -> UUID:
    return target_id(parent.metric, child.scope, child.period)


def propose_part(parent: Target, child: c.Child, number: Decimal, day: date, work: UnitOfWork) -> None:
    target = work.find(Target, id_of(parent, child))
    if target.stands:
        raise AlreadyExists(
            f"there is a target for {child.scope.key} in {child.period} already: withdraw it first, or leave it out here and move it in",
            id=str(target.id),
            kind="target",
        )
    target.propose(
        f.TargetProposed(
            metric=parent.metric,
            scope=child.scope,
            period=child.period,
            number=number,
            unit=parent.of.unit,
            owner_id=child.owner_id or parent.owner_id,
            achievable=parent.achievable,
            relevant=parent.relevant,
            from_day=max(day, child.period.start),
            currency=parent.currency,
            team_id=team_of(child.scope, work),
            parent_id=parent.id,
        )
    )
