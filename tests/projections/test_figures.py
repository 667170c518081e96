"""Figures from contributions: the same as the meter's own, at every position and for every scope; each drills to events."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.deal import commands as c
from domain.engine.errors import Invalid
from domain.figures import metrics as m
from domain.figures.meter import Meter
from domain.figures.metrics import Contribution
from domain.figures.queries import FigureAsked
from domain.figures.scope import COMPANY, Scope, rep, team
from domain.people.people import FormTeam, HireRep
from domain.time.periods import Window
from projections.figures import figures
from projections.figures.figures import Behind
from tests.office import NOW
from tests.projections.telling import Books, call, lose, needs, quote, to, win, yuan
from tests.projections.wandering import Company

MARCH = Window(date(2026, 3, 1), date(2026, 3, 31))
EVER = Window(date(2000, 1, 1), date(2100, 1, 1))
METRICS = [
    *(key for key, of in m.catalogue().items() if of.measured),
    "activities:call",
    "stage-conversion:identify",
]


async def metered(books: Books) -> list[Contribution]:
    """The domain's own fold over the whole ledger."""
    meter, head = Meter(), await books.office.ledger.head()
    return [c for r in await books.office.ledger.read(0, head) for c in meter.read(r)]


def asked(key: str, scope: Scope, window: Window = EVER, currency: str = "CNY") -> FigureAsked:
    return figures.asking(key, scope, window, currency)


async def won(books: Books, amount: str, **opening: Any) -> UUID:
    deal_id = await books.opened(**opening)
    await books.given(needs(deal_id), quote(deal_id), to(deal_id, "negotiation"), win(deal_id, yuan(amount)))
    return deal_id


async def revenue(books: Books, scope: Scope, position: int | None = None) -> Decimal | None:
    await books.follow()
    (found,) = await figures.figures(books.pool, [asked(m.REVENUE_WON, scope, MARCH)], position)
    return found


@pytest.mark.parametrize(("seed", "stride"), [(11, 3), (12, 1_000)])
async def test_a_figure_is_what_the_meter_makes_of_the_ledger_at_any_position(
    books: Books, seed: int, stride: int
) -> None:
    company = Company(books, seed)
    await company.work(250)
    head = await books.follow(stride)
    contributions = await metered(books)
    scopes = [COMPANY, team(books.office.team_id), *(rep(id) for id in company.reps)]
    windows = [EVER, MARCH, Window(date(2026, 5, 1), date(2026, 6, 15))]
    wanted = [asked(key, scope, window) for key in METRICS for scope in scopes for window in windows]

    for position in (head // 3, head // 2, None):
        known = list(m.known(contributions, position))
        found = await figures.figures(books.pool, wanted, position)
        assert found == [m.figure(known, m.metric(a.metric), a.scope, a.window, a.currency) for a in wanted]
    assert sum(1 for figure in found if figure) > 20, "something happened"


async def test_a_win_taken_back_or_corrected_later_leaves_what_was_known_before(books: Books) -> None:
    first, second = await won(books, "100.25"), await won(books, "50")
    known_then = await books.follow()
    await books.given(c.ReopenDeal(deal_id=first, stage="needs"))
    await books.given(c.CorrectClosing(deal_id=second, amount=yuan(70)))

    assert await revenue(books, COMPANY) == Decimal(70)
    assert await revenue(books, COMPANY, known_then) == Decimal("150.25")
    assert await revenue(books, COMPANY, 1) == 0


async def test_who_changed_teams_keeps_what_was_won_for_the_old_one(books: Books) -> None:
    south, mover = uuid.uuid4(), books.office.rep_id
    await won(books, "100")
    await books.given(
        FormTeam(team_id=south, name="South"), HireRep(rep_id=mover, name="Zhang Min", team_id=south)
    )
    await won(books, "40")

    assert await revenue(books, team(books.office.team_id)) == 100
    assert await revenue(books, team(south)) == 40
    assert await revenue(books, rep(mover)) == 140


async def test_a_figure_drills_page_by_page_to_all_its_events_and_nothing_else(books: Books) -> None:
    deals = [await won(books, str(n + 1)) for n in range(5)]
    await books.given(lose(await books.opened()), c.ReopenDeal(deal_id=deals[0], stage="needs"))
    await books.follow()
    this = asked(m.REVENUE_WON, rep(books.office.rep_id), MARCH)

    found: list[Behind] = []
    cursor = None
    while True:
        page = await figures.drill(books.pool, this, cursor=cursor, limit=2)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break

    assert [(b.topic, b.subject_id, b.value, b.weight) for b in found] == [
        *(("deal.won", deal, Decimal(n + 1), 1) for n, deal in enumerate(deals)),
        ("deal.reopened", deals[0], Decimal(-1), -1),
    ]
    assert sum(b.value for b in found) == await revenue(books, COMPANY)
    assert [b.position for b in found] == await figures.positions_behind(books.pool, this)
    recorded = await books.office.ledger.read(found[0].position - 1, 1)
    assert (recorded[0].originator_id, recorded[0].originator_version) == (deals[0], found[0].version)


async def test_a_product_and_a_segment_narrow_a_figure_down(books: Books) -> None:
    customer = uuid.uuid4()
    await books.given(
        RegisterCustomer(customer_id=customer, profile=Profile(name="Boiler Works", sector="energy"))
    )
    await won(books, "100", customer_id=customer)
    await won(books, "40")

    energy = Scope(kind=COMPANY.kind, segment="energy")
    assert await revenue(books, energy) == 100
    assert await revenue(books, Scope(kind=COMPANY.kind, product_id=uuid.uuid4())) == 0
    assert await revenue(books, Scope(kind=COMPANY.kind, channel="partners")) == 0


async def test_a_day_ends_where_the_company_is(books: Books) -> None:
    late = NOW.replace(hour=18)
    deal_id = await books.opened()
    await books.given(call(deal_id), now=late)
    await books.follow()

    days = [Window(day, day) for day in (late.date(), late.date() + timedelta(days=1))]
    found = await figures.figures(books.pool, [asked("activities", COMPANY, day) for day in days])

    assert found == [0, 1], "18:00 UTC is tomorrow in Shanghai"


async def test_money_needs_its_currency_and_nothing_else_has_one(books: Books) -> None:
    for key, currency in ((m.REVENUE_WON, ""), (m.DEALS_WON, "CNY"), ("luck", "")):
        with pytest.raises(Invalid):
            await figures.figures(books.pool, [FigureAsked(key, COMPANY, MARCH, currency)])
    with pytest.raises(Invalid, match="cursor"):
        await figures.drill(books.pool, asked(m.DEALS_WON, COMPANY), cursor="of another list")
