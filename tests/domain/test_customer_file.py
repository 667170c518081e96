"""What is learnt of a customer: a profile in parts, notes, consents, roles in deciding, and which company is above it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.customer.buying_roles import SetBuyingRole
from domain.customer.change_profile import ChangeProfile
from domain.customer.commands import AddContact, CorrectContact, RegisterCustomer
from domain.customer.consents import GiveConsent, WithdrawConsent
from domain.customer.facts import (
    BuyingRole,
    BuyingRoleChanged,
    ConsentGiven,
    ConsentWithdrawn,
    Contact,
    ContactCorrected,
    CustomerProfileChanged,
    Note,
    NoteAdded,
    NoteChanged,
    NoteClosed,
    NoteKind,
    ParentChanged,
    Profile,
    Purpose,
)
from domain.customer.known import GivenConsent
from domain.customer.notes import AddNote, CloseNote
from domain.customer.parent import SetParent
from domain.customer.profile import Address, AddressKind, OtherName
from domain.engine.errors import Invalid, NotFound, Refused
from tests.domain.given_when_then import given
from tests.domain.words import yuan

CUSTOMER, ABOVE, TOP = (UUID(int=0xC10 + n) for n in range(3))
CONTACT, NOTE = UUID(int=0xC20), UUID(int=0xC30)
PROFILE = Profile(
    name="Harbin Heating",
    sector="energy",
    revenue=yuan(9),
    other_names=(OtherName(name="哈尔滨供热", language="zh-Hans"),),
    tax_number="91230100",
    addresses=(Address(kind=AddressKind.BILLING, city="Harbin", country="CN"),),
    web="harbin.example",
)
REGISTER = RegisterCustomer(customer_id=CUSTOMER, profile=PROFILE)
ADD = AddContact(customer_id=CUSTOMER, contact_id=CONTACT, name="Chen Yu", mail="c@example.com")
CHEN = Contact(name="Chen Yu", mail="c@example.com")
AT: dict[str, Any] = {"customer_id": CUSTOMER, "contact_id": CONTACT}


class TestAProfile:
    def test_that_is_registered_again_keeps_what_is_not_said(self) -> None:
        half = RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Harbin Heating", country="CN"))
        given(REGISTER).when(half).then(
            CustomerProfileChanged(before=PROFILE, after=replace(PROFILE, country="CN"))
        )

    def test_is_changed_in_part_and_emptied_by_name(self) -> None:
        change = ChangeProfile(
            customer_id=CUSTOMER, web="heating.example", employees=0, clear=("addresses", "revenue")
        )
        after = replace(PROFILE, web="heating.example", employees=0, addresses=(), revenue=None)
        given(REGISTER).when(change).then(CustomerProfileChanged(before=PROFILE, after=after))
        given(REGISTER, change).when(change).silence()

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"clear": ("name",)}, "clear"),
            ({"clear": ("web",), "web": "x.example"}, "clear"),
            ({"other_names": (OtherName(name=" "),)}, "other_names[0].name"),
            ({"other_names": (OtherName(name="a", language="Deutsch!"),)}, "other_names[0].language"),
            ({"addresses": (Address(kind=AddressKind.VISIT, street="x" * 301),)}, "addresses[0].street"),
        ],
    )
    def test_that_cannot_be_is_refused(self, wrong: dict[str, Any], field: str) -> None:
        given(REGISTER).when(ChangeProfile(customer_id=CUSTOMER, **wrong)).refused(Invalid, fields=[field])


class TestAParent:
    BOTH = tuple(RegisterCustomer(customer_id=id, profile=Profile(name="x")) for id in (ABOVE, TOP))

    def test_is_said_once_and_taken_away(self) -> None:
        under = SetParent(customer_id=CUSTOMER, parent_id=ABOVE)
        given(REGISTER, *self.BOTH).when(under).then(ParentChanged(before=None, after=ABOVE))
        given(REGISTER, *self.BOTH, under).when(under).silence()
        none = SetParent(customer_id=CUSTOMER)
        given(REGISTER, *self.BOTH, under).when(none).then(ParentChanged(before=ABOVE, after=None))

    def test_in_a_circle_is_refused(self) -> None:
        line = (
            SetParent(customer_id=CUSTOMER, parent_id=ABOVE),
            SetParent(customer_id=ABOVE, parent_id=TOP),
        )
        for below, above in ((TOP, CUSTOMER), (ABOVE, CUSTOMER), (CUSTOMER, CUSTOMER)):
            round = SetParent(customer_id=below, parent_id=above)
            given(REGISTER, *self.BOTH, *line).when(round).refused(Refused)


class TestANote:
    ADDED = AddNote(customer_id=CUSTOMER, note_id=NOTE, kind=NoteKind.NEED, text="spare parts in two days")

    def test_is_added_set_right_and_closed(self) -> None:
        given(REGISTER).when(self.ADDED).then(
            NoteAdded(note_id=NOTE, kind=NoteKind.NEED, text="spare parts in two days")
        )
        given(REGISTER, self.ADDED).when(self.ADDED).silence()
        better = replace(self.ADDED, text="spare parts in a day", since=date(2026, 3, 1))
        before, after = Note.of(self.ADDED), Note.of(better)
        given(REGISTER, self.ADDED).when(better).then(NoteChanged(note_id=NOTE, before=before, after=after))
        close = CloseNote(customer_id=CUSTOMER, note_id=NOTE, why="they have them")
        given(REGISTER, self.ADDED).when(close).then(
            NoteClosed(note_id=NOTE, kind=NoteKind.NEED, text=before.text, why="they have them")
        )
        given(REGISTER, self.ADDED, close).when(close).silence()
        given(REGISTER, self.ADDED, close).when(self.ADDED).silence()
        given(REGISTER, self.ADDED, close).when(better).refused(Refused)

    def test_that_cannot_be_is_refused(self) -> None:
        competitor = replace(self.ADDED, kind=NoteKind.COMPETITOR, text="x" * 301)
        given(REGISTER).when(competitor).refused(Invalid, fields=["text"])
        to_come = replace(self.ADDED, since=date(2026, 3, 5))
        given(REGISTER).when(to_come).refused(Invalid, fields=["since"])
        given(REGISTER).when(replace(self.ADDED, contact_id=CONTACT)).refused(NotFound)
        given(REGISTER).when(CloseNote(customer_id=CUSTOMER, note_id=NOTE)).refused(NotFound)


class TestAConsent:
    GIVE = GiveConsent(**AT, purpose=Purpose.MAIL, source="trade fair", on=date(2026, 2, 1))
    WITHDRAW = WithdrawConsent(**AT, purpose=Purpose.MAIL, source="a call")
    GIVEN = ConsentGiven(contact_id=CONTACT, purpose=Purpose.MAIL, evidence="trade fair", on=date(2026, 2, 1))
    WITHDRAWN = ConsentWithdrawn(contact_id=CONTACT, purpose=Purpose.MAIL, evidence="a call")
    BARRED = replace(CHEN, do_not_mail=True)

    def test_is_given_and_withdrawn_and_the_contact_says_the_same(self) -> None:
        given(REGISTER, ADD).when(self.GIVE).then(self.GIVEN)
        given(REGISTER, ADD, self.GIVE).when(self.GIVE).silence()
        bars = ContactCorrected(contact_id=CONTACT, before=CHEN, after=self.BARRED)
        given(REGISTER, ADD, self.GIVE).when(self.WITHDRAW).then(self.WITHDRAWN, bars)
        given(REGISTER, ADD, self.GIVE, self.WITHDRAW).when(self.WITHDRAW).silence()
        frees = ContactCorrected(contact_id=CONTACT, before=self.BARRED, after=CHEN)
        given(REGISTER, ADD, self.WITHDRAW).when(self.GIVE).then(self.GIVEN, frees)

    def test_of_what_bars_nothing_leaves_the_contact_alone(self) -> None:
        survey = replace(self.WITHDRAW, purpose=Purpose.SURVEY)
        given(REGISTER, ADD).when(survey).then(replace(self.WITHDRAWN, purpose=Purpose.SURVEY))

    def test_goes_with_do_not_mail(self) -> None:
        bar = CorrectContact(**AT, do_not_mail=True)
        corrected = ContactCorrected(contact_id=CONTACT, before=CHEN, after=self.BARRED)
        given(REGISTER, ADD).when(bar).then(corrected)
        given(REGISTER, ADD, self.GIVE).when(bar).then(
            replace(self.WITHDRAWN, evidence="do-not-mail"), corrected
        )
        free = CorrectContact(**AT, do_not_mail=False)
        given(REGISTER, ADD, bar).when(free).then(
            ContactCorrected(contact_id=CONTACT, before=self.BARRED, after=CHEN)
        )
        given(REGISTER, ADD, self.WITHDRAW).when(free).refused(Refused)

    def test_comes_with_a_contact(self) -> None:
        consents = (GivenConsent(purpose=Purpose.MAIL, source="trade fair", on=date(2026, 2, 1)),)
        added = replace(ADD, consents=consents, buying_role=BuyingRole.DECIDES)
        role = BuyingRoleChanged(contact_id=CONTACT, before=None, after=BuyingRole.DECIDES)
        given(REGISTER, ADD).when(added).then(role, self.GIVEN)
        given(REGISTER, added).when(added).silence()
        given(REGISTER, added).when(ADD).silence()
        later = (replace(consents[0], on=date(2026, 3, 9)),)
        given(REGISTER).when(replace(ADD, consents=later)).refused(Invalid, fields=["consents[0].on"])

    def test_that_comes_with_a_file_lifts_no_newer_withdrawal(self) -> None:
        withdrawn = replace(self.WITHDRAW, on=date(2026, 2, 20))
        for on, lifts in ((None, False), (date(2026, 2, 1), False), (date(2026, 2, 25), True)):
            said = GivenConsent(purpose=Purpose.MAIL, source="file", on=on)
            again = replace(ADD, do_not_mail=True, consents=(said,))
            happened = given(REGISTER, ADD, withdrawn).when(again)
            if lifts:
                frees = ContactCorrected(contact_id=CONTACT, before=self.BARRED, after=CHEN)
                happened.then(replace(self.GIVEN, evidence="file", on=on), frees)
            else:
                happened.silence()

    def test_that_comes_with_a_file_lifts_no_objection(self) -> None:
        """Also where it was said by the flag alone, in the same row or before, and whatever the day of the consent."""
        said = GivenConsent(purpose=Purpose.MAIL, source="file", on=date(2026, 2, 25))
        row = replace(ADD, do_not_mail=True, consents=(said,))
        given(REGISTER).when(row).topics("customer.contact-added")
        objects = CorrectContact(**AT, do_not_mail=True)
        given(REGISTER, ADD, objects).when(row).silence()
        given(REGISTER, ADD, self.GIVE, objects).when(row).silence()
        called = replace(row, consents=(replace(said, purpose=Purpose.CALL),))
        given(REGISTER, ADD, objects).when(called).topics("customer.consent-given")

    def test_of_nobody_is_refused(self) -> None:
        for command in (self.GIVE, self.WITHDRAW, CorrectContact(**AT), SetBuyingRole(**AT)):
            given(REGISTER).when(command).refused(NotFound)


class TestAContact:
    def test_is_corrected_in_part(self) -> None:
        correct = CorrectContact(**AT, phone="1", clear=("mail",))
        after = replace(CHEN, phone="1", mail="")
        given(REGISTER, ADD).when(correct).then(
            ContactCorrected(contact_id=CONTACT, before=CHEN, after=after)
        )
        given(REGISTER, ADD, correct).when(correct).silence()
        wrong = CorrectContact(**AT, clear=("name",))
        given(REGISTER, ADD).when(wrong).refused(Invalid, fields=["clear"])

    def test_has_a_role_until_it_is_taken_away(self) -> None:
        blocks = SetBuyingRole(**AT, role=BuyingRole.BLOCKS)
        said = BuyingRoleChanged(contact_id=CONTACT, before=None, after=BuyingRole.BLOCKS)
        given(REGISTER, ADD).when(blocks).then(said)
        given(REGISTER, ADD, blocks).when(blocks).silence()
        taken = BuyingRoleChanged(contact_id=CONTACT, before=BuyingRole.BLOCKS, after=None)
        given(REGISTER, ADD, blocks).when(SetBuyingRole(**AT)).then(taken)
        given(REGISTER, ADD).when(SetBuyingRole(**AT)).silence()
