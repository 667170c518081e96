"""runtime: large work in the background, done in pieces with a rest after each: whoever waits for an answer comes first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

REST = 0.5
"""Of what a piece took. On a busy machine a piece takes longer, and so does the rest."""


@asynccontextmanager
async def rested(share: float = REST) -> AsyncIterator[None]:
    """A piece of work, and a rest behind it."""
    began = time.perf_counter()
    yield
    await asyncio.sleep(share * (time.perf_counter() - began))
