"""api: what every capability has for HTTP — its routes, and the acts that most of them come from."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from fastapi import APIRouter

from api import accounts, feed, keys, operations, sign_in
from api.deal.history import add_history
from api.engine import auth
from api.engine.acts import Act
from api.engine.reads import add_table
from api.engine.routes import add_acts
from domain.capabilities import load

_MODULES = (*load("api"), feed, keys, accounts, operations, sign_in)


def _routers(module: ModuleType) -> Iterable[APIRouter]:
    """Those it has; from tables of acts and reads alone one is made."""
    if hasattr(module, "READS"):
        yield _made(module)
    elif hasattr(module, "router"):
        yield from (module.router, *getattr(module, "MORE", ()))


def _made(module: ModuleType) -> APIRouter:
    router = auth.router(tags=[*module.TAGS])
    add_acts(router, module.ACTS)
    for reads in module.READS:
        add_table(router, reads)
        if reads.history:
            add_history(router, reads)
    return router


ROUTERS: tuple[APIRouter, ...] = tuple(router for module in _MODULES for router in _routers(module))
ACTS: tuple[Act, ...] = tuple(
    act
    for module in _MODULES
    if module.__name__.endswith(".acts") or hasattr(module, "READS")
    for act in module.ACTS
)
"""Everything that can be written, but for what has no command: imports, keys, a stopped read model."""
TAGS: dict[str, str] = {
    tag: about for module in _MODULES for tag, about in getattr(module, "TAGS", {}).items()
}
"""What routes are grouped by in the published OpenAPI, and what each is about."""
