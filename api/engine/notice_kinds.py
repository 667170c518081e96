"""api: what people can be told of, by the names that rules and notices call it."""

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
GROUPS = {name.partition(".")[0]: name.partition(".")[0] for name in KINDS}
"""What they begin with, each of which is a name for all of its own."""
CALLED = {name: name.replace(".", " ") for name in KINDS}
EVERYTHING = "everything that concerns you"


def called(what: str) -> str:
    return CALLED.get(what, what)
