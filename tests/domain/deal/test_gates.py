"""A gate holds whoever comes and whichever way they take."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.deal import commands as c
from domain.deal.facts import ProcessMoved, StageMoved
from domain.deal.gates import on_the_way
from domain.deal.state import DealState
from domain.engine.context import Actor, Channel
from domain.engine.errors import GateNotPassed, Invalid, NotFound, Refused
from domain.engine.values import ActivityKind, Needs
from domain.policy.process import (
    DEFAULT_PROCESS,
    REQUIREMENTS,
    Process,
    PublishProcess,
    Stage,
    declared_requirements,
)
from tests.domain.given_when_then import given
from tests.domain.words import (
    ALL_NEEDS,
    CALL,
    DEAL,
    LOST,
    OFFERED,
    OPENED,
    QUALIFIED,
    TODAY,
    WON,
    needs,
    quote,
    to,
    touch,
)

NEEDS = ("pain-points", "budget", "decision-process", "decision-makers")
OFFER = ("quote-or-demonstration",)


class TestAnOpenDeal:
    def test_goes_forward_where_no_gate_stands(self) -> None:
        given(OPENED).when(to("needs")).topics("deal.stage-moved", "promise.rearmed")

    def test_says_where_it_came_from(self) -> None:
        given(OPENED).when(to("contact")).allowed()
        scenario = given(OPENED, to("contact")).when(to("needs"))
        assert scenario.facts[0] == StageMoved(before="contact", after="needs")

    def test_leaves_needs_only_with_all_four_recorded(self) -> None:
        given(OPENED, to("needs")).when(to("solution")).refused(GateNotPassed, missing=NEEDS)

    @pytest.mark.parametrize(
        ("part", "blank"),
        [("pain_points", " "), ("budget", None), ("decision_process", ""), ("decision_makers", ())],
    )
    def test_each_of_the_four_is_asked_for(self, part: str, blank: object) -> None:
        lacking = replace(ALL_NEEDS, **{part: blank})  # type: ignore[arg-type]
        given(OPENED, to("needs"), needs(lacking)).when(to("solution")).refused(
            GateNotPassed, missing=[part.replace("_", "-")]
        )

    def test_passes_with_the_needs_recorded(self) -> None:
        given(QUALIFIED, to("needs")).when(to("solution")).topics("deal.stage-moved", "promise.rearmed")

    def test_a_jump_over_a_stage_passes_its_gate(self) -> None:
        given(OPENED).when(to("solution")).refused(GateNotPassed, missing=NEEDS)

    def test_a_jump_over_two_gates_names_what_both_miss(self) -> None:
        given(OPENED).when(to("negotiation")).refused(GateNotPassed, missing=(*NEEDS, *OFFER))

    def test_needs_taken_back_shut_the_gate_again(self) -> None:
        given(QUALIFIED, needs(Needs())).when(to("solution")).refused(GateNotPassed, missing=NEEDS)

    def test_going_back_and_forward_again_opens_nothing(self) -> None:
        there = given(QUALIFIED, to("solution"), to("identify"), needs(Needs()))
        there.when(to("solution")).refused(GateNotPassed, missing=NEEDS)

    def test_going_back_asks_nothing(self) -> None:
        given(OFFERED, needs(Needs())).when(to("contact")).allowed().holds(stage="contact")

    @pytest.mark.parametrize("offer", [quote(), touch(ActivityKind.DEMONSTRATION)])
    def test_solution_is_left_with_a_quote_or_a_demonstration(self, offer: c.DealCommand) -> None:
        given(QUALIFIED, offer).when(to("negotiation")).allowed().holds(stage="negotiation")

    def test_a_call_is_no_demonstration(self) -> None:
        given(QUALIFIED, touch()).when(to("negotiation")).refused(GateNotPassed, missing=OFFER)

    def test_a_demonstration_corrected_to_a_call_shuts_the_gate_again(self) -> None:
        call = touch().activity
        correction = c.CorrectActivity(deal_id=DEAL, activity_id=CALL, activity=call)
        given(QUALIFIED, touch(ActivityKind.DEMONSTRATION), correction).when(to("negotiation")).refused(
            GateNotPassed, missing=OFFER
        )

    def test_the_stage_it_is_in_is_silence(self) -> None:
        given(OPENED).when(to("identify")).silence()

    def test_an_unknown_stage_is_named_with_the_known_ones(self) -> None:
        refusal = given(OPENED).when(to("nirvana")).refused(Invalid, fields=["to"]).refusal
        assert "negotiation" in str(refusal)

    @pytest.mark.parametrize("stage", ["won", "lost"])
    def test_is_not_closed_by_moving_it(self, stage: str) -> None:
        given(OFFERED).when(to(stage)).refused(Refused)

    def test_does_not_go_to_after_sales(self) -> None:
        given(OFFERED).when(to("after-sales")).refused(Refused)

    @pytest.mark.parametrize("channel", list(Channel))
    def test_every_channel_meets_the_same_gate(self, channel: Channel) -> None:
        writer = Actor("workflow", "any", "run") if channel is Channel.WORKFLOW else Actor("service", "any")
        scenario = given(OPENED).when(to("solution"), channel=channel, actor=writer)
        scenario.refused(GateNotPassed, missing=NEEDS)


class TestAClosedDeal:
    def test_a_lost_deal_moves_nowhere(self) -> None:
        given(LOST).when(to("contact")).refused(Refused)
        given(LOST).when(to("after-sales")).refused(Refused)

    def test_a_won_deal_goes_to_after_sales_and_no_further(self) -> None:
        given(WON).when(to("after-sales")).then(StageMoved(before="won", after="after-sales"))
        given(WON, to("after-sales")).when(to("negotiation")).refused(Refused)
        given(WON, to("after-sales")).when(to("won")).refused(Refused)


def strict(**changes: tuple[str, ...]) -> Process:
    """The default process with other gates: `negotiation=("amount",)` is what it takes to arrive there."""
    stages = tuple(
        replace(s, leave=changes.get(f"leave_{s.name}", s.leave), enter=changes.get(s.name, s.enter))
        for s in DEFAULT_PROCESS.stages
    )
    return replace(DEFAULT_PROCESS, stages=stages)


def published(process: Process) -> PublishProcess:
    return PublishProcess(process=process)


def newer(version: int = 2) -> c.MoveToProcess:
    return c.MoveToProcess(deal_id=DEAL, version=version)


class TestAProcessOfOnesOwn:
    def test_a_stage_that_asks_something_of_who_arrives_is_not_jumped_over(self) -> None:
        process = strict(leave_needs=(), solution=("budget",), leave_solution=())
        scenario = given(published(process), OPENED)
        scenario.when(to("solution")).refused(GateNotPassed, missing=["budget"])
        scenario.when(to("negotiation")).refused(GateNotPassed, missing=["budget"])

    def test_losing_asks_what_its_process_asks(self) -> None:
        scenario = given(published(strict(lost=("loss-reason", "pain-points"))), OPENED)
        scenario.when(c.LoseDeal(deal_id=DEAL, loss_reason="price")).refused(
            GateNotPassed, missing=["pain-points"]
        )

    def test_a_process_may_do_without_a_contract_reference(self) -> None:
        scenario = given(published(strict(won=("amount", "close-date"))), OFFERED)
        won = c.WinDeal(deal_id=DEAL, amount=ALL_NEEDS.budget, closed_on=TODAY)
        scenario.when(won).allowed().holds(status="won")

    def test_but_not_without_amount_and_day(self) -> None:
        scenario = given(published(strict(won=())), OFFERED)
        scenario.when(c.WinDeal(deal_id=DEAL, amount=None, closed_on=None)).refused(
            GateNotPassed, missing=["amount", "close-date"]
        )


class TestADealKeepsItsProcessVersion:
    def test_a_new_version_changes_nothing_for_it(self) -> None:
        tightened = published(strict(leave_identify=("budget",)))
        given(OPENED, tightened).when(to("contact")).allowed()

    def test_it_is_moved_to_a_newer_version_by_a_recorded_decision(self) -> None:
        tightened = published(strict(leave_identify=("budget",)))
        moved = given(OPENED, tightened).when(newer()).then(ProcessMoved(before=1, after=2))
        moved.when(to("contact")).refused(GateNotPassed, missing=["budget"])

    def test_it_is_never_moved_back_to_gates_it_has_left(self) -> None:
        loosened = published(strict(leave_needs=()))
        given(loosened, OPENED).when(newer(1)).refused(Refused)

    def test_the_same_version_is_silence(self) -> None:
        given(OPENED).when(newer(1)).silence()

    def test_a_version_that_is_not_there_is_not_found(self) -> None:
        given(OPENED).when(newer(7)).refused(NotFound)

    def test_a_version_without_its_stage_waits_until_it_has_moved(self) -> None:
        short = Process(
            name="default",
            version=1,
            stages=(Stage(name="identify", probability=Decimal(0)), *DEFAULT_PROCESS.stages[-3:]),
        )
        scenario = given(OPENED, to("contact"), published(short))
        scenario.when(newer()).refused(Refused)
        scenario.when(to("identify")).allowed().when(newer()).then(ProcessMoved(before=1, after=2))

    def test_a_closed_deal_stays_with_its_version(self) -> None:
        given(LOST, published(strict(leave_needs=()))).when(newer()).refused(Refused)


def test_every_requirement_has_one_meaning() -> None:
    assert tuple(DealState(DEAL).evidence()) == (*REQUIREMENTS, *declared_requirements())


def test_processes_of_one_name_and_version_keep_their_own_gates() -> None:
    """As two ledgers have them: what is remembered of one is not told of the other."""
    easy = replace(DEFAULT_PROCESS, stages=tuple(replace(s, leave=()) for s in DEFAULT_PROCESS.stages))
    assert on_the_way(DEFAULT_PROCESS, "needs", "solution") == NEEDS
    assert on_the_way(easy, "needs", "solution") == ()
    shorter = replace(DEFAULT_PROCESS, stages=DEFAULT_PROCESS.stages[1:])
    assert DEFAULT_PROCESS.open_stages == (DEFAULT_PROCESS.stages[0].name, *shorter.open_stages)
