"""api: what people do about review meetings. A workflow calls each meeting; that has no route."""

from __future__ import annotations

from api.engine.acts import WHICH, WHO, Act
from api.engine.roles import LEADERS
from domain.meeting import commands as c

ACTS = (
    Act(c.SetMeetingSchedule, "/meeting-schedules", "Meet weekly or monthly", roles=LEADERS,
        more="There is one weekly and one monthly schedule for a scope; set again it is changed. A workflow calls each meeting, with its agenda\n"
        "from the newest review pack of the scope.",
        status=201, location="/meeting-schedules/{id}", flat=("plan",), body="SetSchedule",
        about="`day` is the ISO weekday (1 is Monday) of weekly meetings, the day of the month (1 to 28) of monthly ones; where that is no\n"
        "business day, the first one after it. Without a chair whoever manages the team then has it; `above_id` is told when they are late.",
        example={"scope": {"kind": "team", "id": "5f0c2a52-6c2e-4c0e-9b7f-2f2f0b8f5a10"}, "cadence": "weekly", "day": 1, "at": "09:30"},
        terminal="meeting schedule every=cadence:weekly|monthly", typed="--scope team:East --every weekly --day 1 --at 09:30"),
    Act(c.CancelMeetingSchedule, "/meeting-schedules/{schedule_id}/cancel", "Call no more meetings", roles=LEADERS, body="Because",
        terminal="meeting cancel-schedule", typed=f"{WHICH} --why 'too many'"),
    Act(c.HoldMeeting, "/meetings/{meeting_id}/hold", "Record what came of a meeting",
        more="By its chair. Its action items are followed up like promises, its decisions until they are taken.", speaker="held_by",
        body="Held", about="What was said, decided and agreed on, all recorded at once or not at all. `occurred_at` is when it took place.",
        terminal="meeting hold <notes minutes=:minutes -decisions -action_items",
        typed=f"{WHICH} 'offers are late' --by {WHO} --minutes m.json"),
    Act(c.AskMeetingDecision, "/meetings/{meeting_id}/decisions", "Ask for a decision", roles=LEADERS,
        creates="decision_id", kind="decision:0", hide=("choice",), flat=("question",), body="Asked",
        terminal="meeting ask <question", typed=f"{WHICH} 'one list?' --of {WHO} --due 2027-04-09T17:00"),
    Act(c.TakeMeetingDecision, "/meetings/{meeting_id}/decisions/{decision_id}/choice", "Take a decision",
        more="Who was asked; when that is overdue, also who was told.", speaker="taken_by", body="MeetingChoice",
        terminal="meeting decide <choice", typed=f"{WHICH} {WHICH} 'one for all' --by {WHO}"),
    Act(c.HandOverMeetingDecision, "/meetings/{meeting_id}/decisions/{decision_id}/handover", "Ask another one for it", roles=LEADERS,
        body="Another",
        terminal="meeting handover", typed=f"{WHICH} {WHICH} --to {WHO}"),
    Act(c.ChangeChair, "/meetings/{meeting_id}/chair", "Name another chair", roles=LEADERS, body="Another",
        terminal="meeting chair", typed=f"{WHICH} --to {WHO}"),
    Act(c.CancelMeeting, "/meetings/{meeting_id}/cancel", "Cancel a meeting", roles=LEADERS, body="Because",
        terminal="meeting cancel", typed=f"{WHICH} --why 'a fair'"),
)  # fmt: skip
