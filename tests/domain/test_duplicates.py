"""A customer that is likely here already: told of, asked about, refused, and told apart — by the policy, and purely."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from domain.customer.commands import RegisterCustomer
from domain.customer.duplicate_policy import DuplicatePolicy, PublishDuplicatePolicy
from domain.customer.duplicates import CompareCustomersAgain, TellCustomersApart
from domain.customer.facts import CustomerComparedAgain, CustomerRegistered, CustomerToldApart, Profile
from domain.customer.likely import Evidence, Likely
from domain.engine.errors import Invalid, LikelyDuplicate
from domain.lead.commands import CaptureLead
from tests.domain.given_when_then import History, context_of

OLD, NEW = uuid4(), uuid4()


def registering(score: int, **more: Any) -> RegisterCustomer:
    likely = Likely(
        customer_id=OLD, score=score, evidence=(Evidence.NAME,), name="Acme", **more.pop("likely", {})
    )
    return RegisterCustomer(customer_id=NEW, profile=Profile(name="ACME Ltd"), likely=(likely,), **more)


@pytest.fixture
def history() -> History:
    made = History()
    made.decide(RegisterCustomer(customer_id=OLD, profile=Profile(name="Acme")), context_of())
    return made


def facts(history: History, command: Any) -> list[Any]:
    return [pending.fact for pending in history.decide(command, context_of()).facts]


def test_what_is_less_likely_than_the_policy_tells_is_not_told(history: History) -> None:
    assert "likely" not in history.decide(registering(59), context_of()).answer


def test_a_program_is_told_and_a_person_is_asked(history: History) -> None:
    told = history.decide(registering(90), context_of()).answer
    assert [one["customer_id"] for one in told["likely"]] == [str(OLD)]
    assert told["warnings"] == ["it may be 'Acme', which is here already (90 %)"]
    with pytest.raises(LikelyDuplicate, match="likely 'Acme'") as refused:
        History(history.streams).decide(
            RegisterCustomer(
                customer_id=uuid4(), profile=Profile(name="Acme"), likely=registering(90).likely, asks=True
            ),
            context_of(),
        )
    assert refused.value.details["likely"][0]["evidence"] == ["name"]


def test_who_says_why_it_is_another_is_heard_and_it_is_remembered(history: History) -> None:
    assert facts(history, registering(90, asks=True, another_because="the one in Graz")) == [
        CustomerRegistered(profile=Profile(name="ACME Ltd")),
        CustomerToldApart(other_id=OLD, because="the one in Graz"),
    ]


def test_a_policy_that_refuses_holds_for_programs_too(history: History) -> None:
    history.decide(PublishDuplicatePolicy(policy=DuplicatePolicy(refuse_from=95)), context_of())
    assert len(facts(history, registering(94))) == 1
    with pytest.raises(LikelyDuplicate):
        history.decide(
            RegisterCustomer(
                customer_id=uuid4(), profile=Profile(name="Acme"), likely=registering(95).likely
            ),
            context_of(),
        )


def test_what_is_known_already_is_changed_whatever_it_is_like(history: History) -> None:
    history.decide(PublishDuplicatePolicy(policy=DuplicatePolicy(refuse_from=95)), context_of())
    changed = RegisterCustomer(
        customer_id=OLD, profile=Profile(name="Acme", sector="tools"), likely=registering(99).likely
    )
    assert len(facts(history, changed)) == 1


def test_of_one_that_may_not_be_seen_no_id_is_told(history: History) -> None:
    answer = history.decide(registering(80, likely={"seen": False, "teams": ("South",)}), context_of()).answer
    assert answer["likely"][0]["customer_id"] is None
    assert answer["warnings"] == ["it may be a customer of South already (80 %)"]


def test_what_was_found_is_no_part_of_what_a_key_stands_for() -> None:
    assert registering(90).known_by() == registering(60, asks=True).known_by()
    assert "likely" not in CaptureLead(lead_id=NEW, name="Wang Wei", likely=registering(90).likely).known_by()


def test_two_are_told_apart_once_whichever_says_it_and_compared_again(history: History) -> None:
    history.decide(registering(0), context_of())
    apart = TellCustomersApart(customer_id=NEW, other_id=OLD, because="another house")
    assert facts(history, apart) == [CustomerToldApart(other_id=OLD, because="another house")]
    assert facts(history, TellCustomersApart(customer_id=OLD, other_id=NEW, because="yes")) == []
    assert facts(history, CompareCustomersAgain(customer_id=OLD, other_id=NEW)) == [
        CustomerComparedAgain(other_id=OLD)
    ]
    assert facts(history, apart) == [CustomerToldApart(other_id=OLD, because="another house")]
    with pytest.raises(Invalid, match="itself"):
        history.decide(TellCustomersApart(customer_id=OLD, other_id=OLD, because="no"), context_of())


@pytest.mark.parametrize("said", [{"ask_from": 50}, {"refuse_from": 70}, {"name": "mine"}])
def test_a_policy_stops_nobody_whom_it_does_not_tell(said: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        PublishDuplicatePolicy(policy=DuplicatePolicy(**{"ask_from": 85} | said)).check(context_of())
