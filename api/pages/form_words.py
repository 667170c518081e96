"""api: what forms say to people, where the API's own words are for those who write programs. Each stands in the person's language."""

from __future__ import annotations

from dataclasses import replace

from api.engine.acts import Act
from api.pages.engine.control import Control, each

MORE = {
    "changeProfile": "What is left empty is emptied.",
    "correctContact": "What is left empty is emptied.",
    "unmergeCustomer": "It is as it was when it was merged. Choose what was said or made since and goes with it; all else stays where “Everything else stays” is ticked.",
    "moveStage": "Where something is missing on the way, it is asked for here.",
    "registerCustomer": "Where it is likely here already, that is said here.",
    "captureLead": "Where it is likely a customer's, that is said here.",
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
    ("registerCustomer", "another_because"): "Only where it is likely here already.",
    ("openActionItem", "owner_id"): "Left out: yourself.",
    ("openActionItem", "decision_id"): "Of the cycle that is named.",
    ("openCase", "owner_id"): "Left out: yourself.",
    ("openDeal", "owner_id"): "Left out: yourself.",
    ("inviteToSurvey", "owner_id"): "Left out: yourself.",
    ("recordSurveyAnswer", "owner_id"): "Left out: yourself.",
    ("recordSurveyAnswer", "replies"): "The key of a question, and what was said: a number, the key of a choice, or a text.",
    ("moveStage", "to"): "",
    ("proposeTarget", "unit"): "As the figure is counted.",
    ("proposeTarget", "currency"): "Only for money, such as CNY.",
    ("setMeetingSchedule", "cadence"): "How often they meet.",
    ("setMeetingSchedule", "day"): "Weekly: 1 is Monday, 7 is Sunday. Monthly: 1 to 28. Where nobody works, the first working day after it.",
    ("setMeetingSchedule", "at"): "Hours and minutes, such as 09:30.",
    ("setMeetingSchedule", "chair_id"): "Left out: whoever manages the team then.",
    ("setMeetingSchedule", "above_id"): "Who is told when the minutes or a decision are late.",
    ("setMeetingSchedule", "policy"): "Whose working days and deadlines count; usually default.",
    ("", "calendar.timezone"): "Such as Asia/Shanghai.",
    ("", "calendar.opens"): "Hours and minutes, such as 09:30.",
    ("", "calendar.closes"): "Hours and minutes, such as 09:30.",
    ("", "calendar.country"): "Two capitals, such as CN: its public holidays are days off.",
    ("", "calendar.subdivision"): "Of the country, such as BY.",
    ("", "calendar.years"): "Whose public holidays are taken: one year a line.",
    ("", "calendar.holidays"): "Your own days off, one a line, such as 2027-05-04.",
    ("", "calendar.extra_workdays"): "Days that are worked, one a line, such as 2027-05-08.",
    ("", "calendar.own_years"): "Years of which your own days are the whole list, one a line.",
    ("publishPolicy", "due_after_by_activity"): "A kind of touch, or kind:outcome.",
    ("divideTarget", "children"): "Either this, or into what it is divided above.",
    ("respreadTarget", "children"): "Every part that is not past. Left out: those that there are, in proportion.",
    ("", "children.weight"): "For weighted and seasonal shares.",
    ("", "children.number"): "For shares that are given by hand.",
    ("defineScorecard", "measures"): "Their weights sum to 100.",
    ("", "measures.weight"): "In per cent.",
    ("", "measures.curve"): "Two points or more; people score what is qualitative without any.",
    ("publishCyclePolicy", "weekday"): "1 is Monday, 7 is Sunday.",
    ("publishCyclePolicy", "threshold"): "As a share of what was expected, such as 0.10.",
    ("publishCyclePolicy", "fiscal_start"): "The month in which the fiscal year begins.",
    ("publishProcess", "stages"): "In their order; the last three are won, lost and after-sales.",
    ("", "stages.probability"): "Of winning from here, 0 to 1.",
    ("openScorecard", "scope"): "Whose work is scored.",
    ("openScorecard", "definition"): "The name that it was published under, such as field-sales.",
    ("openScorecard", "owner_id"): "Who is scored, and may comment and appeal.",
    ("openScorecard", "manager_id"): "Whose scores count.",
    ("openScorecard", "currency"): "Only where money is measured, such as CNY.",
}  # fmt: skip
"""Below a control, by the act and the field."""
LABELS = {
    ("recordQuote", "reference"): "quote number",
    ("decideOverride", "approved"): "decision",
    ("unmergeCustomer", "fields"): "profile",
    ("unmergeCustomer", "roles"): "parts in deciding",
    ("unmergeCustomer", "custom"): "custom fields",
    ("unmergeCustomer", "contact_custom"): "custom fields of contacts",
    ("unmergeCustomer", "parent"): "which company it belongs to",
    ("unmergeCustomer", "rest_stays"): "everything else stays",
    ("defineScorecard", "measures.key"): "name",
    ("publishProcess", "stages.sla_days"): "days at most",
    ("publishProcess", "stages.leave"): "needed to leave it",
    ("publishProcess", "stages.enter"): "needed to enter it",
    ("publishPolicy", "max_reassignments"): "reassignments at most",
    ("publishPolicy", "owner_ahead"): "how far ahead an owner may promise",
    ("publishPolicy", "owner_excuses"): "promises of a deal that its owner may excuse",
    ("publishPolicy", "owner_moves"): "how often an owner may put off a promise",
    ("publishCyclePolicy", "weekday"): "weekday of check-ins",
    ("publishCyclePolicy", "threshold"): "shortfall that is told",
}
SENT = {"decideOverride": "Record the decision"}
"""What the button says that sends a form, where it is not the act's own name."""
OF = {
    "calendar.workdays": "weekday",
    "stages.leave": "requirement",
    "stages.enter": "requirement",
}
"""What list a field is one of, where the type does not say it."""


def more(act: Act) -> str:
    return MORE.get(act.operation, act.more)


def worded(act: Act, control: Control) -> Control:
    """What stands in several forms by its place in them alone, else by the act, too."""
    return each(control, lambda one: _worded(act, one))


def _worded(act: Act, one: Control) -> Control:
    where = act.operation, one.place
    return replace(
        one,
        help=HINTS.get(where, HINTS.get(("", one.place), one.help)),
        label=LABELS.get(where, one.label),
        of=OF.get(one.place, one.of),
    )
