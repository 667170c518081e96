"""tests: one rep's cycle for April 2026, and the steps that lead through it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.cycle import commands as c
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.engine.context import Actor
from domain.figures.scope import rep
from domain.time.periods import named_period
from tests.domain.given_when_then import Later, Scenario, later
from tests.domain.loop.words import id_of, proposal
from tests.domain.words import LI, MANAGER, STAFF

APRIL, MAY = named_period("2026-04"), named_period("2026-05")
SCOPE = rep(LI)
CYCLE = cycle_id(SCOPE, APRIL)
TARGET = id_of(SCOPE, APRIL)
HEAD = UUID(int=0xB7)
"""Who is above the manager."""
DECISION, COMMENT = UUID(int=0xDEC), UUID(int=0xC0FFEE)
DIGEST = "ab" * 32
POLICY = DEFAULT_CYCLE_POLICY
WHEN = POLICY.schedule(APRIL)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TIMER = Actor("workflow", "cycle", "run-1")
REVIEW_DAY = datetime(2026, 5, 6, 2, 0, tzinfo=UTC)

OPEN = c.OpenCycle(scope=SCOPE, period=APRIL, owner_id=LI, metrics=("revenue-won",), above_id=HEAD)
TARGETED = (*STAFF, proposal(scope=SCOPE, period=APRIL, owner_id=LI, number=Decimal(210_000)))
OPENED = (*TARGETED, OPEN)
AGREE = c.AgreeTargets(cycle_id=CYCLE, agreed_by=LI)


def timer(kind: type[Any], **changes: Any) -> Any:
    usual: dict[str, Any] = {"cycle_id": CYCLE, "arming": 1}
    return kind(**(usual | changes))


def at(command: Any, moment: datetime) -> Later:
    return later(command, now=moment)


def check_in(
    actual: int | str | None, on: date = date(2026, 4, 10), number: int = 1, **changes: Any
) -> c.CheckIn:
    figure = None if actual is None else Decimal(actual)
    done: c.CheckIn = timer(
        c.CheckIn,
        number=number,
        on=on,
        position=77,
        actuals=(c.Actual(target_id=TARGET, figure=figure),),
        **changes,
    )
    return done


START = timer(c.StartExecution)
REVIEW = timer(c.OpenReview, position=99, pack_digest=DIGEST)
SELF = c.AssessSelf(cycle_id=CYCLE, assessed_by=LI, text="two deals slipped into May")
ASSESS = c.AssessCycle(cycle_id=CYCLE, assessed_by=MANAGER, text="good pipeline, late offers")
FEEDBACK = c.GiveFeedback(cycle_id=CYCLE, given_by=MANAGER, text="offers within two days")
ACKNOWLEDGE = c.AcknowledgeFeedback(cycle_id=CYCLE, acknowledged_by=LI)
APPEAL = c.AppealCycle(cycle_id=CYCLE, appealed_by=LI, why="the Acme deal counts for April")
DISMISS = c.DecideAppeal(cycle_id=CYCLE, decided_by=MANAGER, upheld=False, why="signed on 2 May")

RUNNING = (*OPENED, AGREE, at(START, WHEN.starts_at))
REVIEWED = (*RUNNING, at(REVIEW, REVIEW_DAY))
ASSESSED = (*REVIEWED, at(SELF, REVIEW_DAY), at(ASSESS, REVIEW_DAY))
FED_BACK = (*ASSESSED, at(FEEDBACK, REVIEW_DAY))
ACKNOWLEDGED = (*FED_BACK, at(ACKNOWLEDGE, REVIEW_DAY))
AFTER_APPEALS = POLICY.appeal_within.after(REVIEW_DAY, POLICY.calendar)


def cycle_of(scenario: Scenario) -> Cycle:
    return scenario.history.load(Cycle, CYCLE)


def waits(scenario: Scenario) -> set[tuple[str, UUID | None]]:
    """What the cycle waits for, and of whom."""
    return {(w.what, w.owner_id) for w in cycle_of(scenario).waiting}
