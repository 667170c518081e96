"""Merging customers and taking them apart again: whatever the order, nothing is lost and nothing moves but what was named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from domain.case.case import Case
from domain.case.commands import OpenCase
from domain.case.facts import CaseOpened
from domain.case.policy import Severity
from domain.custom_field.commands import PublishFields
from domain.custom_field.declaration import CustomField, FieldSet, RecordKind
from domain.custom_field.value import FieldType, said_text
from domain.customer.buying_roles import SetBuyingRole
from domain.customer.commands import AddContact, CorrectContact, RegisterCustomer
from domain.customer.consents import BARS, GiveConsent, WithdrawConsent, is_barred
from domain.customer.customer import Customer
from domain.customer.facts import (
    BuyingRole,
    BuyingRoleChanged,
    Contact,
    ContactAdded,
    CustomerAbsorbed,
    CustomerMerged,
    CustomerProfileChanged,
    CustomerReleased,
    CustomerUnmerged,
    NoteKind,
    Profile,
    Purpose,
)
from domain.customer.fields import SetCustomerFields
from domain.customer.known import Consent
from domain.customer.merge import Kept, MergeCustomers, UnmergeCustomer
from domain.customer.merging import CONTACTS, PROFILE
from domain.customer.notes import AddNote, CloseNote
from domain.customer.parent import SetParent
from domain.deal.commands import CorrectDeal
from domain.deal.facts import CustomerCorrected
from domain.engine.context import Reach
from domain.engine.errors import Forbidden, Invalid, NotFound, Refused
from domain.lead.commands import CaptureLead
from domain.lead.facts import LeadCaptured
from tests.domain.given_when_then import Scenario, like
from tests.domain.words import DEAL, LI, STAFF, opening

ACME, OTHER, THIRD = UUID(int=0xAC), UUID(int=0xBD), UUID(int=0xCE)
ZHAO, WANG = UUID(int=0x2A), UUID(int=0x2B)


def register(id: UUID, **profile: Any) -> RegisterCustomer:
    return RegisterCustomer(customer_id=id, profile=Profile(**({"name": f"{id.int:x}"} | profile)))


def merge(survivor: UUID, gone: UUID, **keep: UUID) -> MergeCustomers:
    kept = tuple(Kept(field=name, customer_id=id) for name, id in keep.items())
    return MergeCustomers(customer_id=survivor, gone_id=gone, keep=kept)


def unmerge(gone: UUID, **back: Any) -> UnmergeCustomer:
    return UnmergeCustomer(customer_id=gone, **{"rest_stays": True} | back)


def two() -> Scenario:
    return Scenario().given(
        register(ACME, name="Acme", sector="tools"),
        register(OTHER, name="ACME GmbH", country="DE", sector="tooling"),
        AddContact(customer_id=OTHER, contact_id=ZHAO, name="Ms Zhao"),
    )


def profile_of(scenario: Scenario, id: UUID) -> Profile:
    return scenario.history.load(Customer, id).profile


def test_two_become_one_and_what_it_says_is_chosen_or_filled() -> None:
    scenario = two().when(merge(ACME, OTHER, name=OTHER))
    scenario.then(
        like(CustomerAbsorbed, gone_id=OTHER, taken=("name",), offered=("sector", "country")),
        CustomerMerged(into=ACME),
    )
    survivor = scenario.history.load(Customer, ACME)
    assert survivor.profile == Profile(name="ACME GmbH", sector="tools", country="DE")
    assert [survivor.source_of((PROFILE, name)) for name in ("name", "sector", "country")] == [
        OTHER,
        None,
        OTHER,
    ]
    assert survivor.source_of((CONTACTS, ZHAO)) == OTHER
    assert scenario.history.load(Customer, OTHER).source_of((PROFILE, "name")) is None
    assert survivor.contacts[ZHAO].name == "Ms Zhao"
    assert scenario.facts[0].after == survivor.profile  # type: ignore[attr-defined]


def test_a_field_may_stay_empty() -> None:
    scenario = two().given(merge(ACME, OTHER, country=ACME))
    assert profile_of(scenario, ACME) == Profile(name="Acme", sector="tools")


def test_whoever_names_the_old_id_finds_the_survivor() -> None:
    scenario = two().given(STAFF, merge(ACME, OTHER))
    scenario.when(opening(customer_id=OTHER))
    assert scenario.facts[0].customer_id == ACME  # type: ignore[attr-defined]
    scenario.when(AddContact(customer_id=OTHER, contact_id=WANG, name="Wang")).then(
        like(ContactAdded, contact_id=WANG)
    )
    assert scenario.pending[0].originator_id == ACME
    scenario.when(CaptureLead(lead_id=UUID(int=0x1E), name="Wang", customer_id=OTHER)).then(
        like(LeadCaptured, customer_id=ACME)
    )
    assert all(
        id == ACME for id in (e.originator_id for e in scenario.when(register(OTHER, name="New")).pending)
    )


def test_the_old_record_said_again_changes_nothing_but_what_differs() -> None:
    scenario = two().given(merge(ACME, OTHER))
    scenario.when(register(OTHER, name="ACME GmbH", country="DE", sector="tooling")).then()
    scenario.when(register(OTHER, name="ACME GmbH", country="AT", sector="tooling")).then(
        like(CustomerProfileChanged, after=Profile(name="Acme", sector="tools", country="AT"))
    )


def test_a_deal_that_was_the_old_ones_is_the_survivors_already() -> None:
    scenario = two().given(STAFF, opening(customer_id=OTHER), merge(ACME, OTHER))
    scenario.when(CorrectDeal(deal_id=DEAL, customer_id=ACME)).then()
    role = SetBuyingRole(customer_id=ACME, contact_id=ZHAO, role=BuyingRole.DECIDES, deal_id=DEAL)
    scenario.when(role).then(
        BuyingRoleChanged(contact_id=ZHAO, before=None, after=BuyingRole.DECIDES, deal_id=DEAL)
    )
    case = OpenCase(
        case_id=UUID(int=7),
        title="leaks",
        customer_id=ACME,
        severity=Severity.MINOR,
        owner_id=LI,
        deal_id=DEAL,
    )
    scenario.when(case)
    assert scenario.refusal is None
    assert scenario.facts[0] == like(CaseOpened, customer_id=ACME)


def test_again_or_the_other_way_round_is_silence_and_oneself_is_refused() -> None:
    scenario = two().given(merge(ACME, OTHER))
    for command in (merge(ACME, OTHER), merge(OTHER, ACME)):
        scenario.when(command).then()
    assert isinstance(scenario.when(merge(ACME, ACME)).refusal, Invalid)
    assert isinstance(scenario.when(merge(ACME, THIRD)).refusal, NotFound)
    scenario.given(register(THIRD))
    wrong = scenario.when(
        MergeCustomers(customer_id=ACME, gone_id=THIRD, keep=(Kept(field="colour", customer_id=ACME),))
    )
    assert isinstance(wrong.refusal, Invalid)
    assert "keep[0].field" in str(wrong.refusal.errors)


def test_a_merged_one_merges_what_it_stands_for() -> None:
    scenario = two().given(register(THIRD), merge(ACME, OTHER))
    scenario.when(merge(THIRD, OTHER)).topics("customer.absorbed", "customer.merged")
    assert [e.originator_id for e in scenario.pending] == [THIRD, ACME]
    assert isinstance(scenario.when(unmerge(OTHER)).refusal, Refused)
    scenario.given(unmerge(ACME), unmerge(OTHER))
    assert scenario.history.load(Customer, OTHER).contacts.keys() == {ZHAO}
    assert scenario.history.load(Customer, ACME).contacts == {}


def test_what_was_said_since_goes_where_somebody_says() -> None:
    scenario = two().given(
        STAFF,
        merge(ACME, OTHER),
        AddContact(customer_id=ACME, contact_id=WANG, name="Wang"),
        AddContact(customer_id=ACME, contact_id=ZHAO, name="Dr Zhao"),
        register(ACME, name="Acme", sector="machines", country="DE"),
        opening(customer_id=ACME),
    )
    scenario.when(unmerge(OTHER, fields=("sector",), contacts=(ZHAO,), deals=(DEAL,)))
    scenario.topics(
        *("customer.unmerged", "customer.profile-changed", "customer.contact-corrected"),
        *("customer.released", "deal.customer-corrected"),
    )
    assert scenario.facts[-1] == CustomerCorrected(before=ACME, after=OTHER)
    assert profile_of(scenario, ACME) == Profile(name="Acme", sector="tools")
    assert profile_of(scenario, OTHER) == Profile(name="ACME GmbH", sector="machines", country="DE")
    assert scenario.history.load(Customer, ACME).contacts.keys() == {WANG}
    assert scenario.history.load(Customer, OTHER).contacts[ZHAO].name == "Dr Zhao"


def test_what_was_not_said_since_cannot_be_given_back() -> None:
    scenario = two().given(merge(ACME, OTHER))
    refused = scenario.when(unmerge(OTHER, fields=("sector",), contacts=(WANG,))).refusal
    assert isinstance(refused, Invalid)
    assert [one.field for one in refused.errors] == ["fields", "contacts"]
    scenario.given(STAFF, register(THIRD), opening(customer_id=THIRD))
    assert isinstance(scenario.when(unmerge(OTHER, deals=(DEAL,))).refusal, Refused)
    scenario.when(unmerge(ACME)).then()


def test_nothing_is_placed_without_a_word() -> None:
    scenario = two().given(merge(ACME, OTHER), register(ACME, name="Acme AG", sector="tools", country="DE"))
    for silent in ({}, {"since": (DEAL,), "fields": ("name",)}):
        refused = scenario.when(unmerge(OTHER, **silent, rest_stays=False)).refusal
        assert isinstance(refused, Refused)
        assert "1 things" in refused.message
    answered = unmerge(OTHER, fields=("name",), rest_stays=False)
    assert scenario.when(answered).refusal is None


def test_what_a_contact_declined_comes_along_and_goes_back() -> None:
    no = WithdrawConsent(customer_id=OTHER, contact_id=ZHAO, purpose=Purpose.SURVEY, source="a call")
    scenario = two().given(no, merge(ACME, OTHER))
    (held,) = scenario.history.load(Customer, ACME).consents.values()
    assert not held.given
    scenario.given(unmerge(OTHER))
    assert scenario.history.load(Customer, ACME).consents == {}
    assert scenario.history.load(Customer, OTHER).consents[ZHAO, Purpose.SURVEY] == held


NEED, WISH = UUID(int=0x4E), UUID(int=0x57)
TIER = CustomField(name="tier", label="Tier", type=FieldType.TEXT)


def test_what_is_learnt_since_goes_where_somebody_says() -> None:
    scenario = two().given(
        PublishFields(declared=FieldSet(name=RecordKind.CUSTOMER, fields=(TIER,))),
        register(THIRD),
        SetCustomerFields(customer_id=ACME, custom={"tier": said_text("silver")}),
        AddNote(customer_id=OTHER, note_id=NEED, kind=NoteKind.NEED, text="spare parts"),
        merge(ACME, OTHER),
        AddNote(customer_id=ACME, note_id=WISH, kind=NoteKind.PREFERENCE, text="calls in the morning"),
        AddNote(customer_id=ACME, note_id=UUID(int=9), kind=NoteKind.NOTE, text="moved"),
        CloseNote(customer_id=ACME, note_id=NEED),
        SetCustomerFields(customer_id=ACME, custom={"tier": said_text("gold")}),
        SetParent(customer_id=ACME, parent_id=THIRD),
    )
    refused = scenario.when(unmerge(OTHER, notes=(UUID(int=8),), custom=("seats",), roles=(ZHAO,))).refusal
    assert isinstance(refused, Invalid)
    assert [one.field for one in refused.errors] == ["notes", "roles", "custom"]
    named: Any = {"notes": (NEED, WISH), "custom": ("tier",), "parent": True}
    refused = scenario.when(unmerge(OTHER, **named, rest_stays=False)).refusal
    assert isinstance(refused, Refused)
    assert "1 things" in refused.message
    scenario.given(unmerge(OTHER, **named))
    own, other = (scenario.history.load(Customer, id) for id in (ACME, OTHER))
    assert {id: one.closed for id, one in other.notes.items()} == {NEED: True, WISH: False}
    assert own.notes.keys() == {UUID(int=9)}
    assert (own.custom["tier"].text, other.custom["tier"].text) == ("silver", "gold")
    assert (own.parent_id, other.parent_id) == (None, THIRD)


def test_consents_go_with_their_contact() -> None:
    """One that was withdrawn counts wherever the contact is: nobody may write to them by an unmerge."""
    no = WithdrawConsent(customer_id=ACME, contact_id=ZHAO, purpose=Purpose.MAIL, source="a call")
    scenario = two().given(
        AddContact(customer_id=ACME, contact_id=WANG, name="Wang"),
        merge(ACME, OTHER),
        no,
        SetBuyingRole(customer_id=ACME, contact_id=ZHAO, role=BuyingRole.DECIDES),
        replace(no, contact_id=WANG),
    )
    refused = scenario.when(unmerge(OTHER, consents=(WANG,))).refusal
    assert isinstance(refused, Invalid), "the other record does not know that contact"
    scenario.given(unmerge(OTHER, contacts=(ZHAO,)))
    own, other = (scenario.history.load(Customer, id) for id in (ACME, OTHER))
    assert own.consents.keys() == {(WANG, Purpose.MAIL)}
    assert other.consents.keys() == {(ZHAO, Purpose.MAIL)}
    assert other.roles == {(ZHAO, None): BuyingRole.DECIDES}
    assert other.contacts[ZHAO].do_not_mail
    assert own.contacts.keys() == {WANG}


def test_who_withdrew_is_not_written_to_whichever_record_their_correction_goes_with() -> None:
    scenario = two().given(
        AddContact(customer_id=ACME, contact_id=ZHAO, name="Zhao"),
        merge(ACME, OTHER),
        WithdrawConsent(customer_id=ACME, contact_id=ZHAO, purpose=Purpose.MAIL, source="a call"),
        unmerge(OTHER, contacts=(ZHAO,)),
    )
    for id in (ACME, OTHER):
        assert scenario.history.load(Customer, id).contacts[ZHAO].do_not_mail
    assert scenario.history.load(Customer, ACME).consents.keys() == {(ZHAO, Purpose.MAIL)}


@pytest.mark.parametrize("purpose", Purpose)
def test_who_withdrew_since_withdrew_of_the_record_that_comes_back_too(purpose: Purpose) -> None:
    """Though all that was said since stays; and of the one they were in as well, though that goes."""
    yes = GiveConsent(customer_id=OTHER, contact_id=ZHAO, purpose=purpose, source="fair")
    no = WithdrawConsent(customer_id=ACME, contact_id=ZHAO, purpose=purpose, source="phone")
    scenario = two().given(yes, merge(ACME, OTHER), no, unmerge(OTHER))
    held = scenario.history.load(Customer, OTHER)
    assert held.consents[ZHAO, purpose] == Consent(given=False, source="phone")
    assert is_barred(held, ZHAO, purpose) is (purpose in BARS)
    own = AddContact(customer_id=ACME, contact_id=ZHAO, name="Zhao")
    ours = replace(yes, customer_id=ACME)
    corrected = {"contacts": (ZHAO,)} if purpose in BARS else {}
    for back in ({}, {"consents": (ZHAO,), **corrected}):
        scenario = two().given(yes, own, ours, merge(ACME, OTHER), no, unmerge(OTHER, **back))
        for id in (ACME, OTHER):
            held = scenario.history.load(Customer, id)
            assert not held.consents[ZHAO, purpose].given
            assert is_barred(held, ZHAO, purpose) is (purpose in BARS)


def test_who_objected_since_is_not_reached_by_the_record_that_comes_back() -> None:
    """Nothing was ever consented to."""
    no = CorrectContact(customer_id=ACME, contact_id=ZHAO, do_not_call=True)
    scenario = two().given(merge(ACME, OTHER), no, unmerge(OTHER))
    held = scenario.history.load(Customer, OTHER)
    assert held.contacts[ZHAO] == Contact(name="Ms Zhao", do_not_call=True)
    assert held.consents == {}


def test_a_company_and_one_that_belongs_to_it_are_not_merged() -> None:
    scenario = two().given(
        register(THIRD),
        SetParent(customer_id=THIRD, parent_id=OTHER),
        SetParent(customer_id=OTHER, parent_id=ACME),
    )
    for one, other in ((ACME, THIRD), (THIRD, ACME)):
        assert isinstance(scenario.when(merge(one, other)).refusal, Refused)


def test_a_record_is_not_taken_out_where_it_would_belong_to_itself() -> None:
    below = UUID(int=0xDF)
    scenario = two().given(
        register(THIRD),
        register(below),
        SetParent(customer_id=OTHER, parent_id=THIRD),
        SetParent(customer_id=below, parent_id=OTHER),
        merge(ACME, OTHER),
        SetParent(customer_id=ACME),
        SetParent(customer_id=THIRD, parent_id=below),
    )
    assert isinstance(scenario.when(unmerge(OTHER)).refusal, Refused)


def test_a_case_goes_along() -> None:
    case = OpenCase(
        case_id=UUID(int=7), title="leaks", customer_id=ACME, severity=Severity.MINOR, owner_id=LI
    )
    scenario = two().given(STAFF, merge(ACME, OTHER), case)
    scenario.when(unmerge(OTHER, cases=(UUID(int=7),)))
    assert scenario.facts[-1].TOPIC == "case.customer-corrected"
    assert scenario.history.load(Case, UUID(int=7)).customer_id == OTHER


def test_only_whose_customer_it_is_and_who_may_see_the_other_may_say_that_they_are_one() -> None:
    scenario = two()
    ours = Reach(team_id=UUID(int=0x7E), customers=frozenset({ACME}), own_customers=frozenset({ACME}))
    assert isinstance(scenario.when(merge(ACME, OTHER), reach=ours).refusal, NotFound)
    assert isinstance(scenario.when(merge(OTHER, ACME), reach=ours).refusal, NotFound)
    both = replace(ours, customers=frozenset({ACME, OTHER}))
    assert isinstance(scenario.when(merge(OTHER, ACME), reach=both).refusal, Forbidden)
    scenario.when(merge(ACME, OTHER), reach=both).topics("customer.absorbed", "customer.merged")
    assert isinstance(scenario.when(unmerge(OTHER), reach=ours).refusal, NotFound)
    all_ours = replace(both, own_customers=both.customers)
    scenario.when(unmerge(OTHER), reach=all_ours).then(CustomerUnmerged(out_of=ACME), like(CustomerReleased))
