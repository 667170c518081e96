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
from domain.cycle.policy import Awaited, Schedule, Step
from domain.cycle.state import OVER, Phase
from domain.engine.facts import FreeText
from domain.engine.recorded import Recorded
from projections.engine.paging import DAY, MOMENT, Page, SortKey, Source
from projections.engine.stream_view import About, Body, Story, Told, topics_of
from projections.engine.tables import Table


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


class CycleRow(msgspec.Struct, gc=False):
    cycle_id: UUID
    scope_kind: str
    scope_id: UUID | None
    scope_key: str
    period_kind: str
    period_name: str
    starts: date
    ends: date
    owner_id: UUID
    manager_id: UUID | None
    team_id: UUID | None
    phase: str
    waits_for: str | None
    waits_of: UUID | None
    waits_until: datetime | None
    next_check_in_at: datetime | None
    furthest_behind: int
    body: Body


CYCLES = Table(
    "cycle_board",
    CycleRow,
    key=("cycle_id",),
    indexes={
        "starts": "(starts, cycle_id)",
        "waits": "(waits_until, cycle_id)",
        "scope": "(scope_key, starts)",
        "owner": "(owner_id, starts, cycle_id)",
        "team": "(team_id, starts, cycle_id)",
        "of": "(waits_of, waits_until, cycle_id) WHERE waits_of IS NOT NULL",
    },
)
SORTS = {
    "waits_until": SortKey("waits_until", MOMENT, id="cycle_id"),
    "starts": SortKey("starts", DAY, nullable=False, id="cycle_id"),
}


class CycleBoard(Told[CycleSeen]):
    name = "cycle_board"
    tables = (CYCLES,)
    revision = 2
    table = CYCLES
    topics = topics_of("cycle.")
    told = CycleSeen
    sorts = SORTS

    @classmethod
    def tell(cls, id: UUID, story: Story) -> CycleSeen:
        cycle, turn = Cycle(id), _Turn()
        for recorded in story:
            cycle.replay(recorded.fact, recorded.originator_version)
            if isinstance(recorded.fact, f.CycleOpened):
                turn = _Turn()
            turn.hear(recorded)
        return turn.seen(cycle, story[-1].position)


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
        self.said += _said(recorded)

    def seen(self, cycle: Cycle, position: int) -> CycleSeen:
        times = cycle.times
        assert cycle.schedule is not None
        assert times.executes_at is not None
        assert times.review_at is not None
        waits = sorted(_owed(cycle), key=lambda w: (w.due_at, w.step, str(w.subject_id)))
        first = waits[0] if waits else None
        people: People = cycle.people
        return CycleSeen(
            cycle_id=cycle.id,
            scope=cycle.scope,
            period=cycle.period,
            owner_id=people.owner_id,
            manager_id=people.manager_id,
            above_id=people.above_id,
            team_id=people.team_id,
            phase=cycle.phase,
            policy=cycle.policy,
            policy_version=cycle.policy_version,
            cadence=cycle.cadence,
            schedule=replace(cycle.schedule, review_at=times.review_at),
            executes_at=times.executes_at,
            arming=cycle.arming,
            paused_at=cycle.paused_at,
            waits=waits,
            waits_for=first.step if first else None,
            waits_of=first.of if first else None,
            waits_until=first.due_at if first else _by_itself(cycle),
            targets=list(cycle.targets),
            check_ins=cycle.check_ins,
            last_on=cycle.last_on,
            next_check_in_at=times.next_check_in_at,
            lines=self.lines,
            behind=dict(sorted(cycle.behind.items())),
            review=self.review and msgspec.structs.replace(self.review, next_by=times.next_by),
            appeal_until=times.appeal_until,
            said=self.said,
            action_items=list(cycle.feedback.action_items) if cycle.feedback else [],
            acknowledged=cycle.acknowledged,
            appeals=cycle.appeals,
            next_proposed=cycle.next_proposed,
            previous_id=self.previous_id,
            next_id=self.next_id,
            position=position,
            version=cycle.version,
        )


def _owed(cycle: Cycle) -> Iterator[Owed]:
    for wait in cycle.waiting:
        a: Awaited = wait.awaited
        yield Owed(
            a.step, a.of, a.remind_at, a.due_at, a.escalate_at, a.subject_id, wait.arming, wait.reminded,
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


def _said(recorded: Recorded) -> Iterator[Said]:
    fact, told = recorded.fact, (recorded.fact.TOPIC, recorded.occurred_at, recorded.position)
    match fact:
        case f.SelfAssessed(assessed_by=by, text=text) | f.Assessed(assessed_by=by, text=text):
            yield _say(told, by, text)
        case f.DecisionAsked(decision_id=id, of=by, question=text):
            yield _say(told, by, text, subject_id=id)
        case f.DecisionTaken(decision_id=id, taken_by=by, choice=text, change=change):
            yield _say(told, by, text, subject_id=id, change=change)
        case f.FeedbackGiven(given_by=by, text=text):
            yield _say(told, by, text)
        case f.Commented(comment_id=id, author_id=by, text=text):
            yield _say(told, by, text, subject_id=id)
        case f.Appealed(appealed_by=by, why=text):
            yield _say(told, by, text)
        case f.AppealDecided(decided_by=by, why=text, upheld=upheld):
            yield _say(told, by, text, upheld=upheld)


def _say(
    told: tuple[str, datetime, int],
    by: UUID,
    text: str,
    subject_id: UUID | None = None,
    upheld: bool | None = None,  # noqa: FBT001 - how an appeal ended
    change: f.StatedChange | None = None,
) -> Said:
    kind, at, position = told
    return Said(kind, by, text, at, position, subject_id, upheld, change)


# -- queries --------------------------------------------------------------------------------------


class CycleFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None: not narrowed down by this. `behind`: only those (not) told to be behind; `due_before`: of what is next."""

    phase: str | None = None
    scope_kind: str | None = None
    scope_id: UUID | None = None
    scope_key: str | None = None
    period_kind: str | None = None
    period_name: str | None = None
    owner_id: UUID | None = None
    manager_id: UUID | None = None
    team_id: UUID | None = None
    waits_for: str | None = None
    waits_of: UUID | None = None
    on: date | None = None
    due_before: datetime | None = None
    behind: bool | None = None


EVERYTHING = CycleFilter()


get = CycleBoard.get


async def listing(
    source: Source,
    narrowed: CycleFilter = EVERYTHING,
    sort: str = "waits_until",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[CycleSeen]:
    """A page of cycles. Raises Invalid for an unknown sort, a foreign cursor, or a limit outside 1 to 500."""
    select = CycleBoard.narrowed(narrowed)
    select.where("%(on)s BETWEEN starts AND ends", on=narrowed.on)
    select.where("waits_until < %(due_before)s", due_before=narrowed.due_before)
    select.where("(furthest_behind > 0) = %(behind)s", behind=narrowed.behind)
    return await CycleBoard.page(source, select, sort, cursor, limit)
