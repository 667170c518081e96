"""Scorecards: what they are made of, what they come to, and that a closed one recomputes byte-equal for ever."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from domain.cycle.commands import HandOverCycle
from domain.deal import commands as d
from domain.engine.canonical import canonical, digest
from domain.engine.context import Reach
from domain.engine.errors import AlreadyExists, Forbidden, Invalid, NotFound, Refused
from domain.engine.values import Money
from domain.figures.metrics import Contribution
from domain.figures.scope import rep
from domain.scorecard import decisions as c
from domain.scorecard.compute import About, MeasureFigure, figures_at, result_of, scores_of, total_of
from domain.scorecard.definition import (
    Basis,
    DefineScorecard,
    Definition,
    Definitions,
    Measure,
    MeasureKind,
    Point,
    definition_stream,
)
from domain.scorecard.scorecard import (
    Score,
    Scorecard,
    ScorecardClosed,
    ScorecardReopened,
    scorecard_id,
)
from domain.time.periods import PeriodKind, named_period, period_of
from tests.domain.given_when_then import NOW, Scenario, given
from tests.domain.loop.cycles import APPEAL, APRIL, CYCLE, FED_BACK, REVIEW_DAY, RUNNING, SCOPE
from tests.domain.loop.log import Log
from tests.domain.loop.test_meter import PLAIN, some_history
from tests.domain.words import DAY, LI, MANAGER, NORTH, SOUTH, STAFF, TODAY, WANG

QUANTITATIVE, QUALITATIVE, PROCESS = MeasureKind


def D(number: int | str) -> Decimal:  # noqa: N802 - what stands beside it is what counts
    return Decimal(number)


def curve(*points: tuple[str, str]) -> tuple[Point, ...]:
    return tuple(Point(D(at), D(score)) for at, score in points)


STRAIGHT = curve(("0", "0"), ("1", "100"))
REVENUE = Measure(
    key="revenue",
    kind=QUANTITATIVE,
    weight=D(50),
    metric="revenue-won",
    basis=Basis.ATTAINMENT,
    curve=curve(("0.5", "0"), ("1", "80"), ("1.2", "100")),
)
PROMISES = Measure(key="promises", kind=PROCESS, weight=D("16.67"), metric="promise-keeping", curve=STRAIGHT)
WINS = Measure(key="wins", kind=QUANTITATIVE, weight=D("13.33"), metric="win-rate", curve=STRAIGHT)
TEAMWORK = Measure(key="teamwork", kind=QUALITATIVE, weight=D(20))
SALES = Definition(name="sales", measures=(REVENUE, PROMISES, WINS, TEAMWORK))
ABOUT = About(SCOPE, APRIL, "CNY")
CARD = scorecard_id(SCOPE, APRIL)
FIGURES = (
    MeasureFigure(key="revenue", figure=D(110), target=D(100), events=2, events_digest="x"),
    MeasureFigure(key="promises", figure=D("0.9")),
    MeasureFigure(key="wins", figure=None),
)


def define(*measures: Measure, name: str = "sales") -> DefineScorecard:
    return DefineScorecard(definition=Definition(name=name, measures=measures))


class TestADefinition:
    def test_is_numbered_and_kept(self) -> None:
        scenario = given().when(DefineScorecard(definition=SALES)).topics("scorecard-definition.published")
        scenario.when(DefineScorecard(definition=SALES)).silence()
        heavier = define(replace(REVENUE, weight=D(80)), TEAMWORK)
        assert scenario.when(heavier).answer == {"scorecard": "sales", "version": 2}
        held = scenario.history.load(Definitions, definition_stream("sales"))
        assert held.at(1) == SALES

    @pytest.mark.parametrize("weight", ["19.99", "20.01", "0.0001", "99"])
    def test_weighs_exactly_a_hundred_per_cent(self, weight: str) -> None:
        wrong = define(REVENUE, PROMISES, WINS, replace(TEAMWORK, weight=D(weight)))
        given().when(wrong).refused(Invalid, fields=["measures"])

    @pytest.mark.parametrize(
        ("wrong", "fields"),
        [
            (replace(REVENUE, key=" "), ["measures[0].key"]),
            (replace(REVENUE, weight=D(0)), ["measures[0].weight", "measures"]),
            (replace(REVENUE, weight=D("NaN")), ["measures[0].weight", "measures"]),
            (replace(REVENUE, metric="profit"), ["measures[0].metric"]),
            (replace(REVENUE, metric="foretold"), ["measures[0].metric"]),
            (replace(REVENUE, kind=PROCESS), ["measures[0].metric"]),
            (replace(REVENUE, kind=QUALITATIVE), ["measures[0]"]),
            (replace(REVENUE, curve=curve(("1", "1"))), ["measures[0].curve"]),
            (replace(REVENUE, curve=curve(("1", "1"), ("1", "2"))), ["measures[0].curve"]),
            (replace(REVENUE, curve=curve(("1", "1"), ("2", "101"))), ["measures[0].curve[1].score"]),
            (replace(REVENUE, curve=curve(("1", "1"), ("Infinity", "2"))), ["measures[0].curve[1].at"]),
            (replace(REVENUE, key="wins"), ["measures"]),
        ],
    )
    @pytest.mark.usefixtures("foretold")
    def test_names_everything_that_is_wrong(self, wrong: Measure, fields: list[str]) -> None:
        given().when(define(wrong, PROMISES, WINS, TEAMWORK)).refused(Invalid, fields=fields)


class TestACurve:
    @pytest.mark.parametrize(
        ("value", "score"),
        [
            ("0.4", 0),
            ("0.5", 0),
            ("0.75", 40),
            ("1", 80),
            ("1.1", 90),
            ("1.2", 100),
            ("9", 100),
            ("0.6666", "26.66"),
        ],
    )
    def test_goes_straight_between_its_points_and_stays_beyond(self, value: str, score: int | str) -> None:
        assert REVENUE.score(D(value)) == D(score)

    def test_may_fall(self) -> None:
        days = replace(REVENUE, metric="cycle-time", curve=curve(("10", "100"), ("40", "0")))
        assert days.score(D(25)) == 50

    @over(st.decimals(-5, 5, places=6))
    def test_stays_within_its_scores(self, value: Decimal) -> None:
        assert 0 <= REVENUE.score(value) <= 100


class TestTheTotal:
    def test_is_the_weighted_mean(self) -> None:
        """90 at 50 %, 90 at 16.67 %, 60 at 20 %; the win rate of nothing weighs nothing."""
        scored = scores_of(SALES, FIGURES, {"teamwork": D(60)})
        assert [s.score for s in scored] == [D(90), D(90), None, D(60)]
        assert total_of(scored) == round((D(90) * D("66.67") + D(60) * 20) / D("86.67"), 2)

    def test_of_nothing_is_nothing(self) -> None:
        assert total_of(scores_of(SALES, (), {})) is None

    def test_needs_a_target_for_attainment(self) -> None:
        without = (replace(FIGURES[0], target=None), replace(FIGURES[0], target=D(0)))
        assert [scores_of(SALES, (figure,), {})[0].score for figure in without] == [None, None]


# -- the scorecard of one rep --------------------------------------------------------------------

OPEN = c.OpenScorecard(
    scope=SCOPE, period=APRIL, definition="sales", owner_id=LI, manager_id=MANAGER, currency="CNY"
)
OPENED = (*STAFF, DefineScorecard(definition=SALES), OPEN)


def score(
    value: int | str = 60, by: UUID = MANAGER, role: str = "manager", measure: str = "teamwork"
) -> c.ScoreScorecard:
    scores = (Score(measure=measure, score=D(value), why="helps everybody"),)
    return c.ScoreScorecard(
        scorecard_id=CARD, role="owner" if role == "owner" else "manager", scored_by=by, scores=scores
    )


CLOSE = c.CloseScorecard(scorecard_id=CARD, position=99, figures=FIGURES)
APPEALED = c.AppealScorecard(scorecard_id=CARD, appealed_by=LI, why="the Acme deal counts")
CLOSED = (*OPENED, score(), CLOSE)


def card_of(scenario: Scenario) -> Scorecard:
    return scenario.history.load(Scorecard, CARD)


class TestAScorecard:
    def test_is_one_for_its_scope_and_period(self) -> None:
        given(OPENED).when(OPEN).silence()
        given(OPENED).when(replace(OPEN, owner_id=WANG)).refused(AlreadyExists)

    def test_keeps_the_version_it_was_opened_with(self) -> None:
        scenario = given(OPENED, define(replace(TEAMWORK, weight=D(100))), score()).when(CLOSE)
        assert card_of(scenario).closings[0].total == D("83.08")

    def test_has_a_currency_where_it_measures_money(self) -> None:
        given(*OPENED[:-1]).when(replace(OPEN, currency="")).refused(Invalid, fields=["currency"])

    def test_is_scored_by_its_manager_and_its_owner_each_for_themselves(self) -> None:
        given(OPENED).when(score(by=WANG)).refused(Forbidden)
        given(OPENED).when(score(by=MANAGER, role="owner")).refused(Forbidden)
        scenario = given(OPENED).when(score(100, LI, "owner")).topics("scorecard.scored")
        assert card_of(scenario).scores == {}
        scenario.when(score()).topics("scorecard.scored")
        assert card_of(scenario).scores == {"teamwork": D(60)}
        scenario.when(score()).silence()

    def test_is_scored_from_0_to_100_where_people_score(self) -> None:
        given(OPENED).when(score("100.01")).refused(Invalid, fields=["scores[0].score"])
        given(OPENED).when(score(measure="revenue")).refused(Invalid, fields=["scores[0].measure"])

    def test_closes_when_people_have_scored(self) -> None:
        given(OPENED).when(CLOSE).refused(Refused)
        scenario = given(OPENED, score()).when(CLOSE).topics("scorecard.closed")
        scenario.when(CLOSE).silence()
        scenario.when(replace(CLOSE, position=100)).refused(Refused)
        scenario.when(score(61)).refused(Refused)

    def test_closes_on_a_figure_of_each_measure(self) -> None:
        given(OPENED, score()).when(replace(CLOSE, figures=FIGURES[:2])).refused(Invalid, fields=["figures"])

    def test_is_reopened_by_an_appeal_and_keeps_the_original(self) -> None:
        scenario = given(CLOSED).when(APPEALED)
        scenario.then(ScorecardReopened(number=1, appealed_by=LI, why="the Acme deal counts"))
        scenario.when(APPEALED).silence()
        original = card_of(scenario).closings[0]
        scenario.when(score(80)).topics("scorecard.scored")
        scenario.when(replace(CLOSE, position=120)).topics("scorecard.closed")
        first, second = card_of(scenario).closings
        assert first == original
        assert (first.number, second.number) == (1, 2)
        assert first.digest != second.digest

    def test_is_appealed_against_by_whose_it_is(self) -> None:
        given(CLOSED).when(replace(APPEALED, appealed_by=MANAGER)).refused(Forbidden)
        given(OPENED).when(APPEALED).refused(Refused)
        given(CLOSED, APPEALED).when(APPEALED).silence()
        given(CLOSED, APPEALED).when(replace(APPEALED, why="another reason")).refused(Refused)

    def test_may_be_commented_on_once_under_an_id(self) -> None:
        comment = c.CommentOnScorecard(scorecard_id=CARD, comment_id=UUID(int=1), author_id=LI, text="thanks")
        given(CLOSED).when(comment).topics("scorecard.commented")
        given(CLOSED, comment).when(comment).silence()
        given(CLOSED, comment).when(replace(comment, text="no thanks")).refused(AlreadyExists)

    def test_of_another_team_is_not_there(self) -> None:
        given(OPENED).when(score(), reach=Reach(team_id=NORTH)).allowed()
        given(OPENED).when(score(), reach=Reach(team_id=SOUTH)).refused(NotFound)


def test_an_appeal_in_the_cycle_reopens_the_scorecard_in_the_same_commit() -> None:
    steps = (*FED_BACK, *CLOSED[len(STAFF) :])
    scenario = given(steps).when(APPEAL, now=REVIEW_DAY)
    scenario.topics("cycle.appealed", "cycle.awaiting", "scorecard.reopened")


# -- byte-equal ----------------------------------------------------------------------------------


def result_at(contributions: list[Contribution], position: int, about: About) -> bytes:
    figures = figures_at(SALES, contributions, about, position, {"revenue-won": D(1_000_000)})
    return result_of(SALES, figures, {"teamwork": D(60)}, about, position)


@pytest.mark.parametrize("seed", range(8))
def test_a_closed_scorecard_recomputes_byte_equal_after_whatever_comes_later(seed: int) -> None:
    """Reopened deals, corrected closings and late entries for the same period change nothing that was closed."""
    log = some_history(seed)
    about = About(rep(LI), period_of(PeriodKind.YEAR, TODAY), "CNY")
    closed_at = log.head // 2
    then = result_at(Log(log.history, log.recorded[:closed_at]).contributions(), closed_at, about)
    assert result_at(log.contributions(), closed_at, about) == then


def test_a_fact_entered_late_shows_as_known_now_and_not_as_known_then() -> None:
    log, deal = Log(), UUID(int=0xD0)
    for command in (*STAFF, PLAIN):
        log.do(command)
    log.do(d.OpenDeal(deal_id=deal, title="t", owner_id=LI), occurred_at=NOW - 20 * DAY)
    closed_at, about = log.head, About(rep(LI), period_of(PeriodKind.MONTH, TODAY - 10 * DAY), "CNY")
    then = result_at(log.contributions(), closed_at, about)
    late = d.WinDeal(
        deal_id=deal, amount=Money(D(900_000), "CNY"), closed_on=TODAY - 10 * DAY, contract_reference="C"
    )
    log.do(late)
    assert result_at(log.contributions(), closed_at, about) == then
    now = json.loads(result_at(log.contributions(), log.head, about))
    assert now["measures"][0]["figure"] == "900000"
    assert json.loads(then)["measures"][0]["figure"] == "0"


def test_a_closing_in_the_ledger_is_the_recomputation() -> None:
    """What the scorecard recorded when it was closed is what its inputs come to, read back from the facts."""
    log = some_history(3)
    position, period = log.head, period_of(PeriodKind.YEAR, TODAY)
    about, card = About(rep(LI), period, "CNY"), scorecard_id(rep(LI), period)
    for command in (DefineScorecard(definition=SALES), replace(OPEN, scope=rep(LI), period=period)):
        log.do(command)
    log.do(replace(score(), scorecard_id=card))
    targets = {"revenue-won": D(1_000_000)}
    figures = figures_at(SALES, log.contributions(), about, position, targets)
    log.do(c.CloseScorecard(scorecard_id=card, position=position, figures=figures))
    closed = log.recorded[-1].fact
    assert isinstance(closed, ScorecardClosed)
    again = result_at(log.contributions(), closed.position, about)
    assert (again.decode(), digest(again)) == (closed.result, closed.digest)
    assert json.loads(closed.result)["total"] == str(closed.total)


class TestTheCanonicalForm:
    def test_is_the_same_for_equal_values(self) -> None:
        assert canonical({"b": D("1.50"), "a": D("-0.0")}) == b'{"a":"0","b":"1.5"}'
        assert canonical({"a": D(0), "b": D("1.5")}) == b'{"a":"0","b":"1.5"}'
        assert (
            canonical([date(2026, 3, 2), PROCESS, None, True, 7, "例"])
            == '["2026-03-02","process",null,true,7,"例"]'.encode()
        )

    def test_refuses_what_has_no_one_form(self) -> None:
        for value in ({1, 2}, 0.5, object()):
            with pytest.raises(TypeError):
                canonical(value)

    @over(st.decimals(allow_nan=False, allow_infinity=False, places=6))
    def test_brings_a_number_back(self, number: Decimal) -> None:
        assert Decimal(json.loads(canonical(number))) == number


def test_a_week_has_a_scorecard_of_its_own() -> None:
    assert scorecard_id(SCOPE, named_period("2026-W15")) != scorecard_id(SCOPE, APRIL)


class TestInOtherHands:
    hand = c.HandOverScorecard(scorecard_id=CARD, manager_id=WANG, why="the manager left")

    def test_is_scored_and_closed_by_whose_part_it_is_then(self) -> None:
        scenario = given(OPENED).when(self.hand).topics("scorecard.handed-over")
        scenario.when(self.hand).silence()
        scenario.when(replace(score(), scored_by=WANG)).allowed()
        given(OPENED, self.hand).when(score()).refused(Forbidden)

    def test_goes_along_with_its_cycle_as_far_as_it_was_in_the_same_hands(self) -> None:
        """Who managed both is gone: nobody could score it."""
        steps = (*RUNNING, *OPENED[len(STAFF) :])
        boss = HandOverCycle(cycle_id=CYCLE, manager_id=WANG, why="the manager left")
        scenario = given(steps).when(boss).topics("cycle.handed-over", "scorecard.handed-over")
        card = scenario.history.load(Scorecard, CARD)
        assert (card.owner_id, card.manager_id) == (LI, WANG)

    def test_is_no_way_to_change_what_was_closed(self) -> None:
        given(CLOSED).when(self.hand).refused(Refused)
        boss = HandOverCycle(cycle_id=CYCLE, manager_id=WANG, why="the manager left")
        given(RUNNING, *CLOSED[len(STAFF) :]).when(boss).topics("cycle.handed-over")

    def test_is_for_a_reason(self) -> None:
        given(OPENED).when(replace(self.hand, why=" ")).refused(Invalid, fields=["why"])
