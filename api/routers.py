"""api: which capability answers which request, and its routes. A capability says in `PATHS` what the paths of its requests begin with;
to ask a folder for that imports nothing else of it.

The server has all routes at once (`api/capabilities.py`). Where there is one request, as in the terminal, there are no more of them
than it takes to find its own, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from fastapi import APIRouter
from starlette.routing import BaseRoute

from api.engine import auth
from api.engine.allowed import add_allowed
from api.engine.reads import add_table, filters_of
from api.engine.routes import add_acts
from domain.capabilities import CAPABILITIES, modules

NAMES = tuple(
    name
    for name in (*CAPABILITIES, "feed", "event_log", "keys", "accounts", "account", "notices", "operations")
    if find_spec(f"api.{name}") is not None
)


def modules_for(path: str) -> Iterator[ModuleType]:
    """Of the capability that answers requests to this path, each imported when it is its turn; of all, where none says so."""
    first = path.split("/", 2)[1]
    found = next((name for name in NAMES if first in import_module(f"api.{name}").PATHS), None)
    for name in NAMES if found is None else (found,):
        yield from modules("api", name)


@cache
def routes_of(module: ModuleType) -> tuple[BaseRoute, ...]:
    return tuple(route for router in _routers(module) for route in router.routes)


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
            import_module("api.deal.history").add_history(router, reads)
            add_allowed(router, module.ACTS, filters_of(reads).MODEL.aggregate, reads.path)
    return router
