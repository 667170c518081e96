"""Domain room: what the commands about a deal's promise decide: people's, and the timers'."""

from __future__ import annotations

from domain.deal import commands as c
from domain.deal.deal import Deal
from domain.deal.decisions import Json, answer_of, check_limits, give, policy_of
from domain.engine.command import handles
from domain.engine.errors import Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import PromiseOutcome
from domain.people.people import Rep, Team


@handles(c.PromiseNext)
def promise_next(command: c.PromiseNext, work: UnitOfWork) -> Json:
    deal = work.get(Deal, command.deal_id)
    policy = policy_of(deal, work)
    check_limits(deal, command.next_step, policy, work)
    deal.promise_next(command.next_step, policy, work.context.now)
    return answer_of(deal)


@handles(c.ExcusePromise)
def excuse_promise(command: c.ExcusePromise, work: UnitOfWork) -> Json:
    deal = work.get(Deal, command.deal_id)
    if deal.promise is None or deal.promise.id != command.promise_id:
        deal.must_have_excused(command.promise_id)
        return answer_of(deal)
    policy, now = policy_of(deal, work), work.context.now
    if work.context.by_a_rep:
        deal.must_leave_owner_excuse(policy)
    deal.end_promise(PromiseOutcome.EXCUSED, now)
    if command.next_step is not None:
        check_limits(deal, command.next_step, policy, work)
        deal.promise_next(command.next_step, policy, now)
    deal.keep_promised(policy, now)
    return answer_of(deal)


@handles(c.RearmPromise)
def rearm_promise(command: c.RearmPromise, work: UnitOfWork) -> Json:
    deal = work.get(Deal, command.deal_id)
    deal.follow(policy_of(deal, work), work.context.now)
    return answer_of(deal)


@handles(c.EnsurePromise)
def ensure_promise(command: c.EnsurePromise, work: UnitOfWork) -> Json:
    deal = work.get(Deal, command.deal_id)
    deal.keep_promised(policy_of(deal, work), work.context.now)
    return answer_of(deal)


@handles(c.RemindPromise)
def remind_promise(command: c.RemindPromise, work: UnitOfWork) -> Json:
    deal = work.get(Deal, command.deal_id)
    promise = deal.live(command.promise_id, command.arming)
    if promise is not None:
        deal.remind(promise)
    return answer_of(deal)


@handles(c.MissPromise)
def miss_promise(command: c.MissPromise, work: UnitOfWork) -> Json:
    deal = work.get(Deal, command.deal_id)
    promise = deal.live(command.promise_id, command.arming)
    if promise is not None:
        deal.miss(promise)
    return answer_of(deal)


@handles(c.EscalatePromise)
def escalate_promise(command: c.EscalatePromise, work: UnitOfWork) -> Json:
    deal = work.get(Deal, command.deal_id)
    promise = deal.live(command.promise_id, command.arming)
    if promise is not None:
        deal.escalate(promise, work.find(Team, deal.team_id).manager_id, again=command.again)
    return answer_of(deal)


@handles(c.ReassignPromise)
def reassign_promise(command: c.ReassignPromise, work: UnitOfWork) -> Json:
    """The deal and the new owner's allocations commit together, or not at all."""
    deal = work.get(Deal, command.deal_id)
    if deal.live(command.promise_id, command.arming) is None:
        return answer_of(deal)
    rep = work.get(Rep, command.to, guard=True)
    rep.must_be_here(work.context.now)
    policy = policy_of(deal, work)
    if deal.reassignments >= policy.max_reassignments:
        raise Refused("the deal was reassigned as often as its policy allows: a manager decides now")
    deal.end_promise(PromiseOutcome.BROKEN)
    give(deal, rep, "escalation", "", command.receipt)
    deal.keep_promised(policy, work.context.now)
    return answer_of(deal)
