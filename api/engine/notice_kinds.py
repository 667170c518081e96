"""api: what people can be told of, by the names that rules and notices call it, and where chats can be."""

from __future__ import annotations

KINDS = (
    *("promise.reminded", "promise.missed", "promise.escalated", "promise.reassigned", "promise.handed-over"),
    *("deal.given", "lead.given", "override.asked", "override.decided", "target.proposed"),
    *(
        "meeting.called",
        "cycle.pack-ready",
        "cycle.self-assessment-due",
        "cycle.feedback-given",
        "cycle.behind",
    ),
    *("action-item.reminded", "action-item.missed", "action-item.escalated"),
    *("import.finished", "read-model.stopped", "recipient.address-failed"),
)
GROUPS = tuple(dict.fromkeys(name.partition(".")[0] for name in KINDS))
"""What they begin with, each of which is a name for all of its own."""
CHAT_SCHEMES = frozenset(
    {"dingtalk", "discord", "feishu", "gchat", "lark", "msteams", "slack", "tgram", "wecombot", "workflows"}
)
"""Services that everybody reaches under a name of their own: nobody makes us ask an address of our own network."""
