"""api: the routers of every capability, in the order in which the API is described."""

from __future__ import annotations

from fastapi import APIRouter

from api import feed, figures, keys, operations
from api.action_item import routes as action_items
from api.adjustment import routes as adjustments
from api.customer import writes as customers
from api.cycle import board as cycles
from api.cycle import policies as cycle_policies
from api.cycle import writes as cycles_acts
from api.deal import agenda, funnel, history, promises
from api.deal import board as deals
from api.deal import writes as deals_acts
from api.imports import routes as imports
from api.lead import routes as leads
from api.meeting import reads as meetings
from api.meeting import writes as meetings_acts
from api.people import directory
from api.people import writes as people
from api.policy import routes as policies
from api.scorecard import reads as scorecards
from api.scorecard import writes as scorecards_acts
from api.target import attainment
from api.target import tree as target_tree
from api.target import writes as targets

ROUTERS: tuple[APIRouter, ...] = tuple(
    module.router
    for module in (
        deals,
        deals_acts,
        promises,
        history,
        agenda,
        funnel,
        customers,
        directory,
        people,
        policies,
        figures,
        leads,
        target_tree,
        targets,
        attainment,
        cycles,
        cycles_acts,
        cycle_policies,
        scorecards,
        scorecards_acts,
        action_items,
        adjustments,
        meetings,
        meetings_acts,
        imports,
        feed,
        keys,
        operations,
    )
)
