"""api: one router per capability."""

from __future__ import annotations

from fastapi import APIRouter

from api.routers import (
    customers,
    deals,
    deals_acts,
    directory,
    feed,
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
