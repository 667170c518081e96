"""A promise's timers over days and weeks, in virtual time, on the real server and the real ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from domain.allocation.receipt import EXCLUDED
from domain.deal.commands import LoseDeal, MoveStage, ReopenDeal
from domain.deal.facts import PromiseMade
from domain.people.people import ComeBack, FormTeam, PlanLeave, RepAllocated
from domain.policy.follow_up import DEFAULT_POLICY, FollowUpPolicy
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from tests.workflows.world import MOMENT, World, hours_policy, times

CHINA = BusinessCalendar(
    "Asia/Shanghai",
    (1, 2, 3, 4, 5),
    "09:00",
    "18:00",
    holidays=(date(2031, 1, 9), date(2031, 1, 10)),
    extra_workdays=(date(2031, 1, 12),),
)
OFFICE_HOURS = FollowUpPolicy(
    name="office-hours",
    version=1,
    calendar=CHINA,
    due_after=Duration(3, "business_days"),
    remind_before=Duration(4, "business_hours"),
    escalate_after=Duration(24, "business_hours"),
    reassign_after=Duration(72, "business_hours"),
)
MANAGER = UUID(int=0xA1)
START = datetime(2031, 1, 8, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 in Shanghai


def shanghai(day: int, hour: int) -> datetime:
    return datetime(2031, 1, day, hour, tzinfo=UTC) - timedelta(hours=8)


async def test_an_untouched_promise_is_reminded_missed_escalated_and_reassigned_in_business_time(
    virtual: World,
) -> None:
    colleague = await virtual.office.hire()
    await virtual.publish(OFFICE_HOURS)
    deal = await virtual.open_deal(START, due_at=shanghai(8, 17), policy="office-hours")

    await virtual.at(deal, shanghai(21, 17) + MOMENT)

    told = await virtual.facts(
        deal, "promise.reminded", "promise.missed", "promise.escalated", "promise.ended"
    )
    # Due Wednesday 17:00. Thursday and Friday are holidays, Sunday is worked: 1 + 9 + 9 + 5 h = Tuesday 14:00,
    # and 48 h more: 4 + 9 + 9 + 9 + 9 + 8 = the Tuesday after, 17:00.
    assert [(f.fact.TOPIC, t) for f, t in zip(told, times(told), strict=True)] == [
        ("promise.reminded", shanghai(8, 13)),
        ("promise.missed", shanghai(8, 17)),
        ("promise.escalated", shanghai(14, 14)),
        ("promise.ended", shanghai(21, 17)),
    ]
    changed = await virtual.fact(deal, "deal.owner-changed")
    assert (changed.after, changed.rule) == (colleague, "escalation")
    promise = await virtual.promise(deal)
    assert (promise.number, promise.owner_id) == (2, colleague)


async def test_it_is_not_told_what_it_armed_itself(virtual: World) -> None:
    """It asks the ledger when it has given the deal to somebody else, and hears no news of that."""
    await virtual.office.hire()
    await virtual.publish(hours_policy())
    deal = await virtual.open_deal(START, policy="hours")
    await virtual.at(deal, START + timedelta(hours=48 + 72) + MOMENT)

    (_, made) = await virtual.facts(deal, "promise.made")
    assert isinstance(made.fact, PromiseMade)
    state = await virtual.state(deal)
    assert (state.seen, state.promise_id) == (made.position, made.fact.promise_id)
    assert await virtual.signals(deal) == 1


async def test_the_default_policy_is_lived_through_over_weekends_and_holidays(virtual: World) -> None:
    """Its own hours and its own spans: five business days to identify, the rep at once, the manager 24 business hours later, a
    colleague 72 business hours later. Friday the 10th and Monday the 20th are holidays. Who takes it over keeps the next promise.
    """
    national = replace(DEFAULT_POLICY.calendar, holidays=(date(2031, 1, 10), date(2031, 1, 20)))
    office, colleague = virtual.office, await virtual.office.hire()
    await virtual.run(FormTeam(team_id=office.team_id, name="North", manager_id=MANAGER))
    await virtual.publish(replace(DEFAULT_POLICY, calendar=national))
    deal = await virtual.open_deal(START)

    due, escalated, reassigned = shanghai(16, 10), shanghai(21, 16), shanghai(29, 10)
    life = "promise.reminded", "promise.missed", "promise.escalated", "promise.ended"
    for moment, said in ((due, 1), (escalated, 2), (reassigned, 3)):
        await virtual.at(deal, moment - MOMENT)
        assert await virtual.topics(deal, *life) == list(life[:said])
    await virtual.at(deal, reassigned + MOMENT)

    told = await virtual.facts(deal, *life)
    assert [(f.fact.TOPIC, t) for f, t in zip(told, times(told), strict=True)] == [
        ("promise.reminded", shanghai(15, 15)),
        ("promise.missed", due),
        ("promise.escalated", escalated),
        ("promise.ended", reassigned),
    ]
    assert (await virtual.fact(deal, "promise.missed")).told == office.rep_id
    assert (await virtual.fact(deal, "promise.escalated")).told == MANAGER
    changed = await virtual.fact(deal, "deal.owner-changed")
    assert (changed.before, changed.after, changed.rule) == (office.rep_id, colleague, "escalation")

    second = await virtual.promise(deal)
    assert second.owner_id == colleague
    assert timedelta(0) <= second.deadlines.due_at - datetime(2031, 2, 5, 2, tzinfo=UTC) < MOMENT
    await virtual.touch(deal, second.deadlines.due_at - timedelta(hours=1))
    outcomes = [f.fact.outcome for f in await virtual.facts(deal, "promise.ended")]  # type: ignore[attr-defined]
    assert outcomes == ["broken", "kept"]


async def test_a_timer_signs_as_the_workflow_and_says_what_set_it(virtual: World) -> None:
    await virtual.publish(hours_policy())
    deal = await virtual.open_deal(START, policy="hours")
    made = (await virtual.facts(deal, "promise.made"))[0]

    await virtual.at(deal, START + timedelta(hours=72) + MOMENT)

    run_id = (await virtual.follow_up(deal).describe()).run_id
    for said in await virtual.facts(deal, "promise.reminded", "promise.missed", "promise.escalated"):
        assert (said.meta.actor.kind, said.meta.actor.id) == ("workflow", f"follow-up-{deal}")
        assert said.meta.actor.run == run_id
        assert said.meta.channel == "workflow"
        assert said.meta.caused_by == made.position
    promise = (await virtual.promise(deal)).promise_id
    keys = await virtual.office.rows("SELECT key FROM ledger.receipts WHERE key LIKE %s", f"{promise}%")
    assert {key for (key,) in keys} == {f"{promise}:1:{step}" for step in ("remind", "miss", "escalate")}


async def test_a_touch_in_between_starts_over(virtual: World) -> None:
    await virtual.publish(hours_policy())
    deal = await virtual.open_deal(START, policy="hours")
    await virtual.at(deal, START + timedelta(hours=50))
    touched = START + timedelta(hours=50)
    await virtual.touch(deal, touched)

    await virtual.at(deal, touched + timedelta(hours=48) - MOMENT)
    assert await virtual.topics(deal, "promise.missed", "promise.escalated") == ["promise.missed"]

    await virtual.at(deal, touched + timedelta(hours=48) + MOMENT)
    missed = await virtual.facts(deal, "promise.missed")
    assert times(missed) == [START + timedelta(hours=48), touched + timedelta(hours=48)]
    assert (await virtual.fact(deal, "promise.ended")).outcome == "late"


async def test_a_stage_move_sets_the_timer_anew(virtual: World) -> None:
    await virtual.publish(hours_policy(due_after_by_stage={"contact": Duration(10, "hours")}))
    deal = await virtual.open_deal(START, policy="hours")
    await virtual.run(MoveStage(deal_id=deal, to="contact"), now=START + timedelta(hours=1))

    state = await virtual.state(deal)
    assert (state.arming, state.due_at) == (2, START + timedelta(hours=11))
    await virtual.at(deal, START + timedelta(hours=50))

    missed = await virtual.facts(deal, "promise.missed")
    assert times(missed) == [START + timedelta(hours=11)]


async def test_closing_ends_it_and_reopening_starts_a_new_run(virtual: World) -> None:
    await virtual.publish(hours_policy())
    deal = await virtual.open_deal(START, policy="hours")
    await virtual.at(deal, START + timedelta(hours=10))
    await virtual.run(LoseDeal(deal_id=deal, loss_reason="price", closed_on=date(2031, 1, 8)), now=START)
    await virtual.ended(deal)

    reopened = START + timedelta(days=20)
    await virtual.run(ReopenDeal(deal_id=deal, stage="identify"), now=reopened)
    assert await virtual.runs(deal) == 2
    await virtual.at(deal, reopened + timedelta(hours=49))

    assert times(await virtual.facts(deal, "promise.missed")) == [reopened + timedelta(hours=48)]


async def test_where_nobody_else_is_there_the_manager_hears_it_again_and_the_workflow_waits(
    virtual: World,
) -> None:
    await virtual.publish(hours_policy())
    deal = await virtual.open_deal(START, policy="hours")
    await virtual.at(deal, START + timedelta(hours=48 + 72) + MOMENT)

    told = await virtual.facts(deal, "promise.escalated")
    assert times(told) == [START + timedelta(hours=72), START + timedelta(hours=120)]
    assert told[1].meta.reason == "nobody else in the team can take the deal over"
    before = await virtual.work_done(deal)

    await virtual.at(deal, START + timedelta(days=300))

    state = await virtual.state(deal)
    assert (state.next_step, state.next_at, state.promise_id) == (
        None,
        None,
        (await virtual.promise(deal)).promise_id,
    )
    assert len(await virtual.facts(deal, "promise.escalated")) == 2
    assert not await virtual.facts(deal, "deal.owner-changed")
    assert await virtual.work_done(deal) == before


async def test_a_deal_is_reassigned_as_often_as_its_policy_allows(virtual: World) -> None:
    for _ in range(3):
        await virtual.office.hire()
    await virtual.publish(hours_policy(max_reassignments=1))
    deal = await virtual.open_deal(START, policy="hours")
    await virtual.at(deal, START + timedelta(hours=120) + MOMENT)
    (changed,) = await virtual.facts(deal, "deal.owner-changed")
    again = changed.occurred_at + timedelta(hours=120)

    await virtual.at(deal, again + MOMENT)

    assert len(await virtual.facts(deal, "deal.owner-changed")) == 1
    last = (await virtual.facts(deal, "promise.escalated"))[-1]
    assert last.occurred_at >= again
    assert "as often as its policy allows" in (last.meta.reason or "")


async def test_the_least_loaded_rep_who_is_here_gets_it_with_a_receipt(virtual: World) -> None:
    office = virtual.office
    busy, away, free = [await office.hire() for _ in range(3)]
    await virtual.publish(hours_policy())
    for _ in range(2):
        await virtual.open_deal(owner_id=busy)
    await virtual.open_deal(owner_id=free)
    leave = PlanLeave(rep_id=away, starts_at=START, ends_at=START + timedelta(days=30))
    await virtual.run(leave)
    deal = await virtual.open_deal(START, policy="hours")
    await virtual.read()

    await virtual.at(deal, START + timedelta(hours=120) + MOMENT)

    assert (await virtual.fact(deal, "deal.owner-changed")).after == free
    (allocated,) = [r.fact for r in await office.ledger.stream(free) if isinstance(r.fact, RepAllocated)]
    receipt = allocated.receipt
    assert (receipt.rule, receipt.rule_version) == ("least-loaded", 1)
    had = {one.rep_id: one.score for one in receipt.candidates if not one.why_not}
    assert had == {busy: 2, free: 1}
    assert [one.rep_id for one in receipt.candidates if one.why_not == EXCLUDED] == [office.rep_id]
    assert receipt.known_at is not None


async def test_who_came_back_by_another_process_gets_work_again(virtual: World) -> None:
    """This worker remembers them on leave; it asks for news of everybody whom it chooses among."""
    office = virtual.office
    elsewhere, back = await office.elsewhere(), await office.hire()
    await virtual.publish(hours_policy())
    await virtual.run(PlanLeave(rep_id=back, starts_at=START, ends_at=START + timedelta(days=30)))
    deal = await virtual.open_deal(START, policy="hours")
    await elsewhere.run(ComeBack(rep_id=back), now=START + timedelta(hours=1))
    await virtual.read()

    await virtual.at(deal, START + timedelta(hours=120) + MOMENT)

    assert (await virtual.fact(deal, "deal.owner-changed")).after == back


async def test_what_the_read_model_does_not_know_yet_is_counted(virtual: World) -> None:
    """Or everything that falls due in one second would go to the one rep who was free before it."""
    office = virtual.office
    colleagues = [await office.hire() for _ in range(2)]
    await virtual.publish(hours_policy())
    deals = [await virtual.open_deal(START, policy="hours") for _ in range(2)]
    await virtual.read()
    await virtual.stop_reading()

    for deal in deals:
        await virtual.at(deal, START + timedelta(hours=120) + MOMENT)

    given = [(await virtual.fact(deal, "deal.owner-changed")).after for deal in deals]
    assert sorted(given) == sorted(colleagues)
