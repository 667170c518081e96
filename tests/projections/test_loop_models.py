"""The loop's read models: targets, cycles, scorecards, action items and adjustments, as the facts leave them."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from domain.action_item import commands as i
from domain.adjustment import commands as j
from domain.adjustment.adjustment import Outcome
from domain.adjustment.experiment import Compared
from domain.cycle import commands as c
from domain.cycle.policy import DEFAULT_CYCLE_POLICY, Step
from domain.cycle.state import Phase
from domain.engine.canonical import digest
from domain.engine.errors import Invalid
from domain.figures.scope import rep
from domain.figures.shares import Method
from domain.scorecard import decisions as s
from domain.scorecard.definition import DefineScorecard
from domain.scorecard.scorecard import Score
from domain.target import commands as t
from projections import scorecard as scorecards
from projections.action_item import ActionItems
from projections.adjustment import Adjustments
from projections.cycle.board import CycleBoard, CycleSeen
from projections.scorecard import Scorecards
from projections.target import tree as target_tree
from projections.target.tree import TargetTree
from tests.office import NOW
from tests.projections.looping import APRIL, CARD, MANAGER, REVIEW_DAY, SCHEDULE, Turn, proposing, starting
from tests.projections.telling import DAY, Books, lose


async def seen(books: Books, turn: Turn) -> CycleSeen:
    await books.follow()
    found = await CycleBoard.get(books.pool, turn.id)
    assert found is not None
    return found


# -- targets -------------------------------------------------------------------------------------


async def test_each_day_of_a_target_is_judged_by_the_version_in_force_then(books: Books) -> None:
    turn = Turn(books.office.rep_id)
    await books.given(proposing(turn.scope, turn.rep_id))
    revision = t.ReviseTarget(
        target_id=turn.target_id, number=Decimal(180_000), why="the plant is late", from_day=date(2026, 4, 16)
    )
    receipt = await books.given(revision)
    await books.follow()

    found = await TargetTree.get(books.pool, turn.target_id)

    assert found is not None
    days = [date(2026, 3, 1), date(2026, 4, 15), date(2026, 4, 16), date(2026, 6, 1)]
    numbers = [v.number for day in days if (v := found.in_force(day)) is not None]
    assert numbers == [210_000, 210_000, 180_000, 180_000]
    assert (found.number, found.status, found.versions[-1].position) == (
        Decimal(180_000),
        "proposed",
        receipt.position,
    )
    then = await target_tree.TargetTree.at(books.pool, [turn.target_id], receipt.position - 1)
    assert then[turn.target_id].number == 210_000


async def test_a_divided_target_is_seen_with_its_parts_and_their_shares(books: Books) -> None:
    turn = Turn(books.office.rep_id)
    parts = tuple(t.Child(scope=turn.scope, period=week) for week in APRIL.children())
    divide = t.DecomposeTarget(target_id=turn.target_id, method=Method.EQUAL, children=parts)
    await books.given(proposing(turn.scope, turn.rep_id), divide)
    await books.follow()

    tree = await target_tree.tree(books.pool, turn.target_id)
    page = await TargetTree.listing(books.pool, parent_id=turn.target_id, limit=2)
    rest = await TargetTree.listing(books.pool, parent_id=turn.target_id, cursor=page.next_cursor)

    assert tree is not None
    assert [b.target.period for b in tree.children] == list(APRIL.children())
    assert sum(b.share.number for b in tree.children if b.share) == 210_000
    assert [b.target for b in tree.children] == [*page.items, *rest.items]
    assert await target_tree.tree(books.pool, uuid.uuid4()) is None


# -- cycles --------------------------------------------------------------------------------------


async def test_a_cycle_says_what_it_waits_for_of_whom_and_until_when(books: Books) -> None:
    turn = Turn(books.office.rep_id)
    await books.given(*turn.opening())
    waiting = await seen(books, turn)
    assert (waiting.phase, waiting.waits_for, waiting.waits_of) == (Phase.TARGET, Step.AGREE, turn.rep_id)
    assert waiting.waits_until == waiting.waits[0].due_at

    await books.given(turn.agreeing())
    assert (await seen(books, turn)).waits_until == SCHEDULE.starts_at

    await books.given(turn.timer(c.StartExecution), now=SCHEDULE.starts_at)
    running = await seen(books, turn)
    assert (running.phase, running.waits_for) == (Phase.EXECUTE, None)
    assert running.waits_until == running.next_check_in_at is not None

    await books.given(c.PauseCycle(cycle_id=turn.id, why="a strike"), now=SCHEDULE.starts_at + DAY)
    paused = await seen(books, turn)
    assert (paused.paused_at, paused.waits_until) == (SCHEDULE.starts_at + DAY, None)


async def test_a_resumed_cycle_shows_every_time_as_the_pause_put_it_off(books: Books) -> None:
    turn = Turn(books.office.rep_id)
    await turn.run(books)
    await books.given(turn.reviewing(), *turn.assessing(), turn.item(), turn.feedback(), now=REVIEW_DAY)
    before = await seen(books, turn)
    assert before.review is not None
    assert before.appeal_until is not None
    since, until = REVIEW_DAY + DAY, REVIEW_DAY + 8 * DAY
    await books.given(c.PauseCycle(cycle_id=turn.id, why="a strike"), now=since)
    await books.given(c.ResumeCycle(cycle_id=turn.id), now=until)
    after = await seen(books, turn)
    put_off = DEFAULT_CYCLE_POLICY.calendar.put_off
    assert after.appeal_until == put_off(before.appeal_until, since, until) > before.appeal_until
    assert after.review is not None
    assert after.review.next_by == put_off(before.review.next_by, since, until) > before.review.next_by


async def test_who_is_behind_stands_on_the_board_until_recovered(books: Books) -> None:
    turn = Turn(books.office.rep_id)
    await turn.run(books)
    await books.given(turn.check_in(30_000), now=SCHEDULE.starts_at + 14 * DAY)
    behind = await seen(books, turn)
    assert behind.furthest_behind > 1
    assert [line.actual for line in behind.lines] == [30_000]
    narrowed: dict[str, Any] = {"behind": True, "on": date(2026, 4, 20)}
    assert [x.cycle_id for x in (await CycleBoard.listing(books.pool, **narrowed)).items] == [turn.id]

    again = turn.check_in(150_000, on=date(2026, 4, 20), number=2)
    await books.given(again, now=SCHEDULE.starts_at + 20 * DAY)
    assert (await seen(books, turn)).behind == {}
    assert (await CycleBoard.listing(books.pool, **narrowed)).items == []


async def test_a_review_is_told_with_everything_that_was_said(books: Books) -> None:
    turn = Turn(books.office.rep_id)
    await turn.run(books)
    asked = c.AskDecision(
        cycle_id=turn.id,
        decision_id=turn.decision_id,
        question="more demos?",
        of=MANAGER,
        due_at=REVIEW_DAY + DAY,
    )
    await books.given(turn.reviewing(41, "cd" * 32), asked, *turn.assessing(), now=REVIEW_DAY)
    in_review = await seen(books, turn)
    assert (in_review.waits_for, in_review.waits_of) == (Step.DECIDE, MANAGER)
    assert in_review.review is not None
    assert (in_review.review.position, in_review.review.digest) == (41, "cd" * 32)

    taken = c.TakeDecision(
        cycle_id=turn.id, decision_id=turn.decision_id, taken_by=MANAGER, choice="two a week"
    )
    await books.given(taken, turn.item(), turn.feedback(), now=REVIEW_DAY)
    fed_back = await seen(books, turn)

    assert fed_back.phase == Phase.FEEDBACK
    assert [(said.kind, said.by) for said in fed_back.said] == [
        ("cycle.decision-asked", MANAGER),
        ("cycle.self-assessed", turn.rep_id),
        ("cycle.assessed", MANAGER),
        ("cycle.decision-taken", MANAGER),
        ("cycle.feedback-given", MANAGER),
    ]
    assert (fed_back.said[3].text, fed_back.said[3].subject_id) == ("two a week", turn.decision_id)
    assert fed_back.action_items == [turn.item_id]


# -- scorecards ----------------------------------------------------------------------------------


async def test_a_closed_scorecard_recomputes_byte_equal_after_later_and_back_dated_facts(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = Turn(books.office.rep_id, APRIL)
    for _ in range(2):
        await books.given(lose(await books.opened()), now=SCHEDULE.starts_at + DAY)
    await books.given(DefineScorecard(definition=CARD))
    score = s.ScoreScorecard(
        scorecard_id=turn.card_id,
        role="manager",
        scored_by=MANAGER,
        scores=(Score(measure="attitude", score=Decimal(80)),),
    )
    opened = s.OpenScorecard(
        scope=turn.scope, period=APRIL, definition="rep", owner_id=turn.rep_id, manager_id=MANAGER
    )
    await books.given(opened, score)
    position = await books.follow()
    card = await Scorecards.get(books.pool, turn.card_id)
    assert card is not None
    figures = await scorecards.measured(books.pool, card, position)
    await books.given(s.CloseScorecard(scorecard_id=turn.card_id, position=position, figures=figures))

    late = await books.opened()
    await books.given(lose(late), now=SCHEDULE.starts_at + 2 * DAY)
    await books.given(s.AppealScorecard(scorecard_id=turn.card_id, appealed_by=turn.rep_id, why="unfair"))
    await books.given(
        s.CommentOnScorecard(
            scorecard_id=turn.card_id, comment_id=uuid.uuid4(), author_id=MANAGER, text="let us see"
        )
    )
    head = await books.follow()

    card = await Scorecards.get(books.pool, turn.card_id)
    assert card is not None
    (closing,) = card.closings
    assert (card.status, [r.kind for r in card.remarks]) == ("open", ["appeal", "comment"])
    assert [f.events for f in closing.figures] != [0, 0], "there is something to recompute"
    again = await scorecards.recomputed(books.pool, turn.card_id, closing)
    assert again == closing.result.encode()
    assert digest(again) == closing.digest
    assert await scorecards.measured(books.pool, card, head) != tuple(closing.figures), (
        "now it would be another"
    )

    monkeypatch.setattr(scorecards, "result_of", lambda *_: b"{}")
    shown = await scorecards.again(books.pool, turn.card_id, closing, head)
    assert (shown.result, shown.recomputed, shown.equal) == (closing.result, "{}", False)


# -- action items and adjustments ----------------------------------------------------------------


async def test_action_items_come_with_the_overdue_first_and_their_outcomes_are_counted(books: Books) -> None:
    turn = Turn(books.office.rep_id)
    ids = [uuid.UUID(int=n + 1) for n in range(5)]
    await books.given(*turn.opening())
    for n, id in enumerate(ids):
        await books.given(turn.item(item_id=id, due_at=NOW + (5 - n) * DAY))
    await books.given(
        i.ExcuseActionItem(item_id=ids[0], why="the offer is no more"),
        i.FinishActionItem(item_id=ids[1], note="sent"),
    )
    await books.given(i.FinishActionItem(item_id=ids[4]), now=NOW + 3 * DAY)
    await books.follow()
    mine: dict[str, Any] = {"owner_id": turn.rep_id, "outcome": "open"}

    page = await ActionItems.listing(books.pool, limit=1, **mine)
    rest = await ActionItems.listing(books.pool, cursor=page.next_cursor, **mine)
    overdue = await ActionItems.listing(books.pool, due_before=NOW + 3 * DAY, outcome="open")

    assert [item.item_id for item in (*page.items, *rest.items)] == [ids[3], ids[2]]
    assert [item.item_id for item in overdue.items] == [ids[3]]
    all_of_it = await ActionItems.listing(books.pool, cycle_id=turn.id)
    assert sorted(item.outcome for item in all_of_it.items) == ["excused", "kept", "late", "open", "open"]
    done = await ActionItems.get(books.pool, ids[1])
    assert done is not None
    assert (done.outcome, done.note, done.what) == ("kept", "sent", "offers within two days")


async def test_an_adjustment_is_seen_with_its_control_and_what_it_brought(books: Books) -> None:
    mine, other = rep(books.office.rep_id), rep(await books.hire())
    id = uuid.uuid4()
    await books.given(starting(mine, books.office.rep_id, NOW, adjustment_id=id))
    await books.given(
        j.FreezeBaseline(
            adjustment_id=id, position=3, before=Decimal(30), candidates=(Compared(other, Decimal(30)),)
        )
    )
    await books.follow()
    running = await Adjustments.get(books.pool, id)
    assert running is not None
    assert (running.status, running.next_at, running.effect) == ("running", running.measure_at, None)

    controls = (Compared(other, Decimal(30), Decimal(31)),)
    measure = j.MeasureAdjustment(adjustment_id=id, position=4, after=Decimal(62), controls=controls)
    await books.given(measure, now=running.measure_at + timedelta(minutes=1))
    decided = j.DecideAdjustment(
        adjustment_id=id, outcome=Outcome.KEEP, decided_by=books.office.rep_id, why="it shows"
    )
    await books.given(decided, now=running.measure_at + DAY)
    await books.follow()

    found = await Adjustments.get(books.pool, id)
    assert found is not None
    assert (found.status, found.outcome, found.why) == ("decided", "keep", "it shows")
    assert [(x.scope, x.before, x.after) for x in found.controls] == [(other, Decimal(30), Decimal(31))]
    assert found.effect == 31
    listed = await Adjustments.listing(books.pool, scope_key=mine.key)
    assert [a.adjustment_id for a in listed.items] == [id]


async def test_lists_refuse_what_they_cannot_sort_by(books: Books) -> None:
    with pytest.raises(Invalid, match="sort"):
        await CycleBoard.listing(books.pool, sort="luck")
    with pytest.raises(Invalid, match="limit"):
        await TargetTree.listing(books.pool, limit=0)
