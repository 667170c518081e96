"""Domain room: what contacts consent to, from where and since when, and what they withdrew. Do-not-mail and do-not-call go with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from domain.customer.customer import Customer
from domain.customer.facts import ConsentGiven, ConsentWithdrawn, Contact, ContactCorrected, Purpose
from domain.customer.known import GivenConsent, not_to_come
from domain.engine.command import Command, handles
from domain.engine.context import Context
from domain.engine.errors import FieldError, Refused
from domain.engine.fields import Name
from domain.engine.unit_of_work import UnitOfWork

BARS = {Purpose.MAIL: "do_not_mail", Purpose.CALL: "do_not_call"}
"""What a contact must not be reached by while that is withdrawn."""


class GiveConsent(Command, about=Customer):
    """A contact consents. Where they must not be written to or called, they may be from then on."""

    customer_id: UUID
    contact_id: UUID
    purpose: Purpose
    source: Name
    on: date | None = None

    @classmethod
    def of(cls, about: Any, said: GivenConsent) -> GiveConsent:
        """Of the contact that a command is about."""
        whose = about.customer_id, about.contact_id
        return cls(
            customer_id=whose[0], contact_id=whose[1], purpose=said.purpose, source=said.source, on=said.on
        )

    def wrong_now(self, context: Context) -> Iterator[FieldError]:
        return not_to_come("on", self.on, context)


class WithdrawConsent(Command, about=Customer):
    """A contact withdraws it, or objects without having given it: they must not be written to or called from then on."""

    customer_id: UUID
    contact_id: UUID
    purpose: Purpose
    source: Name
    on: date | None = None

    def wrong_now(self, context: Context) -> Iterator[FieldError]:
        return not_to_come("on", self.on, context)


@handles(GiveConsent)
def give_consent(command: GiveConsent, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    customer.contact(command.contact_id)
    if not _stands(customer, command, given=True):
        customer.record(ConsentGiven.filled(command, evidence=command.source))
    bar(customer, command.contact_id, command.purpose, barred=False)
    return _answer(command)


@handles(WithdrawConsent)
def withdraw_consent(command: WithdrawConsent, work: UnitOfWork) -> dict[str, Any]:
    customer = work.get(Customer, command.customer_id)
    customer.contact(command.contact_id)
    if not _stands(customer, command, given=False):
        customer.record(ConsentWithdrawn.filled(command, evidence=command.source))
    bar(customer, command.contact_id, command.purpose, barred=True)
    return _answer(command)


def _stands(customer: Customer, command: GiveConsent | WithdrawConsent, *, given: bool) -> bool:
    """It does not where it is given anew, on a later day than was said."""
    held = customer.consents.get((command.contact_id, command.purpose))
    if held is None or held.given != given:
        return False
    return not given or command.on is None or (held.on is not None and command.on <= held.on)


def is_barred(customer: Customer, contact_id: UUID, purpose: Purpose) -> bool:
    """The contact must not be reached for that."""
    return purpose in BARS and bool(getattr(customer.contacts[contact_id], BARS[purpose]))


def bar(customer: Customer, contact_id: UUID, purpose: Purpose, *, barred: bool) -> None:
    """The contact says the same of how it may be reached."""
    held, flag = customer.contacts[contact_id], BARS.get(purpose)
    if flag is not None and getattr(held, flag) != barred:
        changed: Any = {flag: barred}
        after = replace(held, **changed)
        customer.record(ContactCorrected(contact_id=contact_id, before=held, after=after))


def _answer(command: GiveConsent | WithdrawConsent) -> dict[str, Any]:
    return {"customer_id": str(command.customer_id), "contact_id": str(command.contact_id)}


def agree(customer: Customer, contact_id: UUID, before: Contact, after: Contact) -> None:
    """Decide what follows for consents where a contact was corrected. Raises Refused where they withdrew it: only they can give it again."""
    for purpose, flag in BARS.items():
        was, barred = getattr(before, flag), getattr(after, flag)
        held = customer.consents.get((contact_id, purpose))
        if held is None or was == barred:
            continue
        if not barred and not held.given:
            raise Refused("they withdrew their consent to that: record that they gave it again")
        if barred and held.given:
            customer.record(
                ConsentWithdrawn(contact_id=contact_id, purpose=purpose, evidence=flag.replace("_", "-"))
            )
