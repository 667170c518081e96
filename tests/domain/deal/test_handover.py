"""A deal changes hands with its promise, and the new owner is told why."""

from __future__ import annotations

from uuid import UUID

import pytest

from domain.allocation.receipt import AllocationReceipt
from domain.deal import commands as c
from domain.deal.facts import OwnerChanged, PromiseEnded, PromiseHandedOver, PromiseMade
from domain.engine.context import Reach
from domain.engine.errors import Forbidden, Invalid, NotFound, Refused
from domain.engine.values import PromiseOutcome
from domain.people.people import HireRep, RepAllocated
from tests.domain.given_when_then import NOW, given, like
from tests.domain.words import (
    DAY,
    DEAL,
    LI,
    LOST,
    NORTH,
    OPENED,
    SOUTH,
    STAFF,
    WANG,
    WON,
    ZHAO,
    hand_to,
    leaves,
    opening,
    reopen,
    step,
)

PROMISED = (*STAFF, opening(next_step=step(NOW + DAY)))


class TestHandingOver:
    def test_changes_owner_and_promise_and_is_counted_for_the_new_owner(self) -> None:
        scenario = given(OPENED)
        promise = scenario.deal.promise
        assert promise is not None
        scenario.when(hand_to(WANG)).then(
            OwnerChanged(
                before=LI,
                after=WANG,
                team_before=NORTH,
                team_after=NORTH,
                rule="handover",
                handover_note="knows the plant",
            ),
            PromiseHandedOver(promise_id=promise.id, before=LI, after=WANG),
            RepAllocated(subject="deal", subject_id=DEAL, receipt=AllocationReceipt(rule="handover")),
        )

    def test_records_two_streams_at_once(self) -> None:
        scenario = given(OPENED).when(hand_to(WANG))
        assert [p.originator_id for p in scenario.pending] == [DEAL, DEAL, WANG]

    def test_leaves_the_deadlines_as_they_were(self) -> None:
        scenario = given(PROMISED)
        before = scenario.deal.promise
        after = scenario.given(hand_to(WANG)).deal.promise
        assert before is not None
        assert after is not None
        assert (after.deadlines, after.generation) == (before.deadlines, before.generation)

    def test_to_another_team_takes_the_deal_there(self) -> None:
        given(OPENED, hand_to(ZHAO)).holds(team_id=SOUTH, owner_id=ZHAO)

    def test_of_what_is_overdue_breaks_the_old_owners_promise_and_makes_the_new_one_theirs(self) -> None:
        given(PROMISED).when(hand_to(WANG), now=NOW + 2 * DAY).then(
            like(PromiseEnded, outcome=PromiseOutcome.BROKEN),
            like(OwnerChanged),
            like(PromiseMade, owner_id=WANG, by_rule=True, number=2),
            like(RepAllocated),
        )

    def test_to_the_owner_is_silence(self) -> None:
        given(OPENED).when(hand_to(LI)).silence()
        given(PROMISED).when(hand_to(LI), now=NOW + 2 * DAY).silence()

    def test_to_the_owner_who_changed_teams_takes_the_deal_along(self) -> None:
        moved = given(OPENED, HireRep(rep_id=LI, name="Li Na", team_id=SOUTH))
        moved.when(hand_to(LI)).then(
            like(OwnerChanged, before=LI, after=LI, team_before=NORTH, team_after=SOUTH)
        )

    @pytest.mark.parametrize("closed", [WON, LOST])
    def test_of_a_closed_deal_moves_no_promise(self, closed: tuple[c.DealCommand, ...]) -> None:
        given(closed).when(hand_to(WANG)).topics("deal.owner-changed", "rep.allocated")

    def test_is_heard_by_the_next_promise(self) -> None:
        given(LOST, hand_to(WANG), reopen()).holds(owner_id=WANG)

    @pytest.mark.parametrize("note", ["", "  "])
    def test_needs_a_note(self, note: str) -> None:
        given(OPENED).when(hand_to(WANG, handover_note=note)).refused(Invalid, fields=["handover_note"])

    def test_to_somebody_who_left_is_refused(self) -> None:
        given(OPENED, leaves(WANG)).when(hand_to(WANG)).refused(Refused)

    def test_to_nobody_is_not_found(self) -> None:
        given(OPENED).when(hand_to(UUID(int=1))).refused(NotFound)

    def test_by_a_rep_is_for_their_own_deals(self) -> None:
        given(OPENED).when(hand_to(WANG), reach=Reach(team_id=NORTH, rep_id=LI)).allowed()
        given(OPENED).when(hand_to(WANG), reach=Reach(team_id=NORTH, rep_id=WANG)).refused(Forbidden)
        given(OPENED).when(hand_to(ZHAO), reach=Reach(team_id=SOUTH)).refused(NotFound)


class TestLeaving:
    def test_hands_over_nothing_by_itself_and_keeps_the_promise_live(self) -> None:
        scenario = given(OPENED).when(leaves(LI)).topics("rep.left")
        assert scenario.deal.promise is not None

    def test_is_followed_by_a_handover_under_its_own_rule(self) -> None:
        given(OPENED, leaves(LI)).when(hand_to(WANG, rule="rep-left")).then(
            like(OwnerChanged, rule="rep-left"),
            like(PromiseHandedOver),
            like(RepAllocated, receipt=AllocationReceipt(rule="rep-left")),
        )
