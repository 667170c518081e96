"""A lead is captured, given to somebody, and becomes a deal or nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.allocation.receipt import BY_HAND, AllocationReceipt, Candidate
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.deal.facts import DealOpened, PromiseMade
from domain.engine.context import Actor, Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.lead import commands as c
from domain.lead import facts as f
from domain.lead.lead import Lead
from domain.people.people import PlanLeave, RepAllocated
from tests.domain.given_when_then import NOW, Scenario, given, like
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
CAPTURE = c.CaptureLead(
    lead_id=LEAD, name="Chen Yu", mail="c@example.com", source="fair", customer_id=CUSTOMER
)
ALLOCATE = c.AllocateLead(lead_id=LEAD, to=LI, receipt=RECEIPT)
CONVERT = c.ConvertLead(lead_id=LEAD, deal_id=DEAL, title="Forty boilers")
DISCARD = c.DiscardLead(lead_id=LEAD, why="a student's thesis")
KNOWN = RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Harbin Heating"))
CAPTURED = (*STAFF, KNOWN, CAPTURE)
ALLOCATED = (*CAPTURED, ALLOCATE)


class TestCapturing:
    def test_records_who_it_is_and_where_from(self) -> None:
        given(KNOWN).when(CAPTURE).then(
            f.LeadCaptured(name="Chen Yu", mail="c@example.com", source="fair", customer_id=CUSTOMER)
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
            f.LeadAllocated(before=None, after=LI, team_id=NORTH, receipt=RECEIPT),
            RepAllocated(subject="lead", subject_id=LEAD, receipt=RECEIPT),
        )
        assert [p.originator_id for p in scenario.pending] == [LEAD, LI]

    def test_again_is_silence(self) -> None:
        given(ALLOCATED).when(ALLOCATE).silence()

    def test_to_another_rep_says_who_had_it(self) -> None:
        by_hand = c.AllocateLead(lead_id=LEAD, to=ZHAO)
        given(ALLOCATED).when(by_hand).then(
            f.LeadAllocated(before=LI, after=ZHAO, team_id=SOUTH, receipt=AllocationReceipt()),
            like(RepAllocated, receipt=BY_HAND),
        )

    def test_by_a_rule_to_a_rep_on_leave_is_refused_and_by_a_person_not(self) -> None:
        away = PlanLeave(rep_id=LI, starts_at=NOW, ends_at=NOW + DAY)
        given(CAPTURED, away).when(ALLOCATE, actor=RULES).refused(Refused)
        given(CAPTURED, away).when(ALLOCATE).allowed()

    def test_to_somebody_who_left_or_never_was_is_refused(self) -> None:
        given(CAPTURED, leaves(LI)).when(ALLOCATE).refused(Refused)
        given(CAPTURED).when(c.AllocateLead(lead_id=LEAD, to=UUID(int=1))).refused(NotFound)

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
            f.LeadConverted(deal_id=DEAL),
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
        assert taken.history.load(Lead, LEAD).status == "open"

    def test_asks_what_opening_a_deal_asks(self) -> None:
        given(ALLOCATED).when(replace(CONVERT, title=" ", amount=yuan(-1))).refused(
            Invalid, fields=["title", "amount"]
        )


class TestDiscarding:
    def test_says_why(self) -> None:
        given(CAPTURED).when(DISCARD).then(f.LeadDiscarded(why="a student's thesis"))
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


class TestSettingRight:
    def test_says_what_it_was_and_what_it_is(self) -> None:
        correct = c.CorrectLead(lead_id=LEAD, phone="+49 30 1", do_not_call=True)
        before = f.LeadDetails(name="Chen Yu", mail="c@example.com", source="fair", customer_id=CUSTOMER)
        given(CAPTURED).when(correct).then(
            f.LeadCorrected(before=before, after=replace(before, phone="+49 30 1", do_not_call=True))
        )
        given(CAPTURED, correct).when(correct).silence()

    def test_names_a_rep_who_is_there(self) -> None:
        given(CAPTURED).when(c.CorrectLead(lead_id=LEAD, qualified_by=UUID(int=1))).refused(NotFound)
        given(CAPTURED).when(c.CorrectLead(lead_id=LEAD, qualified_by=WANG)).allowed()

    def test_is_for_whoever_it_is_of(self) -> None:
        correct = c.CorrectLead(lead_id=LEAD, company="Harbin")
        given(ALLOCATED).when(correct, reach=Reach(team_id=NORTH, rep_id=WANG)).refused(Forbidden)
        given(ALLOCATED).when(correct, reach=Reach(team_id=NORTH, rep_id=LI)).allowed()


FIRST = c.ImportLead(
    lead_id=LEAD,
    imported_from="funnel",
    reference="m-1",
    name="m-1",
    captured_at=NOW - 9 * DAY,
    origin="paid search",
    assumed=frozenset({"name"}),
)
SECOND = replace(
    FIRST,
    captured_at=None,
    origin="",
    status="converted",
    closed_at=NOW - 2 * DAY,
    owner_id=LI,
    qualified_by=WANG,
)


def held(scenario: Scenario) -> Lead:
    return scenario.history.load(Lead, LEAD)


class TestInAFile:
    def test_a_new_one_is_captured_at_its_own_time(self) -> None:
        scenario = given(STAFF).when(FIRST)
        scenario.then(
            f.LeadCaptured(name="m-1", origin="paid search", imported_from="funnel", reference="m-1"),
            like(f.LeadImportNoted, as_of=NOW),
        )
        assert scenario.pending[0].occurred_at == NOW - 9 * DAY
        assert held(scenario).status == "open"

    def test_the_same_row_again_is_silence_whatever_people_did(self) -> None:
        given(STAFF, FIRST).when(FIRST).silence()
        given(STAFF, FIRST, c.CorrectLead(lead_id=LEAD, company="Harbin")).when(FIRST).silence()

    def test_a_second_file_tells_no_more_than_what_became_of_it(self) -> None:
        scenario = given(STAFF, FIRST).when(SECOND)
        scenario.then(
            like(f.LeadCorrected, after=f.LeadDetails(name="m-1", origin="paid search", qualified_by=WANG)),
            like(f.LeadAllocated, before=None, after=LI, team_id=NORTH),
            f.LeadConverted(deal_id=None),
            like(f.LeadImportNoted),
        )
        assert scenario.pending[2].occurred_at == NOW - 2 * DAY
        given(STAFF, FIRST, SECOND).when(SECOND).silence()

    def test_what_it_counts_for_is_nobodys_turn(self) -> None:
        assert not any(isinstance(p.fact, RepAllocated) for p in given(STAFF, FIRST).when(SECOND).pending)

    def test_before_it_was_captured_nothing_became_of_it(self) -> None:
        early = replace(SECOND, closed_at=NOW - 10 * DAY)
        given(STAFF, FIRST).when(early).refused(Invalid, fields=["closed_at"])
        both = replace(SECOND, captured_at=NOW - 9 * DAY, closed_at=NOW - 10 * DAY)
        given(STAFF).when(both).refused(Invalid, fields=["closed_at"])
        given(STAFF).when(replace(FIRST, captured_at=NOW + DAY)).refused(Invalid, fields=["captured_at"])

    def test_what_somebody_changed_here_is_not_overwritten(self) -> None:
        here = c.CorrectLead(lead_id=LEAD, origin="a friend")
        refused = given(STAFF, FIRST, here).when(replace(FIRST, origin="organic")).refused(Refused)
        assert refused.refusal is not None
        assert refused.refusal.details["changed_here"] == ["origin"]
        given(STAFF, FIRST, here).when(replace(FIRST, phone="1")).allowed()
        given(STAFF, FIRST, here).when(replace(FIRST, origin="a friend", phone="1")).allowed()

    def test_when_it_was_captured_stands_in_the_past(self) -> None:
        other = replace(FIRST, captured_at=NOW - 8 * DAY)
        given(STAFF, FIRST).when(other).refused(Invalid, fields=["captured_at"])
        late = given(STAFF, replace(FIRST, captured_at=None)).when(other)
        assert late.answer["notes"] == [
            ("captured_at", "stands in the past: a later file cannot change that")
        ]

    def test_a_discarded_one_is_taken_up_again_and_a_deal_stays_one(self) -> None:
        gone = replace(FIRST, status="discarded", closed_at=NOW - DAY, why="a student")
        again = given(STAFF, gone).when(replace(FIRST, status="open"))
        again.then(f.LeadReopened(before="discarded"), like(f.LeadImportNoted))
        assert held(again).status == "open"
        given(STAFF, FIRST, SECOND).when(replace(FIRST, status="open", phone="1")).refused(Refused)

    def test_an_open_one_is_nobodys_who_left_and_history_may_be(self) -> None:
        given(STAFF, leaves(LI)).when(replace(FIRST, owner_id=LI)).refused(Invalid, fields=["owner"])
        given(STAFF, leaves(LI)).when(replace(SECOND, captured_at=NOW - 9 * DAY)).allowed()

    def test_flags_that_a_file_tells_are_taken(self) -> None:
        barred = replace(FIRST, do_not_mail=True)
        given(STAFF, FIRST).when(barred).then(
            like(f.LeadCorrected, after=f.LeadDetails(name="m-1", origin="paid search", do_not_mail=True)),
            like(f.LeadImportNoted),
        )
        unbarred = given(STAFF, barred).when(replace(FIRST, do_not_mail=False))
        assert held(unbarred).details == f.LeadDetails(name="m-1", origin="paid search")
