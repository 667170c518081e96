"""A cycle's clock over months, in virtual time, on the real server and the real ledger."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from temporalio.client import WorkflowExecutionStatus

from domain.cycle import commands as c
from domain.cycle import facts as f
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import Cadence, Step
from domain.cycle.state import Phase
from domain.people.people import RepLeaves
from domain.time.commitment import Kind
from tests.workflows.turns import (
    APRIL,
    CALLS,
    EARLY,
    HEAD,
    MANAGER,
    MAY,
    POLICY,
    REVIEW,
    REVIEWED,
    Turn,
    at,
    begin,
    close_in_time,
    review,
)
from tests.workflows.world import MOMENT, World


async def test_a_turn_in_which_nobody_does_anything_goes_on_to_the_next_target(virtual: World) -> None:
    turn = await begin(virtual)
    await turn.aim(40)
    await turn.open()

    await turn.move(at(5, 30))

    told = await turn.said("reminded", "escalated", "execution", "fell", "review", "next")
    assert told == [
        ("reminded", "agree", at(3, 27, 9)),
        ("escalated", "agree", at(3, 31, 9)),
        ("execution-started", "", at(4, 1, 0)),
        ("fell-behind", "9", at(4, 7, 9)),
        ("review-opened", "", REVIEW),
        ("reminded", "self-assess", at(5, 5, 9)),
        ("escalated", "self-assess", at(5, 7, 9)),
        ("reminded", "assess", at(5, 9, 9)),
        ("escalated", "assess", at(5, 13, 9)),
        ("next-proposed", "", at(5, 16, 9)),
    ]
    checked = await turn.said("checked-in")
    assert [moment for _, _, moment in checked] == [at(4, day, 9) for day in (7, 14, 21, 28)]
    assert (await turn.target()).status == "unagreed"
    assert [r.fact.told for r in await turn.facts("escalated")] == [MANAGER, MANAGER, HEAD]  # type: ignore[attr-defined]

    cycle = await turn.cycle()
    assert (cycle.phase, [w.what for w in cycle.waiting]) == (
        Phase.REVIEW,
        [Step.SELF_ASSESS, Step.ASSESS],
    )
    assert (await turn.state()).next_kind is None


async def test_the_next_cycle_opens_by_itself_and_gets_the_target_that_is_proposed(virtual: World) -> None:
    turn = await begin(virtual)
    await turn.aim(40)
    await turn.open(cadence=Cadence.BIWEEKLY)
    await turn.move(POLICY.opens_at(MAY) - MOMENT)
    assert not (await turn.cycle(MAY)).exists

    await turn.move(POLICY.opens_at(MAY) + MOMENT)
    (opened,) = [r.fact for r in await turn.facts("opened", period=MAY)]
    assert isinstance(opened, f.CycleOpened)
    assert (opened.previous_id, opened.period, opened.cadence) == (turn.id(), MAY, Cadence.BIWEEKLY)
    assert (opened.people.owner_id, opened.people.manager_id, opened.people.above_id) == (
        turn.rep_id,
        MANAGER,
        HEAD,
    )
    assert [w.what for w in (await turn.cycle(MAY)).waiting] == [Step.PROPOSE]
    await turn.seen(MAY)
    assert (await turn.state(MAY)).next_kind == Kind.REMIND

    await turn.move(at(5, 17))
    following = await turn.cycle(MAY)
    assert following.targets == (turn.target_id(MAY),)
    assert [w.what for w in following.waiting] == [Step.AGREE]
    target = await turn.target(MAY)
    assert target.number == Decimal(20)
    assert "half way back" in target.achievable


async def test_a_turn_in_which_everybody_is_in_time_closes_when_the_time_to_appeal_is_over(
    virtual: World,
) -> None:
    turn = await begin(virtual)
    await close_in_time(turn)

    assert await turn.said("reminded", "escalated") == []
    last = [topic for topic, _, _ in await turn.said("feedback", "acknowledged", "next", "closed")]
    assert last == ["feedback-given", "acknowledged", "next-proposed", "closed"]
    (fed_back,) = await turn.facts("next")
    assert fed_back.occurred_at < REVIEWED + MOMENT
    proposed = (await turn.cycle()).next_proposed
    assert proposed is not None
    assert [(p.metric, p.number) for p in proposed.targets] == [("activities:call", Decimal(21))]
    closes = POLICY.appeal_within.after(REVIEWED, POLICY.calendar)
    assert await turn.said("closed") == [("closed", "", closes)]
    assert await turn.status() is WorkflowExecutionStatus.COMPLETED
    assert await turn.status(MAY) is WorkflowExecutionStatus.RUNNING


async def decide(turn: Turn, number: str, now: datetime, *, as_share: bool = False) -> None:
    """The manager is asked, and decides on a change to the next target."""
    decision, change = uuid.uuid4(), f.StatedChange(metric=CALLS, number=Decimal(number), as_share=as_share)
    ask = c.AskDecision(
        cycle_id=turn.id(), decision_id=decision, question="more calls?", of=MANAGER, due_at=at(5, 30)
    )
    take = c.TakeDecision(
        cycle_id=turn.id(), decision_id=decision, taken_by=MANAGER, choice="yes", change=change
    )
    await turn.run(ask, now)
    await turn.run(take, now)


async def test_what_a_review_decided_enters_the_next_target_with_the_reasoning_written_out(
    virtual: World,
) -> None:
    turn = await begin(virtual)
    await turn.aim(20)
    await turn.open()
    await turn.agree(EARLY)
    await turn.move(at(4, 3))
    await turn.call(21, at(4, 3))
    await turn.move(REVIEWED - MOMENT)
    await decide(turn, "3", REVIEWED)
    await decide(turn, "0.25", REVIEWED, as_share=True)
    await review(turn)
    await turn.seen()
    await turn.move(REVIEWED + MOMENT)

    proposed = (await turn.cycle()).next_proposed
    assert proposed is not None
    (target,) = proposed.targets
    assert [r.code for r in target.reasons] == [
        "from-actual", "met", "decision-counts", "decision-shifts", "rounded",
    ]  # fmt: skip
    assert target.number == Decimal(30)
    reasoning = (await turn.target(MAY)).achievable
    assert "A decision of the review is expected to bring 3: 24." in reasoning
    assert "A decision of the review changes it by 25%, that is by 6: 30." in reasoning


async def test_check_ins_are_true_on_the_day_before_and_tell_of_a_shortfall_once(virtual: World) -> None:
    turn = await begin(virtual)
    await turn.aim(22)  # one for each business day of April 2031
    await turn.open()
    await turn.move(at(4, 2))
    await turn.call(2, at(4, 2))
    await turn.move(at(4, 8))
    await turn.call(7, at(4, 8))
    await turn.move(at(4, 15))
    await turn.call(1, at(4, 14, 8))  # on the day of the second check-in, before it, but entered after

    await turn.move(at(4, 22))
    checked = [r.fact for r in await turn.facts("checked-in")]
    lines = [(fact.on, fact.lines[0].actual) for fact in checked if isinstance(fact, f.CheckedIn)]
    assert lines == [(date(2031, 4, day), Decimal(calls)) for day, calls in ((6, 2), (13, 9), (20, 10))]
    told = await turn.said("fell-behind", "recovered")
    assert [(topic, moment) for topic, _, moment in told] == [
        ("fell-behind", at(4, 7, 9)),
        ("recovered", at(4, 14, 9)),
        ("fell-behind", at(4, 21, 9)),
    ]


async def test_a_check_in_is_true_on_the_last_day_that_is_over_for_the_company(virtual: World) -> None:
    """Nine in Shanghai on Monday the seventh is Sunday evening in Los Angeles, where Saturday is the last day that is over."""
    turn = await begin(virtual)
    calendar = replace(POLICY.calendar, timezone="America/Los_Angeles")
    publish = PublishCyclePolicy(policy=replace(POLICY, calendar=calendar))
    chinese = PublishCyclePolicy(policy=replace(POLICY, name="chinese"))
    for command in (publish, chinese):
        await turn.run(command, EARLY)
    await turn.aim(22)
    await turn.open(policy="chinese")
    await turn.move(at(4, 8))
    (checked,) = [r.fact for r in await turn.facts("checked-in")]
    assert isinstance(checked, f.CheckedIn)
    assert checked.on == date(2031, 4, 5)


async def test_the_review_freezes_a_pack_at_a_position_and_an_agenda(virtual: World) -> None:
    turn = await begin(virtual)
    await turn.aim(40)
    await turn.open()
    await turn.move(REVIEW + MOMENT)

    (opened,) = await turn.facts("review-opened")
    assert isinstance(opened.fact, f.ReviewOpened)
    assert opened.fact.position < opened.position
    assert [(a.code, a.detail) for a in opened.fact.agenda] == [("target-missed", "activities:call")]
    assert opened.meta.actor.id == turn.workflow_id()
    assert (await turn.cycle()).pack_digest == opened.fact.pack_digest


async def test_a_paused_cycle_says_nothing_and_a_resumed_one_later(virtual: World) -> None:
    turn = await begin(virtual)
    await turn.aim()
    await turn.open()
    await turn.move(at(3, 20))
    await turn.run(c.PauseCycle(cycle_id=turn.id(), why="an audit"), at(3, 20))
    await turn.seen()
    assert (await turn.state()).marks == ()
    await turn.move(at(4, 10))
    assert await turn.said("reminded", "escalated", "execution") == []

    await turn.run(c.ResumeCycle(cycle_id=turn.id()), at(4, 10))
    await turn.seen()
    await turn.move(at(4, 24))
    assert (await turn.said("execution", "checked-in"))[:2] == [
        ("execution-started", "", at(4, 18, 9)),
        ("checked-in", "", at(4, 21, 9)),
    ], "six business days were left to agree"
    assert (await turn.cycle(MAY)).exists


async def test_another_cadence_counts_from_now(virtual: World) -> None:
    turn = await begin(virtual)
    await turn.aim()
    await turn.open()
    await turn.move(at(4, 8))
    await turn.run(c.ChangeCadence(cycle_id=turn.id(), cadence=Cadence.DAILY), at(4, 8))
    await turn.seen()
    await turn.move(at(4, 11))

    checked = await turn.said("checked-in")
    assert [moment for _, _, moment in checked] == [at(4, day, 9) for day in (7, 9, 10, 11)]


async def test_a_cancelled_cycle_has_no_clock_and_one_opened_anew_has(virtual: World) -> None:
    turn = await begin(virtual)
    await turn.aim()
    await turn.open()
    await turn.run(c.CancelCycle(cycle_id=turn.id(), why="the team is new"), EARLY)
    await turn.clock().result()
    assert not (await turn.cycle(MAY)).exists

    await turn.open()
    await turn.seen()
    assert (await turn.state()).next_kind == Kind.REMIND


async def test_who_takes_a_cycle_over_is_reminded_instead(virtual: World) -> None:
    turn = await begin(virtual)
    heir = await virtual.office.hire()
    await turn.aim()
    await turn.open()
    hand_over = c.HandOverCycle(cycle_id=turn.id(), why="parental leave", owner_id=heir, manager_id=HEAD)
    await turn.run(hand_over, EARLY)
    await turn.seen()
    await turn.move(at(4, 1))

    told = [r.fact for r in await turn.facts("reminded", "escalated")]
    assert [fact.told for fact in told] == [heir, HEAD]  # type: ignore[attr-defined]


async def test_a_cycle_opened_long_after_its_period_still_takes_its_whole_turn(virtual: World) -> None:
    """Deadlines that are past at the start: time to agree, then execution and review at once."""
    turn = await begin(virtual)
    await turn.aim(now=at(6, 2))
    await turn.open(now=at(6, 2))
    await turn.move(at(6, 20))
    told = await turn.said("execution", "checked-in", "review", "next")
    starts = POLICY.agree_within.after(at(6, 2), POLICY.calendar)
    assert told == [
        ("execution-started", "", starts),
        ("review-opened", "", starts),
        ("next-proposed", "", POLICY.next_within.after(starts, POLICY.calendar)),
    ]
    assert (await turn.cycle(MAY)).exists


async def test_for_a_rep_who_has_left_no_cycle_is_opened(virtual: World) -> None:
    turn = await begin(virtual)
    await turn.aim()
    await turn.open()
    await turn.run(RepLeaves(rep_id=turn.rep_id), at(3, 20))
    await turn.move(at(4, 30))

    assert len(await turn.facts("checked-in")) == 4
    assert not (await turn.cycle(MAY)).exists
    assert turn.scope.id == turn.rep_id
    assert (await turn.cycle()).period == APRIL
