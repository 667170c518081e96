"""api: what every capability has for HTTP — its routes, and the acts that most of them come from."""

from __future__ import annotations

from fastapi import APIRouter

from api import feed, keys, operations
from api.engine.acts import Act
from domain.capabilities import load

_MODULES = (*load("api"), feed, keys, operations)
ROUTERS: tuple[APIRouter, ...] = tuple(
    router
    for module in _MODULES
    if hasattr(module, "router")
    for router in (module.router, *getattr(module, "MORE", ()))
)
ACTS: tuple[Act, ...] = tuple(
    act for module in _MODULES if module.__name__.endswith(".acts") for act in module.ACTS
)
"""Everything that can be written, but for what has no command: imports, keys, a stopped read model."""
TAGS: dict[str, str] = {
    tag: about for module in _MODULES for tag, about in getattr(module, "TAGS", {}).items()
}
"""What routes are grouped by in the published OpenAPI, and what each is about."""
