"""A lead is captured, given to somebody, and becomes a deal or nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain import lead as x
from domain.allocation.receipt import BY_HAND, AllocationReceipt, Candidate
from domain.customer import Profile, RegisterCustomer
from domain.deal.facts import DealOpened, PromiseMade
from domain.engine.context import Actor, Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.people.people import PlanLeave, RepAllocated
from tests.domain.given_when_then import NOW, given, like
from tests.domain.words import DAY, DEAL, LI, NORTH, OPENED, SOUTH, STAFF, WANG, ZHAO, leaves, step, yuan

LEAD, CUSTOMER = UUID(int=0x1EAD), UUID(int=0xC1)
RULES = Actor("service", "allocation")
RECEIPT = AllocationReceipt(
    rule="by load",
    rule_version=3,
    candidates=(
        Candidate(rep_id=LI, score=Decimal("0.9")),
        Candidate(rep_id=WANG, score=Decimal("0.4"), why_not="scored lower"),
    ),
)
CAPTURE = x.CaptureLead(
    lead_id=LEAD, name="Chen Yu", mail="c@example.com", source="fair", customer_id=CUSTOMER
)
ALLOCATE = x.AllocateLead(lead_id=LEAD, to=LI, receipt=RECEIPT)
CONVERT = x.ConvertLead(lead_id=LEAD, deal_id=DEAL, title="Forty boilers")
DISCARD = x.DiscardLead(lead_id=LEAD, why="a student's thesis")
KNOWN = RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Harbin Heating"))
CAPTURED = (*STAFF, KNOWN, CAPTURE)
ALLOCATED = (*CAPTURED, ALLOCATE)


class TestCapturing:
    def test_records_who_it_is_and_where_from(self) -> None:
        given(KNOWN).when(CAPTURE).then(
            x.LeadCaptured(name="Chen Yu", mail="c@example.com", source="fair", customer_id=CUSTOMER)
        )

    def test_is_done_once(self) -> None:
        given(CAPTURED).when(CAPTURE).refused(AlreadyExists)

    @pytest.mark.parametrize(
        ("field", "value"),
        [("name", " "), ("mail", "x" * 301), ("source", "\x00"), ("interest", "x" * 10_001)],
    )
    def test_of_what_cannot_be_is_refused(self, field: str, value: Any) -> None:
        given(KNOWN).when(replace(CAPTURE, **{field: value})).refused(Invalid, fields=[field])


class TestAllocating:
    def test_records_the_receipt_and_counts_it_for_the_rep_in_one_commit(self) -> None:
        scenario = given(CAPTURED).when(ALLOCATE, actor=RULES)
        scenario.then(
            x.LeadAllocated(before=None, after=LI, team_id=NORTH, receipt=RECEIPT),
            RepAllocated(subject="lead", subject_id=LEAD, receipt=RECEIPT),
        )
        assert [p.originator_id for p in scenario.pending] == [LEAD, LI]

    def test_again_is_silence(self) -> None:
        given(ALLOCATED).when(ALLOCATE).silence()

    def test_to_another_rep_says_who_had_it(self) -> None:
        by_hand = x.AllocateLead(lead_id=LEAD, to=ZHAO)
        given(ALLOCATED).when(by_hand).then(
            x.LeadAllocated(before=LI, after=ZHAO, team_id=SOUTH, receipt=AllocationReceipt()),
            like(RepAllocated, receipt=BY_HAND),
        )

    def test_by_a_rule_to_a_rep_on_leave_is_refused_and_by_a_person_not(self) -> None:
        away = PlanLeave(rep_id=LI, starts_at=NOW, ends_at=NOW + DAY)
        given(CAPTURED, away).when(ALLOCATE, actor=RULES).refused(Refused)
        given(CAPTURED, away).when(ALLOCATE).allowed()

    def test_to_somebody_who_left_or_never_was_is_refused(self) -> None:
        given(CAPTURED, leaves(LI)).when(ALLOCATE).refused(Refused)
        given(CAPTURED).when(x.AllocateLead(lead_id=LEAD, to=UUID(int=1))).refused(NotFound)

    @pytest.mark.parametrize(
        ("receipt", "field"),
        [
            (replace(RECEIPT, rule=""), "receipt.rule"),
            (replace(RECEIPT, rule_version=0), "receipt.rule_version"),
            (replace(RECEIPT, candidates=RECEIPT.candidates[1:]), "receipt.candidates"),
            (
                replace(RECEIPT, candidates=(Candidate(rep_id=LI, score=Decimal("NaN")),)),
                "receipt.candidates[0].score",
            ),
        ],
    )
    def test_with_a_receipt_that_explains_nothing_is_refused(
        self, receipt: AllocationReceipt, field: str
    ) -> None:
        given(CAPTURED).when(replace(ALLOCATE, receipt=receipt)).refused(Invalid, fields=[field])


class TestConverting:
    def test_opens_the_owners_deal_with_its_promise_in_one_commit(self) -> None:
        scenario = given(ALLOCATED).when(replace(CONVERT, amount=yuan(9), next_step=step(NOW + DAY)))
        scenario.then(
            x.LeadConverted(deal_id=DEAL),
            like(DealOpened, owner_id=LI, team_id=NORTH, customer_id=CUSTOMER, amount=yuan(9)),
            like(PromiseMade, what="send the offer", owner_id=LI),
        ).holds(status="open")

    def test_again_is_silence_and_into_another_deal_refused(self) -> None:
        converted = given(ALLOCATED, CONVERT)
        converted.when(CONVERT).silence()
        converted.when(replace(CONVERT, deal_id=UUID(int=2))).refused(Refused)

    def test_needs_an_owner_who_is_there(self) -> None:
        given(CAPTURED).when(CONVERT).refused(Refused)
        given(ALLOCATED, leaves(LI)).when(CONVERT).refused(Refused)

    def test_into_a_deal_that_is_there_is_refused_and_leaves_the_lead_open(self) -> None:
        taken = given(OPENED, KNOWN, CAPTURE, ALLOCATE)
        taken.when(CONVERT).refused(AlreadyExists)
        assert taken.history.load(x.Lead, LEAD).status == "open"

    def test_asks_what_opening_a_deal_asks(self) -> None:
        given(ALLOCATED).when(replace(CONVERT, title=" ", amount=yuan(-1))).refused(
            Invalid, fields=["title", "amount"]
        )


class TestDiscarding:
    def test_says_why(self) -> None:
        given(CAPTURED).when(DISCARD).then(x.LeadDiscarded(why="a student's thesis"))
        given(CAPTURED).when(replace(DISCARD, why=" ")).refused(Invalid, fields=["why"])

    def test_is_done_once_and_ends_it(self) -> None:
        discarded = given(ALLOCATED, DISCARD)
        discarded.when(DISCARD).silence()
        discarded.when(ALLOCATE).refused(Refused)
        discarded.when(CONVERT).refused(Refused)

    def test_a_converted_lead_is_not_discarded(self) -> None:
        given(ALLOCATED, CONVERT).when(DISCARD).refused(Refused)


class TestReach:
    def test_a_lead_of_nobody_is_for_the_leaders_of_any_team(self) -> None:
        given(CAPTURED).when(DISCARD, reach=Reach(team_id=SOUTH)).allowed()
        given(CAPTURED).when(DISCARD, reach=Reach(team_id=NORTH, rep_id=LI)).refused(NotFound)

    def test_a_rep_captures_one_for_leaders_to_allocate(self) -> None:
        capture = replace(CAPTURE, customer_id=None)
        given(STAFF).when(capture, reach=Reach(team_id=NORTH, rep_id=LI)).allowed()

    def test_discarding_again_for_the_same_reason_is_silence_for_another_one_refused(self) -> None:
        given(CAPTURED, DISCARD).when(DISCARD).silence()
        given(CAPTURED, DISCARD).when(replace(DISCARD, why="moved abroad")).refused(Refused)

    def test_a_colleagues_lead_is_theirs_and_another_teams_is_not_there(self) -> None:
        given(ALLOCATED).when(DISCARD, reach=Reach(team_id=NORTH, rep_id=LI)).allowed()
        given(ALLOCATED).when(DISCARD, reach=Reach(team_id=NORTH, rep_id=WANG)).refused(Forbidden)
        given(ALLOCATED).when(DISCARD, reach=Reach(team_id=SOUTH)).refused(NotFound)
