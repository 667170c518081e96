"""cli: review meetings — when a scope meets and what came of it, as it stands. What can be done is in `api/meeting/acts.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from api.engine.acts import WHICH
from cli.engine.derive import group
from cli.engine.shown import Shown, add_list, add_show

app = group(
    "meeting",
    "Review meetings: list, show, schedule, hold, ask, decide, hand over, chair, cancel.",
    acts="api.meeting.acts",
)
MODEL = "projections.meeting:Meetings"


def people(meeting: Any) -> Iterable[UUID | None]:
    """Whose names a meeting is shown with."""
    yield from (meeting.scope.id, meeting.chair_id, *meeting.present)
    yield from (one.of for one in (*meeting.decisions, *meeting.waits))
    yield from (point.subject_id for point in meeting.agenda)


add_list(
    app,
    Shown(
        path="/meetings",
        model=MODEL,
        view="cli.views.meetings:show_meetings",
        options="scope chair team schedule status=called|held|lapsed|cancelled over "
        "sort=-starts_at|waits_until",
        help="The newest first.",
        example="salesloop meeting list --status called",
        names=lambda one: (one.scope.id, one.chair_id),
        clock="company",
    ),
)
add_show(
    app,
    Shown(
        path="/meetings",
        model=MODEL,
        view="cli.views.meetings:show_meeting",
        help="One meeting: its agenda, what was decided and agreed on, and what it waits for.",
        example=f"salesloop meeting show {WHICH}",
        names=people,
        clock="company",
    ),
    "meeting",
)
add_list(
    app,
    Shown(
        path="/meeting-schedules",
        model="projections.meeting:MeetingSchedules",
        view="cli.views.meetings:show_schedules",
        options="scope team status=running|cancelled sort=next_at",
        help="Who meets when, by when the next meeting is.",
        example="salesloop meeting schedules",
        names=lambda one: (one.scope.id, one.plan.chair_id),
        clock="company",
        limit=200,
    ),
    "schedules",
)
