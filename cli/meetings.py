"""cli: review meetings — when a scope meets, what is on the agenda, and what came of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID, uuid4

import typer

from cli.common import (
    AsUser,
    Json,
    Limit,
    Reason,
    as_json,
    example,
    execute,
    fail,
    group,
    ledger,
    receipt,
    run,
    zone,
)
from cli.loop import (
    By,
    CompanyZone,
    Cursor,
    ScopeFilter,
    ScopeOption,
    Why,
    company_zone,
    instant,
    more,
    names,
    scope_of,
)

if TYPE_CHECKING:
    from domain.meeting.commands import Agreed, Question
    from projections.meetings import MeetingSeen, ScheduleSeen
    from projections.paging import Page

app = group("meeting", "Review meetings: list, show, schedule, hold, ask, decide, hand over, chair, cancel.")
WHICH = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
Id = Annotated[UUID, typer.Argument(metavar="MEETING", help="Its id.")]
ScheduleId = Annotated[UUID, typer.Argument(metavar="SCHEDULE", help="Its id.")]
DecisionId = Annotated[UUID, typer.Argument(metavar="DECISION", help="Its id, as meeting show tells it.")]
To = Annotated[UUID, typer.Option("--to", help="A person's id.")]


class Status(StrEnum):
    CALLED = "called"
    HELD = "held"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"


class Often(StrEnum):
    WEEKLY = "weekly"
    MONTHLY = "monthly"


@app.command("list", epilog=example("salesloop meeting list --status called"))
def list_(
    *,
    scope: ScopeFilter = None,
    status: Annotated[Status | None, typer.Option("--status")] = None,
    cursor: Cursor = None,
    limit: Limit = 20,
    json: Json = False,
    tz: CompanyZone = None,
) -> None:
    """The newest first."""
    page, known, company = run(_list(scope_of(scope).key if scope else None, status, cursor, limit))
    if json:
        as_json(page)
        return
    from cli.meeting_views import show_meetings

    show_meetings(page.items, known, zone(tz or company))
    more(page)


async def _list(
    scope_key: str | None, status: str | None, cursor: str | None, limit: int
) -> tuple[Page[MeetingSeen], dict[UUID, str], str]:
    from projections import meetings

    async with ledger() as opened:
        narrowed = meetings.MeetingFilter(scope_key=scope_key, status=status)
        page = await meetings.listing(opened.pool, narrowed, cursor=cursor, limit=limit)
        people = [id for one in page.items for id in (one.scope.id, one.chair_id)]
        return page, await names(opened.pool, people), await company_zone(opened.pool)


@app.command(epilog=example(f"salesloop meeting show {WHICH}"))
def show(meeting: Id, *, json: Json = False, tz: CompanyZone = None) -> None:
    """One meeting: its agenda, what was decided and agreed on, and what it waits for."""
    found, known, company = run(_show(meeting))
    if json:
        as_json(found)
        return
    from cli.meeting_views import show_meeting

    show_meeting(found, known, zone(tz or company))


async def _show(id: UUID) -> tuple[MeetingSeen, dict[UUID, str], str]:
    from projections import meetings

    async with ledger() as opened:
        found = await meetings.get(opened.pool, id) or fail(f"no meeting has the id {id}")
        asked = [d.of for d in found.decisions] + [w.of for w in found.waits if w.of is not None]
        about = [point.subject_id for point in found.agenda]
        people = [found.scope.id, found.chair_id, *found.present, *asked, *about]
        return found, await names(opened.pool, people), await company_zone(opened.pool)


@app.command(epilog=example("salesloop meeting schedules"))
def schedules(*, scope: ScopeFilter = None, json: Json = False, tz: CompanyZone = None) -> None:
    """Who meets when, by when the next meeting is."""
    page, known, company = run(_schedules(scope_of(scope).key if scope else None))
    if json:
        as_json(page)
        return
    from cli.meeting_views import show_schedules

    show_schedules(page.items, known, zone(tz or company))


async def _schedules(scope_key: str | None) -> tuple[Page[ScheduleSeen], dict[UUID, str], str]:
    from projections import meetings

    async with ledger() as opened:
        page = await meetings.schedules(opened.pool, meetings.ScheduleFilter(scope_key=scope_key), limit=200)
        people = [id for one in page.items for id in (one.scope.id, one.plan.chair_id)]
        return page, await names(opened.pool, people), await company_zone(opened.pool)


# --- schedules -------------------------------------------------------------------------------------------------------


@app.command(
    epilog=example(f"salesloop meeting schedule --scope team:{WHICH} --every weekly --day 1 --at 09:30")
)
def schedule(
    *,
    scope: ScopeOption,
    every: Annotated[Often, typer.Option("--every")],
    day: Annotated[int, typer.Option("--day", help="1 (Monday) to 7; monthly 1 to 28.")],
    at: Annotated[str, typer.Option("--at", help="Time of day, in the company's time zone.")],
    chair: Annotated[UUID | None, typer.Option("--chair", help="Without: who manages the team.")] = None,
    above: Annotated[UUID | None, typer.Option("--above", help="Who is told of silence.")] = None,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Meet weekly or monthly; said again, it is changed. A workflow calls each meeting with its agenda."""
    from domain.cycle.policy import Cadence
    from domain.meeting.commands import SetMeetingSchedule
    from domain.meeting.plan import Plan

    plan = Plan(cadence=Cadence(every.value), day=day, at=at, chair_id=chair, above_id=above)
    receipt(run(execute(SetMeetingSchedule(scope=scope_of(scope), plan=plan), user, reason)), json)


@app.command("cancel-schedule", epilog=example(f"salesloop meeting cancel-schedule {WHICH} --why 'too many'"))
def cancel_schedule(schedule: ScheduleId, *, why: Why, user: AsUser = "cli", json: Json = False) -> None:
    """Call no more meetings."""
    from domain.meeting.commands import CancelMeetingSchedule

    receipt(run(execute(CancelMeetingSchedule(schedule_id=schedule, why=why), user)), json)


# --- meetings --------------------------------------------------------------------------------------------------------


@app.command(
    epilog=example(f"salesloop meeting hold {WHICH} 'offers are late' --by {WHICH} --minutes m.json")
)
def hold(
    meeting: Id,
    notes: Annotated[str, typer.Argument()] = "",
    *,
    by: By,
    present: Annotated[list[UUID] | None, typer.Option("--present", help="A person's id.")] = None,
    minutes: Annotated[
        Path | None,
        typer.Option(
            help="JSON: decisions (question, of, due_at, choice), action_items (what, owner_id, due_at)."
        ),
    ] = None,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Record what came of it. Its action items are followed up like promises, its decisions until they are taken."""
    from domain.meeting.commands import HoldMeeting

    decisions, items = _minutes(minutes) if minutes else ((), ())
    command = HoldMeeting(
        meeting_id=meeting,
        held_by=by,
        present=tuple(present or ()),
        notes=notes,
        decisions=decisions,
        action_items=items,
    )
    receipt(run(execute(command, user)), json)


def _minutes(file: Path) -> tuple[tuple[Question, ...], tuple[Agreed, ...]]:
    """Ids are made where there are none."""
    import msgspec

    from domain.meeting.commands import Agreed, Question

    try:
        given: dict[str, list[dict[str, Any]]] = msgspec.json.decode(
            file.read_bytes(), type=dict[str, list[dict[str, Any]]]
        )
        decisions = [{"decision_id": uuid4(), **one} for one in given.get("decisions", [])]
        items = [{"item_id": uuid4(), **one} for one in given.get("action_items", [])]
        return (
            msgspec.convert(decisions, tuple[Question, ...]),
            msgspec.convert(items, tuple[Agreed, ...]),
        )
    except (OSError, msgspec.MsgspecError) as wrong:
        fail(f"{file}: {wrong}")


@app.command(epilog=example(f"salesloop meeting ask {WHICH} 'one list?' --of {WHICH} --due 2027-04-09T17:00"))
def ask(
    meeting: Id,
    question: Annotated[str, typer.Argument()],
    *,
    of: Annotated[UUID, typer.Option("--of", help="Who decides.")],
    due: Annotated[datetime, typer.Option("--due", help="By when, in your time zone.")],
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Ask for a decision."""
    from domain.meeting.commands import AskMeetingDecision, Question

    asked = Question(decision_id=uuid4(), question=question, of=of, due_at=instant(due))
    receipt(run(execute(AskMeetingDecision(meeting_id=meeting, question=asked), user)), json)


@app.command(epilog=example(f"salesloop meeting decide {WHICH} {WHICH} 'one for all' --by {WHICH}"))
def decide(
    meeting: Id,
    decision: DecisionId,
    choice: Annotated[str, typer.Argument()],
    *,
    by: By,
    user: AsUser = "cli",
    json: Json = False,
) -> None:
    """Take a decision that was asked for."""
    from domain.meeting.commands import TakeMeetingDecision

    command = TakeMeetingDecision(meeting_id=meeting, decision_id=decision, taken_by=by, choice=choice)
    receipt(run(execute(command, user)), json)


@app.command(epilog=example(f"salesloop meeting handover {WHICH} {WHICH} --to {WHICH}"))
def handover(meeting: Id, decision: DecisionId, *, to: To, user: AsUser = "cli", json: Json = False) -> None:
    """Another one is asked for the decision."""
    from domain.meeting.commands import HandOverMeetingDecision

    command = HandOverMeetingDecision(meeting_id=meeting, decision_id=decision, to=to)
    receipt(run(execute(command, user)), json)


@app.command(epilog=example(f"salesloop meeting chair {WHICH} --to {WHICH}"))
def chair(meeting: Id, *, to: To, user: AsUser = "cli", json: Json = False) -> None:
    """Another one chairs it."""
    from domain.meeting.commands import ChangeChair

    receipt(run(execute(ChangeChair(meeting_id=meeting, to=to), user)), json)


@app.command(epilog=example(f"salesloop meeting cancel {WHICH} --why 'a fair'"))
def cancel(meeting: Id, *, why: Why, user: AsUser = "cli", json: Json = False) -> None:
    """It does not take place."""
    from domain.meeting.commands import CancelMeeting

    receipt(run(execute(CancelMeeting(meeting_id=meeting, why=why), user)), json)
