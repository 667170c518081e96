"""Domain room: importing this module makes every fact and every decision known."""

from __future__ import annotations

from domain import catalogue, people, policies, process, staffing
from domain.deal import closing, decisions, facts, imported, promise_decisions
from domain.target import decisions as target_decisions
from domain.target import dividing, respreading

MODULES = (
    catalogue,
    people,
    staffing,
    policies,
    process,
    decisions,
    closing,
    facts,
    imported,
    promise_decisions,
    target_decisions,
    dividing,
    respreading,
)
