"""Domain room: what the commands about a cycle's review, feedback and next target decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from uuid import UUID

from domain.cycle import commands as c
from domain.cycle import facts as f
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.decisions import Json, answer_of, include, policy_of
from domain.cycle.policy import Step
from domain.cycle.state import Phase
from domain.engine.command import decides, handles
from domain.engine.errors import AlreadyExists, FieldError, Invalid, Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Checks
from domain.figures import metrics
from domain.scorecard.scorecard import Scorecard, scorecard_id
from domain.target.facts import TargetProposed
from domain.target.proposal_sentences import argued
from domain.target.smart import check_metric, check_number
from domain.target.target import Target, target_id


@decides(c.OpenReview)
def open_review(cycle: Cycle, command: c.OpenReview, work: UnitOfWork) -> None:
    now = work.context.now
    if not cycle.runs(command.arming) or cycle.phase != Phase.EXECUTE:
        return
    if cycle.schedule is not None and now < cycle.schedule.ends_at:
        raise Refused("the period is not over yet", ends_at=cycle.schedule.ends_at.isoformat())
    policy = policy_of(cycle, work)
    opened = f.ReviewOpened(
        position=command.position,
        pack_digest=command.pack_digest,
        agenda=command.agenda,
        next_by=policy.next_within.after(now, policy.calendar),
    )
    cycle.open_review(opened, policy, now)


@decides(c.AssessSelf)
def assess_self(cycle: Cycle, command: c.AssessSelf, work: UnitOfWork) -> None:
    cycle.assess_self(command.assessed_by, command.text, policy_of(cycle, work), work.context.now)


@decides(c.AssessCycle)
def assess_cycle(cycle: Cycle, command: c.AssessCycle, work: UnitOfWork) -> None:
    cycle.assess(command.assessed_by, command.text, policy_of(cycle, work), work.context.now)


@handles(c.AskDecision)
def ask_decision(command: c.AskDecision, work: UnitOfWork) -> Json:
    now = work.context.now
    if command.due_at <= now:
        raise Invalid([FieldError("due_at", "is past")])
    cycle = work.get(Cycle, command.cycle_id)
    if command.decision_id in cycle.decisions:
        if cycle.questions[command.decision_id] != command.question:
            raise AlreadyExists("this id belongs to another decision", id=str(command.decision_id))
        return answer_of(cycle)
    cycle.must_be_in(Phase.REVIEW, Phase.FEEDBACK)
    asked = f.DecisionAsked(decision_id=command.decision_id, question=command.question, of=command.of)
    cycle.record(asked)
    policy, due = policy_of(cycle, work), command.due_at.astimezone(UTC)
    cycle.wait_for(policy, Step.DECIDE, due, now, of=command.of, subject_id=command.decision_id)
    return answer_of(cycle)


@decides(c.TakeDecision)
def take_decision(cycle: Cycle, command: c.TakeDecision, _work: UnitOfWork) -> None:
    change = command.change
    if change is not None and target_id(change.metric, cycle.scope, cycle.period) not in cycle.targets:
        raise Invalid([FieldError("change.metric", "is not the metric of a target of this cycle")])
    taken = f.DecisionTaken(
        decision_id=command.decision_id,
        taken_by=command.taken_by,
        choice=command.choice,
        change=command.change,
    )
    cycle.take_decision(taken)


@decides(c.HandOverDecision)
def hand_over_decision(cycle: Cycle, command: c.HandOverDecision, _work: UnitOfWork) -> None:
    cycle.hand_over_decision(command.decision_id, command.to)


@decides(c.GiveFeedback)
def give_feedback(cycle: Cycle, command: c.GiveFeedback, work: UnitOfWork) -> None:
    now = work.context.now
    policy = policy_of(cycle, work)
    given = f.FeedbackGiven(
        given_by=command.given_by,
        text=command.text,
        action_items=command.action_items,
        appeal_until=policy.appeal_within.after(now, policy.calendar),
        given_at=now,
    )
    cycle.give_feedback(given, policy, now)


@decides(c.AcknowledgeFeedback)
def acknowledge_feedback(cycle: Cycle, command: c.AcknowledgeFeedback, _work: UnitOfWork) -> None:
    cycle.acknowledge(command.acknowledged_by)


@decides(c.CommentOnCycle)
def comment_on_cycle(cycle: Cycle, command: c.CommentOnCycle, _work: UnitOfWork) -> None:
    said = f.Commented(comment_id=command.comment_id, author_id=command.author_id, text=command.text)
    held = cycle.comments.get(command.comment_id)
    if held is None:
        cycle.must_be_in(Phase.REVIEW, Phase.FEEDBACK, Phase.NEXT, Phase.CLOSED)
        cycle.record(said)
    elif held != said:
        raise AlreadyExists("this id belongs to another comment", id=str(command.comment_id))


@decides(c.AppealCycle)
def appeal_cycle(cycle: Cycle, command: c.AppealCycle, work: UnitOfWork) -> None:
    """The cycle and its scorecard, in one commit."""
    card = work.find(Scorecard, scorecard_id(cycle.scope, cycle.period))
    appeals = cycle.appeals
    cycle.appeal(command.appealed_by, command.why, policy_of(cycle, work), work.context.now)
    if cycle.appeals != appeals:
        card.reopen(command.appealed_by, command.why)


@decides(c.DecideAppeal)
def decide_appeal(cycle: Cycle, command: c.DecideAppeal, _work: UnitOfWork) -> None:
    cycle.decide_appeal(command.decided_by, command.why, upheld=command.upheld)


# -- the next target -----------------------------------------------------------------------------


@handles(c.ProposeNext)
def propose_next(command: c.ProposeNext, work: UnitOfWork) -> Json:
    cycle = work.get(Cycle, command.cycle_id)
    if not cycle.runs(command.arming) or cycle.next_proposed is not None:
        return answer_of(cycle)
    cycle.must_be_in(Phase.REVIEW, Phase.FEEDBACK, Phase.NEXT)
    _check_proposed(command)
    following = cycle.period.next()
    ids = [target_id(p.metric, cycle.scope, following) for p in command.targets]
    old = [target_id(p.metric, cycle.scope, cycle.period) for p in command.targets]
    work.want(*((Target, id) for id in (*ids, *old)))
    for proposed, before in zip(command.targets, old, strict=True):
        _propose(cycle, proposed, work.find(Target, before), command, work)
    targets = tuple(_told_target(id, p) for id, p in zip(ids, command.targets, strict=True))
    said = f.NextProposed(period=following, position=command.position, targets=targets)
    cycle.record(said)
    _include(ids, work.find(Cycle, cycle_id(cycle.scope, following), guard=True), work)
    return {
        **answer_of(cycle),
        "next": following.name,
        "next_cycle_id": str(cycle_id(cycle.scope, following)),
    }


def _include(ids: Sequence[UUID], following: Cycle, work: UnitOfWork) -> None:
    """Where the next cycle was opened before there was a target, it gets it now."""
    if following.phase in (Phase.TARGET, Phase.EXECUTE):
        for target in (work.get(Target, id) for id in ids):
            if target.stands and target.id not in following.targets:
                include(following, target, work)


def _check_proposed(command: c.ProposeNext) -> None:
    checks = Checks()
    keys = [p.metric for p in command.targets]
    checks.that(len(set(keys)) == len(keys), "targets", "name the same metric twice")
    for proposed in command.targets:
        check_metric(proposed.metric, checks)
        of = metrics.find_metric(proposed.metric)
        if of is not None:
            check_number(proposed.number, of, proposed.currency, checks)
    checks.done()


def _told_target(id: UUID, proposed: c.Proposed) -> f.NextTarget:
    return f.NextTarget(
        target_id=id,
        metric=proposed.metric,
        number=proposed.number,
        currency=proposed.currency,
        reasons=proposed.reasons,
    )


def _propose(
    cycle: Cycle, proposed: c.Proposed, before: Target, command: c.ProposeNext, work: UnitOfWork
) -> None:
    """A target that is there already stands: the proposal is then advice beside it."""
    following = cycle.period.next()
    target = work.find(Target, target_id(proposed.metric, cycle.scope, following))
    if target.stands:
        return
    sentences = argued(proposed.reasons, proposed.metric, proposed.currency, command.language)
    target.propose(
        TargetProposed(
            metric=proposed.metric,
            scope=cycle.scope,
            period=following,
            number=proposed.number,
            unit=metrics.metric(proposed.metric).unit,
            owner_id=cycle.people.owner_id,
            achievable=" ".join(sentences),
            relevant=before.relevant,
            from_day=following.start,
            currency=proposed.currency,
            team_id=cycle.people.team_id,
        )
    )


@decides(c.CloseCycle)
def close_cycle(cycle: Cycle, command: c.CloseCycle, work: UnitOfWork) -> None:
    if cycle.runs(command.arming):
        cycle.close(cycle_id(cycle.scope, cycle.period.next()), work.context.now)
