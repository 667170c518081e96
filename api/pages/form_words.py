"""api: what forms say to people, where the API's own words are for those who write programs. Each stands in the person's language."""

from __future__ import annotations

from dataclasses import replace

from api.engine.acts import Act
from api.pages.engine.forms import Control

MORE = {
    "moveStage": "Where something is missing on the way, it is asked for here.",
    "openDeal": "It begins in the first stage. Without a next step, one is set by rule.",
    "allocateLead": "It counts among what was allocated to the rep.",
    "handOver": "The deal, its promise and the note go to the other rep together.",
    "openCycle": "There is one for a scope and period. It goes round by itself, and opens the next.",
    "openScorecard": "There is one for a scope and period. It is scored at the end of the period.",
    "repLeaves": "Every open deal is handed over to colleagues, and the rep's keys count no more.",
    "startAdjustment": "The figures of now are kept beside it; when its time is over, it is measured what it brought.",
    "setMeetingSchedule": "Each meeting is called by itself, with an agenda from the newest review. Set again, the schedule is changed.",
}
"""Beside the title, by the act."""
HINTS = {
    ("openActionItem", "owner_id"): "Left out: yourself.",
    ("openCase", "owner_id"): "Left out: yourself.",
    ("openDeal", "owner_id"): "Left out: yourself.",
    ("moveStage", "to"): "",
    ("proposeTarget", "unit"): "As the figure is counted.",
    ("proposeTarget", "currency"): "Only for money, such as CNY.",
    ("setMeetingSchedule", "cadence"): "How often they meet.",
    ("setMeetingSchedule", "day"): "Weekly: 1 is Monday, 7 is Sunday. Monthly: 1 to 28. Where nobody works, the first working day after it.",
    ("setMeetingSchedule", "at"): "Hours and minutes, such as 09:30.",
    ("setMeetingSchedule", "chair_id"): "Left out: whoever manages the team then.",
    ("setMeetingSchedule", "above_id"): "Who is told when the minutes or a decision are late.",
    ("setMeetingSchedule", "policy"): "Whose working days and deadlines count; usually default.",
    ("openScorecard", "scope"): "Whose work is scored.",
    ("openScorecard", "definition"): "The name that it was published under, such as field-sales.",
    ("openScorecard", "owner_id"): "Who is scored, and may comment and appeal.",
    ("openScorecard", "manager_id"): "Whose scores count.",
    ("openScorecard", "currency"): "Only where money is measured, such as CNY.",
}  # fmt: skip
"""Below a control, by the act and the field."""
LABELS = {("recordQuote", "reference"): "quote number", ("decideOverride", "approved"): "decision"}
SENT = {"decideOverride": "Record the decision"}
"""What the button says that sends a form, where it is not the act's own name."""
OF = {"activity.contact_id": "contact"}
"""What the id in a field is of, where the type does not say it: what is inside another's stream."""


def more(act: Act) -> str:
    return MORE.get(act.operation, act.more)


def worded(act: Act, control: Control) -> Control:
    where = act.operation, control.name
    return replace(
        control,
        help=HINTS.get(where, control.help),
        label=LABELS.get(where, control.label),
        of=OF.get(control.name, control.of),
    )
