"""A customer's file: what is noted with who said it, the list with profiles, and all that ever happened with them, newest first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import AsyncConnection

from domain.case.commands import OpenCase
from domain.case.policy import Severity
from domain.customer.buying_roles import SetBuyingRole
from domain.customer.change_profile import ChangeProfile
from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.consents import GiveConsent
from domain.customer.facts import BuyingRole, NoteKind, Profile, Purpose
from domain.customer.notes import AddNote, CloseNote
from domain.customer.parent import SetParent
from domain.customer.profile import Address, AddressKind, OtherName
from domain.deal.commands import CorrectDeal, LogActivity
from domain.engine.errors import Invalid
from domain.engine.facts import FACTS
from domain.engine.values import Activity, ActivityKind
from domain.lead.commands import CaptureLead
from projections.customer import listed, timeline
from projections.customer.file import file_of
from projections.customer.sentences import CUSTOMER
from projections.customer.timeline import CustomerEvent, TouchKind
from projections.people import directory
from tests.office import NOW
from tests.projections.telling import Books, yuan

HOUR = timedelta(hours=1)
PROFILE = Profile(
    name="Acme Steel",
    sector="steel",
    revenue=yuan(9),
    other_names=(OtherName(name="艾克米钢铁", language="zh-Hans"),),
    addresses=(Address(kind=AddressKind.BILLING, city="Shanghai"),),
)


async def registered(books: Books, profile: Profile = PROFILE) -> UUID:
    id = uuid4()
    await books.given(RegisterCustomer(customer_id=id, profile=profile))
    return id


async def told(books: Books, *ids: UUID, limit: int = 3, **narrowed: Any) -> list[CustomerEvent]:
    """All pages of the timeline."""
    found: list[CustomerEvent] = []
    cursor: str | None = None
    while True:
        page = await timeline.page(books.pool, ids, "en", cursor, limit, **narrowed)
        found += page.items
        if (cursor := page.next_cursor) is None:
            return found


async def test_the_timeline_has_everything_of_a_customer_newest_first(books: Books) -> None:
    id, other, contact = await registered(books), await registered(books), uuid4()
    deal = await books.opened(customer_id=id)
    await books.given(
        AddContact(customer_id=id, contact_id=contact, name="Ms Zhao"),
        CaptureLead(lead_id=uuid4(), name="Wang Wei", customer_id=id),
        LogActivity(
            deal_id=deal, activity_id=uuid4(), activity=Activity(kind=ActivityKind.CALL, contact_id=contact)
        ),
        OpenCase(
            case_id=uuid4(),
            title="it leaks",
            customer_id=id,
            severity=Severity.NORMAL,
            owner_id=books.office.rep_id,
        ),
        AddNote(customer_id=id, note_id=uuid4(), kind=NoteKind.COMPETITOR, text="Boilers & Sons"),
        AddNote(customer_id=other, note_id=uuid4(), kind=NoteKind.NOTE, text="of another one"),
    )
    known = await books.follow()
    events = await told(books, id)
    assert [e.position for e in events] == sorted((e.position for e in events), reverse=True)
    kinds = [e.kind for e in events]
    assert set(kinds) == {
        *(TouchKind.PROFILE, TouchKind.CONTACT, TouchKind.DEAL, TouchKind.PROMISE, TouchKind.LEAD),
        *(TouchKind.ACTIVITY, TouchKind.CASE, TouchKind.NOTE),
    }
    assert events[0].sentence == "noted a competitor: Boilers & Sons"
    assert {e.of for e in events} == {"customer", "deal", "lead", "case"}
    assert [e.kind for e in await told(books, id, kinds=[TouchKind.CASE, TouchKind.LEAD])] == ["case", "lead"]
    assert len(await told(books, id, other)) == len(events) + 2
    assert [e.position for e in await told(books, id, upto=events[3].position)] == [
        e.position for e in events[3:]
    ]
    seen = await told(books, id, seen_by=uuid4())
    assert {e.of for e in seen} == {"customer"}, "another team's deals, leads and cases are not told"

    await books.given(CorrectDeal(deal_id=deal, customer_id=other))
    await books.follow()
    assert "deal" not in {e.of for e in await told(books, id)}
    moved = [e for e in await told(books, other) if e.of == "deal"]
    assert len(moved) == 1 + len([e for e in events if e.of == "deal"])
    assert moved[0].position > known
    with pytest.raises(Invalid):
        await timeline.page(books.pool, [id], "en", "x")


async def test_the_list_has_the_profiles(books: Books) -> None:
    id, above = await registered(books), await registered(books, Profile(name="Acme Group"))
    await books.given(
        SetParent(customer_id=id, parent_id=above), ChangeProfile(customer_id=id, web="acme.example")
    )
    await books.follow()
    group, steel = (await listed.listing(books.pool)).items
    assert (group.name, group.id, group.parent_id) == ("Acme Group", above, None)
    assert (steel.parent_id, steel.web, steel.note, steel.revenue, steel.currency) == (
        *(above, "acme.example", "steel"),
        *(yuan(9).amount, "CNY"),
    )
    assert (steel.other_names, steel.addresses) == ([*PROFILE.other_names], [*PROFILE.addresses])
    assert [one.id for one in (await listed.listing(books.pool, text="steel")).items] == [id]
    assert [one.id for one in (await listed.listing(books.pool, parent_id=above)).items] == [id]


async def test_the_file_says_who_noted_what_when_now_and_then(books: Books) -> None:
    id, contact, note = await registered(books), uuid4(), uuid4()
    deal = await books.opened(customer_id=id)
    about: dict[str, Any] = {"customer_id": id, "contact_id": contact}
    await books.given(
        AddContact(**about, name="Ms Zhao", buying_role=BuyingRole.DECIDES),
        SetBuyingRole(**about, deal_id=deal, role=BuyingRole.BLOCKS),
        GiveConsent(**about, purpose=Purpose.MAIL, source="trade fair"),
    )
    await books.given(
        AddNote(customer_id=id, note_id=note, kind=NoteKind.NEED, text="parts in a day", contact_id=contact),
        now=NOW + HOUR,
    )
    before = await books.follow()
    await books.given(CloseNote(customer_id=id, note_id=note, why="they have them"), now=NOW + 2 * HOUR)
    await books.follow()
    found, then = await file_of(books.pool, [id]), await file_of(books.pool, [id], before)
    assert found is not None
    assert then is not None
    [kept], [known] = found.notes, then.notes
    assert (kept.text, kept.at, kept.closed, kept.why) == (
        "parts in a day",
        NOW + HOUR,
        True,
        "they have them",
    )
    assert (known.closed, known.why, known.who) == (False, "", kept.who)
    assert {(one.role, one.deal_id) for one in found.roles} == {("decides", None), ("blocks", deal)}
    [consent] = found.consents
    assert (consent.purpose, consent.given, consent.source, consent.at) == ("mail", True, "trade fair", NOW)
    [person] = (await directory.contacts(books.pool, id)).items
    assert (person.name, person.buying_role) == ("Ms Zhao", "decides")
    assert await file_of(books.pool, [uuid4()]) is None
    assert await file_of(books.pool, [deal]) is None


def test_every_event_of_a_customer_is_told_in_words() -> None:
    assert {topic for topic in FACTS if topic.startswith("customer.")} <= {*CUSTOMER}


TOUCHES = 3_000
COPIES = """
INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id, occurred_at, recorded_at)
SELECT (SELECT max(position) FROM ledger.events) + n, e.stream_id, (SELECT max(version) FROM ledger.events WHERE stream_id = e.stream_id) + n,
       e.topic, e.schema_version, e.data, e.meta, gen_random_uuid(), e.occurred_at, e.recorded_at
  FROM ledger.events e, generate_series(1, %(touches)s) AS n WHERE e.topic = 'deal.activity-logged'
"""


def blocks_and_rows(plan: dict[str, Any]) -> tuple[int, int]:
    """What a plan looked at: blocks of eight kilobytes, and the rows of its largest scan."""
    below = [blocks_and_rows(one) for one in plan.get("Plans", [])]
    rows = round(plan["Actual Rows"] * plan["Actual Loops"]) if "Relation Name" in plan else 0
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], max([rows, *(one[1] for one in below)])


async def test_the_last_page_of_a_long_timeline_is_read_like_the_first(
    books: Books, database_url: str
) -> None:
    id = await registered(books)
    deal = await books.opened(customer_id=id)
    await books.given(
        LogActivity(deal_id=deal, activity_id=uuid4(), activity=Activity(kind=ActivityKind.CALL))
    )
    async with await AsyncConnection.connect(database_url, autocommit=True) as owner:
        await owner.execute(COPIES, {"touches": TOUCHES})
    head = await books.follow()
    read: list[tuple[int, int]] = []
    async with await AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute("ANALYZE")
        for before in (head, head - TOUCHES + 100):
            asked = {
                "ids": [id],
                "kinds": [*TouchKind],
                "before": before,
                "limit": 51,
                "seen_by": books.office.team_id,
            }
            explain = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + timeline._page(scoped=True).encode()
            found = await (await connection.execute(explain, asked)).fetchone()
            assert found is not None
            read.append(blocks_and_rows(found[0][0]["Plan"]))
    (first, first_rows), (last, last_rows) = read
    assert first_rows <= 51 * len(TouchKind)
    assert last_rows <= 51 * len(TouchKind)
    assert last <= first * 1.2 + 10, "the last page looks at no more of the table than the first"
