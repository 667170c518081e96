"""api: review meetings as they are read — schedules, agendas, what was decided and what is still owed."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import Truth
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.scopes import OfScopes, listed, seen
from projections.engine.paging import Page
from projections.meeting import Meetings, MeetingSchedules, MeetingSeen, ScheduleSeen

router = auth.router(tags=["meetings"])

WAITS_FOR, SCHEDULES = ("meetings",), ("meeting_schedules",)


class MeetingFilters(OfScopes):
    """What to narrow the list down to. `over` false: those of which something is owed."""

    MODEL = Meetings
    schedule_id: UUID | None = None
    chair_id: UUID | None = None
    status: Literal["called", "held", "lapsed", "cancelled"] | None = None
    over: Truth | None = None
    sort: Literal["starts_at", "-starts_at", "waits_until", "-waits_until"] = "-starts_at"


class ScheduleFilters(OfScopes):
    """What to narrow the list down to."""

    MODEL = MeetingSchedules
    status: Literal["running", "cancelled"] | None = None
    sort: Literal["next_at", "-next_at"] = "next_at"


@router.get(
    "/meetings",
    operation_id="listMeetings",
    summary="Meetings, page by page",
    responses=shaped(Page[MeetingSeen]),
)
async def list_meetings(
    look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))],
    asked: Annotated[MeetingFilters, Depends(query(MeetingFilters))],
) -> Response:
    """The newest first. Those of your team; auditors and admins see all."""
    return await listed(look, asked)


@router.get(
    "/meetings/{meeting_id}",
    operation_id="readMeeting",
    summary="One meeting: agenda, decisions, action items, and what it waits for",
    responses=shaped(MeetingSeen, tagged=True),
)
async def read_meeting(
    meeting_id: UUID, look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR, tagged=True))]
) -> Response:
    found = seen(look, await Meetings.get(look.services.pool, meeting_id), "meeting", meeting_id)
    return look.json(found, found.version)


@router.get(
    "/meeting-schedules",
    operation_id="listMeetingSchedules",
    summary="Schedules of meetings, page by page",
    responses=shaped(Page[ScheduleSeen]),
)
async def list_schedules(
    look: Annotated[Look, Depends(may_read(waits_for=SCHEDULES))],
    asked: Annotated[ScheduleFilters, Depends(query(ScheduleFilters))],
) -> Response:
    """By when the next meeting is. Those of your team; auditors and admins see all."""
    return await listed(look, asked)


@router.get(
    "/meeting-schedules/{schedule_id}",
    operation_id="readMeetingSchedule",
    summary="One schedule of meetings",
    responses=shaped(ScheduleSeen, tagged=True),
)
async def read_schedule(
    schedule_id: UUID, look: Annotated[Look, Depends(may_read(waits_for=SCHEDULES, tagged=True))]
) -> Response:
    held = await MeetingSchedules.get(look.services.pool, schedule_id)
    found = seen(look, held, "meeting schedule", schedule_id)
    return look.json(found, found.version)
