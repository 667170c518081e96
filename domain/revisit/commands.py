"""Domain room: what may be asked of a revisit, and what that decides. Its story is in `revisit.py`."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from annotated_types import MaxLen

from domain.cycle.policies import company_day
from domain.engine.command import Command, answers, decides, handles
from domain.engine.errors import FieldError, Invalid, Refused
from domain.engine.fields import LongText, NameOf, NeededText, RuleName
from domain.engine.references import CustomerId, PersonId, TeamId
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import ActivityKind, PromiseOutcome
from domain.lifecycle.policy import LifecycleStage
from domain.offer import Offers
from domain.people.people import Rep, Team, managers_over, team_of
from domain.policy.follow_up import FollowUpPolicy
from domain.policy.policies import follow_up_policy
from domain.revisit import revisit as r
from domain.revisit.policy import RevisitPolicies
from domain.revisit.revisit import Release, Revisit, revisit_of
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration

Json = dict[str, Any]
OfferName = Annotated[RuleName, NameOf("offer")]
MORNING = Duration(4, "business_hours")
"""A day's revisit falls due so long after the opening of that day, or of the next business day."""


class PromiseRevisit(Command):
    """Somebody will see the customer again by a time, whether a policy asks for it or not."""

    customer_id: CustomerId
    owner_id: PersonId
    due_at: datetime

    def stream(self) -> tuple[type[Revisit], UUID]:
        return Revisit, revisit_of(self.customer_id)


class EnsureRevisit(Command):
    """The policy asks for a revisit of a customer without an open deal, who bought or was seen last on `seen_on`. Whoever had the
    customer last owes it, or else who manages their team.
    """

    customer_id: UUID
    stage: LifecycleStage
    seen_on: date
    owner_id: PersonId
    team_id: TeamId | None

    def stream(self) -> tuple[type[Revisit], UUID]:
        return Revisit, revisit_of(self.customer_id)


class RevisitCommand(Command, about=Revisit):
    revisit_id: UUID


class ReleaseRevisit(RevisitCommand):
    """Nobody has to see the customer for it any more."""

    why: Release


class RecordRevisit(RevisitCommand):
    """The customer was seen; kept or late by when that was (the context's `occurred_at`, where it is entered later)."""

    kind: ActivityKind = ActivityKind.VISIT
    note: LongText = ""
    offered: Annotated[tuple[OfferName, ...], MaxLen(20)] = ()


class MoveRevisit(RevisitCommand):
    """Another due time. What was overdue stays so: it can be late, but no longer kept."""

    due_at: datetime


class HandOverRevisit(RevisitCommand):
    to: PersonId


class ExcuseRevisit(RevisitCommand):
    """They need not be seen this time; why. The next one counts from when this was due."""

    why: NeededText


class BreakRevisit(RevisitCommand):
    """They will not be seen this time; why."""

    why: NeededText


class RevisitTimer(RevisitCommand):
    """A timer speaks. It names the arming it was set for; too late is silence."""

    arming: int


class RemindRevisit(RevisitTimer):
    pass


class MissRevisit(RevisitTimer):
    pass


class EscalateRevisit(RevisitTimer):
    """Tell the manager, where that is somebody else; `again` at the time when a deal's promise would be reassigned."""

    again: bool = False


@answers(Revisit)
def answer_of(revisit: Revisit) -> Json:
    """What every command about a revisit answers."""
    held, ended = revisit.commitment, revisit.ended
    return {
        "revisit_id": str(revisit.id),
        "customer_id": str(revisit.customer_id),
        "owner_id": str(revisit.owner_id),
        "due_at": held.deadlines.due_at.isoformat() if held else None,
        "outcome": str(ended.outcome) if isinstance(ended, r.RevisitEnded) else None,
    }


def _check_due(due_at: datetime, now: datetime) -> datetime:
    """Raises Invalid."""
    if due_at <= now:
        raise Invalid([FieldError("due_at", "is past")])
    return due_at.astimezone(UTC)


@handles(PromiseRevisit)
def promise_revisit(command: PromiseRevisit, work: UnitOfWork) -> Json:
    due_at = _check_due(command.due_at, work.context.now)
    revisit, reach = work.find(Revisit, revisit_of(command.customer_id)), work.context.reach
    held = revisit.commitment
    if held is not None:
        if (held.owner_id, held.deadlines.due_at) != (command.owner_id, due_at):
            raise Refused("this customer has a revisit already: move it, or hand it over")
        return answer_of(revisit)
    team_id = team_of(command.owner_id, reach.team_id if reach is not None else None, work)
    _promise(revisit, command.customer_id, command.owner_id, team_id, due_at, work)
    return answer_of(revisit)


@handles(EnsureRevisit)
def ensure_revisit(command: EnsureRevisit, work: UnitOfWork) -> Json:
    """By the policies as they are now. What is promised already stays."""
    revisit = work.find(Revisit, revisit_of(command.customer_id))
    policy = work.look(RevisitPolicies, RevisitPolicies.stream_of("default")).current
    rule = policy.rule(command.stage)
    if revisit.commitment is not None or rule is None:
        return answer_of(revisit)
    owner_id, team_id = _who_owes(command, work)
    calendar = follow_up_policy("default", work).calendar
    due_on = policy.due_on(rule, command.seen_on, company_day(work, work.context.now), command.customer_id)
    by_rule = {"stage": command.stage, "policy_version": policy.version}
    _promise(revisit, command.customer_id, owner_id, team_id, _time_on(due_on, calendar), work, **by_rule)
    return answer_of(revisit)


def _who_owes(command: EnsureRevisit, work: UnitOfWork) -> tuple[UUID, UUID | None]:
    """Raises Refused where nobody is left who could."""
    rep = work.find(Rep, command.owner_id)
    if rep.active:
        return rep.id, rep.team_id
    manager_id = work.find(Team, command.team_id).manager_id if command.team_id is not None else None
    if manager_id is None or work.find(Rep, manager_id).has_left:
        raise Refused("whoever had the customer has left, and nobody manages their team")
    return manager_id, command.team_id


def _time_on(day: date, calendar: BusinessCalendar) -> datetime:
    return MORNING.after(datetime.combine(day, time(), ZoneInfo(calendar.timezone)), calendar)


def _promise(
    revisit: Revisit,
    customer_id: UUID,
    owner_id: UUID,
    team_id: UUID | None,
    due_at: datetime,
    work: UnitOfWork,
    **by_rule: Any,
) -> None:
    now = work.context.now
    promised = r.RevisitPromised(
        customer_id=customer_id,
        owner_id=owner_id,
        team_id=team_id,
        deadlines=follow_up_policy("default", work).deadlines(due_at, now),
        made_at=now,
        arming=revisit.arming + 1,
        **by_rule,
    )
    revisit.record(promised)


@decides(ReleaseRevisit)
def release_revisit(revisit: Revisit, command: ReleaseRevisit, _work: UnitOfWork) -> None:
    held = revisit.commitment
    if held is not None:
        revisit.record(r.RevisitReleased.filled(revisit, due_at=held.deadlines.due_at, why=command.why))


@decides(RecordRevisit)
def record_revisit(revisit: Revisit, command: RecordRevisit, work: UnitOfWork) -> None:
    done_at = work.context.happened_at
    held, ended = revisit.commitment, revisit.ended
    if (
        held is None
        and isinstance(ended, r.RevisitEnded)
        and (ended.note, ended.kind, ended.offered) == (command.note, command.kind, command.offered)
    ):
        return
    held = revisit.must_be_live()
    _must_be_offers(command.offered, work)
    if not held.can_be_kept_by(done_at):
        raise Invalid([FieldError("occurred_at", "is before the revisit was set")])
    _end(
        revisit,
        held.outcome_at(done_at),
        due_at=held.deadlines.due_at,
        kind=command.kind,
        done_at=done_at,
        offered=command.offered,
        note=command.note,
    )


def _must_be_offers(names: tuple[str, ...], work: UnitOfWork) -> None:
    """Raises Invalid."""
    streams = [(Offers, Offers.stream_of(name)) for name in names]
    work.want(*streams)
    wrong = [
        FieldError(f"offered[{n}]", "no offer of this name is published")
        for n, (kind, id) in enumerate(streams)
        if not work.look(kind, id).versions
    ]
    if wrong:
        raise Invalid(wrong)


def _end(revisit: Revisit, outcome: PromiseOutcome, **values: Any) -> None:
    revisit.record(
        r.RevisitEnded.filled(
            revisit, outcome=outcome, **{"kind": None, "done_at": None, "offered": (), "note": ""} | values
        )
    )


@decides(MoveRevisit)
def move_revisit(revisit: Revisit, command: MoveRevisit, work: UnitOfWork) -> None:
    now, held = work.context.now, revisit.must_be_live()
    due_at, policy = _check_due(command.due_at, now), follow_up_policy("default", work)
    if due_at != held.deadlines.due_at:
        revisit.record(_moved(held, policy, due_at, now))


def _moved(held: Any, policy: FollowUpPolicy, due_at: datetime, now: datetime) -> r.RevisitMoved:
    return r.RevisitMoved(
        before=held.deadlines,
        after=policy.deadlines(due_at, now),
        arming=held.generation + 1,
        overdue=held.is_overdue(now),
    )


@decides(HandOverRevisit)
def hand_over_revisit(revisit: Revisit, command: HandOverRevisit, work: UnitOfWork) -> None:
    revisit.must_be_live()
    team_id = team_of(command.to, revisit.team_id, work)
    if (command.to, team_id) != (revisit.owner_id, revisit.team_id):
        revisit.record(r.RevisitHandedOver(before=revisit.owner_id, after=command.to, team_id=team_id))


@decides(ExcuseRevisit)
def excuse_revisit(revisit: Revisit, command: ExcuseRevisit, _work: UnitOfWork) -> None:
    _give_up(revisit, PromiseOutcome.EXCUSED, command.why)


@decides(BreakRevisit)
def break_revisit(revisit: Revisit, command: BreakRevisit, _work: UnitOfWork) -> None:
    _give_up(revisit, PromiseOutcome.BROKEN, command.why)


def _give_up(revisit: Revisit, outcome: PromiseOutcome, why: str) -> None:
    """The same again is silence."""
    held, ended = revisit.commitment, revisit.ended
    if held is None and isinstance(ended, r.RevisitEnded) and (ended.outcome, ended.note) == (outcome, why):
        return
    _end(revisit, outcome, due_at=revisit.must_be_live().deadlines.due_at, note=why)


@decides(RemindRevisit)
def remind_revisit(revisit: Revisit, command: RemindRevisit, _work: UnitOfWork) -> None:
    held = revisit.live(command.arming)
    if held is not None:
        revisit.remind(held)


@decides(MissRevisit)
def miss_revisit(revisit: Revisit, command: MissRevisit, _work: UnitOfWork) -> None:
    held = revisit.live(command.arming)
    if held is not None:
        revisit.miss(held)


@decides(EscalateRevisit)
def escalate_revisit(revisit: Revisit, command: EscalateRevisit, work: UnitOfWork) -> None:
    held = revisit.live(command.arming)
    if held is not None:
        manager_id = next(managers_over(revisit.owner_id, revisit.team_id, work), None)
        revisit.escalate(held, manager_id, again=command.again)
