"""tests: one rep's April 2026 in the loop, step by step on a real ledger, and the same in random order."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from domain.action_item import commands as i
from domain.adjustment import commands as j
from domain.adjustment.adjustment import Outcome
from domain.adjustment.experiment import Compared
from domain.cycle import commands as c
from domain.cycle.cycle import cycle_id
from domain.cycle.policy import DEFAULT_CYCLE_POLICY as POLICY
from domain.cycle.policy import Cadence, Step
from domain.engine.command import Command
from domain.figures.scope import Scope, rep
from domain.figures.shares import Method
from domain.scorecard import decisions as s
from domain.scorecard.compute import MeasureFigure
from domain.scorecard.definition import DefineScorecard, Definition, Measure, MeasureKind, Point
from domain.scorecard.scorecard import Score, scorecard_id
from domain.target import commands as t
from domain.target.target import target_id
from domain.time.periods import Period, Window, named_period
from tests.office import NOW
from tests.projections.telling import Books

APRIL, MAY = named_period("2026-04"), named_period("2026-05")
SCHEDULE = POLICY.schedule(APRIL)
REVIEW_DAY = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)
MANAGER, ABOVE = UUID(int=0xA1), UUID(int=0xA2)
DIGEST = "ab" * 32
CURVE = (Point(Decimal(0), Decimal(0)), Point(Decimal(1), Decimal(100)))
CARD = Definition(
    name="rep",
    measures=(
        Measure(key="wins", kind=MeasureKind.QUANTITATIVE, weight=Decimal(50), metric="win-rate", curve=CURVE),
        Measure(key="attitude", kind=MeasureKind.QUALITATIVE, weight=Decimal(30)),
        Measure(key="promises", kind=MeasureKind.PROCESS, weight=Decimal(20), metric="promise-keeping", curve=CURVE),
    ),
)  # fmt: skip


def proposing(scope: Scope, owner_id: UUID, **changes: Any) -> t.ProposeTarget:
    usual: dict[str, Any] = {
        "metric": "revenue-won",
        "number": Decimal(210_000),
        "unit": "money",
        "currency": "CNY",
        "period": APRIL,
        "scope": scope,
        "owner_id": owner_id,
        "achievable": "ten per cent more than last year",
        "relevant": "pays for the second plant",
    }
    return t.ProposeTarget(**(usual | changes))


@dataclass
class Turn:
    """Everything about one rep's cycle by name, and the commands that lead through it."""

    rep_id: UUID
    period: Period = APRIL
    decision_id: UUID = field(default_factory=uuid.uuid4)
    item_id: UUID = field(default_factory=uuid.uuid4)

    @property
    def scope(self) -> Scope:
        return rep(self.rep_id)

    @property
    def id(self) -> UUID:
        return cycle_id(self.scope, self.period)

    @property
    def target_id(self) -> UUID:
        return target_id("revenue-won", self.scope, self.period)

    @property
    def card_id(self) -> UUID:
        return scorecard_id(self.scope, self.period)

    def timer(self, kind: type[Any], **changes: Any) -> Any:
        return kind(**({"cycle_id": self.id, "arming": 1} | changes))

    def opening(self) -> tuple[Command, ...]:
        opened = c.OpenCycle(
            scope=self.scope,
            period=self.period,
            owner_id=self.rep_id,
            manager_id=MANAGER,
            above_id=ABOVE,
            metrics=("revenue-won",),
        )
        return proposing(self.scope, self.rep_id, period=self.period), opened

    def agreeing(self) -> Command:
        return c.AgreeTargets(cycle_id=self.id, agreed_by=self.rep_id)

    def check_in(self, actual: int, on: date = date(2026, 4, 14), **changes: Any) -> Command:
        actuals = (c.Actual(target_id=self.target_id, figure=Decimal(actual)),)
        usual = {"number": 1, "on": on, "position": 77, "actuals": actuals}
        done: Command = self.timer(c.CheckIn, **(usual | changes))
        return done

    def reviewing(self, position: int = 99, digest: str = DIGEST) -> Command:
        opened: Command = self.timer(c.OpenReview, position=position, pack_digest=digest)
        return opened

    def assessing(self) -> tuple[Command, ...]:
        return (
            c.AssessSelf(cycle_id=self.id, assessed_by=self.rep_id, text="two deals slipped into May"),
            c.AssessCycle(cycle_id=self.id, assessed_by=MANAGER, text="good pipeline, late offers"),
        )

    def item(self, due_at: datetime = REVIEW_DAY + timedelta(days=20), **changes: Any) -> i.OpenActionItem:
        usual: dict[str, Any] = {"item_id": self.item_id, "what": "offers within two days"}
        usual |= {"owner_id": self.rep_id, "manager_id": MANAGER, "cycle_id": self.id, "due_at": due_at}
        return i.OpenActionItem(**(usual | changes))

    def feedback(self) -> Command:
        return c.GiveFeedback(
            cycle_id=self.id, given_by=MANAGER, text="offers within two days", action_items=(self.item_id,)
        )

    async def run(self, books: Books) -> None:
        """Up to the start of execution."""
        await books.given(*self.opening(), self.agreeing())
        await books.given(self.timer(c.StartExecution), now=SCHEDULE.starts_at)


class Muddle:
    """Random ideas about the loop of a few reps; the command handler refuses most of them."""

    def __init__(self, chance: Random, reps: list[UUID]) -> None:
        self.chance = chance
        self.turns = [Turn(rep_id, period) for rep_id in reps for period in (APRIL, MAY)]
        self.adjustments = [uuid.UUID(int=chance.getrandbits(128)) for _ in range(3)]

    def beginning(self) -> tuple[Command, ...]:
        """What the rest can happen to."""
        first = self.turns[0]
        card = s.OpenScorecard(
            scope=first.scope, period=first.period, definition="rep", owner_id=first.rep_id
        )
        change = starting(first.scope, first.rep_id, NOW, adjustment_id=self.adjustments[0])
        return DefineScorecard(definition=CARD), card, *first.opening(), first.item(), change

    def idea(self, now: datetime) -> Command:
        turn = self.chance.choice(self.turns)
        ideas: list[Callable[[Turn, datetime], Command]]
        ideas = [
            self.of_target,
            self.of_cycle,
            self.of_cycle,
            self.of_review,
            self.of_card,
            self.of_item,
            self.of_change,
        ]
        return self.chance.choice(ideas)(turn, now)

    def number(self) -> Decimal:
        return Decimal(self.chance.randrange(1, 90)) * 1_000

    def of_target(self, turn: Turn, now: datetime) -> Command:
        return self.chance.choice(
            [
                proposing(turn.scope, turn.rep_id, period=turn.period, number=self.number()),
                t.AgreeTarget(target_id=turn.target_id, agreed_by=turn.rep_id),
                t.ReviseTarget(target_id=turn.target_id, number=self.number(), why="the plant is late"),
                t.LeaveTargetUnagreed(target_id=turn.target_id),
                t.HandOverTarget(target_id=turn.target_id, owner_id=self.chance.choice(self.turns).rep_id),
                t.WithdrawTarget(target_id=turn.target_id, why="no more"),
                t.DecomposeTarget(
                    target_id=turn.target_id,
                    method=Method.EQUAL,
                    children=tuple(t.Child(scope=turn.scope, period=week) for week in turn.period.children()),
                ),
            ]
        )

    def of_cycle(self, turn: Turn, now: datetime) -> Command:
        id, figure = turn.id, self.number()
        ideas: list[Command] = [
                turn.opening()[1],
                turn.agreeing(),
                turn.timer(c.StartExecution),
                turn.check_in(int(figure), on=turn.period.start + timedelta(days=9)),
                turn.check_in(int(figure), on=turn.period.start + timedelta(days=19), number=2),
                turn.timer(c.RemindCycle, step=self.chance.choice(list(Step))),
                turn.timer(c.EscalateCycle, step=self.chance.choice(list(Step))),
                c.PauseCycle(cycle_id=id, why="a strike"),
                c.ResumeCycle(cycle_id=id),
                c.ChangeCadence(cycle_id=id, cadence=self.chance.choice(list(Cadence))),
                c.HandOverCycle(cycle_id=id, why="she moved", manager_id=uuid.UUID(int=self.chance.getrandbits(128))),
                c.CancelCycle(cycle_id=id, why="a mistake") if self.chance.random() < 0.2 else turn.agreeing(),
        ]  # fmt: skip
        return self.chance.choice(ideas)

    def of_review(self, turn: Turn, now: datetime) -> Command:
        decision: dict[str, Any] = {"cycle_id": turn.id, "decision_id": turn.decision_id}
        return self.chance.choice(
            [
                turn.reviewing(),
                *turn.assessing(),
                c.AskDecision(**decision, question="more demos?", of=MANAGER, due_at=now + timedelta(days=3)),
                c.TakeDecision(**decision, taken_by=MANAGER, choice="yes"),
                turn.feedback(),
                c.AcknowledgeFeedback(cycle_id=turn.id, acknowledged_by=turn.rep_id),
                c.CommentOnCycle(cycle_id=turn.id, comment_id=uuid.UUID(int=5), author_id=MANAGER, text="hm"),
                c.AppealCycle(cycle_id=turn.id, appealed_by=turn.rep_id, why="the Acme deal counts"),
                c.DecideAppeal(cycle_id=turn.id, decided_by=MANAGER, upheld=False, why="signed in May"),
            ]
        )

    def of_card(self, turn: Turn, now: datetime) -> Command:
        id, score = turn.card_id, (Score(measure="attitude", score=self.number() / 1_000),)
        return self.chance.choice(
            [
                DefineScorecard(definition=CARD),
                s.OpenScorecard(scope=turn.scope, period=turn.period, definition="rep", owner_id=turn.rep_id),
                s.ScoreScorecard(scorecard_id=id, role="owner", scored_by=turn.rep_id, scores=score),
                s.ScoreScorecard(scorecard_id=id, role="manager", scored_by=MANAGER, scores=score),
                s.CommentOnScorecard(
                    scorecard_id=id, comment_id=uuid.UUID(int=6), author_id=MANAGER, text="hm"
                ),
                s.AppealScorecard(scorecard_id=id, appealed_by=turn.rep_id, why="unfair"),
                s.CloseScorecard(
                    scorecard_id=id,
                    position=50,
                    figures=tuple(
                        MeasureFigure(key=key, figure=Decimal("0.5"), events=1, events_digest=DIGEST)
                        for key in ("wins", "promises")
                    ),
                ),
            ]
        )

    def of_item(self, turn: Turn, now: datetime) -> Command:
        item = {"item_id": turn.item_id}
        timers = [i.RemindActionItem, i.MissActionItem, i.EscalateActionItem]
        return self.chance.choice(
            [
                turn.item(due_at=now + timedelta(hours=self.chance.randrange(1, 200))),
                i.RewordActionItem(**item, what=f"offers within {self.chance.randrange(9)} days"),
                i.MoveActionItem(**item, due_at=now + timedelta(hours=self.chance.randrange(1, 200))),
                i.HandOverActionItem(**item, to=self.chance.choice(self.turns).rep_id),
                self.chance.choice(timers)(**item, arming=1),
                i.FinishActionItem(**item, note="done"),
                i.ExcuseActionItem(**item, why="the offer is no more"),
                i.BreakActionItem(**item, why="no time"),
            ]
        )

    def of_change(self, turn: Turn, now: datetime) -> Command:
        change: dict[str, Any] = {"adjustment_id": self.chance.choice(self.adjustments)}
        other = Compared(self.chance.choice(self.turns).scope, Decimal(3))
        return self.chance.choice(
            [
                starting(turn.scope, turn.rep_id, now, **change),
                j.FreezeBaseline(**change, position=40, before=Decimal(4), candidates=(other,)),
                j.MeasureAdjustment(**change, position=60, after=Decimal(7), controls=(other,)),
                j.RemindAdjustment(**change),
                j.EscalateAdjustment(**change),
                j.DecideAdjustment(
                    **change,
                    outcome=self.chance.choice(list(Outcome)),
                    decided_by=turn.rep_id,
                    why="it shows",
                ),
                j.HandOverAdjustment(**change, to=MANAGER),
            ]
        )


def starting(scope: Scope, owner_id: UUID, now: datetime, **changes: Any) -> j.StartAdjustment:
    today = now.date()
    usual: dict[str, Any] = {
        "hypothesis": "a demonstration in the first week wins more deals",
        "scope": scope,
        "metric": "deals-won",
        "baseline": Window(today - timedelta(days=30), today - timedelta(days=1)),
        "starts": today,
        "horizon": today + timedelta(days=30),
        "owner_id": owner_id,
    }
    return j.StartAdjustment(**(usual | changes))
