"""Whatever a command names by an id is there, is what it should be, and is the writer's to name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest

from domain.action_item.commands import OpenActionItem
from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.product import ListProduct
from domain.deal import commands as c
from domain.engine.aggregate import KINDS
from domain.engine.command import _DECIDERS, Command
from domain.engine.context import Reach
from domain.engine.errors import Forbidden, NotFound
from domain.engine.references import PERSON, readers
from domain.engine.values import Activity, ActivityKind
from domain.lead.commands import AllocateLead, CaptureLead
from domain.people.people import FormTeam, HireRep
from tests.domain.given_when_then import NOW, given
from tests.domain.words import (
    CALL,
    DAY,
    DEAL,
    LI,
    MANAGER,
    NORTH,
    OPENED,
    SOUTH,
    STAFF,
    WANG,
    ZHAO,
    hand_to,
    opening,
    touch,
)

NOBODY = UUID(int=0xDEAD)
CUSTOMER, CONTACT, OTHERS_CONTACT, PRODUCT = (UUID(int=n) for n in (0xC1, 0xC2, 0xC3, 0xC4))
OTHER_CUSTOMER = UUID(int=0xC5)
SOLD = (
    RegisterCustomer(customer_id=CUSTOMER, profile=Profile(name="Harbin Heating")),
    RegisterCustomer(customer_id=OTHER_CUSTOMER, profile=Profile(name="Dalian Docks")),
    AddContact(customer_id=CUSTOMER, contact_id=CONTACT, name="Sun Li"),
    AddContact(customer_id=OTHER_CUSTOMER, contact_id=OTHERS_CONTACT, name="Ma Tao"),
    ListProduct(product_id=PRODUCT, name="Boiler 40"),
)
REP, LEADER, OTHER_LEADER = Reach(team_id=NORTH, rep_id=LI), Reach(team_id=NORTH), Reach(team_id=SOUTH)
ITEM = OpenActionItem(item_id=UUID(int=0x1), what="call", owner_id=LI, due_at=NOW + DAY)
LEAD = CaptureLead(lead_id=UUID(int=0x2), name="Chen Yu")

MADE_OR_INSIDE = {
    "activity_id", "override_id", "promise_id", "decision_id", "comment_id", "subject_id", "contact_id", "item_id", "note_id"
}  # fmt: skip
"""Ids that a command makes, or of something inside the stream it is about, which the aggregate looks up itself."""
BY_TIMERS = {
    "AsImported",
    "CallMeeting",
    "CheckIn",
    "ImportDeal",
    "ImportLead",
    "ImportActivity",
    "ImportNote",
    "FreezeBaseline",
    "MeasureAdjustment",
    "RecordMembership",
}
"""Said by workflows and the import only, which read what they name."""
OTHERWISE = {
    ("ConvertLead", "deal_id"),
    ("CaptureLead", "likely.customer_id"),
    ("SwitchOffWebhook", "account_id"),
    ("UndoImport", "id"),
    ("UndoImport", "job_id"),
    ("MergeCustomers", "told"),
    ("UnmergeCustomer", "contacts"),
    ("UnmergeCustomer", "notes"),
    ("UnmergeCustomer", "consents"),
    ("UnmergeCustomer", "roles"),
    ("UnmergeCustomer", "contact_custom"),
    ("UnmergeCustomer", "told"),
    ("UnmergeCustomer", "since"),
} | {(name, "receipt.candidates.rep_id") for name in ("AllocateLead", "HandOver", "ReassignPromise")}
"""The deal that a lead becomes is made; whom it is likely of was found by the rule; over whom a rule chose is told by the rule. Accounts and imports are no streams; of which
kind the stream of an undo is, the command says itself. Whom a merge concerns, and what was made since, the API finds out."""


def ids(cls: Any, before: str = "") -> Iterator[tuple[str, bool]]:
    """Every id in a command, nested ones included, and whether its type says what it names."""
    hints = get_type_hints(cls, include_extras=True)
    marked = dict(readers(cls))
    for f in fields(cls):
        path = f"{before}{f.name}"
        for kind in _plain(hints[f.name]):
            if kind is UUID:
                yield path, f.name in marked
            elif is_dataclass(kind):
                yield from ids(kind, f"{path}.")


def _plain(hint: Any) -> Iterator[Any]:
    args = get_args(hint)
    if not args:
        yield hint
    elif hasattr(hint, "__metadata__"):
        yield from _plain(get_origin(hint) and args[0])
    else:
        for arg in args:
            yield from _plain(arg)


def unmarked(command: type[Command]) -> Iterator[str]:
    own = next(iter(fields(command))).name
    for path, marked in ids(command):
        name = path.rpartition(".")[2]
        if (
            not marked
            and name != own
            and name not in MADE_OR_INSIDE
            and path != "scope.id"
            and not path.endswith("scope.id")
        ):
            yield path


@pytest.mark.parametrize(
    "command", [c for c in _DECIDERS if c.__name__ not in BY_TIMERS], ids=lambda c: c.__name__
)
def test_every_id_in_a_command_says_what_it_names(command: type[Command]) -> None:
    assert [path for path in unmarked(command) if (command.__name__, path) not in OTHERWISE] == []


def test_every_kind_that_is_named_is_a_kind_of_stream() -> None:
    named = {
        one.refers.kind for one in (*ITEM.named(), *opening(customer_id=CUSTOMER, product_id=PRODUCT).named())
    }
    assert named - set(KINDS) == {PERSON}


NAMING: list[tuple[str, Command]] = [
    ("owner_id", opening(owner_id=NOBODY)),
    ("customer_id", opening(customer_id=NOBODY)),
    ("product_id", opening(product_id=NOBODY)),
    ("activity.rep_id", touch(rep_id=NOBODY)),
    ("to", hand_to(NOBODY)),
    ("customer_id", c.CorrectDeal(deal_id=DEAL, customer_id=NOBODY)),
    ("product_id", c.CorrectDeal(deal_id=DEAL, product_id=NOBODY)),
    ("customer_id", replace(LEAD, customer_id=NOBODY)),
    ("to", AllocateLead(lead_id=LEAD.lead_id, to=NOBODY)),
    ("team_id", HireRep(rep_id=UUID(int=0x9), name="New", team_id=NOBODY)),
    ("cycle_id", replace(ITEM, cycle_id=NOBODY)),
]


@pytest.mark.parametrize(
    ("field", "command"), NAMING, ids=lambda one: one if isinstance(one, str) else type(one).__name__
)
def test_what_is_not_there_is_refused_by_field_for_everybody(field: str, command: Command) -> None:
    for reach in (None, LEADER):
        scenario = given(OPENED, SOLD, LEAD).when(command, reach=reach)
        assert scenario.refused(NotFound).refusal is not None
        assert scenario.refusal.details["field"] == field  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("field", "command"), NAMING, ids=lambda one: one if isinstance(one, str) else type(one).__name__
)
def test_what_is_of_another_kind_is_not_there(field: str, command: Command) -> None:
    top, _, inner = field.partition(".")
    wrong = PRODUCT if "product" not in field else CUSTOMER
    named: Any = replace(getattr(command, top), **{inner: wrong}) if inner else wrong
    given(OPENED, SOLD, LEAD).when(replace(command, **{top: named})).refused(NotFound)


def test_a_touch_is_logged_for_oneself_or_by_a_leader_for_the_team() -> None:
    deal = given(OPENED)
    deal.when(touch(rep_id=WANG), reach=REP).refused(Forbidden)
    deal.when(touch(rep_id=ZHAO), reach=REP).refused(Forbidden)
    deal.when(touch(rep_id=ZHAO), reach=LEADER).refused(Forbidden)
    deal.when(touch(rep_id=LI), reach=REP).allowed()
    given(OPENED).when(touch(rep_id=WANG), reach=LEADER).allowed()
    given(OPENED).when(touch(rep_id=ZHAO)).allowed()


def test_correcting_a_touch_leaves_whose_it_is() -> None:
    touched = given(OPENED, touch(rep_id=WANG))
    visit = Activity(kind=ActivityKind.VISIT)
    correct = c.CorrectActivity(deal_id=DEAL, activity_id=CALL, activity=visit)
    touched.when(replace(correct, activity=replace(visit, rep_id=LI)), reach=REP).allowed()
    touched = given(OPENED, touch(rep_id=WANG))
    touched.when(replace(correct, activity=replace(visit, rep_id=WANG)), reach=REP).allowed()
    assert touched.deal.activities[CALL] == replace(visit, rep_id=WANG)
    touched.when(replace(correct, activity=replace(visit, rep_id=ZHAO)), reach=LEADER).refused(Forbidden)
    given(OPENED, touch(rep_id=WANG), correct).holds(activities={CALL: replace(visit, rep_id=WANG)})


def test_a_touch_is_with_a_contact_of_the_deals_customer() -> None:
    about = given(STAFF, SOLD, opening(customer_id=CUSTOMER))
    for contact in (NOBODY, OTHERS_CONTACT):
        about.when(touch(contact_id=contact)).refused(NotFound)
    about.when(touch(contact_id=CONTACT)).allowed()
    given(OPENED, SOLD).when(touch(contact_id=CONTACT)).refused(NotFound)


def test_a_deal_and_a_lead_are_given_to_reps_of_the_team_unless_by_who_sees_all() -> None:
    for command in (hand_to(ZHAO), AllocateLead(lead_id=LEAD.lead_id, to=ZHAO)):
        given(OPENED, LEAD).when(command, reach=LEADER).refused(Forbidden)
        given(OPENED, LEAD).when(command).allowed()
        given(OPENED, LEAD).when(replace(command, to=WANG), reach=LEADER).allowed()


def test_a_leader_neither_hires_nor_moves_anybody_into_another_team() -> None:
    for rep_id in (UUID(int=0x9), LI):
        given(STAFF).when(HireRep(rep_id=rep_id, name="x", team_id=SOUTH), reach=LEADER).refused(Forbidden)
        given(STAFF).when(HireRep(rep_id=rep_id, name="x", team_id=SOUTH)).allowed()


def test_a_person_is_a_rep_or_the_teams_manager_and_another_one_only_for_who_sees_all() -> None:
    for owner, reach, allowed in (
        (WANG, LEADER, True),
        (MANAGER, LEADER, True),
        (NOBODY, LEADER, False),
        (MANAGER, OTHER_LEADER, False),
        (NOBODY, None, True),
        (NORTH, None, False),
    ):
        scenario = given(STAFF).when(replace(ITEM, owner_id=owner), reach=reach)
        scenario.allowed() if allowed else scenario.refused(NotFound)


def test_a_team_is_managed_by_a_person() -> None:
    given(STAFF, SOLD).when(FormTeam(team_id=UUID(int=0xA9), name="East", manager_id=PRODUCT)).refused(
        NotFound
    )
