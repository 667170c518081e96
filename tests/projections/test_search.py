"""Deals, customers, contacts and leads are found by any part of their names."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.facts import Profile
from domain.deal.commands import CorrectDeal
from domain.lead.commands import AllocateLead, CaptureLead
from domain.people.people import FormTeam
from projections import search
from projections.people import directory
from projections.search import Kind, folded, pieces, words_of
from tests.projections.telling import Books


async def found(books: Books, text: str, kinds: Sequence[Kind] = tuple(Kind)) -> list[str]:
    await books.follow()
    groups = await search.search(books.pool, text, kinds)
    return [hit.name for group in groups for hit in group.items]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Émile  MÜLLER", ["em", "mi", "il", "le", "mu", "ul", "ll", "er"]),
        ("ＭＥＳ系统", ["me", "es", "s系", "系统", "系", "统"]),
        ("a 1", []),
    ],
)
def test_a_name_is_cut_into_pairs_of_letters(text: str, made: list[str]) -> None:
    assert pieces(folded(text)) == made


def test_of_many_words_the_longest_are_looked_for() -> None:
    text = "a bb ccc dddd ee ff gg hh ii jj bb"
    assert words_of(text) == ["bb", "ccc", "dddd", "ee", "ff", "gg", "hh", "ii"]


@pytest.mark.parametrize("text", ["锅", "炉", "锅炉", "ler", "OILER", "b", "锅 bo", "öI", "100%", "_", "Z 9"])
@pytest.mark.parametrize("newest", [search.NEWEST_FIRST, 0], ids=["among the newest", "by the index"])
async def test_any_part_of_a_name_finds_it(
    books: Books, text: str, newest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "NEWEST_FIRST", newest)
    name = "Böiler 锅炉 100%_Z-9"
    await books.opened(title="Something else")
    await books.opened(title=name)
    assert await found(books, text, [Kind.DEAL]) == [name]


@pytest.mark.parametrize("text", ["锅炉房", "炉锅", "rel", "boiler x", "%", " ", "\u0301"])
async def test_what_is_in_no_name_finds_nothing(books: Books, text: str) -> None:
    await books.opened(title="Boiler 锅炉 房")
    assert await found(books, text) == []


async def test_each_kind_is_found_with_what_tells_it_from_others(books: Books) -> None:
    customer, contact = uuid.uuid4(), uuid.uuid4()
    await books.given(
        RegisterCustomer(customer_id=customer, profile=Profile(name="Acme Steel", sector="steel")),
        AddContact(
            customer_id=customer, contact_id=contact, name="Ms Steele", role="buyer", phone="139 1234"
        ),
        CaptureLead(lead_id=uuid.uuid4(), name="Mr Steeler", interest="boilers"),
    )
    deal = await books.opened(title="A steel boiler", customer_id=customer)
    await books.follow()
    groups = {group.kind: group.items for group in await search.search(books.pool, "STEEL")}
    assert {kind: [hit.name for hit in hits] for kind, hits in groups.items()} == {
        Kind.DEAL: ["A steel boiler"],
        Kind.CUSTOMER: ["Acme Steel"],
        Kind.CONTACT: ["Ms Steele"],
        Kind.LEAD: ["Mr Steeler"],
    }
    (of_deal,), (of_contact,) = groups[Kind.DEAL], groups[Kind.CONTACT]
    assert (of_deal.id, of_deal.customer_name, of_deal.stage) == (deal, "Acme Steel", "identify")
    assert (of_contact.id, of_contact.customer_id, of_contact.note) == (contact, customer, "buyer")
    assert await found(books, "1391") == [], "a phone number is looked for as it was written"
    assert await found(books, "39 123") == ["Ms Steele"]


async def test_another_name_takes_the_place_of_the_first(books: Books) -> None:
    customer, contact = uuid.uuid4(), uuid.uuid4()
    person: dict[str, Any] = {"customer_id": customer, "contact_id": contact}
    deal = await books.opened(title="Forty boilers")
    await books.given(
        RegisterCustomer(customer_id=customer, profile=Profile(name="Boilermaker")),
        AddContact(**person, name="Mr Boilerman"),
    )
    assert len(await found(books, "boiler")) == 3
    await books.given(
        CorrectDeal(deal_id=deal, title="Forty valves"),
        RegisterCustomer(customer_id=customer, profile=Profile(name="Valvemaker")),
        AddContact(**person, name="Mr Valveman"),
    )
    assert await found(books, "boiler") == []
    assert await found(books, "valve") == ["Forty valves", "Valvemaker", "Mr Valveman"]


async def test_what_begins_like_the_text_comes_first_then_the_newest(books: Books) -> None:
    for title in ("Steel", "A steel", "Steel again"):
        await books.opened(title=title)
    assert await found(books, "steel") == ["Steel again", "Steel", "A steel"]
    (group,) = await search.search(books.pool, "steel", limit=2)
    assert (len(group.items), group.more) == (2, True)


async def test_a_team_finds_what_it_sees(books: Books) -> None:
    south = uuid.uuid4()
    await books.given(FormTeam(team_id=south, name="South"))
    there = await books.hire("Wang Fang", team_id=south)
    customer, lead = uuid.uuid4(), uuid.uuid4()
    await books.given(
        RegisterCustomer(customer_id=customer, profile=Profile(name="Steel & Co")),
        AddContact(customer_id=customer, contact_id=uuid.uuid4(), name="Ms Steele"),
        CaptureLead(lead_id=lead, name="Mr Steeler"),
        CaptureLead(lead_id=uuid.uuid4(), name="Mr Steelman"),
        AllocateLead(lead_id=lead, to=there),
    )
    await books.opened(title="Of the south: steel", owner_id=there, customer_id=customer)
    await books.follow()

    async def seen(team: uuid.UUID, *, pool: bool = True) -> set[str]:
        groups = await search.search(books.pool, "steel", seen_by=team, pool=pool)
        return {hit.name for group in groups for hit in group.items}

    everything = {"Of the south: steel", "Steel & Co", "Ms Steele", "Mr Steeler", "Mr Steelman"}
    assert await seen(south) == everything
    assert await seen(south, pool=False) == everything - {"Mr Steelman"}
    assert await seen(books.office.team_id) == {"Mr Steelman"}


async def test_customers_are_narrowed_down_by_any_part_of_their_name(books: Books) -> None:
    for name in ("Acme Steel", "Bolt", "钢铁集团"):
        await books.given(RegisterCustomer(customer_id=uuid.uuid4(), profile=Profile(name=name)))
    await books.follow()
    for text, names in (("tee", ["Acme Steel"]), ("铁", ["钢铁集团"]), ("zz", []), ("o", ["Bolt"])):
        page = await directory.listing(books.pool, "customer", text=text)
        assert [one.name for one in page.items] == names
