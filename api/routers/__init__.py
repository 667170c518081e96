"""api: one router per capability."""

from __future__ import annotations

from fastapi import APIRouter

from api.routers import (
    agenda,
    customers,
    deals,
    deals_acts,
    directory,
    feed,
    funnel,
    history,
    imports,
    keys,
    operations,
    people,
    policies,
    promises,
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
        imports,
        feed,
        keys,
        operations,
    )
)
