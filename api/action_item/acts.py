"""api: what people do with action items."""

from __future__ import annotations

from api.engine.acts import WHICH, WHO, Act, Reads
from api.engine.roles import LEADERS
from domain.action_item.commands import (
    BreakActionItem,
    ExcuseActionItem,
    FinishActionItem,
    HandOverActionItem,
    MoveActionItem,
    OpenActionItem,
    RewordActionItem,
)

TAGS = {"action items": "What somebody is to do by a time"}
ACTS = (
    Act(OpenActionItem, "/action-items", "Open an action item",
        more="Followed up like a promise: reminded, missed, escalated.", creates="item_id", kind="action-item",
        location="/action-items/{item_id}", asker="owner_id", body="OpenItem",
        about="Whoever manages the owner's team is told when it is late, unless a manager is named.",
        described={"owner_id": "Left out: whoever asks."},
        example={"what": "call every customer that was silent for 30 days", "owner_id": "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11",
            "due_at": "2027-01-15T18:00:00+08:00"},
        terminal="action open <what", typed=f"'call the silent ones' --owner {WHO} --due 2027-01-15T18:00"),
    Act(RewordActionItem, "/action-items/{item_id}/wording", "Reword it", roles=LEADERS, body="Wording",
        terminal="action reword <what", typed=f"{WHICH} 'call every silent customer'"),
    Act(MoveActionItem, "/action-items/{item_id}/due", "Set another due time", roles=LEADERS,
        more="What was overdue stays so: it can end late, but no longer be kept.", body="NewDue",
        terminal="action move", typed=f"{WHICH} --due 2027-02-01T18:00"),
    Act(HandOverActionItem, "/action-items/{item_id}/handover", "Name another owner", roles=LEADERS, body="ItemHandOver",
        terminal="action handover", typed=f"{WHICH} --to {WHO}"),
    Act(FinishActionItem, "/action-items/{item_id}/finish", "It is done",
        body="Finished", about="When it was done earlier than now, `occurred_at` says so.",
        terminal="action finish", typed=f"{WHICH} --note 'all but one'"),
    Act(ExcuseActionItem, "/action-items/{item_id}/excuse", "It need not be done", roles=LEADERS, body="NotDone",
        terminal="action excuse", typed=f"{WHICH} --why 'the customer merged'"),
    Act(BreakActionItem, "/action-items/{item_id}/break", "It will not be done", body="NotDone",
        terminal="action break", typed=f"{WHICH} --why 'no time'"),
)  # fmt: skip
READS = (
    Reads(
        model="projections.action_item:ActionItems",
        of="ActionItem",
        path="/action-items",
        by="owner manager cycle answer outcome=open|kept|late|broken|excused due_before",
        many="Action items, page by page",
        more="What is due first comes first. Those of your team; auditors and admins see all.",
        one="One action item",
        terminal="action",
        columns="due_at state owner_id what item_id",
        fields="item_id owner_id manager_id due_at state reminded missed escalated done_at note cycle_id decision_id answer_id policy policy_version",
        typed="--owner 'Li Wei'",
    ),
)
