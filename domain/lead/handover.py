"""Domain room: who gets a lead when its owner leaves or changes teams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from domain.allocation.receipt import AllocationReceipt
from domain.lead.commands import AllocateLead
from domain.lead.lead import OPEN, Lead
from domain.people.handover import RULE, RULE_OF_MOVES, HandoverRules, Left, Moved, Saying, along


def on_left(lead: Lead, left: Left) -> Iterator[Saying]:
    """To the least loaded of the team; where nobody else is there it stays, for its manager to allocate."""
    if left.choice.rep_id is not None:
        receipt = replace(left.choice.receipt, rule=RULE)
        yield AllocateLead(lead_id=lead.id, to=left.choice.rep_id, receipt=receipt), f"{lead.id}:handover"


def on_moved(lead: Lead, moved: Moved) -> Iterator[Saying]:
    if lead.owner_id == moved.rep.id:
        receipt = AllocationReceipt(rule=RULE_OF_MOVES)
        yield AllocateLead(lead_id=lead.id, to=moved.rep.id, receipt=receipt), along(lead, moved)


HANDOVERS = (
    HandoverRules(
        name="lead",
        aggregate=Lead,
        goes_on=lambda lead: lead.status == OPEN,
        left=on_left,
        moved=on_moved,
        shared=True,
    ),
)
