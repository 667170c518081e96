"""api: the acts of all capabilities by their operation, for pages that offer them."""

from __future__ import annotations

from functools import cache

from api.capabilities import ACTS
from api.engine.acts import Act


@cache
def acts() -> dict[str, Act]:
    return {act.operation: act for act in ACTS}
