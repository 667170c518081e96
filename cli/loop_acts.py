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

CYCLES = (
    Act("cycle open", "/cycles",
        "scope:scope! period! owner=owner_id:rep! manager=manager_id:rep above=above_id:rep metric=metrics* policy "
        "cadence:daily|weekly|biweekly|monthly",
        "Open the cycle of a scope and period. A workflow then drives it and opens the next by itself.",
        f"--scope company --period 2027-Q1 --owner {WHO}"),
    Act("cycle include", "/cycles/{cycle_id}/targets", "<target=target_id:id!",
        "A target becomes part of the cycle.", f"{CYCLE} {WHICH}"),
    Act("cycle agree", "/cycles/{cycle_id}/agree", BY, "The owner agrees to every target of the cycle.", f"{CYCLE} --by {WHO}"),
    Act("cycle self-assess", "/cycles/{cycle_id}/self-assessment", f"<text! {BY}",
        "The owner's own assessment.", f"{CYCLE} 'two slipped' --by {WHO}"),
    Act("cycle assess", "/cycles/{cycle_id}/assessment", f"<text! {BY}",
        "The manager's assessment, after the owner's own or when that is overdue.", f"{CYCLE} 'good pipeline, late offers' --by {WHO}"),
    Act("cycle ask", "/cycles/{cycle_id}/decisions", "<question! of:rep! due=due_at:instant!",
        "Ask for a decision.", f"{CYCLE} 'more demos?' --of {WHO} --due 2027-04-09T17:00"),
    Act("cycle decide", "/cycles/{cycle_id}/decisions/{decision_id}/choice", f"<choice! {BY} change:change",
        "Take a decision that was asked for.", f"{CYCLE} {WHICH} 'yes, two a week' --by {WHO}"),
    Act("cycle ask-another", "/cycles/{cycle_id}/decisions/{decision_id}/handover", "to:rep!",
        "Another one is to take the decision, until the same time.", f"{CYCLE} {WHICH} --to {WHO}"),
    Act("cycle feedback", "/cycles/{cycle_id}/feedback", f"<text! {BY} item=action_items:id*",
        "The feedback that owner and manager agreed on, with its action items.", f"{CYCLE} 'offers within two days' --by {WHO}"),
    Act("cycle acknowledge", "/cycles/{cycle_id}/acknowledge", BY, "The owner has read the feedback.", f"{CYCLE} --by {WHO}"),
    Act("cycle comment", "/cycles/{cycle_id}/comments", f"<text! {BY}", "Say something about it.", f"{CYCLE} 'the fair cost a week' --by {WHO}"),
    Act("cycle appeal", "/cycles/{cycle_id}/appeal", f"why! {BY}",
        "The owner does not accept the outcome. A closed scorecard is reopened; its first result is kept.",
        f"{CYCLE} --why 'the Acme deal counts' --by {WHO}"),
    Act("cycle decide-appeal", "/cycles/{cycle_id}/appeal/decision", f"uphold/turn-down=upheld:yes! why! {BY}",
        "Uphold an appeal, or turn it down.", f"{CYCLE} --turn-down --why 'signed in May' --by {WHO}"),
    Act("cycle pause", "/cycles/{cycle_id}/pause", "why!",
        "Nobody is reminded and nothing goes on until it is resumed.", f"{CYCLE} --why 'a strike'"),
    Act("cycle resume", "/cycles/{cycle_id}/resume", "", "What was owed is put off by the time of the pause.", CYCLE),
    Act("cycle cancel", "/cycles/{cycle_id}/cancel", "why!", "It ends here. It may be opened anew.", f"{CYCLE} --why 'teams were merged'"),
    Act("cycle cadence", "/cycles/{cycle_id}/cadence", "<cadence:daily|weekly|biweekly|monthly!",
        "How often it is checked in, from now.", f"{CYCLE} monthly"),
    Act("cycle handover", "/cycles/{cycle_id}/handover",
        "why! owner=owner_id:rep manager=manager_id:rep above=above_id:rep",
        "Others take the parts that are named. With its owner the cycle's targets change hands.",
        f"{CYCLE} --manager {WHO} --why 'parental leave'"),
    Act("cycle publish", "/cycle-policies", "<file=:file!",
        "Publish a cycle policy's next version, for cycles opened from now.", "./sprint.json --reason 'the new year'"),
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
    Act("action open", "/action-items",
        "<what! owner=owner_id:rep due=due_at:instant! manager=manager_id:rep cycle=cycle_id:cycle_id decision=decision_id:id policy",
        "Somebody is to do something by a time: reminded, missed, escalated.",
        f"'call the silent ones' --owner {WHO} --due 2027-01-15T18:00"),
    Act("action reword", "/action-items/{item_id}/wording", "<what!", "Say better what is to be done.", f"{WHICH} 'call every silent customer'"),
    Act("action move", "/action-items/{item_id}/due", "due=due_at:instant!",
        "Another due time. What was overdue stays so: it can end late, but no longer be kept.", f"{WHICH} --due 2027-02-01T18:00"),
    Act("action handover", "/action-items/{item_id}/handover", "to:rep! manager=manager_id:rep",
        "Somebody else is to do it.", f"{WHICH} --to {WHO}"),
    Act("action finish", "/action-items/{item_id}/finish", "note", "It is done.", f"{WHICH} --note 'all but one'"),
    Act("action excuse", "/action-items/{item_id}/excuse", "why!", "It need not be done.", f"{WHICH} --why 'the customer merged'"),
    Act("action break", "/action-items/{item_id}/break", "why!", "It will not be done.", f"{WHICH} --why 'no time'"),
    Act("adjustment start", "/adjustments",
        "<hypothesis scope:scope metric currency baseline:days horizon:day owner=owner_id:rep starts:day above=above_id:rep "
        "policy cycle=cycle_id:cycle_id",
        "Start one. What is left out is named in the refusal; a workflow measures it and asks what becomes of it.",
        "'a demo in the first week wins more' --scope team:East --metric win-rate "
        f"--baseline 2026-07-01..2026-09-30 --horizon 2027-03-31 --owner {WHO}"),
    Act("adjustment decide", "/adjustments/{adjustment_id}/decision", f"<outcome:keep|change|stop! why! {BY}",
        "Keep, change or stop it. Stopping is possible at any time.", f"{WHICH} keep --why 'two more wins' --by {WHO}"),
    Act("adjustment handover", "/adjustments/{adjustment_id}/handover", "to:rep!",
        "Somebody else owns it from now.", f"{WHICH} --to {WHO}"),
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
LOOP = (*TARGETS, *CYCLES, *REVIEWS, *MEETINGS)
