"""api: the routers of every capability, in the order in which the API is described."""

from __future__ import annotations

from fastapi import APIRouter

from api import feed, figures, keys, operations
from api.action_item import acts as action_item_acts
from api.action_item import routes as action_items
from api.adjustment import acts as adjustment_acts
from api.adjustment import routes as adjustments
from api.customer import acts as customer_acts
from api.customer import writes as customers
from api.cycle import acts as cycle_acts
from api.cycle import board as cycles
from api.cycle import policies as cycle_policies
from api.cycle import writes as cycles_acts
from api.deal import acts as deal_acts
from api.deal import agenda, funnel, history
from api.deal import routes as deals
from api.engine.acts import Act
from api.imports import routes as imports
from api.lead import acts as lead_acts
from api.lead import routes as leads
from api.meeting import reads as meetings
from api.meeting import writes as meetings_acts
from api.people import acts as people_acts
from api.people import directory
from api.people import writes as people
from api.policy import routes as policies
from api.scorecard import reads as scorecards
from api.scorecard import writes as scorecards_acts
from api.target import attainment
from api.target import tree as target_tree
from api.target import writes as targets

ROUTERS: tuple[APIRouter, ...] = tuple(
    router
    for module in (
        deals,
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
    for router in (module.router, *getattr(module, "MORE", ()))
)

ACTS: tuple[Act, ...] = tuple(
    act
    for table in (
        deal_acts,
        customer_acts,
        people_acts,
        lead_acts,
        cycle_acts,
        action_item_acts,
        adjustment_acts,
    )
    for act in table.ACTS
)
"""Everything that can be written, but for what `tests/cli/test_acts.py` lists."""
