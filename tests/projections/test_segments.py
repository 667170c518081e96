"""What rules of segments ask of the read models, and who was in a segment as of a day, as known on another."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.case import commands as cases
from domain.case.policy import Severity
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.merge import MergeCustomers
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.engine.errors import Invalid
from domain.figures.queries import FigureAsked
from domain.figures.scope import Scope, ScopeKind
from domain.people.people import FormTeam, HireRep
from domain.segment.membership import RecordMembership, Turned, membership_stream, shard_of
from domain.segment.rule import parse
from domain.segment.segment import PublishSegment, Segment
from domain.time.periods import Window
from projections.figures import figures, scopes
from projections.segment import evaluating, reading
from tests.office import NOW
from tests.projections.telling import Books, call, needs, quote, to, win, yuan

DAY = timedelta(days=1)
IN_60 = NOW + 60 * DAY


async def registered(books: Books, name: str, **profile: object) -> UUID:
    id = uuid.uuid4()
    await books.given(RegisterCustomer(customer_id=id, profile=Profile(name=name, **profile)))  # type: ignore[arg-type]
    return id


async def turned(
    books: Books, id: UUID, at: datetime, recorded: datetime | None = None, *, inside: bool = True
) -> int:
    """In or out of `vip`; the position of it."""
    who = {"inside": (id,)} if inside else {"outside": (id,)}
    shard = shard_of(id)
    command = RecordMembership(
        membership_id=membership_stream("vip", shard),
        segment="vip",
        segment_version=1,
        shard=shard,
        turned=(Turned(at, **who),),
    )
    return (await books.given(command, now=recorded or at)).position


async def won(books: Books, deal: UUID, amount: int, day: datetime) -> None:
    steps = (needs(deal), quote(deal), to(deal, "negotiation"))
    await books.given(*steps, now=day)
    await books.given(win(deal, yuan(amount), closed_on=day.date()), now=day)


@pytest.fixture
async def people(books: Books) -> dict[UUID, str]:
    """`a` bought twice and complained, `b` is talked to, `c` is a name."""
    a = await registered(
        books, "a", sector="machinery", country="CN", employees=120, founded=1987, revenue=yuan(5_000_000)
    )
    b = await registered(books, "b", sector="Retail Banking", country="SG", employees=0)
    c = await registered(books, "c")
    for n, amount in enumerate((700, 500)):
        deal = await books.opened(customer_id=a)
        await won(books, deal, amount, NOW + n * DAY)
    talked = await books.opened(customer_id=b)
    await books.given(call(talked), now=NOW + 2 * DAY)
    case = uuid.uuid4()
    opening = cases.OpenCase(
        case_id=case, title="it leaks", customer_id=a, severity=Severity.SEVERE, owner_id=books.office.rep_id
    )
    await books.given(opening)
    await books.follow()
    return {a: "a", b: "b", c: "c"}


RULES = {
    "true": "abc",
    "false": "",
    "sector == 'machinery'": "a",
    "sector != 'machinery'": "b",
    "not sector == 'machinery'": "bc",
    "sector == null": "c",
    "'BANK' in sector": "b",
    "'BANK' not in sector": "a",
    "country in ['CN', 'SG']": "ab",
    "country not in ['CN']": "b",
    "employees >= 0": "ab",
    "employees == 0 or founded < 1990": "ab",
    "revenue > 4999999.5 and revenue_currency == 'CNY'": "a",
    "0 < employees <= 120": "a",
    "purchases.count == 2": "a",
    "purchases.count == 0": "bc",
    "purchases.value >= 1200 and purchases.currency == 'CNY'": "a",
    "purchases.within_365_days >= 2": "a",
    "feedback.nps < 7": "",
    "feedback.csat == null and feedback.low_open == 0": "abc",
    "not feedback.days_since_last > 90": "abc",
    "purchases.first_on == '2026-03-02' and purchases.last_on == '2026-03-03'": "a",
    "purchases.days_since_last >= 59": "a",
    "purchases.days_since_last > 59": "",
    "deals.open > 0": "b",
    "activity.touches_90_days == 1": "b",
    "activity.days_since_last == 58": "b",
    "days_known == 60": "abc",
    "registered_on >= '2026-03-02'": "abc",
    "cases.severe == 1 and cases.open == 1": "a",
    "team == 'North' and region == null": "ab",
    "lifecycle.stage == 'prospect'": "bc",
    "lifecycle.stage in ['repeat', 'loyal'] and lifecycle.since == '2026-03-03'": "a",
    "lifecycle.days_in_stage == 59": "a",
    "custom.tier == 'A'": "",
    "not custom.tier > 3": "abc",
}


async def test_each_field_is_asked_as_it_is_known(books: Books, people: dict[UUID, str]) -> None:
    segments = [
        Segment(name=f"s-{n}", label="S", rule=rule)
        for n, rule in enumerate(RULES)
        if parse(rule) is not None
    ]
    nobody = uuid.uuid4()
    held = await evaluating.held(books.pool, segments, [*people, nobody], IN_60)
    found = {
        one.rule: "".join(sorted(people[id] for id in people if one.name in held.inside[id]))
        for one in segments
    }
    assert found == RULES
    assert held.inside[nobody] == frozenset()


async def test_when_a_rule_may_turn_next_is_known(books: Books, people: dict[UUID, str]) -> None:
    by_name = {name: id for id, name in people.items()}

    async def turns(rule: str, who: str, now: datetime = NOW + 3 * DAY) -> datetime | None:
        segment = Segment(name="some", label="S", rule=rule)
        held = await evaluating.held(books.pool, [segment], [by_name[who]], now)
        return held.next_turn.get(by_name[who])

    assert await turns("days_known >= 60", "c") == NOW + 60 * DAY
    assert await turns("days_known >= 60", "c", NOW + 60 * DAY) == NOW + 61 * DAY
    assert await turns("days_known >= 60", "c", NOW + 61 * DAY) is None
    assert await turns("activity.days_since_last > 30 or days_known > 90", "b") == NOW + 32 * DAY
    assert await turns("activity.days_since_last > 30", "c") is None
    assert await turns("activity.touches_90_days >= 1", "b") == NOW + 92 * DAY
    assert await turns("purchases.within_365_days >= 2", "a") == datetime(2027, 3, 2, tzinfo=UTC)
    zone = ZoneInfo(DEFAULT_CYCLE_POLICY.calendar.timezone)
    assert await turns("lifecycle.stage == 'dormant'", "a") == datetime(2026, 8, 30, tzinfo=zone)
    assert await turns("lifecycle.stage == 'dormant'", "a", NOW + 200 * DAY) is None
    assert await turns("sector == 'x' and registered_on > '2030-01-01'", "a") is None


async def test_more_segments_than_a_statement_takes_are_asked(books: Books, people: dict[UUID, str]) -> None:
    """Many that were emptied, and many that ask for days."""
    by_name = {name: id for id, name in people.items()}
    rules = ["false"] * 1_700 + [f"days_known >= {n} or employees == {n}" for n in range(60, 460)]
    segments = [Segment(name=f"s-{n}", label="S", rule=rule) for n, rule in enumerate(rules)]
    held = await evaluating.held(books.pool, segments, people, IN_60)
    assert held.inside == {
        by_name["a"]: {"s-1700", "s-1760"},
        by_name["b"]: {"s-1700"},
        by_name["c"]: {"s-1700"},
    }
    assert set(held.next_turn.values()) == {NOW + 61 * DAY}


async def test_who_was_in_is_told_on_both_clocks(books: Books) -> None:
    a, b = await registered(books, "a"), await registered(books, "b")
    await books.given(PublishSegment(segment=Segment(name="vip", label="VIP", rule="true")))

    first = await turned(books, a, NOW)
    await turned(books, b, NOW + 2 * DAY)
    last = await turned(books, a, NOW + 4 * DAY, NOW + 6 * DAY, inside=False)
    again = await turned(books, a, NOW + 8 * DAY)
    await books.follow(2)

    async def members(day: int, known: int | None = None) -> set[UUID]:
        found = await reading.members(books.pool, "vip", NOW + day * DAY, known)
        return {one.customer_id for one in found.items}

    assert [await members(day) for day in (-1, 0, 3, 5, 8)] == [set(), {a}, {a, b}, {b}, {a, b}]
    assert await members(3, first) == {a}
    assert await members(5, last - 1) == {a, b}, "that it went was recorded later"
    assert await members(9, again - 1) == {b}
    (stay, *_), (_, went) = await reading.stays(books.pool, b), await reading.stays(books.pool, a)
    assert (stay.since, stay.until) == (NOW + 2 * DAY, None)
    assert (went.since, went.until, went.label) == (NOW, NOW + 4 * DAY, "VIP")
    assert await reading.counts(books.pool) == await reading.counts(books.pool, uuid.uuid4()) == {"vip": 2}
    assert await books.differences() == []


async def test_a_rule_is_tried_before_it_counts(books: Books, people: dict[UUID, str]) -> None:
    await books.given(PublishSegment(segment=Segment(name="some", label="S", rule="sector == 'machinery'")))
    a = next(id for id, name in people.items() if name == "a")
    command = RecordMembership(
        membership_id=membership_stream("some", shard_of(a)),
        segment="some",
        segment_version=1,
        shard=shard_of(a),
        turned=(Turned(NOW, inside=(a,)),),
    )
    before = (await books.given(command)).position
    await books.follow()
    found = await reading.preview(books.pool, "sector == null or country == 'SG'", "some", NOW, limit=1)
    assert (found.inside, found.enters, found.leaves) == (2, 2, 1)
    assert [one.name for one in found.items] == ["b"]
    rest = await reading.preview(
        books.pool, "sector == null or country == 'SG'", "some", NOW, cursor=found.next_cursor, limit=1
    )
    assert ([one.name for one in rest.items], rest.next_cursor) == (["c"], None)
    leaving = await reading.preview(books.pool, "false", "some", NOW, "leaves")
    assert [one.name for one in leaving.items] == ["a"]
    other = await reading.preview(books.pool, "true", "", NOW, seen_by=uuid.uuid4())
    assert [one.name for one in other.items] == ["c"], "of others' customers nothing is told"
    assert await books.office.ledger.head() == before


async def test_a_rule_tried_by_a_team_is_asked_of_what_the_team_has(books: Books) -> None:
    """Else a manager finds out by halving what other teams sell to a customer of both."""
    shared, north, south = await registered(books, "a", sector="steel"), books.office.team_id, uuid.uuid4()
    rep = uuid.uuid4()
    await books.given(FormTeam(team_id=south, name="South"), HireRep(rep_id=rep, name="Su", team_id=south))
    for owner, amount in ((books.office.rep_id, 100), (rep, 900)):
        await won(books, await books.opened(customer_id=shared, owner_id=owner), amount, NOW)
        await books.opened(customer_id=shared, owner_id=owner)
        given = {"title": "it leaks", "customer_id": shared, "severity": Severity.NORMAL, "owner_id": owner}
        await books.given(cases.OpenCase(case_id=uuid.uuid4(), **given))  # type: ignore[arg-type]
    await books.follow()

    async def holds(rule: str, seen_by: UUID | None) -> bool:
        return (await reading.preview(books.pool, rule, "", NOW, seen_by=seen_by)).inside == 1

    for rule, everybody, of_north, of_south in (
        ("sector == 'steel' and not custom.tons > 5", True, True, True),
        ("purchases.value > 500", True, False, True),
        ("purchases.value > 900", True, False, False),
        ("purchases.count == 1 and purchases.within_365_days == 1", False, True, True),
        ("deals.open == 1 and cases.open == 1", False, True, True),
        ("team == 'North'", await holds("team == 'North'", None), True, False),
        ("feedback.low_open == 0 and feedback.nps == null", True, True, True),
        ("feedback.case_score == null and activity.touches_90_days == 0", True, True, True),
        ("feedback.csat == null or feedback.days_since_last > 1", True, True, True),
    ):
        found = [await holds(rule, team) for team in (None, north, south)]
        assert found == [everybody, of_north, of_south], rule


async def test_figures_of_a_segment_count_who_was_in_on_the_day(books: Books) -> None:
    a, b = await registered(books, "a", sector="vip"), await registered(books, "b")
    await books.given(PublishSegment(segment=Segment(name="vip", label="VIP", rule="true")))
    for day, (customer, amount) in enumerate(((a, 1), (b, 10), (a, 100), (b, 1_000))):
        deal = await books.opened(customer_id=customer)
        await won(books, deal, amount, NOW + day * DAY)
    await turned(books, a, NOW + 1 * DAY)
    await turned(books, b, NOW + 1 * DAY)
    late = await turned(books, b, NOW + 3 * DAY, NOW + 5 * DAY, inside=False)
    await books.follow()

    async def revenue(segment: str, position: int | None = None) -> Decimal | None:
        window = Window(NOW.date(), (NOW + 9 * DAY).date())
        scope = Scope(kind=ScopeKind.COMPANY, segment=segment)
        (found,) = await figures.figures(
            books.pool, [FigureAsked("revenue-won", scope, window, "CNY")], position
        )
        return found

    assert await revenue("segment:vip") == 110, "a since the second day, b till the fourth"
    assert await revenue("segment:vip", late - 1) == 1_110, "that b went was not known yet"
    assert await revenue("vip") == 101, "what no segment is named by is a sector, as ever"
    assert await revenue("segment:none") == 0
    await scopes.check(books.pool, Scope(kind=ScopeKind.COMPANY, segment="segment:vip"))
    with pytest.raises(Invalid) as refused:
        await scopes.check(books.pool, Scope(kind=ScopeKind.COMPANY, segment="segment:none"))
    assert [error.message for error in refused.value.errors] == ["no segment of this name is published"]


async def test_a_merged_customer_is_asked_with_all_its_records(books: Books) -> None:
    a, b = await registered(books, "a"), await registered(books, "b")
    for customer in (a, b):
        await won(books, await books.opened(customer_id=customer), 100, NOW)
    await books.given(PublishSegment(segment=Segment(name="vip", label="VIP", rule="true")))
    await turned(books, b, NOW)
    await books.given(MergeCustomers(customer_id=a, gone_id=b), now=NOW + DAY)
    await books.follow()
    segments = [Segment(name="twice", label="S", rule="purchases.count == 2 and purchases.value == 200")]
    held = await evaluating.held(books.pool, segments, [a, b], NOW + DAY)
    assert held.inside == {a: frozenset({"twice"}), b: frozenset()}
    found = await reading.preview(books.pool, "true", "", NOW + DAY, "in")
    assert [one.customer_id for one in found.items] == [a]
    scope = Scope(kind=ScopeKind.COMPANY, segment="segment:vip")
    asked = FigureAsked("revenue-won", scope, Window(NOW.date(), NOW.date()), "CNY")
    assert await figures.figures(books.pool, [asked]) == [100], (
        "who was in on the day was the record that went"
    )
