"""A review pack is frozen at a position: the same bytes for ever, and beside them what is known now."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.action_item.commands import FinishActionItem
from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.cycle import commands as c
from domain.cycle.agenda import Point
from domain.cycle.cycle import cycle_id
from domain.deal.commands import ImportDeal, LogActivity, LoseDeal, ReopenDeal
from domain.engine.context import Channel
from domain.engine.values import Activity, ActivityKind
from domain.figures.queries import FigureAsked
from domain.figures.scope import COMPANY
from domain.survey.commands import CloseLoop, PublishSurvey, RecordSurveyAnswer, Reply
from domain.survey.survey import Counts, QuestionKind, Survey, SurveyQuestion
from domain.target.commands import ProposeTarget
from domain.time.periods import Window, named_period
from projections.cycle import kept_packs, pack_view
from projections.cycle import pack as review_pack
from projections.deal import funnel
from projections.engine.wait import Waiter
from projections.figures import figures
from projections.ports.loop import LoopReads
from projections.survey.answers import SurveyAnswers
from tests.projections.telling import Books, call, to, yuan

MARCH, APRIL = named_period("2026-03"), named_period("2026-04")
HEAD, BOARD = uuid.uuid4(), uuid.uuid4()
WHY = "closed before"
CYCLE = cycle_id(COMPANY, MARCH)


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 4, tzinfo=UTC)


async def sold(books: Books, day: datetime, amount: int, entered: datetime | None = None) -> UUID:
    """A deal that was won on a day, and entered then or later."""
    deal = ImportDeal(
        deal_id=uuid.uuid4(),
        title="Forty boilers",
        owner_id=books.office.rep_id,
        source="test",
        reference=str(uuid.uuid4()),
        opened_at=day - timedelta(days=20),
        stage="won",
        amount=yuan(amount),
        closed_on=day.date(),
        closed_at=day,
        contract_reference="C-1",
        override_reason=WHY,
    )
    await books.given(deal, now=entered or day, channel=Channel.IMPORT, reason=WHY)
    return deal.deal_id


async def aimed(books: Books) -> None:
    target = ProposeTarget(
        metric="revenue-won",
        number=Decimal(1_000),
        unit="money",
        currency="CNY",
        period=MARCH,
        scope=COMPANY,
        owner_id=HEAD,
        achievable="as last year",
        relevant="pays the rent",
    )
    opening = c.OpenCycle(
        scope=COMPANY, period=MARCH, owner_id=HEAD, manager_id=BOARD, metrics=("revenue-won",)
    )
    await books.given(target, opening, now=noon(2, 20))


async def packed(books: Books, position: int) -> review_pack.ReviewPack:
    return await review_pack.pack(books.pool, CYCLE, position)


async def test_it_holds_what_came_and_puts_what_was_missed_on_the_agenda(books: Books) -> None:
    await aimed(books)
    await books.opened(now=noon(3, 2))
    await sold(books, noon(3, 10), 600)
    position = await books.follow()
    pack = await packed(books, position)
    (target,) = pack.content["targets"]
    assert (target["number"], target["actual"], target["attained"]) == (1_000, 600, Decimal("0.6"))
    assert pack.content["stalled"]["deals"] == 1
    (stage,) = pack.content["funnel"]
    assert (stage["stage"], stage["left"], stage["forward"]) == ("identify", 1, 1)
    codes = {item.code: item.detail for item in pack.agenda}
    assert codes[Point.TARGET_MISSED] == "revenue-won: 600.00 CNY of 1,000.00 CNY"
    assert codes[Point.DEALS_STALLED] == "1"


async def test_the_promise_ledger_tells_of_excused_promises_too(books: Books) -> None:
    """A deal that is lost excuses what was promised next; of the kept rate an excused promise is no part."""
    await aimed(books)
    lost, kept = await books.opened(now=noon(3, 2)), await books.opened(now=noon(3, 2))
    call = Activity(kind=ActivityKind.CALL, outcome="reached")
    await books.given(
        LogActivity(deal_id=kept, activity_id=uuid.uuid4(), activity=call),
        LoseDeal(deal_id=lost, loss_reason="price"),
        now=noon(3, 3),
    )
    position = await books.follow()
    pack = await packed(books, position)
    assert pack.content["promises"] == {"kept": 1, "excused": 1}
    window = Window(date(2026, 3, 1), date(2026, 3, 31))
    rate = await figures.figures(books.pool, [FigureAsked("promise-keeping", COMPANY, window)], position)
    assert rate == [Decimal(1)]


async def test_later_and_late_facts_change_what_is_known_now_and_never_the_pack(books: Books) -> None:
    await aimed(books)
    await sold(books, noon(3, 10), 600)
    position = await books.follow()
    frozen = await packed(books, position)

    await sold(books, noon(3, 20), 500, entered=noon(4, 15))
    await sold(books, noon(4, 10), 900)
    await books.given(c.AgreeTargets(cycle_id=CYCLE, agreed_by=HEAD), now=noon(4, 16))
    head = await books.follow()

    again, now = await packed(books, position), await packed(books, head)
    assert (again.data, again.digest) == (frozen.data, frozen.digest)
    assert now.digest != frozen.digest
    assert now.content["targets"][0]["actual"] == Decimal(1_100)
    assert Point.TARGET_MISSED not in {item.code for item in now.agenda}


async def test_all_that_people_entered_late_is_counted_and_what_was_brought_in_is_not(books: Books) -> None:
    await aimed(books)
    deal = await books.opened(now=noon(3, 2))
    await sold(books, noon(3, 10), 600, entered=noon(3, 30))
    then = await packed(books, await books.follow())
    assert len(then.content["entered_late"]) > 1
    assert Point.ENTERED_LATE not in {item.code for item in then.agenda}

    entries = review_pack.LISTED + 1
    await books.given(*(call(deal) for _ in range(entries)), now=noon(3, 28), occurred_at=noon(3, 20))
    pack = await packed(books, await books.follow())
    assert len(pack.content["entered_late"]) == review_pack.LISTED
    kept = 1  # the promise that the first of them ended
    assert {item.code: item.detail for item in pack.agenda}[Point.ENTERED_LATE] == str(entries + kept)


async def test_a_deal_has_stalled_that_nobody_touched_in_the_last_two_weeks(books: Books) -> None:
    await aimed(books)
    stalled, _ = await books.opened(now=noon(3, 16)), await books.opened(now=noon(3, 17))
    pack = await packed(books, await books.follow())
    assert [one["id"] for one in pack.content["stalled"]["longest"]] == [stalled]


async def test_what_is_entered_when_two_more_days_are_over_is_late(books: Books) -> None:
    await aimed(books)
    await books.given(call(await books.opened(now=noon(3, 2))), now=noon(3, 17))
    position = await books.follow()
    over = datetime(2026, 3, 20, tzinfo=ZoneInfo("Asia/Shanghai"))
    for entered, late in ((over - timedelta(microseconds=1), []), (over, ["activities:call"])):
        entering = "UPDATE read.contributions SET recorded_at = %s"
        await books.connection.execute(entering, [entered])
        await books.connection.commit()
        pack = await packed(books, position)
        assert [one["metric"] for one in pack.content["entered_late"] if one["day"].day == 17] == late


async def test_a_reopened_deal_dwells_from_its_reopening_as_in_the_funnel(books: Books) -> None:
    """Lost in March, reopened in June and moved on four days later: it stood four days, not since March."""
    june = named_period("2026-06")
    opening = c.OpenCycle(scope=COMPANY, period=june, owner_id=HEAD, manager_id=BOARD)
    await books.given(opening, now=noon(5, 20))
    deal = await books.opened(now=noon(3, 2))
    await books.given(LoseDeal(deal_id=deal, loss_reason="price"), now=noon(3, 6))
    await books.given(ReopenDeal(deal_id=deal, stage="identify"), now=noon(6, 8))
    await books.given(to(deal, "contact"), now=noon(6, 12))
    pack = await review_pack.pack(books.pool, cycle_id(COMPANY, june), await books.follow())
    assert [(one["stage"], one["mean_days"]) for one in pack.content["funnel"]] == [("identify", 4)]
    found = await funnel.stages(books.pool, noon(7, 1), since=june.start, until=june.end)
    assert {one.stage: one.mean_dwell_days for one in found}["identify"] == 4


async def test_a_move_entered_for_a_time_before_the_one_before_it_dwells_no_less_than_nothing(
    books: Books,
) -> None:
    """The deal was entered on the tenth, and its move said to have happened on the fifth."""
    june = named_period("2026-06")
    await books.given(
        c.OpenCycle(scope=COMPANY, period=june, owner_id=HEAD, manager_id=BOARD), now=noon(5, 20)
    )
    deal = await books.opened(now=noon(6, 10))
    await books.given(to(deal, "contact"), now=noon(6, 12), occurred_at=noon(6, 5))
    pack = await review_pack.pack(books.pool, cycle_id(COMPANY, june), await books.follow())
    assert [(one["stage"], one["mean_days"]) for one in pack.content["funnel"]] == [("identify", 0)]
    found = await funnel.stages(books.pool, noon(7, 1), since=june.start, until=june.end)
    assert {one.stage: one.mean_dwell_days for one in found}["identify"] == 0


async def test_every_part_of_a_pack_stands_beside_what_is_known_now(books: Books) -> None:
    await aimed(books)
    await sold(books, noon(3, 10), 600)
    position = await books.follow()
    frozen = (await packed(books, position)).content
    assert frozen.keys() - {"cycle", "position"} <= {section.name for section in pack_view.sections()}
    late = await sold(books, noon(3, 20), 500, entered=noon(4, 15))
    now = (await packed(books, await books.follow())).content
    changed = {(b.section, b.name): (b.then, b.now) for b in pack_view.beside(frozen, now) if b.changed}
    assert changed["targets", "actual"] == ("600", "1100")
    assert changed["entered_late", "value"][0] is None, "it was not there"
    assert late in {one["subject"] for one in now["entered_late"]}
    assert ("targets", "number") not in changed
    assert not [b for b in pack_view.beside(now, now) if b.changed]


async def test_a_rebuild_of_the_contributions_leaves_the_pack_as_it_was(books: Books) -> None:
    await aimed(books)
    deals = [await sold(books, noon(3, day), 100 * day) for day in (3, 9, 12)]
    position = await books.follow()
    frozen = await packed(books, position)
    assert len(deals) == 3
    assert await books.differences() == []
    assert (await packed(books, position)).data == frozen.data


async def test_workflows_get_the_digest_and_the_figures_of_the_same_position(books: Books) -> None:
    await aimed(books)
    await sold(books, noon(3, 10), 600)
    position = await books.follow()
    async with Waiter(books.office.url) as waiter:
        reads: Any = LoopReads(books.pool, waiter)
        await reads.reach(position)
        pack = await reads.freeze_pack(CYCLE, position)
        assert pack.digest == (await packed(books, position)).digest
        kept = await kept_packs.kept(books.pool, pack.digest)
        assert kept is not None
        assert kept.computed == "when frozen", "before anything names it"
        window = Window(date(2026, 3, 1), date(2026, 3, 31))
        asked = [FigureAsked("revenue-won", COMPANY, window, "CNY")]
        assert await reads.figures(asked, position) == [Decimal(600)]
        assert await reads.peers(COMPANY, position) == ()


async def test_low_answers_are_told_with_what_was_promised_and_what_became_of_it(books: Books) -> None:
    await aimed(books)
    customer, answer = uuid.uuid4(), uuid.uuid4()
    asked = SurveyQuestion(
        key="recommend", kind=QuestionKind.TEN, en="Recommend?", zh="推荐？", counts=Counts.NPS
    )
    await books.given(RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")))
    await books.given(PublishSurvey(survey=Survey(name="how", en="How?", zh="如何？", questions=(asked,))))
    low = RecordSurveyAnswer(
        answer_id=answer,
        survey="how",
        customer_id=customer,
        owner_id=books.office.rep_id,
        replies=(Reply(question="recommend", answer="1"),),
    )
    await books.given(low, now=noon(3, 20))
    await books.follow(1)
    head = await books.office.ledger.head()
    (told,) = (await review_pack.pack(books.pool, CYCLE, head)).content["low_answers"]
    assert (told["id"], told["customer"], told["owner"]) == (answer, customer, books.office.rep_id)
    assert told["outcome"] == "open"
    seen = await SurveyAnswers.get(books.pool, answer)
    assert seen is not None
    assert seen.item_id is not None
    await books.given(FinishActionItem(item_id=seen.item_id), now=noon(3, 21))
    await books.given(CloseLoop(answer_id=answer), now=noon(3, 21))
    later = await review_pack.pack(books.pool, CYCLE, await books.office.ledger.head())
    assert [one["outcome"] for one in later.content["low_answers"]] == ["kept"]
    again = await review_pack.pack(books.pool, CYCLE, head)
    assert [one["outcome"] for one in again.content["low_answers"]] == ["open"]
