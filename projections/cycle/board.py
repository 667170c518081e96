"""Projections room: the cycle board — where each turn of the loop stands, and what it waits for, of whom, until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import msgspec

from domain.cycle import facts as f
from domain.cycle.cycle import Cycle
from domain.cycle.facts import CheckInLine, NextTarget, People
from domain.cycle.policy import Schedule, Step
from domain.cycle.state import OVER, Phase
from domain.engine.facts import FreeText
from domain.engine.recorded import Recorded
from projections.engine.stream_view import ASKED, Events, Filter, StreamView
from projections.figures import about
from projections.figures.about import About


class Owed(msgspec.Struct):
    """A step that somebody owes the cycle (`of` None: nobody has that part), and who has been told of it."""

    step: Step
    of: UUID | None
    remind_at: datetime
    due_at: datetime
    escalate_at: datetime
    subject_id: UUID | None
    arming: int
    reminded: bool
    escalated: bool


class Said(msgspec.Struct):
    """What somebody said in the course of a cycle. `kind` is the fact's stored name; `subject_id` is the decision or
    comment that it is about, `upheld` how an appeal ended, `change` what a decision does to the next target.
    """

    kind: str
    by: UUID
    text: FreeText
    at: datetime
    position: int
    subject_id: UUID | None = None
    upheld: bool | None = None
    change: f.StatedChange | None = None


class Review(msgspec.Struct):
    """The pack is as known at `position`, its canonical bytes have the SHA-256 `digest`."""

    position: int
    digest: str
    agenda: list[f.AgendaItem]
    opened_at: datetime
    next_by: datetime


class CycleSeen(About, kw_only=True):
    """`waits` are what is owed, the most urgent first; without any the clock is waited for, `waits_until` is then when
    the next thing happens by itself. `behind` says how many thresholds each target is behind as far as was told.
    """

    cycle_id: UUID
    manager_id: UUID | None
    above_id: UUID | None
    phase: Phase
    policy: str
    policy_version: int
    cadence: str
    schedule: Schedule
    executes_at: datetime
    arming: int
    paused_at: datetime | None
    waits: list[Owed]
    waits_for: str | None
    waits_of: UUID | None
    waits_until: datetime | None
    targets: list[UUID]
    check_ins: int
    last_on: date | None
    next_check_in_at: datetime | None
    lines: list[CheckInLine]
    behind: dict[UUID, int]
    review: Review | None
    appeal_until: datetime | None = None
    said: list[Said]
    action_items: list[UUID]
    acknowledged: bool
    appeals: int
    next_proposed: f.NextProposed | None
    previous_id: UUID | None
    next_id: UUID | None
    position: int
    version: int

    @property
    def furthest_behind(self) -> int:
        return max(self.behind.values(), default=0)

    @property
    def proposal(self) -> tuple[NextTarget, ...]:
        return self.next_proposed.targets if self.next_proposed else ()


class CycleBoard(StreamView[Cycle, CycleSeen]):
    name = "cycle_board"
    revision = 2
    columns = (
        "cycle_id",
        *about.COLUMNS,
        "owner_id",
        "manager_id",
        "team_id",
        "phase",
        "waits_for",
        "waits_of",
        "waits_until",
        "next_check_in_at",
        "furthest_behind",
    )
    indexes = {
        "starts": "(starts, cycle_id)",
        "waits": "(waits_until, cycle_id)",
        "scope": "(scope_key, starts)",
        "owner": "(owner_id, starts, cycle_id)",
        "team": "(team_id, starts, cycle_id)",
        "of": "(waits_of, waits_until, cycle_id) WHERE waits_of IS NOT NULL",
    }
    order = ("waits_until", "starts")
    open_where = "phase NOT IN ('closed', 'cancelled')"
    owed_by = f"(%(person)s IN (owner_id, manager_id, (body::jsonb->>'above_id')::uuid) OR {ASKED})"
    awaited = True
    narrowing = {
        "on": about.ON,
        "due_before": Filter(datetime, "waits_until < %(due_before)s"),
        "behind": Filter(bool, "(furthest_behind > 0) = %(behind)s"),
    }

    @classmethod
    def show(cls, aggregate: Cycle, events: Events) -> CycleSeen:
        turn = _Turn()
        for recorded in events:
            if isinstance(recorded.fact, f.CycleOpened):
                turn = _Turn()
            turn.hear(recorded)
        cycle, times = aggregate, aggregate.times
        assert cycle.schedule is not None
        assert times.executes_at is not None
        assert times.review_at is not None
        waits = sorted(_owed(cycle), key=lambda w: (w.due_at, w.step, str(w.subject_id)))
        first = waits[0] if waits else None
        people: People = cycle.people
        return cls.filled(
            cycle,
            events,
            owner_id=people.owner_id,
            manager_id=people.manager_id,
            above_id=people.above_id,
            team_id=people.team_id,
            schedule=replace(cycle.schedule, review_at=times.review_at),
            executes_at=times.executes_at,
            waits=waits,
            waits_for=first.step if first else None,
            waits_of=first.of if first else None,
            waits_until=first.due_at if first else _by_itself(cycle),
            targets=list(cycle.targets),
            next_check_in_at=times.next_check_in_at,
            lines=turn.lines,
            behind=dict(sorted(cycle.behind.items())),
            review=turn.review and msgspec.structs.replace(turn.review, next_by=times.next_by),
            appeal_until=times.appeal_until,
            said=turn.said,
            action_items=list(cycle.feedback.action_items) if cycle.feedback else [],
            previous_id=turn.previous_id,
            next_id=turn.next_id,
        )


class _Turn:
    """What the aggregate does not keep because no decision needs it. A cancelled cycle may be opened anew."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.lines: list[CheckInLine] = []
        self.review: Review | None = None
        self.previous_id: UUID | None = None
        self.next_id: UUID | None = None

    def hear(self, recorded: Recorded) -> None:
        match recorded.fact:
            case f.CycleOpened(previous_id=previous_id):
                self.previous_id = previous_id
            case f.CheckedIn(lines=lines):
                self.lines = list(lines)
            case f.ReviewOpened() as opened:
                self.review = Review(
                    opened.position,
                    opened.pack_digest,
                    list(opened.agenda),
                    recorded.occurred_at,
                    opened.next_by,
                )
            case f.CycleClosed(next_id=next_id):
                self.next_id = next_id
        self.said += _statements(recorded)


def _owed(cycle: Cycle) -> Iterator[Owed]:
    for wait in cycle.waiting:
        a = wait.deadlines
        yield Owed(
            Step(wait.what), wait.owner_id, a.remind_at, a.due_at, a.escalate_at, wait.subject_id,
            wait.generation, wait.reminded,
            wait.escalated,
        )  # fmt: skip


def _by_itself(cycle: Cycle) -> datetime | None:
    """When the clock brings the cycle on; None when it is paused or over."""
    if cycle.paused_at is not None or cycle.phase in OVER or cycle.schedule is None:
        return None
    if cycle.phase == Phase.TARGET:
        return cycle.times.executes_at
    if cycle.phase == Phase.EXECUTE:
        return cycle.times.next_check_in_at or cycle.times.review_at
    if cycle.next_proposed is None:
        return cycle.times.next_by
    return cycle.times.appeal_until


def _statements(recorded: Recorded) -> Iterator[Said]:
    fact, head = recorded.fact, (recorded.fact.TOPIC, recorded.occurred_at, recorded.position)
    match fact:
        case f.SelfAssessed(assessed_by=by, text=text) | f.Assessed(assessed_by=by, text=text):
            yield _statement(head, by, text)
        case f.DecisionAsked(decision_id=id, of=by, question=text):
            yield _statement(head, by, text, subject_id=id)
        case f.DecisionTaken(decision_id=id, taken_by=by, choice=text, change=change):
            yield _statement(head, by, text, subject_id=id, change=change)
        case f.FeedbackGiven(given_by=by, text=text):
            yield _statement(head, by, text)
        case f.Commented(comment_id=id, author_id=by, text=text):
            yield _statement(head, by, text, subject_id=id)
        case f.Appealed(appealed_by=by, why=text):
            yield _statement(head, by, text)
        case f.AppealDecided(decided_by=by, why=text, upheld=upheld):
            yield _statement(head, by, text, upheld=upheld)


def _statement(
    head: tuple[str, datetime, int],
    by: UUID,
    text: str,
    subject_id: UUID | None = None,
    upheld: bool | None = None,  # noqa: FBT001 - how an appeal ended
    change: f.StatedChange | None = None,
) -> Said:
    kind, at, position = head
    return Said(kind, by, text, at, position, subject_id, upheld, change)
