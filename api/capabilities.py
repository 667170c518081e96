"""api: what all capabilities have for HTTP together — their routes, and the acts that most of them come from."""

from __future__ import annotations

from typing import Any

from starlette.routing import BaseRoute

import domain.registry  # noqa: F401 - every fact and decision is registered by importing it
from api.engine.acts import Act
from api.routers import NAMES, routes_of
from domain.capabilities import load

MODULES = load("api", NAMES)
ROUTES: tuple[BaseRoute, ...] = tuple(route for module in MODULES for route in routes_of(module))
ACTS: tuple[Act, ...] = tuple(
    act
    for module in MODULES
    if module.__name__.endswith(".acts") or hasattr(module, "READS")
    for act in module.ACTS
)
"""Everything that can be written, but for what has no command: imports, keys, a stopped read model."""
TAGS: dict[str, str] = {
    tag: about for module in MODULES for tag, about in getattr(module, "TAGS", {}).items()
}
"""What routes are grouped by in the published OpenAPI, and what each is about."""
EXAMPLES: dict[str, Any] = {
    field: example for module in MODULES for field, example in getattr(module, "EXAMPLES", {}).items()
}
"""What a field holds, for the published OpenAPI: by its name, or by where it stands and its name. Each is said once."""
