"""A commitment's pure rules: what is still to be said of it, and what a move, a pause and a handover do to that."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as some

from domain.engine.values import PromiseOutcome
from domain.time.commitment import Commitment, Commitments, Deadlines, Kind

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
CASE, OWNER = UUID(int=1), UUID(int=2)


def deadlines(due: datetime = NOON) -> Deadlines:
    return Deadlines(due - HOUR, due, due + HOUR, due + 2 * HOUR)


def owed(what: str = "first answer", **changes: object) -> Commitment:
    return replace(Commitment(owner_id=OWNER, what=what, deadlines=deadlines()), **changes)  # type: ignore[arg-type]


def kinds(commitment: Commitment, *of: Kind) -> list[str]:
    return [step.kind for step in commitment.due_steps(CASE, *(of or Kind))]


def test_it_is_kept_up_to_its_due_time_and_late_after() -> None:
    assert owed().outcome_at(NOON) is PromiseOutcome.KEPT
    assert owed().outcome_at(NOON + timedelta(microseconds=1)) is PromiseOutcome.LATE
    assert owed(overdue=True).outcome_at(NOON - HOUR) is PromiseOutcome.LATE


def test_each_is_said_once_and_nobody_is_reminded_of_what_is_late() -> None:
    assert kinds(owed()) == ["remind", "miss", "escalate", "escalate-again"]
    assert kinds(owed().remind()) == ["miss", "escalate", "escalate-again"]
    assert kinds(owed().miss()) == ["escalate", "escalate-again"]
    assert kinds(owed().miss().escalate()) == ["escalate-again"]
    assert kinds(owed().miss().escalate().escalate()) == []
    assert kinds(owed().escalate(), Kind.REMIND, Kind.ESCALATE) == []


def test_a_reminder_is_too_late_when_it_is_due() -> None:
    until = {step.kind: step.until for step in owed().due_steps(CASE, *Kind)}
    assert until == {"remind": NOON, "miss": None, "escalate": None, "escalate-again": None}


@given(some.booleans(), some.booleans(), some.booleans(), some.booleans(), some.integers(2, 9))
def test_what_is_moved_has_another_generation_and_is_said_anew_unless_the_due_time_is_the_same(
    reminded: bool, missed: bool, escalated: bool, same: bool, generation: int
) -> None:
    before = owed(reminded=reminded, missed=missed, escalated=escalated)
    after = before.move(deadlines(NOON if same else NOON + HOUR), generation, told_before=same)
    assert kinds(after) == (kinds(before) if same else list(Kind))
    assert not {s.key for s in before.due_steps(CASE, *Kind)} & {s.key for s in after.due_steps(CASE, *Kind)}
    assert {s.arming for s in after.due_steps(CASE, *Kind)} <= {generation}


class TestSeveralAtOnce:
    """As of a service case: a first answer and a solution."""

    def both(self) -> Commitments:
        later = owed("solution", deadlines=deadlines(NOON + 24 * HOUR))
        return Commitments().made(owed()).made(later)

    def test_their_steps_are_told_apart(self) -> None:
        steps = [s for one in self.both() for s in one.due_steps(CASE, Kind.MISS, step=one.what)]
        assert [(s.step, s.at) for s in steps] == [("first answer", NOON), ("solution", NOON + 24 * HOUR)]
        assert len({s.key for s in steps}) == 2

    def test_one_ends_and_the_other_goes_on(self) -> None:
        assert [one.what for one in self.both().ended(("first answer", None))] == ["solution"]

    def test_what_stops_has_no_steps_and_comes_back_with_another_generation(self) -> None:
        held = self.both().changed("solution", None, Commitment.remind)
        stopped, found = held.ended(("solution", None)), held.find("solution")
        assert found is not None
        again = stopped.made(found.move(deadlines(NOON + 48 * HOUR), 2, told_before=False)).find("solution")
        assert stopped.find("solution") is None
        assert again is not None
        assert (again.generation, again.reminded, again.deadlines.due_at) == (2, False, NOON + 48 * HOUR)

    def test_who_was_told_of_a_due_time_is_not_told_of_the_same_one_again(self) -> None:
        told = self.both().changed("solution", None, Commitment.remind)
        again = told.made(owed("solution", deadlines=deadlines(NOON + 24 * HOUR), generation=2)).find(
            "solution"
        )
        assert again is not None
        assert (again.reminded, again.generation) == (True, 2)

    def test_one_of_a_kind_for_each_subject(self) -> None:
        first, second = uuid.uuid4(), uuid.uuid4()
        many = Commitments().made(owed("decide", subject_id=first)).made(owed("decide", subject_id=second))
        handed = many.changed("decide", second, lambda one: one.hand_over(CASE))
        assert [one.owner_id for one in handed] == [OWNER, CASE]
