"""Customers, their contacts, and products."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from domain.customer import commands, facts, product
from domain.engine.errors import Invalid, NotFound
from tests.domain.given_when_then import given
from tests.domain.words import yuan

CUSTOMER, CONTACT, PRODUCT = UUID(int=0xC1), UUID(int=0xC3), UUID(int=0xC2)
PROFILE = facts.Profile(
    name="Harbin Heating", sector="energy", country="CN", employees=120, revenue=yuan(9), founded=1951
)
REGISTER = commands.RegisterCustomer(customer_id=CUSTOMER, profile=PROFILE)
ADD = commands.AddContact(
    customer_id=CUSTOMER, contact_id=CONTACT, name="Chen Yu", mail="c@example.com", phone="1", role="buyer"
)
LIST = product.ListProduct(product_id=PRODUCT, name="Boiler 40", series="B", price=yuan(100))


class TestACustomer:
    def test_is_registered_once(self) -> None:
        given().when(REGISTER).then(facts.CustomerRegistered(profile=PROFILE))
        given(REGISTER).when(REGISTER).silence()

    def test_changes_with_before_and_after(self) -> None:
        grown = replace(PROFILE, employees=130)
        changed = commands.RegisterCustomer(customer_id=CUSTOMER, profile=grown)
        given(REGISTER).when(changed).then(facts.CustomerProfileChanged(before=PROFILE, after=grown))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", " "),
            ("sector", "x" * 301),
            ("country", "\x00"),
            ("employees", -1),
            ("employees", 2**31),
            ("revenue", yuan(-1)),
            ("founded", 3000),
        ],
    )
    def test_that_cannot_be_is_refused(self, field: str, value: Any) -> None:
        wrong = commands.RegisterCustomer(customer_id=CUSTOMER, profile=replace(PROFILE, **{field: value}))
        given().when(wrong).refused(Invalid, fields=[f"profile.{field}"])


class TestAContact:
    def test_is_added_once(self) -> None:
        given(REGISTER).when(ADD).then(
            facts.ContactAdded(
                contact_id=CONTACT, name="Chen Yu", mail="c@example.com", phone="1", role="buyer"
            )
        )
        given(REGISTER, ADD).when(ADD).silence()

    def test_is_set_right_with_before_and_after(self) -> None:
        before = facts.Contact(name="Chen Yu", mail="c@example.com", phone="1", role="buyer")
        promoted = replace(ADD, role="head of purchasing")
        given(REGISTER, ADD).when(promoted).then(
            facts.ContactCorrected(
                contact_id=CONTACT, before=before, after=replace(before, role="head of purchasing")
            )
        )
        given(REGISTER, ADD, promoted).when(promoted).silence()

    def test_hangs_on_a_customer(self) -> None:
        given().when(ADD).refused(NotFound)

    @pytest.mark.parametrize(("field", "value"), [("name", ""), ("mail", "x" * 301), ("phone", "\x00")])
    def test_that_cannot_be_is_refused(self, field: str, value: Any) -> None:
        given(REGISTER).when(replace(ADD, **{field: value})).refused(Invalid, fields=[field])


class TestAProduct:
    def test_is_listed_once_and_anew_when_it_changes(self) -> None:
        given().when(LIST).then(product.ProductListed(name="Boiler 40", series="B", price=yuan(100)))
        given(LIST).when(LIST).silence()
        given(LIST).when(replace(LIST, price=yuan(110))).topics("product.listed")

    def test_is_archived_once_and_comes_back_when_listed(self) -> None:
        archive = product.ArchiveProduct(product_id=PRODUCT)
        given(LIST).when(archive).then(product.ProductArchived())
        given(LIST, archive).when(archive).silence()
        given(LIST, archive).when(LIST).topics("product.listed")
        assert not given(LIST, archive, LIST).history.load(product.Product, PRODUCT).archived

    def test_that_is_not_there_is_not_archived(self) -> None:
        given().when(product.ArchiveProduct(product_id=PRODUCT)).refused(NotFound)

    def test_that_cannot_be_is_refused(self) -> None:
        given().when(replace(LIST, name="", price=yuan("NaN"))).refused(Invalid, fields=["name", "price"])
