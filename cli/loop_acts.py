"""cli: what people do in the loop, as data — targets, cycles, scorecards, action items, adjustments, meetings. See `cli/acts.py`."""

from __future__ import annotations

from cli.acts import WHICH, WHO, Act

CYCLE = "company@2027-Q1"
BY = "by:rep"
PART = "part=children:part* method:equal|weighted|seasonal|manual basis"

TARGETS = (
    Act("target propose", "/targets",
        "metric number:number unit currency period scope:scope owner=owner_id:rep achievable relevant",
        "Propose a target. What is left out is named in the refusal, all of it at once.",
        "--metric revenue-won --number 1200000 --unit money --currency CNY --period 2027-Q1 --scope company "
        f"--owner {WHO} --achievable '1.1 million last quarter' --relevant 'a third of the plan'"),
    Act("target agree", "/targets/{target_id}/agree", BY, "Its owner agrees to the number it has now.", f"{WHICH} --by {WHO}"),
    Act("target decompose", "/targets/{target_id}/divide", f"into:quarter|month|week|team|rep {PART}",
        "Divide it; the parts sum to it exactly. With --into, weighted is by the days of each period, and seasonal by what the same "
        "days of the three years before brought. With each --part, its weight or number counts.",
        f"{WHICH} --into month --method seasonal"),
    Act("target revise", "/targets/{target_id}/revise", "<number:number! why! from=from_day:day",
        "Another number, from a day on.", f"{WHICH} 1300000 --why 'a colleague left'"),
    Act("target respread", "/targets/{target_id}/respread", f"why! {PART} number:number from=from_day:day",
        "Divide what is left anew. Without parts, the present ones stay in proportion.", f"{WHICH} --why 'the plant opens in May'"),
    Act("target move", "/targets/{target_id}/move", "parent=parent_id:id! why! from=from_day:day stays:number",
        "What it still has to bring counts for another parent.", f"{WHICH} --parent {WHICH} --why 'she changed teams'"),
    Act("target handover", "/targets/{target_id}/handover", "to=owner_id:rep!", "Somebody else owns it from now.", f"{WHICH} --to {WHO}"),
    Act("target withdraw", "/targets/{target_id}/withdraw", "why!", "It no longer holds, nor do its parts.", f"{WHICH} --why 'reorganised'"),
)  # fmt: skip

REVIEWS = (
    Act("scorecard define", "/scorecard-definitions", "<file=:file!",
        "Publish a scorecard's measures, their next version; the weights sum to 100 %.", "./field-sales.json"),
    Act("scorecard open", "/scorecards",
        "<definition! scope:scope! period! owner=owner_id:rep! manager=manager_id:rep currency",
        "Open the scorecard of a scope and period.",
        f"field-sales --scope 'rep:Li Wei' --period 2027-Q1 --owner {WHO} --currency CNY"),
    Act("scorecard score", "/scorecards/{scorecard_id}/scores", f"<scores:score*! {BY} role:owner|manager",
        "Score what people score, 0 to 100. The manager's scores count.", f"{WHICH} --role manager --by {WHO} 'team play=90'"),
    Act("scorecard close", "/scorecards/{scorecard_id}/close", "",
        "Close it with the figures as known now. Later facts, also late ones, do not change it.", WHICH),
    Act("scorecard handover", "/scorecards/{scorecard_id}/handover", "why! owner=owner_id:rep manager=manager_id:rep",
        "Others own an open one, or score and close it.", f"{WHICH} --manager {WHO} --why 'parental leave'"),
    Act("scorecard comment", "/scorecards/{scorecard_id}/comments", f"<text! {BY}",
        "Say something about it.", f"{WHICH} 'the fair cost a week' --by {WHO}"),
    Act("scorecard appeal", "/scorecards/{scorecard_id}/appeal", f"why! {BY}",
        "It is reopened, and the original kept.", f"{WHICH} --why 'the Acme deal counts' --by {WHO}"),
)  # fmt: skip

MEETINGS = (
    Act("meeting schedule", "/meeting-schedules",
        "scope:scope! every=cadence:weekly|monthly! day:whole! at! chair=chair_id:rep above=above_id:rep policy",
        "Meet weekly or monthly; said again, it is changed. A workflow calls each meeting with its agenda.",
        "--scope team:East --every weekly --day 1 --at 09:30"),
    Act("meeting cancel-schedule", "/meeting-schedules/{schedule_id}/cancel", "why!", "Call no more meetings.", f"{WHICH} --why 'too many'"),
    Act("meeting hold", "/meetings/{meeting_id}/hold", f"<notes {BY} present:rep* minutes=:minutes",
        "Record what came of it. Its action items are followed up like promises, its decisions until they are taken.",
        f"{WHICH} 'offers are late' --by {WHO} --minutes m.json"),
    Act("meeting ask", "/meetings/{meeting_id}/decisions", "<question! of:rep! due=due_at:instant!",
        "Ask for a decision.", f"{WHICH} 'one list?' --of {WHO} --due 2027-04-09T17:00"),
    Act("meeting decide", "/meetings/{meeting_id}/decisions/{decision_id}/choice", f"<choice! {BY}",
        "Take a decision that was asked for.", f"{WHICH} {WHICH} 'one for all' --by {WHO}"),
    Act("meeting handover", "/meetings/{meeting_id}/decisions/{decision_id}/handover", "to:rep!",
        "Another one is asked for the decision.", f"{WHICH} {WHICH} --to {WHO}"),
    Act("meeting chair", "/meetings/{meeting_id}/chair", "to:rep!", "Another one chairs it.", f"{WHICH} --to {WHO}"),
    Act("meeting cancel", "/meetings/{meeting_id}/cancel", "why!", "It does not take place.", f"{WHICH} --why 'a fair'"),
)  # fmt: skip
LOOP = (*TARGETS, *REVIEWS, *MEETINGS)
