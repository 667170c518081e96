"""Custom fields: what may be declared and changed, what values are taken, and what gates ask for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from domain.custom_field.commands import DeclareField, PublishFields
from domain.custom_field.declaration import (
    CustomField,
    FieldChoice,
    FieldSet,
    FieldSets,
    FieldsPublished,
    RecordKind,
    RequiredFrom,
    field_stream,
)
from domain.custom_field.value import NOTHING, FieldType, FieldValue, said_text
from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.customer import Customer
from domain.customer.facts import ContactFieldsSet, CustomerFieldsSet, CustomerRegistered, Profile
from domain.customer.fields import SetContactFields, SetCustomerFields
from domain.deal import commands as c
from domain.deal.commands import SetDealFields
from domain.deal.facts import DealFieldsSet, StageMoved
from domain.engine.context import Actor
from domain.engine.errors import GateNotPassed, Invalid, NotFound
from tests.domain.given_when_then import given, later
from tests.domain.words import DEAL, OPENED, QUALIFIED, lose, quote, to

ACME, ZHAO = UUID(int=0xAC), UUID(int=0x2A)
TIER = CustomField(
    name="tier",
    label="Tier",
    label_zh="等级",
    type=FieldType.CHOICE,
    choices=(
        FieldChoice(name="gold", label="Gold", label_zh="金牌"),
        FieldChoice(name="old", label="Old", retired=True),
    ),
)


def field(name: str, type: FieldType, **more: Any) -> CustomField:
    return CustomField(name=name, label=name.capitalize(), type=type, **more)


def of(kind: RecordKind, *fields: CustomField) -> PublishFields:
    return PublishFields(declared=FieldSet(name=kind, fields=fields))


CUSTOMER = of(
    RecordKind.CUSTOMER,
    TIER,
    field("seats", FieldType.NUMBER, decimals=1),
    field("budget", FieldType.MONEY),
    field("renewal", FieldType.DATE),
    field("reference", FieldType.YES_NO),
    field(
        "areas",
        FieldType.CHOICES,
        choices=(FieldChoice(name="north", label="North"), FieldChoice(name="south", label="South")),
    ),
    field("site", FieldType.LINK),
    field("note", FieldType.TEXT),
    field("born", FieldType.DATE, personal=True),
)
REGISTERED = RegisterCustomer(customer_id=ACME, profile=Profile(name="Acme"))


def said(**custom: Any) -> SetCustomerFields:
    return SetCustomerFields(
        customer_id=ACME,
        custom={name: one if isinstance(one, FieldValue) else said_text(one) for name, one in custom.items()},
    )


@pytest.mark.parametrize(
    ("name", "text", "written"),
    [
        ("seats", "1,200.50", "1200.5"),
        ("budget", "1200.00 cny", "1200 CNY"),
        ("renewal", "2026-12-31", "2026-12-31"),
        ("reference", "Yes", "yes"),
        ("reference", "否", "no"),
        ("tier", "金牌", "gold"),
        ("areas", "South, north", "north\nsouth"),
        ("site", "https://acme.example/a?b=1", "https://acme.example/a?b=1"),
        ("note", " as it is ", " as it is "),
    ],
)
def test_text_says_a_value_of_any_type_in_one_way(name: str, text: str, written: str) -> None:
    scenario = given(CUSTOMER, REGISTERED).when(said(**{name: text}))
    (fact,) = scenario.facts
    assert isinstance(fact, CustomerFieldsSet)
    assert (fact.before, fact.declared) == ({}, 1)
    assert fact.after[name].written == written
    given(CUSTOMER, REGISTERED, said(**{name: text})).when(said(**{name: text})).silence()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("seats", "many", "must be a number in plain digits"),
        ("seats", "1.25", "has more than 1 decimals"),
        ("seats", FieldValue(type=FieldType.YES_NO, text="yes"), "must be a number, not yes or no"),
        ("note", FieldValue(type=FieldType.NUMBER, text="5"), "must be text, not a number"),
        ("budget", "1200", "must be an amount with its currency"),
        ("budget", "1200.001 CNY", "decimals"),
        ("renewal", "31.12.2026", "must be a day written as"),
        ("reference", "perhaps", "must be yes or no"),
        ("tier", "Golt", "did you mean 'gold'?"),
        ("tier", "old", "is retired"),
        ("areas", "north, east", "'east' is not one of north, south"),
        ("site", "javascript:alert(1)", "must be a web address"),
        ("teir", "gold", "no field of a customer has this name; did you mean 'tier'?"),
    ],
)
def test_what_a_field_does_not_take_is_refused_naming_it(name: str, value: Any, words: str) -> None:
    scenario = given(CUSTOMER, REGISTERED).when(said(**{name: value}))
    scenario.refused(Invalid, fields=[f"custom.{name}"])
    assert words in str(scenario.refusal)


def test_every_wrong_field_is_named_and_nothing_is_recorded() -> None:
    scenario = given(CUSTOMER, REGISTERED).when(said(seats="many", tier="gold", renewal="soon"))
    scenario.refused(Invalid, fields=["custom.seats", "custom.renewal"])


def test_what_is_emptied_was_there_before() -> None:
    given(CUSTOMER, REGISTERED, said(seats="40", note="x")).when(said(seats=NOTHING)).then(
        CustomerFieldsSet(
            before={"seats": FieldValue(type=FieldType.NUMBER, text="40")}, after={}, declared=1
        )
    )


def test_personal_values_stand_in_the_place_that_is_erased() -> None:
    (fact,) = given(CUSTOMER, REGISTERED).when(said(born="1980-02-29")).facts
    assert fact.after["born"] == FieldValue(type=FieldType.DATE, personal="1980-02-29")  # type: ignore[attr-defined]


def test_a_new_customer_has_what_is_required_and_keeps_it() -> None:
    needed = of(RecordKind.CUSTOMER, replace(TIER, required=True))
    given(needed).when(REGISTERED).refused(Invalid, fields=["custom.tier"])
    whole = replace(REGISTERED, custom={"tier": said_text("gold")})
    given(needed).when(whole).then(
        CustomerRegistered(profile=Profile(name="Acme")),
        CustomerFieldsSet(
            before={}, after={"tier": FieldValue(type=FieldType.CHOICE, text="gold")}, declared=1
        ),
    )
    given(needed, whole).when(said(tier="")).refused(Invalid, fields=["custom.tier"])


class TestDeclaring:
    def test_one_field_at_a_time_and_the_others_stay(self) -> None:
        declare = DeclareField(of=RecordKind.DEAL, field=field("seats", FieldType.NUMBER))
        first = given().when(declare)
        first.then(FieldsPublished(declared=FieldSet(name=RecordKind.DEAL, fields=(declare.field,))))
        more = DeclareField(of=RecordKind.DEAL, field=field("plant", FieldType.TEXT))
        held = given(declare, more).history.load(FieldSets, field_stream(RecordKind.DEAL))
        assert [one.name for one in held.declared] == ["seats", "plant"]
        assert held.current.version == 2
        given(declare, more).when(declare).silence()

    @pytest.mark.parametrize(
        ("before", "after", "at"),
        [
            (field("a", FieldType.TEXT), field("a", FieldType.NUMBER), "type"),
            (field("a", FieldType.DATE), field("a", FieldType.NUMBER), "type"),
            (field("a", FieldType.TEXT), field("a", FieldType.TEXT, personal=True), "personal"),
            (field("a", FieldType.NUMBER, decimals=2), field("a", FieldType.NUMBER, decimals=0), "decimals"),
            (TIER, replace(TIER, choices=TIER.choices[:1]), "choices"),
        ],
    )
    def test_what_was_recorded_stays_readable(self, before: CustomField, after: CustomField, at: str) -> None:
        kind = RecordKind.CUSTOMER
        changed = given(DeclareField(of=kind, field=before)).when(DeclareField(of=kind, field=after))
        changed.refused(Invalid, fields=[f"field.{at}"])

    def test_a_field_is_not_left_out_but_retired(self) -> None:
        given(CUSTOMER).when(of(RecordKind.CUSTOMER)).refused(Invalid, fields=["declared.fields"] * 9)

    def test_a_value_is_kept_when_its_field_is_retired_and_can_be_emptied(self) -> None:
        retired = DeclareField(of=RecordKind.CUSTOMER, field=replace(TIER, retired=True))
        history = (CUSTOMER, REGISTERED, said(tier="gold"), retired)
        given(*history).when(said(tier="gold")).silence()
        given(CUSTOMER, REGISTERED, retired).when(said(tier="gold")).refused(Invalid, fields=["custom.tier"])
        (fact,) = given(*history).when(said(tier="")).facts
        assert fact.after == {}  # type: ignore[attr-defined]

    def test_a_wider_type_takes_over_what_is_there(self) -> None:
        wider = DeclareField(of=RecordKind.CUSTOMER, field=replace(TIER, type=FieldType.CHOICES))
        given(CUSTOMER, REGISTERED, said(tier="gold"), wider).when(said(tier="gold")).silence()

    @pytest.mark.parametrize(
        ("wrong", "at"),
        [
            (field("Seats", FieldType.TEXT), "field.name"),
            (field("a", FieldType.CHOICE), "field.choices"),
            (field("a", FieldType.TEXT, choices=TIER.choices), "field.choices"),
            (field("a", FieldType.CHOICE, choices=TIER.choices * 2), "field.choices"),
            (
                field("a", FieldType.TEXT, required_from=(RequiredFrom(process="default", stage="no"),)),
                "field.required_from[0].stage",
            ),
            (
                field("a", FieldType.TEXT, required_from=(RequiredFrom(process="none", stage="needs"),)),
                "field.required_from[0].process",
            ),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, wrong: CustomField, at: str) -> None:
        given().when(DeclareField(of=RecordKind.DEAL, field=wrong)).refused(Invalid, fields=[at])

    def test_only_deals_have_stages(self) -> None:
        staged = field("a", FieldType.TEXT, required_from=(RequiredFrom(process="default", stage="needs"),))
        one = given().when(DeclareField(of=RecordKind.CUSTOMER, field=staged))
        one.refused(Invalid, fields=["field.required_from"])
        whole = given().when(of(RecordKind.CUSTOMER, staged))
        whole.refused(Invalid, fields=["declared.fields[0].required_from"])


SOLUTION = (RequiredFrom(process="default", stage="solution"),)
STAGED = of(RecordKind.DEAL, field("seats", FieldType.NUMBER, required_from=SOLUTION))


def filled(**custom: str) -> SetDealFields:
    return SetDealFields(deal_id=DEAL, custom={name: said_text(one) for name, one in custom.items()})


class TestGates:
    def test_a_field_is_asked_for_from_its_stage_on(self) -> None:
        given(STAGED, QUALIFIED).when(to("needs")).allowed()
        given(STAGED, QUALIFIED, to("needs")).when(to("solution")).refused(
            GateNotPassed, missing=["custom.seats"]
        )
        given(STAGED, QUALIFIED, filled(seats="40")).when(to("solution")).allowed()

    def test_also_of_a_deal_that_is_beyond_it_when_the_field_is_declared(self) -> None:
        beyond = (QUALIFIED, to("solution"), quote(), STAGED)
        given(*beyond).when(to("negotiation")).refused(GateNotPassed, missing=["custom.seats"])
        given(*beyond, lose()).allowed()

    def test_an_override_lets_it_pass_and_not_another_value_than_was_shown(self) -> None:
        asked = c.RequestOverride(deal_id=DEAL, override_id=ACME, to="solution")
        waiting = (STAGED, QUALIFIED, later(asked, reason="the tender"))
        decision = c.DecideOverride(deal_id=DEAL, override_id=ACME, approved=True)
        granted = later(decision, actor=Actor("user", "manager"))
        (moved, *_) = given(*waiting, granted).when(to("solution")).facts
        assert moved == StageMoved(
            before="identify", after="solution", override_id=ACME, missing=("custom.seats",)
        )

    def test_what_is_always_required_is_said_when_a_deal_is_opened(self) -> None:
        always = of(RecordKind.DEAL, field("seats", FieldType.NUMBER, required=True))
        *staff, opening = OPENED
        assert isinstance(opening, c.OpenDeal)
        given(*staff, always).when(opening).refused(Invalid, fields=["custom.seats"])
        opened = given(*staff, always).when(replace(opening, custom={"seats": said_text("40")}))
        assert [fact.TOPIC for fact in opened.facts][:2] == ["deal.opened", "deal.fields-set"]
        given(OPENED, always).when(to("contact")).refused(GateNotPassed, missing=["custom.seats"])

    def test_a_deal_s_values_are_kept_after_it_is_closed_and_can_be_set_right(self) -> None:
        (fact,) = given(STAGED, QUALIFIED, lose()).when(filled(seats="4")).facts
        assert isinstance(fact, DealFieldsSet)


def test_a_contact_says_its_own_and_needs_what_is_required_when_it_is_added() -> None:
    fields = of(
        RecordKind.CONTACT,
        field("born", FieldType.DATE, personal=True),
        field("desk", FieldType.TEXT, required=True),
    )
    add = AddContact(customer_id=ACME, contact_id=ZHAO, name="Ms Zhao")
    at = given(fields, RegisterCustomer(customer_id=ACME, profile=Profile(name="Acme")))
    at.when(add).refused(Invalid, fields=["custom.desk"])
    at.given(replace(add, custom={"desk": said_text("buying")}))
    at.when(SetContactFields(customer_id=ACME, contact_id=ZHAO, custom={"born": said_text("1980-02-30")}))
    assert isinstance(at.refusal, Invalid)
    born = FieldValue(type=FieldType.DATE, personal="1980-02-28")
    said = SetContactFields(customer_id=ACME, contact_id=ZHAO, custom={"born": said_text("1980-02-28")})
    at.when(said).then(ContactFieldsSet(contact_id=ZHAO, before={}, after={"born": born}, declared=1))
    assert at.history.load(Customer, ACME).custom_of(ZHAO).keys() == {"desk", "born"}
    at.when(said).silence()
    other = replace(said, contact_id=UUID(int=0x2B))
    at.when(other).refused(NotFound)
