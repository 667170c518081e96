"""Projections room: what the worker's role `projections` runs."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Collection

from projections.engine.catalog import ALL
from projections.engine.runner import ModelRunner, RunnerContext
from runtime.ending import cancelled
from runtime.garbage import SELDOM


async def run_projections(
    url: str, names: Collection[str] | None = None, stop: asyncio.Event | None = None
) -> None:
    """Follow the ledger for the named read models (default: all) until `stop` is set or this task is cancelled."""
    gc.set_threshold(*SELDOM)  # a fold makes many small objects and no cycles
    chosen = [projection for projection in ALL if names is None or projection.name in names]
    async with RunnerContext(url) as context:
        followers = [asyncio.create_task(ModelRunner(url, p, context).run(), name=p.name) for p in chosen]
        stopping = asyncio.create_task((stop or asyncio.Event()).wait())
        try:
            await asyncio.wait([*followers, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended = await cancelled(*followers, stopping)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise outcome
