"""Domain room: what is decided about a customer that is likely here already, and saying of two that they are different."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol
from uuid import UUID

from domain.customer.customer import Customer
from domain.customer.duplicate_policy import DEFAULT, DuplicatePolicies, DuplicatePolicy
from domain.customer.facts import CustomerComparedAgain, CustomerToldApart
from domain.customer.likely import Likely, Looked
from domain.engine.command import Command, answers, decides
from domain.engine.errors import FieldError, Invalid, LikelyDuplicate
from domain.engine.fields import NeededText
from domain.engine.references import CustomerId
from domain.engine.unit_of_work import Json, UnitOfWork

NOT_LOOKED = {
    Looked.MOST: "it was not looked among the customers that were entered just now: it may be one of them",
    Looked.NONE: "it could not be looked whether it is here already: look for it among the duplicates later",
}


def told_of(likely: Sequence[Likely], work: UnitOfWork, looked: Looked = Looked.ALL) -> list[Likely]:
    """Those that the policy tells of; whoever gave the command is warned, also where not all were looked at."""
    if looked in NOT_LOOKED:
        work.warn(NOT_LOOKED[looked])
    told = [one for one in likely if one.score >= _policy(work).tell_from] if likely else []
    work.warn(*map(_warning, told))
    return told


def enter(customer: Customer, said: Entered, work: UnitOfWork) -> list[Likely]:
    """Of one that is registered just now: whom it is likely to be, by the policy. Those it would have been taken for, were there no
    reason, are told apart from it. Raises LikelyDuplicate where a reason is wanted and there is none.
    """
    told = told_of(said.likely, work, said.looked)
    stops = _policy(work).stops_from(asks=said.asks) if told else None
    taken_for = [one for one in told if stops is not None and one.score >= stops]
    if taken_for and not said.another_because.strip():
        raise LikelyDuplicate(_stopped(taken_for[0]), [one.told() for one in told], ["another_because"])
    for one in taken_for:
        customer.record(CustomerToldApart(other_id=one.customer_id, because=said.another_because))
    return told


def answered(told: Sequence[Likely], looked: Looked) -> Json:
    """What an answer says beside its own: of whom it was told, and among whom it was looked, where that was not all."""
    said = {"likely": [one.told() for one in told]} if told else {}
    return said if looked is Looked.ALL else {**said, "looked": str(looked)}


def _policy(work: UnitOfWork) -> DuplicatePolicy:
    return work.look(DuplicatePolicies, DuplicatePolicies.stream_of(DEFAULT)).current


class Entered(Protocol):
    """What is said of a customer that is entered: the likeliest first, and why it is another than those. `asks`: a person enters it, who
    can be asked.
    """

    @property
    def likely(self) -> tuple[Likely, ...]: ...

    @property
    def looked(self) -> Looked: ...

    @property
    def another_because(self) -> str: ...

    @property
    def asks(self) -> bool: ...


def _stopped(one: Likely) -> str:
    name, score, teams = one.name, one.score, ", ".join(one.teams)
    if one.seen:
        return f"this is likely {name!r}, which is here already ({score} %): take that one, or say why it is another (another_because)"
    return f"this is likely a customer of {teams} already ({score} %): ask there, or say why it is another (another_because)"


def _warning(one: Likely) -> str:
    name, score, teams = one.name, one.score, ", ".join(one.teams)
    if one.seen:
        return f"it may be {name!r}, which is here already ({score} %)"
    return f"it may be a customer of {teams} already ({score} %)"


class TellCustomersApart(Command, about=Customer):
    """Say that two customers are different, however alike they look: they are not proposed as duplicates any more."""

    customer_id: UUID
    other_id: CustomerId
    because: NeededText


class CompareCustomersAgain(Command, about=Customer):
    """Take back that two customers are different."""

    customer_id: UUID
    other_id: CustomerId


@answers(Customer)
def answer_of(customer: Customer) -> Json:
    return {"customer_id": str(customer.id)}


@decides(TellCustomersApart)
def tell_apart(customer: Customer, command: TellCustomersApart, work: UnitOfWork) -> None:
    if command.other_id == customer.id:
        raise Invalid([FieldError("other_id", "is the customer itself")])
    other = work.get(Customer, command.other_id)
    if not any(_said(customer, other, work)):
        customer.record(CustomerToldApart.filled(command))


@decides(CompareCustomersAgain)
def compare_again(customer: Customer, command: CompareCustomersAgain, work: UnitOfWork) -> None:
    """Whichever of the two, or of the records that were merged into them, it was said of."""
    other = work.get(Customer, command.other_id)
    for one, of in _said(customer, other, work):
        one.record(CustomerComparedAgain(other_id=of.id))


def _said(customer: Customer, other: Customer, work: UnitOfWork) -> list[tuple[Customer, Customer]]:
    """The records of the two of which it was said that they are different, each with the one that it was said to be different from."""
    pairs = [(one, of) for one in _records(customer, work) for of in _records(other, work)]
    return [(one, of) for a, b in pairs for one, of in ((a, b), (b, a)) if of.id in one.apart]


def _records(customer: Customer, work: UnitOfWork) -> Iterator[Customer]:
    """It, and those that were merged into it, and into those."""
    yield customer
    for layer in customer.layers:
        yield from _records(work.get(Customer, layer.gone_id), work)
