"""Domain room: what the commands about a deal's promise decide: people's, and the timers'."""

from __future__ import annotations

from domain.deal import commands as c
from domain.deal.deal import Deal
from domain.deal.decisions import check_limits, give, policy_of
from domain.engine.command import decides
from domain.engine.errors import Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import PromiseOutcome
from domain.people.people import Rep, Team


@decides(c.PromiseNext)
def promise_next(deal: Deal, command: c.PromiseNext, work: UnitOfWork) -> None:
    policy = policy_of(deal, work)
    check_limits(deal, command.next_step, policy, work)
    deal.promise_next(command.next_step, policy, work.context.now)


@decides(c.ExcusePromise)
def excuse_promise(deal: Deal, command: c.ExcusePromise, work: UnitOfWork) -> None:
    if deal.promise is None or deal.promise.id != command.promise_id:
        deal.must_have_excused(command.promise_id)
        return
    policy, now = policy_of(deal, work), work.context.now
    if work.context.by_a_rep:
        deal.must_leave_owner_excuse(policy)
    deal.end_promise(PromiseOutcome.EXCUSED, now)
    if command.next_step is not None:
        check_limits(deal, command.next_step, policy, work)
        deal.promise_next(command.next_step, policy, now)
    deal.keep_promised(policy, now)


@decides(c.RearmPromise)
def rearm_promise(deal: Deal, _command: c.RearmPromise, work: UnitOfWork) -> None:
    deal.follow(policy_of(deal, work), work.context.now)


@decides(c.EnsurePromise)
def ensure_promise(deal: Deal, _command: c.EnsurePromise, work: UnitOfWork) -> None:
    deal.keep_promised(policy_of(deal, work), work.context.now)


@decides(c.RemindPromise)
def remind_promise(deal: Deal, command: c.RemindPromise, _work: UnitOfWork) -> None:
    promise = deal.live(command.promise_id, command.arming)
    if promise is not None:
        deal.remind(promise)


@decides(c.MissPromise)
def miss_promise(deal: Deal, command: c.MissPromise, _work: UnitOfWork) -> None:
    promise = deal.live(command.promise_id, command.arming)
    if promise is not None:
        deal.miss(promise)


@decides(c.EscalatePromise)
def escalate_promise(deal: Deal, command: c.EscalatePromise, work: UnitOfWork) -> None:
    promise = deal.live(command.promise_id, command.arming)
    if promise is not None:
        deal.escalate(promise, work.find(Team, deal.team_id).manager_id, again=command.again)


@decides(c.ReassignPromise)
def reassign_promise(deal: Deal, command: c.ReassignPromise, work: UnitOfWork) -> None:
    """The deal and the new owner's allocations commit together, or not at all."""
    if deal.live(command.promise_id, command.arming) is None:
        return
    rep = work.get(Rep, command.to, guard=True)
    rep.must_be_here(work.context.now)
    policy = policy_of(deal, work)
    if deal.reassignments >= policy.max_reassignments:
        raise Refused("the deal was reassigned as often as its policy allows: a manager decides now")
    deal.end_promise(PromiseOutcome.BROKEN)
    give(deal, rep, "escalation", "", command.receipt)
    deal.keep_promised(policy, work.context.now)
