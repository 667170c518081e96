"""cli: review meetings for people. Each function takes what was read."""

from __future__ import annotations

from calendar import day_name
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.engine.common import moment
from cli.engine.language import language, sentence, word
from cli.engine.options import who, whose
from cli.engine.tables import facts, table

if TYPE_CHECKING:
    from domain.meeting.plan import Plan
    from projections.meeting import MeetingSeen, ScheduleSeen

Names = Mapping[UUID, str]


def show_meetings(meetings: Iterable[MeetingSeen], names: Names, to: tzinfo | None) -> None:
    rows = [
        (
            whose(one.scope, names),
            moment(one.starts_at, to),
            one.status,
            who(one.chair_id, names),
            len(one.agenda),
            moment(one.waits[0].due_at, to) if one.waits else "",
            one.meeting_id,
        )
        for one in meetings
    ]
    columns = ("whose", "at", "status", "chair", "points", "owed until", "id")
    table(
        columns,
        rows,
        right=("points",),
        whole=("at", "owed until", "id"),
        spare=("points", "chair", "owed until"),
    )


def show_meeting(one: MeetingSeen, names: Names, to: tzinfo | None) -> None:
    """What it is about, what came of it, and what is owed."""
    facts(str(one.meeting_id), _about(one, names, to))
    if one.agenda:
        table(("on the agenda", ""), list(_points(one, names)))
    if one.decisions:
        decisions = [
            (d.question, who(d.of, names), moment(d.due_at, to), d.choice or word("open"), d.decision_id)
            for d in one.decisions
        ]
        table(("decision", "of", "due", "choice", "id"), decisions, whole=("due", "id"), spare=("of",))
    if one.waits:
        owed = [(w.step, who(w.of, names), moment(w.due_at, to)) for w in one.waits]
        table(("waits for", "of", "until"), owed, whole=("until",))


def _about(one: MeetingSeen, names: Names, to: tzinfo | None) -> Iterator[tuple[str, Any]]:
    yield "whose", sentence("{whose}, the {n}.", whose=whose(one.scope, names), n=one.number)
    yield "at", moment(one.starts_at, to)
    yield "status", f"{word(one.status)} {one.why}".strip()
    yield "chair", who(one.chair_id, names)
    if one.cycle_id is not None:
        yield (
            "pack",
            sentence(
                "of cycle {cycle}, frozen at position {position:,}",
                cycle=one.cycle_id,
                position=one.pack_position,
            ),
        )
    if one.held_at is not None:
        yield "present", ", ".join(who(id, names) for id in one.present)
        yield "notes", one.notes
        yield "action items", "\n".join(str(id) for id in one.action_items)


def _points(one: MeetingSeen, names: Names) -> Iterator[tuple[str, str]]:
    from domain.cycle.agenda import AGENDA_WORDS, Point

    for point in one.agenda:
        words = AGENDA_WORDS.get(Point(point.code)) if point.code in {*Point} else None
        about = point.detail or ("" if point.subject_id is None else who(point.subject_id, names))
        yield getattr(words, language()) if words else point.code, about


def _meets(plan: Plan) -> str:
    """A week's day by its name, a month's by its number."""
    weekly = plan.cadence == "weekly"
    day = word(day_name[plan.day - 1]) if weekly else plan.day
    template = "{often}, {day}s at {at}" if weekly else "{often}, day {day} at {at}"
    return sentence(template, often=word(plan.cadence), day=day, at=plan.at)


def show_schedules(schedules: Iterable[ScheduleSeen], names: Names, to: tzinfo | None) -> None:
    rows = [
        (
            whose(one.scope, names),
            _meets(one.plan),
            one.status,
            moment(one.next_at, to),
            who(one.plan.chair_id, names) if one.plan.chair_id else word("who manages the team"),
            one.called,
            one.schedule_id,
        )
        for one in schedules
    ]
    columns = ("whose", "meets", "status", "next", "chair", "called", "id")
    table(columns, rows, right=("called",), whole=("next", "id"), spare=("called", "chair", "next"))
