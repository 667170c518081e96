"""The clocks of service cases in virtual time: run out, stand still, go on, are asked for feedback, and outlive a worker."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from uuid import UUID

from domain.case import commands as c
from domain.case.facts import CaseClosed, CaseHandedOver, CaseMissed
from domain.case.policy import DEFAULT_SERVICE, Clock, Promised, ServicePolicy, Severity
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.people.people import FormTeam, RepLeaves
from domain.survey.commands import NoteFeedback
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from tests.workflows.test_action_items_and_adjustments import START, ended, move, next_kind
from tests.workflows.turns import MANAGER
from tests.workflows.world import MOMENT, World, times, until

HOUR = timedelta(hours=1)


def after(hours: float) -> datetime:
    return START + hours * HOUR


async def a_case(world: World) -> UUID:
    """Severe: an answer within two hours, a solution within eight, and two days for what the customer says; at any hour."""
    promised = Promised(Duration(2, "hours"), Duration(8, "hours"))
    policy = ServicePolicy(
        name="hours",
        version=1,
        calendar=BusinessCalendar.around_the_clock("UTC"),
        severe=promised,
        normal=promised,
        minor=promised,
        feedback_after=Duration(2, "days"),
        reopen_days=DEFAULT_SERVICE.reopen_days,
    )
    customer, case = uuid.uuid4(), uuid.uuid4()
    await world.run(FormTeam(team_id=world.office.team_id, name="North", manager_id=MANAGER))
    await world.run(c.PublishServicePolicy(policy=policy))
    await world.run(RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")))
    opening = c.OpenCase(
        case_id=case,
        title="it leaks",
        customer_id=customer,
        severity=Severity.SEVERE,
        owner_id=world.office.rep_id,
        policy="hours",
    )
    await world.run(opening, now=START)
    return case


async def test_both_clocks_run_out_and_the_manager_hears_of_each_once(virtual: World) -> None:
    case = await a_case(virtual)
    await move(virtual, "case", case, after(30))
    told = await virtual.facts(case, "case.missed")
    heard = [(one.fact.clock, one.fact.told) for one in told if isinstance(one.fact, CaseMissed)]
    assert heard == [(Clock.ANSWER, MANAGER), (Clock.SOLVE, MANAGER)]
    assert times(told) == [after(2), after(8)]


async def test_they_stand_still_while_the_customer_is_waited_for(virtual: World) -> None:
    case = await a_case(virtual)
    await virtual.run(c.AnswerCase(case_id=case), now=after(1))
    await virtual.run(c.WaitForCustomer(case_id=case, what="a photo"), now=after(3))
    assert await next_kind(virtual, "case", case) is None
    await move(virtual, "case", case, after(100))
    await virtual.run(c.ResumeCase(case_id=case), now=after(100))
    assert await next_kind(virtual, "case", case) == "miss"
    await move(virtual, "case", case, after(105) + MOMENT)
    told = await virtual.facts(case, "case.missed")
    assert times(told) == [after(105)]


async def test_a_solved_case_ends_unanswered_and_goes_on_when_it_is_reopened(virtual: World) -> None:
    case = await a_case(virtual)
    await virtual.run(c.SolveCase(case_id=case, solution="a valve"), now=after(1))
    await move(virtual, "case", case, after(1 + 48) + MOMENT)
    assert await ended(virtual, "case", case)
    (closed,) = await virtual.facts(case, "case.closed")
    assert isinstance(closed.fact, CaseClosed)
    assert closed.fact.score is None
    assert times([closed]) == [after(49)]
    await virtual.run(c.ReopenCase(case_id=case, why="it leaks again"), now=after(60))
    assert await next_kind(virtual, "case", case) == "miss"
    await move(virtual, "case", case, after(68) + MOMENT)
    assert times(await virtual.facts(case, "case.missed")) == [after(68)]
    await virtual.run(c.SolveCase(case_id=case, solution="another"), now=after(70))
    await virtual.run(NoteFeedback(case_id=case, score=5), now=after(71))
    assert await ended(virtual, "case", case)


async def test_an_owner_who_leaves_hands_it_over_with_its_clocks(virtual: World) -> None:
    case = await a_case(virtual)
    heir = await virtual.office.hire()
    await virtual.run(RepLeaves(rep_id=virtual.office.rep_id), now=after(1))

    async def is_handed_over() -> bool:
        return bool(await virtual.facts(case, "case.handed-over"))

    await until(is_handed_over)
    (handed,) = await virtual.facts(case, "case.handed-over")
    assert isinstance(handed.fact, CaseHandedOver)
    assert handed.fact.after == heir


async def test_its_clocks_outlive_a_worker(virtual: World) -> None:
    case = await a_case(virtual)
    assert await next_kind(virtual, "case", case) == "miss"
    await virtual.stop_working()
    virtual.work()
    await move(virtual, "case", case, after(9))
    assert times(await virtual.facts(case, "case.missed")) == [after(2), after(8)]


async def test_whoever_manages_when_a_clock_runs_out_is_told_and_nobody_who_has_left(virtual: World) -> None:
    case, manager = await a_case(virtual), await virtual.office.hire()
    await virtual.run(FormTeam(team_id=virtual.office.team_id, name="North", manager_id=manager))
    await virtual.run(RepLeaves(rep_id=manager), now=after(1))
    await move(virtual, "case", case, after(2) + MOMENT)
    await virtual.run(
        FormTeam(team_id=virtual.office.team_id, name="North", manager_id=MANAGER), now=after(3)
    )
    await move(virtual, "case", case, after(8) + MOMENT)
    told = await virtual.facts(case, "case.missed")
    assert [one.fact.told for one in told if isinstance(one.fact, CaseMissed)] == [None, MANAGER]


async def test_a_wait_that_is_entered_late_moves_no_clock_that_was_told_to_have_run_out(
    virtual: World,
) -> None:
    case = await a_case(virtual)
    await move(virtual, "case", case, after(2) + MOMENT)
    await virtual.run(c.WaitForCustomer(case_id=case, what="a photo"), now=after(5), occurred_at=after(1))
    await virtual.run(c.ResumeCase(case_id=case), now=after(6))
    await move(virtual, "case", case, after(13) + MOMENT)
    told = await virtual.facts(case, "case.missed")
    heard = [(one.fact.clock, one.fact.due_at) for one in told if isinstance(one.fact, CaseMissed)]
    assert heard == [(Clock.ANSWER, after(2)), (Clock.SOLVE, after(13))]
    assert times(told) == [after(2), after(13)]
