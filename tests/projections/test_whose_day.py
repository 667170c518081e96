"""Days, weeks and months of every figure, funnel, outcome and pack are the company's, in whatever zone it is."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from domain.cycle.commands import OpenCycle
from domain.cycle.cycle import cycle_id
from domain.cycle.policies import PublishCyclePolicy
from domain.cycle.policy import DEFAULT_CYCLE_POLICY, CyclePolicy
from domain.deal.commands import LogActivity, LoseDeal
from domain.engine.values import Activity, ActivityKind
from domain.figures.pace import Pace
from domain.figures.scope import COMPANY
from domain.target.commands import ProposeTarget
from domain.target.target import target_id
from domain.time.periods import Period, named_period
from projections.cycle import company
from projections.cycle import pack as review_pack
from projections.deal import agenda, funnel
from projections.figures import figures
from projections.target import attainment
from tests.projections.telling import DAY, Books, call, to

ANGELES = "America/Los_Angeles"
NIGHT = datetime(2026, 10, 31, 17, tzinfo=UTC)
"""31 October, 10:00 in Los Angeles; the first of November in Shanghai."""
OCTOBER, NOVEMBER = named_period("2026-10"), named_period("2026-11")
LATER = datetime(2026, 11, 20, 9, tzinfo=UTC)
OWNER = uuid.uuid4()


def policy_in(zone: str, **changes: object) -> CyclePolicy:
    calendar = replace(DEFAULT_CYCLE_POLICY.calendar, timezone=zone)
    return replace(DEFAULT_CYCLE_POLICY, calendar=calendar, **changes)  # type: ignore[arg-type]


async def living_in(books: Books, zone: str, at: datetime = LATER) -> None:
    await books.given(PublishCyclePolicy(policy=policy_in(zone)), now=at)


async def visited(books: Books, deal: UUID, at: datetime, now: datetime = LATER) -> None:
    visit = Activity(kind=ActivityKind.VISIT)
    command = LogActivity(deal_id=deal, activity_id=uuid.uuid4(), activity=visit)
    await books.given(command, now=now, occurred_at=at)


async def visits(books: Books, *periods: Period) -> list[int]:
    await books.follow()
    asked = [figures.asking("activities:visit", COMPANY, period) for period in periods]
    return [int(found or 0) for found in await figures.figures(books.pool, asked)]


async def test_a_visit_on_the_last_of_october_in_los_angeles_counts_in_october(books: Books) -> None:
    await living_in(books, ANGELES)
    await visited(books, await books.opened(), NIGHT)
    assert await visits(books, OCTOBER, NOVEMBER) == [1, 0]


async def test_a_change_of_zone_moves_no_figure_and_a_rebuild_is_the_same(books: Books) -> None:
    await living_in(books, ANGELES, NIGHT - 30 * DAY)
    deal = await books.opened(now=NIGHT - 30 * DAY)
    await visited(books, deal, NIGHT, NIGHT)
    assert await visits(books, OCTOBER, NOVEMBER) == [1, 0]
    await living_in(books, "Asia/Shanghai", NIGHT + DAY)
    await visited(books, deal, NIGHT)
    await visited(books, deal, datetime(2026, 11, 30, 17, tzinfo=UTC), datetime(2026, 12, 3, tzinfo=UTC))
    assert await visits(books, OCTOBER, NOVEMBER) == [2, 0], "the last of them is on the first of December"
    assert await books.differences() == []


async def test_the_funnel_counts_moves_on_the_companys_day(books: Books) -> None:
    await living_in(books, ANGELES)
    deal = await books.opened(now=NIGHT - 9 * DAY)
    await books.given(to(deal, "contact"), now=LATER, occurred_at=NIGHT)
    await books.follow()
    for since, until, left in (
        (OCTOBER.start, OCTOBER.end, 1),
        (OCTOBER.end, OCTOBER.end, 1),
        (NOVEMBER.start, NOVEMBER.end, 0),
    ):
        found = await funnel.stages(books.pool, LATER, since=since, until=until)
        assert {one.stage: one.left for one in found}["identify"] == left, (since, until)


async def test_outcomes_of_promises_count_on_the_companys_day(books: Books) -> None:
    await living_in(books, ANGELES, NIGHT - 30 * DAY)
    deal = await books.opened(now=NIGHT - DAY)
    await books.given(call(deal), now=NIGHT)
    await books.follow()
    for day, kept in ((OCTOBER.end, [1]), (NOVEMBER.start, [])):
        found = await agenda.outcomes(books.pool, since=day, until=day)
        assert [one.kept for one in found] == kept


async def test_another_process_does_not_go_on_by_the_zone_that_it_remembers(books: Books) -> None:
    elsewhere = await books.office.elsewhere()
    for deal in (first := await books.opened(), second := await books.opened()):
        lost = LoseDeal(deal_id=deal, loss_reason="price")
        await elsewhere.run(lost, now=NIGHT)
        if deal == first:
            await living_in(books, ANGELES, NIGHT)
    days = "SELECT data->>'closed_on' FROM ledger.events WHERE topic = 'deal.lost' ORDER BY position"
    assert second != first
    assert [day for (day,) in await books.office.rows(days)] == ["2026-11-01", "2026-10-31"]


async def test_a_pack_is_cut_by_the_companys_day(books: Books) -> None:
    """A deal left its stage on the last of October; what was noted on 3 November in Los Angeles was late by no day."""
    await living_in(books, ANGELES, NIGHT - 60 * DAY)
    await books.given(
        OpenCycle(scope=COMPANY, period=OCTOBER, owner_id=OWNER, manager_id=None), now=NIGHT - 40 * DAY
    )
    deal = await books.opened(now=NIGHT - 9 * DAY)
    punctual, late = datetime(2026, 11, 3, 7, 59, tzinfo=UTC), datetime(2026, 11, 3, 8, 0, tzinfo=UTC)
    await books.given(to(deal, "contact"), now=NIGHT)
    pack = await review_pack.pack(books.pool, cycle_id(COMPANY, OCTOBER), await books.follow())
    (stage,) = pack.content["funnel"]
    assert (stage["left"], stage["mean_days"]) == (1, Decimal("9.00"))
    company_days = await company.in_force(books.pool)
    assert company_days.begins(date(2026, 11, 3)) == late
    assert company_days.day(punctual) == date(2026, 11, 2)


async def test_a_pack_that_is_frozen_stays_the_same_bytes_when_the_company_moves(books: Books) -> None:
    await living_in(books, ANGELES, NIGHT - 60 * DAY)
    opening = OpenCycle(scope=COMPANY, period=OCTOBER, owner_id=OWNER, manager_id=None)
    await books.given(opening, now=NIGHT - 40 * DAY)
    deal = await books.opened(now=NIGHT - 20 * DAY)
    await books.given(to(deal, "contact"), now=NIGHT)
    await visited(books, deal, NIGHT)
    position = await books.follow()
    frozen = await review_pack.pack(books.pool, cycle_id(COMPANY, OCTOBER), position)
    assert frozen.content["entered_late"], "the visit was, by a month"
    await living_in(books, "Pacific/Kiritimati", LATER + DAY)
    await visited(books, deal, NIGHT, LATER + 2 * DAY)
    await books.follow()
    again = await review_pack.pack(books.pool, cycle_id(COMPANY, OCTOBER), position)
    assert again.data == frozen.data


async def test_a_past_day_is_judged_by_the_policy_of_then(books: Books) -> None:
    """A threshold of nine tenths in March, of a hundredth from April: what was on pace in March was on pace."""
    march = named_period("2026-03")
    early, later = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 1, 12, tzinfo=UTC)
    lenient = policy_in(ANGELES, threshold=Decimal(1), pace=Pace.LINEAR)
    strict = policy_in(ANGELES, threshold=Decimal("0.01"))
    target = ProposeTarget(
        metric="activities:visit",
        number=Decimal(10),
        unit="count",
        period=march,
        scope=COMPANY,
        owner_id=OWNER,
        achievable="as last year",
        relevant="pays the rent",
    )
    await books.given(PublishCyclePolicy(policy=lenient), target, now=early)
    await books.follow()
    id = target_id("activities:visit", COMPANY, march)
    before = await attainment.get(books.pool, id, date(2026, 3, 20))
    await books.given(PublishCyclePolicy(policy=strict), now=later)
    position = await books.follow()
    after = await attainment.get(books.pool, id, date(2026, 3, 20))
    assert before is not None
    assert after == before
    known = await attainment.get(books.pool, id, date(2026, 4, 2), position)
    assert known is not None
    assert known.step > before.step
