"""api: one router per capability."""

from __future__ import annotations

from fastapi import APIRouter

from api.routers import (
    action_items,
    adjustments,
    agenda,
    attainment,
    customers,
    cycle_policies,
    cycles,
    cycles_acts,
    deals,
    deals_acts,
    directory,
    feed,
    figures,
    funnel,
    history,
    imports,
    keys,
    leads,
    meetings,
    meetings_acts,
    operations,
    people,
    policies,
    promises,
    scorecards,
    scorecards_acts,
    target_tree,
    targets,
)

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
