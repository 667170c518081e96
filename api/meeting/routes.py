"""api: review meetings — what is done about them, and what is read: schedules, agendas, what was decided and what is still owed."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field

from api.engine import auth
from api.engine.fields import Instant, LongText, NeededText, Strict, Truth
from api.engine.reads import add_reads
from api.engine.routes import Given, add_acts
from api.engine.scopes import OfScopes
from api.engine.values import TYPES, VALUES
from api.engine.writing import Writer
from api.meeting.acts import ACTS
from domain.cycle.policy import Cadence
from domain.engine import fields as limits
from domain.meeting import commands as c
from domain.meeting.plan import MeetingCadence
from projections.meeting import Meetings, MeetingSchedules

TAGS = {"meetings": "Review meetings on a schedule: agenda, decisions, action items"}
router = auth.router(tags=[*TAGS])

WAITS_FOR, SCHEDULES = ("meetings",), ("meeting_schedules",)


OF_PLAN = "in the zone of the cycle policy's calendar"


class QuestionBody(Strict):
    """`of` decides, by `due_at`; with a `choice` it was decided at the meeting."""

    question: NeededText
    of: UUID
    due_at: Instant
    choice: LongText = ""
    decision_id: UUID | None = None

    def value(self) -> Self:
        """Its id is the request's to make: `_question` makes the domain's of it."""
        return self


class AgreedBody(Strict):
    """An action item: who does what, until when."""

    what: NeededText
    owner_id: UUID
    due_at: Instant
    manager_id: UUID | None = None
    item_id: UUID | None = None

    def value(self) -> Self:
        """Likewise: `_agreed`."""
        return self


def _question(writer: Writer, n: int, one: QuestionBody) -> c.Question:
    return c.Question(
        decision_id=writer.new_id(f"decision:{n}", one.decision_id),
        question=one.question,
        of=one.of,
        due_at=one.due_at,
        choice=one.choice,
    )


def _agreed(writer: Writer, n: int, one: AgreedBody) -> c.Agreed:
    return c.Agreed(
        item_id=writer.new_id(f"action-item:{n}", one.item_id),
        what=one.what,
        owner_id=one.owner_id,
        due_at=one.due_at,
        manager_id=one.manager_id,
    )


async def _minutes(writer: Writer, body: Any, given: Given) -> None:
    """What was asked and agreed on, each with an id."""
    given["decisions"] = tuple(_question(writer, n, one) for n, one in enumerate(body.decisions))
    given["action_items"] = tuple(_agreed(writer, n, one) for n, one in enumerate(body.action_items))


TYPES[MeetingCadence] = Annotated[Literal["weekly", "monthly"], AfterValidator(Cadence)]
TYPES[limits.TimeOfDay] = Annotated[limits.TimeOfDay, Field(description=OF_PLAN, examples=["09:30"])]
VALUES[c.Question] = QuestionBody
VALUES[c.Agreed] = AgreedBody
add_acts(router, ACTS, {"holdMeeting": _minutes})


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


add_reads(
    router,
    MeetingFilters,
    "Meeting",
    path="/meetings",
    many="Meetings, page by page",
    more="The newest first. Those of your team; auditors and admins see all.",
    one="One meeting: agenda, decisions, action items, and what it waits for",
)


add_reads(
    router,
    ScheduleFilters,
    "MeetingSchedule",
    path="/meeting-schedules",
    many="Schedules of meetings, page by page",
    more="By when the next meeting is. Those of your team; auditors and admins see all.",
    one="One schedule of meetings",
)
