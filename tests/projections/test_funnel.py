"""The funnel: what stands where, who moved on, how long it took — by the day on which it happened."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.deal import commands as c
from domain.engine.values import Money
from domain.people.people import FormTeam
from domain.policy.process import DEFAULT_PROCESS, PublishProcess, Stage
from projections.deal import funnel
from projections.deal.funnel import FunnelStage
from tests.office import NOW
from tests.projections.telling import ALL_NEEDS, DAY, Books, lose, needs, quote, to, win, yuan


async def stages(books: Books, now: datetime = NOW, **narrowed: Any) -> dict[str, FunnelStage]:
    await books.follow()
    return {stage.stage: stage for stage in await funnel.stages(books.pool, now, **narrowed)}


async def test_the_stages_come_in_the_order_of_the_process(books: Books) -> None:
    await books.opened()
    assert list(await stages(books)) == [stage.name for stage in DEFAULT_PROCESS.stages]


async def test_deals_and_amounts_by_currency_stand_in_their_stage(books: Books) -> None:
    for amount in (yuan(100), yuan("20.5"), Money(Decimal(7), "EUR"), None):
        await books.opened(amount=amount)
    moved, gone = await books.opened(amount=yuan(1000)), await books.opened(amount=yuan(3))
    await books.given(to(moved, "contact"), c.ChangeAmount(deal_id=moved, amount=yuan(900)), lose(gone))

    found = await stages(books)

    assert found["identify"].deals == 4
    assert found["identify"].amounts == {"CNY": Decimal("120.5"), "EUR": Decimal(7)}
    assert (found["contact"].deals, found["contact"].amounts) == (1, {"CNY": Decimal(900)})
    assert (found["lost"].deals, found["lost"].amounts) == (1, {"CNY": Decimal(3)})
    assert (found["needs"].deals, found["needs"].amounts) == (0, {})


async def test_conversion_and_dwell_are_of_the_visits_that_ended(books: Books) -> None:
    on, lost, back, stays = [await books.opened() for _ in range(4)]
    await books.given(to(on, "needs"), now=NOW + 2 * DAY)
    await books.given(lose(lost), now=NOW + 4 * DAY)
    await books.given(to(back, "contact"), now=NOW + 6 * DAY)
    await books.given(to(back, "identify"), now=NOW + 7 * DAY)

    found = await stages(books, now=NOW + 10 * DAY)

    first = found["identify"]
    assert (first.entered, first.left, first.advanced, first.lost) == (5, 3, 2, 1)
    assert first.conversion == round(2 / 3, 4)
    assert first.mean_dwell_days == 4.0
    assert first.deals == 2, f"{back} and {stays}"
    assert first.mean_age_days == (3 + 10) / 2
    assert (found["contact"].left, found["contact"].advanced, found["contact"].conversion) == (1, 0, 0.0)
    assert found["lost"].entered == 1
    assert found["solution"].conversion is None


async def test_a_won_deal_counts_with_what_it_was_won_for(books: Books) -> None:
    deal_id = await books.opened(amount=yuan(100))
    await books.given(needs(deal_id), quote(deal_id), to(deal_id, "negotiation"), win(deal_id, yuan(80)))

    found = await stages(books)

    assert found["won"].amounts == found["won"].amounts_entered == {"CNY": Decimal(80)}
    assert found["identify"].amounts_entered == {"CNY": Decimal(100)}
    assert found["negotiation"].conversion == 1.0
    assert sum(stage.deals for stage in found.values()) == 1


async def test_a_period_counts_what_happened_in_it_not_what_was_recorded_in_it(books: Books) -> None:
    deal_id = await books.opened()
    await books.given(to(deal_id, "contact"), now=NOW + 9 * DAY, occurred_at=NOW + 3 * DAY)
    day = NOW.date()

    async def left(since: int, until: int) -> int:
        found = await stages(books, since=day + since * DAY, until=day + until * DAY)
        return found["identify"].left or 0

    assert [await left(3, 3), await left(0, 9), await left(4, 9)] == [1, 1, 0]
    assert (await stages(books, since=day + 4 * DAY))["contact"].deals == 1, "what stands now has no period"


async def test_each_team_and_rep_has_a_funnel_of_their_own(books: Books) -> None:
    south = uuid.uuid4()
    await books.given(FormTeam(team_id=south, name="South"))
    hers = await books.hire("Wang Fang", team_id=south)
    mine = await books.opened(amount=yuan(10))
    passed_on = await books.opened(amount=yuan(5))
    await books.given(to(mine, "contact"), to(passed_on, "contact"))
    await books.given(c.HandOver(deal_id=passed_on, to=hers, handover_note="yours"))
    await books.given(to(passed_on, "needs"))

    company = await stages(books)
    north, sales_rep = await stages(books, team_id=books.office.team_id), await stages(books, owner_id=hers)
    team_south = await stages(books, team_id=south)

    assert (company["identify"].left, company["contact"].left) == (2, 1)
    assert (north["identify"].left, north["contact"].left) == (2, 0), "moves stay with who made them"
    assert (north["contact"].deals, north["needs"].deals) == (1, 0)
    assert (sales_rep["needs"].deals, sales_rep["needs"].amounts) == (1, {"CNY": Decimal(5)})
    assert (sales_rep["contact"].left, sales_rep["contact"].entered) == (1, 0)
    assert team_south["needs"] == sales_rep["needs"]


async def test_an_unknown_process_has_no_stages(books: Books) -> None:
    assert await stages(books, process="nobody published this") == {}


async def test_years_are_added_up_by_whole_months_and_the_days_around_them(books: Books) -> None:
    moments = [NOW + n * DAY for n in range(0, 400, 7)]
    for moment in moments:
        await books.given(to(await books.opened(), "contact"), now=moment)
    for first, last in ((0, 400), (3, 380), (9, 60), (20, 25), (-400, 31)):
        since, until = (NOW + first * DAY).date(), (NOW + last * DAY).date()
        found = await stages(books, since=since, until=until)
        came = sum(since <= moment.date() <= until for moment in moments)
        assert found["contact"].entered == came, (since, until)
    assert (await stages(books))["contact"].entered == len(moments)
    day = moments[4].date()
    assert (await stages(books, since=day))["contact"].entered == len(moments) - 4
    assert (await stages(books, until=day))["contact"].entered == 5
    ends = date.min.replace(day=5), date.max.replace(day=5)
    assert (await stages(books, since=ends[0], until=ends[1]))["contact"].entered == len(moments)
    nothing: list[dict[str, Any]] = [{"since": ends[1]}, {"until": ends[0]}]
    for period in nothing:
        assert (await stages(books, **period))["contact"].entered == 0


def otherwise(*names: str) -> PublishProcess:
    """The default process with these open stages, the ones known or new."""
    known = {stage.name: stage for stage in DEFAULT_PROCESS.stages}
    opened = [known.get(name, Stage(name=name, probability=Decimal("0.5"))) for name in names]
    return PublishProcess(process=replace(DEFAULT_PROCESS, stages=(*opened, *DEFAULT_PROCESS.stages[-3:])))


async def test_the_funnel_of_the_past_is_by_the_process_version_that_each_deal_was_on(books: Books) -> None:
    deals = [await books.opened() for _ in range(4)]
    await books.given(*(to(deal, "contact") for deal in deals), now=NOW + DAY)
    await books.given(*(to(deal, "needs") for deal in deals[:3]), lose(deals[3]), now=NOW + 2 * DAY)
    before = await stages(books)
    assert before["contact"].conversion == 0.75

    await books.given(otherwise("identify", "needs", "contact"), now=NOW + 3 * DAY)
    moved = await stages(books)
    await books.given(otherwise("identify", "contact", "demonstration"), now=NOW + 4 * DAY)
    removed = await stages(books)

    for found in (moved, removed):
        assert {name: found[name] for name in before if name in found} == {
            name: before[name] for name in before if name in found
        }
    assert list(removed) == ["identify", "needs", "contact", "demonstration", "won", "lost", "after-sales"]


async def test_a_deal_that_moves_to_another_version_goes_forward_by_that_one(books: Books) -> None:
    deal = await books.opened()
    await books.given(otherwise("identify", "needs", "contact"), c.MoveToProcess(deal_id=deal, version=2))
    await books.given(to(deal, "needs"), c.RecordNeeds(deal_id=deal, needs=ALL_NEEDS), to(deal, "contact"))
    found = await stages(books)
    assert (found["needs"].left, found["needs"].advanced) == (1, 1)
    assert await books.differences() == []
