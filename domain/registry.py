"""Domain room: importing this module makes every fact and every decision known."""

from __future__ import annotations

from domain import customer as catalogue
from domain import imported_names, lead
from domain.action_item import commands as action_item_decisions
from domain.adjustment import commands as adjustment_decisions
from domain.cycle import changing, reviewing
from domain.cycle import decisions as cycle_decisions
from domain.cycle import policies as cycle_policies
from domain.deal import closing, decisions, facts, imported, promise_decisions
from domain.meeting import decisions as meeting_decisions
from domain.people import people, staffing
from domain.policy import policies, process
from domain.scorecard import decisions as scorecard_decisions
from domain.scorecard import definition
from domain.target import decisions as target_decisions
from domain.target import dividing, respreading

MODULES = (
    catalogue,
    people,
    staffing,
    imported_names,
    policies,
    process,
    decisions,
    closing,
    facts,
    imported,
    promise_decisions,
    lead,
    target_decisions,
    dividing,
    respreading,
    cycle_policies,
    cycle_decisions,
    changing,
    reviewing,
    definition,
    scorecard_decisions,
    action_item_decisions,
    adjustment_decisions,
    meeting_decisions,
)
