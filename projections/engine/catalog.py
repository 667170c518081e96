"""Projections room: every read model there is, and the statements that install them."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import domain.registry  # noqa: F401 - every fact is known before the first is folded
from domain.capabilities import load
from projections.engine.positions import DDL, install
from projections.engine.projection import Projection


def _read_models(module: ModuleType) -> Iterator[type[Projection]]:
    """Those that a module defines, in the order they stand in it."""
    for found in vars(module).values():
        model: Any = found
        if isinstance(model, type) and issubclass(model, Projection) and model.__module__ == module.__name__:
            yield model


ALL: tuple[type[Projection], ...] = tuple(
    model for module in load("projections") for model in _read_models(module)
)
BY_NAME = {projection.name: projection for projection in ALL}


def statements() -> list[str]:
    """DDL to hand to `runtime.schema.migrate`, as the application's role; running it again changes nothing."""
    return [DDL, *(install(projection) for projection in ALL)]
