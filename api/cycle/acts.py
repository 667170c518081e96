"""api: everything people do in a cycle. What timers say has no route."""

from __future__ import annotations

from api.engine.acts import WHICH, WHO, Act
from api.engine.roles import ADMIN, LEADERS
from domain.cycle import commands as c
from domain.cycle.policies import PublishCyclePolicy

CYCLE = "company@2027-Q1"

CYCLES = (
    Act(c.OpenCycle, "/cycles", "Open a cycle", roles=LEADERS,
        more="There is one for a scope and period. A workflow then drives it and opens the next by itself.", status=201,
        location="/cycles/{id}", hide=("previous_id",),
        about="A rep's manager is the team's where none is named; `above_id` is told where the manager is late.",
        example={"scope": {"kind": "rep", "id": WHICH}, "period": "2027-Q1", "owner_id": WHICH,
            "metrics": ["revenue-won", "promise-keeping"]},
        terminal="cycle open", typed=f"--scope company --period 2027-Q1 --owner {WHO}"),
    Act(c.IncludeTarget, "/cycles/{cycle_id}/targets", "Include a target", roles=LEADERS,
        more="One for the same scope and period.", body="Include",
        terminal="cycle include <target", typed=f"{CYCLE} {WHICH}"),
    Act(c.AgreeTargets, "/cycles/{cycle_id}/agree", "Agree to the cycle's targets",
        more="The owner, to every one of them.", speaker="agreed_by",
        terminal="cycle agree", typed=f"{CYCLE} --by {WHO}"),
    Act(c.AssessSelf, "/cycles/{cycle_id}/self-assessment", "The owner's assessment", speaker="assessed_by", body="Assessment",
        terminal="cycle self-assess <text", typed=f"{CYCLE} 'two slipped' --by {WHO}"),
    Act(c.AssessCycle, "/cycles/{cycle_id}/assessment", "The manager's assessment", roles=LEADERS,
        more="After the owner's own, or when that is overdue.", speaker="assessed_by", body="Assessment",
        terminal="cycle assess <text", typed=f"{CYCLE} 'good pipeline, late offers' --by {WHO}"),
    Act(c.AskDecision, "/cycles/{cycle_id}/decisions", "Ask for a decision", roles=LEADERS,
        creates="decision_id", body="Question", about="`of` is who must decide, by `due_at`.",
        terminal="cycle ask <question", typed=f"{CYCLE} 'more demos?' --of {WHO} --due 2027-04-09T17:00"),
    Act(c.TakeDecision, "/cycles/{cycle_id}/decisions/{decision_id}/choice", "Take a decision",
        more="Who was asked; when that is overdue, also who was told.", speaker="taken_by", body="Choice",
        about="A `change` that was decided on enters the proposal of the next target, where that was not made yet.",
        terminal="cycle decide <choice", typed=f"{CYCLE} {WHICH} 'yes, two a week' --by {WHO}"),
    Act(c.HandOverDecision, "/cycles/{cycle_id}/decisions/{decision_id}/handover", "Ask another one for it", roles=LEADERS, body="Another",
        terminal="cycle ask-another", typed=f"{CYCLE} {WHICH} --to {WHO}"),
    Act(c.GiveFeedback, "/cycles/{cycle_id}/feedback", "Give the agreed feedback", roles=LEADERS,
        speaker="given_by", body="Feedback", about="What owner and manager agreed on; its action items were opened before.",
        terminal="cycle feedback <text", typed=f"{CYCLE} 'offers within two days' --by {WHO}"),
    Act(c.AcknowledgeFeedback, "/cycles/{cycle_id}/acknowledge", "Acknowledge the feedback", speaker="acknowledged_by",
        terminal="cycle acknowledge", typed=f"{CYCLE} --by {WHO}"),
    Act(c.CommentOnCycle, "/cycles/{cycle_id}/comments", "Comment on a cycle", creates="comment_id", speaker="author_id", body="Comment",
        terminal="cycle comment <text", typed=f"{CYCLE} 'the fair cost a week' --by {WHO}"),
    Act(c.AppealCycle, "/cycles/{cycle_id}/appeal", "Appeal against the outcome",
        more="A closed scorecard is reopened; its first result is kept.", speaker="appealed_by", body="Appeal",
        terminal="cycle appeal", typed=f"{CYCLE} --why 'the Acme deal counts' --by {WHO}"),
    Act(c.DecideAppeal, "/cycles/{cycle_id}/appeal/decision", "Decide an appeal", roles=LEADERS, speaker="decided_by", body="AppealDecision",
        terminal="cycle decide-appeal uphold/turn-down=upheld", typed=f"{CYCLE} --turn-down --why 'signed in May' --by {WHO}"),
    Act(c.PauseCycle, "/cycles/{cycle_id}/pause", "Pause a cycle", roles=LEADERS,
        more="Nobody is reminded until it is resumed.", body="Because",
        terminal="cycle pause", typed=f"{CYCLE} --why 'a strike'"),
    Act(c.ResumeCycle, "/cycles/{cycle_id}/resume", "Resume a cycle", roles=LEADERS,
        terminal="cycle resume", typed=CYCLE, help="Resume a cycle: what was owed is put off by the time of the pause."),
    Act(c.CancelCycle, "/cycles/{cycle_id}/cancel", "Cancel a cycle", roles=LEADERS, body="Because",
        terminal="cycle cancel", typed=f"{CYCLE} --why 'teams were merged'"),
    Act(c.ChangeCadence, "/cycles/{cycle_id}/cadence", "Change the check-ins", roles=LEADERS, body="NewCadence",
        terminal="cycle cadence <cadence", typed=f"{CYCLE} monthly"),
    Act(c.HandOverCycle, "/cycles/{cycle_id}/handover", "Name others for its parts", roles=LEADERS,
        more="With its owner the cycle's targets change hands.", body="NewPeople", about="Who is not named keeps their part.",
        terminal="cycle handover", typed=f"{CYCLE} --manager {WHO} --why 'parental leave'"),
)  # fmt: skip
POLICIES = (
    Act(PublishCyclePolicy, "/cycle-policies", "Publish a cycle policy's next version", roles=ADMIN, flat=("policy",), hide=("version",),
        by_hand="a calendar is resolved from a country's holidays, and what is left out is as in the built-in policy",
        terminal="cycle publish <file=:file", typed="./sprint.json --reason 'the new year'"),
)  # fmt: skip
ACTS = (*CYCLES, *POLICIES)
