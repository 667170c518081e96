"""Read models answer for the customer that an id stands for, and as known then for the one that it stood for then."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domain.case.commands import OpenCase
from domain.case.policy import Severity
from domain.customer.buying_roles import SetBuyingRole
from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.customer import Customer
from domain.customer.facts import BuyingRole, Profile
from domain.customer.merge import MergeCustomers, UnmergeCustomer
from domain.customer.parent import SetParent
from domain.engine.errors import Refused
from domain.lead.commands import AllocateLead, CaptureLead
from domain.revisit.commands import PromiseRevisit, RecordRevisit
from domain.revisit.revisit import revisit_of
from domain.survey.commands import InviteToSurvey, PublishSurvey, RecordSurveyAnswer, Reply
from domain.survey.survey import Counts, QuestionKind, Survey, SurveyQuestion
from projections import lead as leads
from projections import search
from projections.case import Cases
from projections.customer import group, held, listed, merged, since_merge
from projections.deal import agenda, board, known
from projections.deal.board import BoardFilter
from projections.engine.rebuild import compare
from projections.lifecycle import agenda as lifecycle
from projections.people import directory
from projections.ports.revisits import quiet_customers
from projections.ports.surveys import LastTouches
from projections.revisit import Revisits
from projections.search import Kind
from projections.survey.answers import SurveyAnswers, SurveyInvitations
from projections.survey.before import before
from tests.office import NOW, context
from tests.projections.telling import Books, call, yuan

RECOMMEND = SurveyQuestion(
    key="recommend", kind=QuestionKind.TEN, en="Recommend us?", zh="推荐？", counts=Counts.NPS, needed=True
)
SURVEY = Survey(name="how", en="How was it?", zh="如何？", questions=(RECOMMEND,))


async def customer(books: Books, name: str, contact: str = "") -> UUID:
    id = uuid.uuid4()
    await books.given(RegisterCustomer(customer_id=id, profile=Profile(name=name)))
    if contact:
        await books.given(AddContact(customer_id=id, contact_id=uuid.uuid4(), name=contact))
    return id


def merge(survivor: UUID, gone: UUID) -> MergeCustomers:
    return MergeCustomers(customer_id=survivor, gone_id=gone)


def unmerge(gone: UUID) -> UnmergeCustomer:
    return UnmergeCustomer(customer_id=gone, rest_stays=True)


def answer(id: UUID, customer_id: UUID, owner_id: UUID) -> RecordSurveyAnswer:
    reply = Reply(question="recommend", answer="2")
    return RecordSurveyAnswer(
        answer_id=id, survey="how", customer_id=customer_id, owner_id=owner_id, replies=(reply,)
    )


async def test_an_id_stands_for_one_customer_at_each_position(books: Books) -> None:
    a, b, c = [await customer(books, name) for name in ("Alder", "Birch", "Cedar")]
    into_b = (await books.given(merge(b, a))).position
    into_c = (await books.given(merge(c, b))).position
    out_of_c = (await books.given(unmerge(b))).position
    await books.given(unmerge(a))
    await books.follow(stride=1)
    told = [
        [await merged.customer_of(books.pool, id, at) for id in (a, b, c)]
        for at in (into_b - 1, into_b, into_c, out_of_c, merged.LAST)
    ]
    assert told == [[a, b, c], [b, b, c], [c, c, c], [b, b, c], [a, b, c]]
    survivor, *others = await merged.records(books.pool, a, into_c)
    assert (survivor, set(others)) == (c, {a, b})
    assert await compare(books.office.url, "merged") == []


async def test_every_list_answers_for_the_survivor_with_all(books: Books) -> None:
    old, new = await customer(books, "Alder GmbH", "Ms Zhao"), await customer(books, "Alder")
    theirs, ours = await books.opened(customer_id=old), await books.opened(customer_id=new)
    lead, case = uuid.uuid4(), uuid.uuid4()
    await books.given(CaptureLead(lead_id=lead, name="Wang", customer_id=old))
    await books.given(AllocateLead(lead_id=lead, to=books.office.rep_id))
    await books.given(
        OpenCase(
            case_id=case,
            title="leaks",
            customer_id=old,
            severity=Severity.MINOR,
            owner_id=books.office.rep_id,
        )
    )
    before = await books.follow()
    after = (await books.given(merge(new, old))).position
    since = await books.opened(customer_id=old)
    await books.follow()

    async def deals(id: UUID, position: int | None = None) -> set[UUID]:
        narrowed = BoardFilter(customer_id=id)
        found = await (
            board.listing(books.pool, narrowed)
            if position is None
            else known.listing(books.pool, position, narrowed)
        )
        return {deal.deal_id for deal in found.items}

    assert await deals(new) == await deals(old) == {theirs, ours, since}
    assert (await deals(new, before), await deals(old, before)) == ({ours}, {theirs})
    assert await deals(old, after) == {theirs, ours}
    shown, then = await board.get(books.pool, theirs), await known.get(books.pool, theirs, before)
    assert shown is not None
    assert then is not None
    assert (shown.customer_id, shown.customer_name, then.customer_id) == (new, "Alder", old)

    (found,) = (await leads.listing(books.pool, leads.LeadFilter(customer_id=new))).items
    assert (found.lead_id, found.customer_id) == (lead, new)
    (seen,) = (await Cases.listing(books.pool, customer_id=old)).items
    assert (seen.case_id, seen.customer_id) == (case, new)
    items = (await agenda.listing(books.pool)).items
    assert {(one.customer_id, one.customer_name) for one in items} == {(new, "Alder")}
    whose = await held(books.pool, [old])
    assert whose[old] == whose[new]
    assert whose[old].owners == {books.office.rep_id}

    (contact,) = (await directory.contacts(books.pool, new)).items
    assert contact.name == "Ms Zhao"
    listed = await directory.listing(books.pool, "customer", text="alder", seen_by=books.office.team_id)
    assert [one.id for one in listed.items] == [new]
    named = {one["id"] for one in await directory.everybody(books.pool, "customer")}
    assert (new in named, old in named) == (True, False)
    for text, kind in (("gmbh", Kind.CUSTOMER), ("zhao", Kind.CONTACT)):
        (group,) = await search.search(books.pool, text, [kind], seen_by=books.office.team_id)
        (hit,) = group.items
        assert (hit.customer_id if kind == Kind.CONTACT else hit.id) == new

    assert [one.id for one in await since_merge.made_since(books.pool, new, after)] == [since]
    assert await since_merge.concerned(books.pool, [new, old]) == [books.office.rep_id]
    await books.given(unmerge(old))
    await books.follow()
    assert (await deals(new), await deals(old)) == ({ours, since}, {theirs})
    assert await deals(new, after) == {theirs, ours}
    assert not (await directory.contacts(books.pool, new)).items
    assert len((await directory.contacts(books.pool, old)).items) == 1
    assert await books.differences() == []


async def test_contacts_bring_their_part_in_deciding_along_and_take_it_back(books: Books) -> None:
    old, new, both = (
        await customer(books, "Alder GmbH", "Ms Zhao"),
        await customer(books, "Alder"),
        uuid.uuid4(),
    )
    for id in (old, new):
        await books.given(AddContact(customer_id=id, contact_id=both, name="Mr Wang"))
    await books.follow()
    theirs = [one.id for one in (await directory.contacts(books.pool, old)).items]
    await books.given(
        *(SetBuyingRole(customer_id=old, contact_id=id, role=BuyingRole.DECIDES) for id in theirs)
    )

    async def roles(id: UUID) -> dict[str, str]:
        await books.follow()
        return {one.name: one.buying_role for one in (await directory.contacts(books.pool, id)).items}

    await books.given(merge(new, old))
    assert await roles(new) == {"Ms Zhao": "decides", "Mr Wang": "decides"}
    await books.given(unmerge(old))
    assert await roles(new) == {"Mr Wang": ""}
    assert await roles(old) == {"Ms Zhao": "decides", "Mr Wang": "decides"}
    assert await compare(books.office.url, "directory") == []


async def test_what_is_asked_answered_and_promised_beside_deals_is_the_survivor_s(books: Books) -> None:
    old, new, child = [await customer(books, name) for name in ("Alder GmbH", "Alder", "Alder Tools")]
    owner, late = books.office.rep_id, NOW + timedelta(days=40)
    await books.given(SetParent(customer_id=child, parent_id=old))
    deal, case, asked = await books.opened(customer_id=old), uuid.uuid4(), uuid.uuid4()
    answered = [uuid.uuid4(), uuid.uuid4()]
    opened = OpenCase(
        case_id=case, title="leaks", customer_id=old, severity=Severity.MINOR, owner_id=owner, deal_id=deal
    )
    await books.given(
        PublishSurvey(survey=SURVEY),
        opened,
        InviteToSurvey(invitation_id=asked, survey="how", customer_id=old, owner_id=owner),
        answer(answered[0], old, owner),
        PromiseRevisit(customer_id=old, owner_id=owner, due_at=late),
    )
    await books.given(call(deal), now=late)
    await books.given(merge(new, old))
    await books.given(answer(answered[1], new, owner), now=late + timedelta(hours=1))
    await books.follow()

    lists = (SurveyAnswers, SurveyInvitations, Revisits, Cases)
    for view in lists:
        of_old, of_new = [await view.listing(books.pool, customer_id=id) for id in (old, new)]
        assert of_old == of_new, view.name
        assert {one.customer_id for one in of_new.items} == {new}, view.name
        assert await view.ids(books.pool, customer_id=new), view.name
    both = await SurveyAnswers.listing(books.pool, customer_id=old)
    assert [one.answer_id for one in both.items] == answered[::-1]
    (due,) = (await lifecycle.due(books.pool, customer_id=new)).items
    assert (due.customer_id, due.customer_name) == (new, "Alder")
    assert [one.id for one in (await listed.listing(books.pool, parent_id=new)).items] == [child]
    told = await before(books.pool, both.items[0], 90, None)
    assert {(one.kind, one.id) for one in told} == {("case", case), ("promise", deal)}
    touched = await LastTouches(books.pool).last(new)
    assert touched is not None
    assert (touched.at, touched.deal_id) == (late, deal)

    quiet = {one.customer_id: one for one in await quiet_customers(books.pool, None, 9)}
    assert (quiet[new].promised_beside, quiet[new].seen_on) == (True, None)
    assert not quiet[old].promised_beside
    await books.given(RecordRevisit(revisit_id=revisit_of(old)), now=late)
    await books.follow()
    quiet = {one.customer_id: one for one in await quiet_customers(books.pool, None, 9)}
    assert (quiet[new].promised_beside, quiet[new].seen_on) == (False, late.date())


async def test_of_two_who_merge_each_other_at_once_one_is_first(books: Books) -> None:
    """And whoever opens a deal for the one that goes meanwhile finds the other."""
    a, b = await customer(books, "Alder"), await customer(books, "Birch")
    elsewhere = await books.office.elsewhere()
    deal_id = uuid.uuid4()
    opening = books.office.opening(deal_id)
    await asyncio.gather(
        books.office.handler.execute(merge(a, b), context()),
        elsewhere.handler.execute(merge(b, a), context()),
        elsewhere.handler.execute(type(opening)(**vars(opening) | {"customer_id": b}), context()),
    )
    await books.follow()
    held = await books.office.ledger.load({a: Customer, b: Customer})
    (gone,) = [one for one in held.values() if one.stands_for is not None]
    assert gone.stands_for == ({a, b} - {gone.id}).pop()
    found = await board.listing(books.pool, BoardFilter(customer_id=gone.stands_for))
    assert [deal.deal_id for deal in found.items] == [deal_id]


async def test_a_group_is_rolled_up_through_merges(books: Books) -> None:
    head, branch, old = (
        await customer(books, "Alder"),
        await customer(books, "Birch"),
        await customer(books, "Birch AG"),
    )
    below = await customer(books, "Cedar")
    await books.given(
        SetParent(customer_id=branch, parent_id=head),
        SetParent(customer_id=below, parent_id=old),
        merge(branch, old),
    )
    for id, amount in ((head, 100), (old, 20), (below, 3)):
        await books.opened(customer_id=id, amount=yuan(amount))
    await books.follow()
    found = await group.group(books.pool, head)
    assert [(one.customer_id, one.parent_id, one.depth) for one in found.members] == [
        (head, None, 0),
        (branch, head, 1),
        (below, branch, 2),
    ]
    assert [(one.deals, one.amount) for one in found.open] == [(3, Decimal(123))]
    assert [one.customer_id for one in (await group.group(books.pool, old)).members] == [branch, below]
    for circle in (SetParent(customer_id=head, parent_id=below), merge(below, head)):
        with pytest.raises(Refused):
            await books.given(circle)


async def test_of_two_who_make_each_other_their_parent_at_once_one_is_refused(books: Books) -> None:
    a, b = await customer(books, "Alder"), await customer(books, "Birch")
    elsewhere = await books.office.elsewhere()
    done = await asyncio.gather(
        books.office.handler.execute(SetParent(customer_id=a, parent_id=b), context()),
        elsewhere.handler.execute(SetParent(customer_id=b, parent_id=a), context()),
        return_exceptions=True,
    )
    assert sorted(isinstance(one, Refused) for one in done) == [False, True]
