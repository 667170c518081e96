"""Domain room: who is told of a lead."""

from __future__ import annotations

from domain.engine.notices import NoticeRule, after
from domain.lead.facts import LeadAllocated
from domain.lead.lead import OPEN, Lead

NOTICES = (
    NoticeRule(
        name="lead.given",
        called="leads that are given to you",
        says="The lead {name} is yours now",
        about=Lead,
        facts=(LeadAllocated,),
        to=after,
        still=lambda lead, fact: lead.status == OPEN and lead.owner_id == fact.after,
        places=lambda lead, _fact: {"name": lead.details.name},
    ),
)
