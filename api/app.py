"""api: the application — its lifespan, its routers, its limits. No business rule and no SQL may enter."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

import domain.registry  # noqa: F401 - every fact and decision is registered by importing it
from api.capabilities import ROUTERS, TAGS
from api.engine import errors, openapi, signed_in
from api.engine.metrics import Metrics
from api.engine.middleware import Middleware
from api.engine.moves import Moves
from api.engine.services import Services
from api.pages import PAGES
from runtime.ledger import open_ledger
from runtime.settings import Settings

VERSION = "1"
POOL_SIZE = 12
DATABASE_PATIENCE = 5.0
"""Seconds a request waits for a connection before it is told that the database is away."""
STATEMENT_PATIENCE = 9.0
"""Seconds a statement may take before the request is told that the database is busy."""


def create_app(settings: Settings) -> FastAPI:
    """The API on one PostgreSQL. Everything it holds open belongs to its lifespan."""
    metrics = Metrics()
    app = FastAPI(
        title="salesloop",
        version=VERSION,
        lifespan=_lifespan(settings),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.metrics, app.state.moves = metrics, Moves()
    app.add_middleware(Middleware, metrics=metrics, bounds=settings.bounds)
    errors.install(app)
    signed_in.install(app)
    for router in (*ROUTERS, *PAGES):
        app.router.routes.extend(router.routes)
    openapi.install(app, TAGS)
    return app


def _lifespan(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        url = settings.database_url
        opened = open_ledger(url, max_size=POOL_SIZE, statement_seconds=STATEMENT_PATIENCE)
        async with opened as ledger, Services.opened(settings, ledger, app.state.metrics) as services:
            ledger.pool.timeout = DATABASE_PATIENCE
            app.state.services = services
            services.imports.open()
            try:
                async with app.state.moves.watching(services.waiter.watermarks):
                    yield
            finally:
                await services.imports.close()

    return lifespan
