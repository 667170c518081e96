"""Domain room: what is decided of a service case, when its clocks run out, and who gets it when somebody leaves. While it is severe it stands
in its deal's way.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.case import commands as c
from domain.case import facts as f
from domain.case.case import Case
from domain.case.policy import SECOND, Clock, ServicePolicies, ServicePolicy
from domain.customer.customer import is_same
from domain.deal.deal import Deal
from domain.engine.command import answers, attributes, decides, handles
from domain.engine.deadlines import DeadlineRules, Near
from domain.engine.errors import AlreadyExists, FieldError, Invalid, Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.versions import in_force
from domain.people.handover import passed_on
from domain.people.people import Rep, managers_over, team_of
from domain.time.commitment import DueStep, Kind

Json = dict[str, Any]
NO_SEVERE_CASE = "no-severe-case"
BLOCKS = {NO_SEVERE_CASE: ("no severe open case", "无未解决的严重服务单")}

answer_of = answers(Case)(attributes("case_id", "status", "severity", "owner_id", "due_at"))


def _when(case: Case, work: UnitOfWork) -> datetime:
    """Clocks are set, stopped and judged in order. Raises Invalid."""
    at = work.context.happened_at
    if at < case.changed_at:
        message = f"is before {case.changed_at:%Y-%m-%d %H:%M %Z}, when its clocks were last set"
        raise Invalid([FieldError("occurred_at", message)])
    return at


def _when_open(case: Case, work: UnitOfWork) -> datetime:
    """Raises Refused for one that has its solution."""
    if case.solved is not None:
        raise Refused(f"the case is {case.status}: reopen it", status=case.status)
    return _when(case, work)


def _policy(case: Case, work: UnitOfWork) -> ServicePolicy:
    """The version that the case is under."""
    return in_force(ServicePolicies, case.policy, work, case.policy_version)


def _hold_deal(case: Case, work: UnitOfWork) -> None:
    """In the same commit: a gate of the deal may ask for no severe case."""
    if case.deal_id is not None:
        work.get(Deal, case.deal_id).block(NO_SEVERE_CASE, case.id, blocks=case.blocks)


def _check_deal(deal_id: UUID | None, customer_id: UUID, work: UnitOfWork) -> None:
    """Raises Refused for the deal of another customer."""
    held = work.get(Deal, deal_id).customer_id if deal_id is not None else None
    if held is not None and not is_same(held, customer_id, work):
        raise Refused("this deal is another customer's", deal_id=str(deal_id))


def _team_of(owner_id: UUID, near: UUID | None, work: UnitOfWork) -> UUID | None:
    """Raises Refused for a rep who has left: nobody would hand it over any more."""
    rep = work.find(Rep, owner_id, guard=True)
    if rep.exists:
        rep.must_be_active()
    return team_of(owner_id, near, work)


@handles(c.OpenCase)
def open_case(command: c.OpenCase, work: UnitOfWork) -> Json:
    case = work.find(Case, command.case_id)
    if case.exists:
        if case.title != command.title or not is_same(case.customer_id, command.customer_id, work):
            raise AlreadyExists("this id belongs to another case", id=str(command.case_id))
        return answer_of(case)
    _check_deal(command.deal_id, command.customer_id, work)
    earlier = work.get(Case, command.follows).customer_id if command.follows is not None else None
    if earlier is not None and not is_same(earlier, command.customer_id, work):
        raise Refused("the case that it follows is another customer's", follows=str(command.follows))
    at, reach = work.context.happened_at, work.context.reach
    policy = in_force(ServicePolicies, command.policy, work)
    answer_by, solve_by = (policy.due(clock, command.severity, at) for clock in (Clock.ANSWER, Clock.SOLVE))
    opened = f.CaseOpened.filled(
        command,
        team_id=_team_of(command.owner_id, reach.team_id if reach is not None else None, work),
        policy_version=policy.version,
        made_at=at,
        clocks=f.Clocks(arming=1, answer_by=answer_by, solve_by=solve_by),
    )
    case.record(opened)
    if case.blocks:
        _hold_deal(case, work)
    return answer_of(case)


@decides(c.AnswerCase)
def answer_case(case: Case, command: c.AnswerCase, work: UnitOfWork) -> None:
    _answer(case, _when_open(case, work), work, command.note)


def _answer(case: Case, at: datetime, work: UnitOfWork, note: str = "") -> None:
    """The first time only: later answers are none of the clock's business."""
    if not case.answered:
        minutes, kept = case.minutes(_policy(case, work).calendar, at), case.is_kept(Clock.ANSWER, at)
        case.record(f.CaseAnswered.filled(case, minutes=minutes, kept=kept, note=note))


@decides(c.WaitForCustomer)
def wait_for_customer(case: Case, command: c.WaitForCustomer, work: UnitOfWork) -> None:
    at = _when_open(case, work)
    if not case.waiting:
        case.record(f.CaseWaiting(since=at, what=command.what))


@decides(c.ResumeCase)
def resume_case(case: Case, _command: c.ResumeCase, work: UnitOfWork) -> None:
    at = _when_open(case, work)
    if case.waiting:
        policy = _policy(case, work)
        waited = policy.calendar.business_hours_between(case.changed_at, at) // SECOND
        clocks = case.clocks(policy, case.severity, at, waited)
        case.record(f.CaseResumed(at=at, waited=waited, clocks=clocks))


@decides(c.ChangeSeverity)
def change_severity(case: Case, command: c.ChangeSeverity, work: UnitOfWork) -> None:
    at = _when_open(case, work)
    if command.severity != case.severity:
        clocks = None if case.waiting else case.clocks(_policy(case, work), command.severity, at)
        case.record(f.CaseSeverityChanged(before=case.severity, after=command.severity, clocks=clocks))
        _hold_deal(case, work)


@decides(c.LinkCase)
def link_case(case: Case, command: c.LinkCase, work: UnitOfWork) -> None:
    _check_deal(command.deal_id, case.customer_id, work)
    _link(case, command.deal_id, work)


@decides(c.UnlinkCase)
def unlink_case(case: Case, _command: c.UnlinkCase, work: UnitOfWork) -> None:
    _link(case, None, work)


def _link(case: Case, deal_id: UUID | None, work: UnitOfWork) -> None:
    if deal_id == case.deal_id:
        return
    if case.deal_id is not None:
        work.get(Deal, case.deal_id).block(NO_SEVERE_CASE, case.id, blocks=False)
    case.record(f.CaseLinked(before=case.deal_id, after=deal_id))
    _hold_deal(case, work)


@decides(c.HandOverCase)
def hand_over_case(case: Case, command: c.HandOverCase, work: UnitOfWork) -> None:
    if case.closed is not None:
        raise Refused("the case is closed: reopen it", status=case.status)
    team_id = _team_of(command.to, case.team_id, work)
    if (command.to, team_id) != (case.owner_id, case.team_id):
        case.record(f.CaseHandedOver(before=case.owner_id, after=command.to, team_id=team_id))


@decides(c.SolveCase)
def solve_case(case: Case, command: c.SolveCase, work: UnitOfWork) -> None:
    if case.solved is not None and case.solved.solution == command.solution:
        return
    at, policy = _when_open(case, work), _policy(case, work)
    _answer(case, at, work)
    solved = f.CaseSolved.filled(
        case,
        at=at,
        solution=command.solution,
        minutes=case.minutes(policy.calendar, at),
        kept=case.is_kept(Clock.SOLVE, at),
        arming=case.arming + 1,
        feedback_by=policy.feedback_after.after(at, policy.calendar),
    )
    case.record(solved)
    _hold_deal(case, work)


@decides(c.ReopenCase)
def reopen_case(case: Case, command: c.ReopenCase, work: UnitOfWork) -> None:
    """By the policy as it is now. Whoever solved it has its first answer behind them."""
    if case.solved is None:
        return
    at, solved_at = _when(case, work), case.solved.at
    days = _policy(case, work).reopen_days
    if at - solved_at > timedelta(days=days):
        message = f"the case was solved more than {days} days ago: open a new one that follows it"
        raise Refused(message, follows=str(case.id))
    policy = in_force(ServicePolicies, case.policy, work)
    solve_by = policy.due(Clock.SOLVE, case.severity, at)
    reopened = f.CaseReopened.filled(
        case.solved,
        at=at,
        solved_at=solved_at,
        why=command.why,
        policy_version=policy.version,
        clocks=f.Clocks(arming=case.arming + 1, answer_by=None, solve_by=solve_by),
    )
    case.record(reopened)
    _hold_deal(case, work)


def close_with(case: Case, score: int, text: str) -> bool:
    """The customer has said how it went. Whether that is news; raises Refused for another word than the first."""
    if case.solved is None:
        raise Refused("the case is not solved yet", status=case.status)
    before, said = case.closed, f.CaseClosed.filled(case, score=score, text=text)
    if before is None or before.score is None:
        case.record(said)
        return True
    if before != said:
        raise Refused("the customer has said how it went", score=before.score)
    return False


@decides(c.MissClock)
def miss_clock(case: Case, command: c.MissClock, work: UnitOfWork) -> None:
    one = case.running.find(command.clock)
    if one is not None and one.generation == command.arming and one.awaits(Kind.MISS):
        told = next(managers_over(case.owner_id, case.team_id, work), None)
        due_at, clock = one.deadlines.due_at, command.clock
        case.record(f.CaseMissed(clock=clock, arming=command.arming, due_at=due_at, told=told))


@decides(c.CloseUnanswered)
def close_unanswered(case: Case, command: c.CloseUnanswered, _work: UnitOfWork) -> None:
    if case.commitments.find(Clock.FEEDBACK) is not None and case.arming == command.arming:
        case.record(f.CaseClosed.filled(case))


def steps(case: Case, _near: Near) -> Iterator[DueStep]:
    """None while the customer is waited for."""
    for one in case.running:
        yield from one.due_steps(case.id, Kind.MISS, step=one.what)


def timer(case_id: UUID, due: DueStep) -> c.CaseTimer:
    if due.step == Clock.FEEDBACK:
        return c.CloseUnanswered(case_id=case_id, arming=due.arming)
    return c.MissClock(case_id=case_id, arming=due.arming, clock=Clock(due.step))


def goes_on(case: Case) -> bool:
    return case.exists and case.closed is None


DEADLINES = (DeadlineRules("case", Case, goes_on=goes_on, steps=steps, command=timer, ends=(f.CaseClosed,)),)


HANDOVERS = (passed_on("case", Case, lambda id, to: c.HandOverCase(case_id=id, to=to), goes_on),)
