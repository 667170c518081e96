"""Domain room: changing numbers that are divided — several targets, one commit, sums that hold exactly.

The invariant: the shares of a divided target sum to its number, and a target's number is what its parents give it.
So a part is never revised by itself, its parent is divided anew; and whatever a part was divided into follows it in
proportion, down to the last one. What lies in the past keeps its number. Rates do not add up: a part of a rate may be
revised by itself, and follows its parent as long as it has the same number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from domain.engine.command import decides
from domain.engine.errors import FieldError, Invalid, Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Checks
from domain.figures.scope import ScopeKind
from domain.figures.shares import Method, Part, respread, spread
from domain.target import commands as c
from domain.target import facts as f
from domain.target.decisions import first_day
from domain.target.dividing import check_teams, id_of, numbers_for, propose_part
from domain.target.smart import check_number
from domain.target.target import ZERO, Target

ONE = Decimal(1)


@decides(c.ReviseTarget)
def revise_target(target: Target, command: c.ReviseTarget, work: UnitOfWork) -> None:
    _check(target, command.number)
    if command.number != target.number:
        _must_be_whole(target)
        Change(first_day(target, command.from_day, work), command.why, work).revise(target, command.number)


@decides(c.RespreadTarget)
def respread_target(target: Target, command: c.RespreadTarget, work: UnitOfWork) -> None:
    number = target.number if command.number is None else command.number
    _check(target, number)
    if not target.shares:
        raise Refused("the target is not divided yet: decompose it")
    if number != target.number:
        _must_be_whole(target)
    change = Change(first_day(target, command.from_day, work), command.why, work)
    if not command.children:
        change.revise(target, number)
    else:
        target.revise(number, change.day, command.why)
        change.divide_as_said(target, command)


@decides(c.WithdrawTarget)
def withdraw_target(target: Target, command: c.WithdrawTarget, work: UnitOfWork) -> None:
    if target.stands:
        _check(target, target.number)
        _must_be_whole(target)
        if target.parent_id is not None:
            parent = work.get(Target, target.parent_id)
            left = tuple(s for s in parent.shares if s.child_id != target.id)
            parent.divide(parent.method or Method.MANUAL, left, parent.period.start)
        _withdraw(target, command.why, work)


def _withdraw(target: Target, why: str, work: UnitOfWork) -> None:
    """What went to another parent in the meantime is that one's, and stays."""
    target.withdraw(why)
    for share in target.shares:
        child = work.get(Target, share.child_id)
        if child.parent_id == target.id:
            _withdraw(child, why, work)


@decides(c.MoveTarget)
def move_target(target: Target, command: c.MoveTarget, work: UnitOfWork) -> None:
    _check(target, target.number)
    if target.parent_id is None:
        raise Refused("the target is nobody's part: there is nothing to move it from")
    if target.parent_id != command.parent_id:
        change = Change(first_day(target, command.from_day, work), command.why, work)
        change.move(target, work.get(Target, command.parent_id), command.stays)


def _check(target: Target, number: Decimal) -> None:
    target.must_stand()
    checks = Checks()
    check_number(number, target.of, target.currency, checks)
    checks.done()


def _must_be_whole(target: Target) -> None:
    """A part's number is its parent's to give."""
    if target.parent_id is not None and target.of.adds_up:
        parent = str(target.parent_id)
        raise Refused("the target is a part of another one: re-spread that one", parent_id=parent)


@dataclass(frozen=True, slots=True)
class Change:
    """One change from one day on, for one reason, over as many targets as it takes."""

    day: date
    why: str
    work: UnitOfWork

    def revise(self, target: Target, number: Decimal) -> None:
        """The target has this number, and what it was divided into follows in proportion."""
        before, day = target.number, max(self.day, target.period.start)
        target.revise(number, day, self.why)
        if target.shares:
            self.give(target, target.method or Method.WEIGHTED, self._in_proportion(target, before))

    def give(self, parent: Target, method: Method, shares: tuple[f.Share, ...], basis: str = "") -> None:
        """The target is divided so; whoever has another share now follows."""
        held = set(parent.shares)
        parent.divide(method, shares, max(self.day, parent.period.start), basis)
        for share in shares:
            child = self.work.get(Target, share.child_id)
            if share not in held and not share.settled and child.parent_id == parent.id:
                self.revise(child, share.number + child.elsewhere)

    def is_past(self, parent: Target, share: f.Share) -> bool:
        """Settled elsewhere, or for a period that is over."""
        period = self.work.get(Target, share.child_id).period
        return share.settled or (period != parent.period and period.end < self.day)

    def _in_proportion(self, parent: Target, before: Decimal) -> tuple[f.Share, ...]:
        shares = parent.shares
        self.work.want(*((Target, s.child_id) for s in shares))
        past = [self.is_past(parent, s) for s in shares]
        if parent.of.adds_up:
            alike = not any(s.number for s, gone in zip(shares, past, strict=True) if not gone)
            parts = [
                Part(s.number, ONE if alike else s.number, gone) for s, gone in zip(shares, past, strict=True)
            ]
            numbers = respread(parent.number, parts, parent.unit)
        else:
            now = [self.work.get(Target, s.child_id).number for s in shares]
            follows = [n == before and not gone for n, gone in zip(now, past, strict=True)]
            numbers = tuple(parent.number if f else n for f, n in zip(follows, now, strict=True))
        return tuple(replace(s, number=n) for s, n in zip(shares, numbers, strict=True))

    # -- as somebody says --------------------------------------------------------------------

    def divide_as_said(self, parent: Target, command: c.RespreadTarget) -> None:
        said = {id_of(parent, child): child for child in command.children}
        self.work.want(*((Target, id) for id in (*said, *(s.child_id for s in parent.shares))))
        past = [s for s in parent.shares if self.is_past(parent, s)]
        live = [s for s in parent.shares if s not in past]
        new = [child for id, child in said.items() if id not in {s.child_id for s in live}]
        self._check_said(parent, command, live, past, new)
        left = parent.number - sum((s.number for s in past), ZERO) if parent.of.adds_up else parent.number
        if left < 0:
            raise Invalid([FieldError("number", f"less than the {parent.number - left} that is past")])
        parts = [*(said[s.child_id] for s in live), *new]
        numbers = numbers_for(parent, left, command.method, parts)
        for child, number in zip(new, numbers[len(live) :], strict=True):
            propose_part(parent, child, number, self.day, self.work)
        fresh = [f.Share(id_of(parent, p), n) for p, n in zip(parts, numbers, strict=True)]
        self.give(parent, command.method, (*past, *fresh), command.basis)

    def _check_said(
        self,
        parent: Target,
        command: c.RespreadTarget,
        live: Sequence[f.Share],
        past: Sequence[f.Share],
        new: Sequence[c.Child],
    ) -> None:
        said = [id_of(parent, child) for child in command.children]
        checks = Checks()
        checks.that(len(set(said)) == len(said), "children", "name the same part twice")
        left_out = [str(s.child_id) for s in live if s.child_id not in said]
        checks.that(
            not left_out, "children", f"leave out {', '.join(left_out)}: say what they get, 0 where nothing"
        )
        over = [str(s.child_id) for s in past if s.child_id in said]
        checks.that(not over, "children", f"name what lies in the past: {', '.join(over)}")
        fits = all(n.period == parent.period and n.scope.is_below(parent.scope) for n in new)
        checks.that(fits or over, "children", "new ones must be smaller scopes of the same period")
        checks.done()
        check_teams(parent, new, self.work)

    # -- moving to another parent --------------------------------------------------------------

    def move(self, target: Target, after: Target, stays: Decimal | None) -> None:
        """What is left goes to the new parent, and from there up to what both parents are part of."""
        assert target.parent_id is not None
        before = self.work.get(Target, target.parent_id)
        self._check_move(target, before, after)
        share = next(s for s in before.shares if s.child_id == target.id and not s.settled)
        stays = self._staying(target, share.number, stays)
        goes = share.number - stays
        moved = f.TargetMoved(
            before=before.id,
            after=after.id,
            from_day=self.day,
            stays=stays,
            goes=goes,
            team_id=after.team_id,
            why=self.why,
        )
        target.record(moved)
        settled = [f.Share(target.id, stays, settled=True)] if stays else []
        kept = [s for s in before.shares if s is not share]
        shares = {before.id: [*kept, *settled], after.id: [*after.shares, f.Share(target.id, goes)]}
        self._carry_up(before, after, goes if target.of.adds_up else ZERO, shares)

    def _staying(self, target: Target, number: Decimal, said: Decimal | None) -> Decimal:
        if not target.of.adds_up:
            return ZERO
        if said is None:
            over = (self.day - target.period.start).days
            return spread(number, [Decimal(over), Decimal(target.period.days - over)], target.unit)[0]
        checks = Checks()
        check_number(said, target.of, target.currency, checks)
        checks.that(checks.errors or said <= number, "stays", f"is more than the {number} there is")
        checks.done()
        return said

    def _check_move(self, target: Target, before: Target, after: Target) -> None:
        problem = None
        if (after.metric, after.currency, after.period) != (before.metric, before.currency, before.period):
            problem = "is for another metric, currency or period"
        elif not (after.stands and after.shares):
            problem = "is not divided: decompose it among its other parts first"
        elif not target.scope.is_below(after.scope):
            problem = "is not for a wider scope"
        if problem:
            raise Invalid([FieldError("parent_id", problem)])
        if target.scope.kind == ScopeKind.REP:
            check_teams(after, [c.Child(scope=target.scope, period=target.period)], self.work)

    def _carry_up(
        self, before: Target, after: Target, goes: Decimal, shares: dict[UUID, list[f.Share]]
    ) -> None:
        """The one side brings less, the other more, up to where both meet."""
        down, up = self._line(before), self._line(after)
        meet = {t.id for t in down} & {t.id for t in up}
        for line, delta in ((down, -goes), (up, goes)):
            for child in line:
                if child.id in meet:
                    break
                child.revise(child.number + delta, max(self.day, child.period.start), self.why)
                if child.parent_id is not None:
                    parent = self.work.get(Target, child.parent_id)
                    shares[parent.id] = _shifted(shares.get(parent.id, list(parent.shares)), child.id, delta)
        for id, changed in shares.items():
            held = self.work.get(Target, id)
            held.divide(held.method or Method.MANUAL, tuple(changed), max(self.day, held.period.start))

    def _line(self, target: Target) -> list[Target]:
        """The target, its parent, and so on up."""
        line = [target]
        while line[-1].parent_id is not None:
            line.append(self.work.get(Target, line[-1].parent_id))
        return line


def _shifted(shares: Sequence[f.Share], child_id: UUID, delta: Decimal) -> list[f.Share]:
    mine = [s.child_id == child_id and not s.settled for s in shares]
    return [replace(s, number=s.number + delta) if m else s for s, m in zip(shares, mine, strict=True)]
