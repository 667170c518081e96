"""Projections room: every read model there is, and the statements that install them."""

from __future__ import annotations

import domain.registry  # noqa: F401 - every fact is known before the first is folded
from domain.capabilities import load
from projections.engine.positions import DDL, install
from projections.engine.projection import Projection, read_models_of

ALL: tuple[type[Projection], ...] = tuple(
    model for module in load("projections") for model in read_models_of(module)
)
BY_NAME = {projection.name: projection for projection in ALL}


def statements() -> list[str]:
    """DDL to hand to `runtime.schema.migrate`, as the application's role; running it again changes nothing."""
    return [DDL, *(install(projection) for projection in ALL)]
