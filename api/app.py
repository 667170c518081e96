"""api: the application — its lifespan, its routers, its limits. No business rule and no SQL may enter."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute, Router
from starlette.types import Receive, Scope, Send

from api.engine import errors
from api.engine.feeding import Feed
from api.engine.metrics import Metrics
from api.engine.middleware import Middleware
from api.engine.moves import Moves
from api.engine.services import Services
from api.engine.streams import Streams
from projections.deal import concerned
from runtime.ledger import open_ledger
from runtime.settings import NotConfigured, Settings

VERSION = "1"
POOL_SIZE = 12
DATABASE_PATIENCE = 5.0
"""Seconds a request waits for a connection before it is told that the database is away."""
STATEMENT_PATIENCE = 9.0
"""Seconds a statement may take before the request is told that the database is busy."""


def create_app(settings: Settings) -> FastAPI:
    """The API on one PostgreSQL. Everything it holds open belongs to its lifespan. Raises NotConfigured."""
    from api import sign_in
    from api.capabilities import ROUTES
    from api.engine import signed_in
    from api.pages import PAGES
    from api.survey import answering

    app = bare_app(settings)
    signed_in.install(app)
    app.router.routes.extend(ROUTES)
    for router in (sign_in.router, *sign_in.MORE, answering.router, *PAGES):
        app.router.routes.extend(router.routes)
    if settings.mcp.on:
        _tools(app, settings)
    app.router.middleware_stack = _by_first_word(app.router)  # type: ignore[assignment]
    return app


def _tools(app: FastAPI, settings: Settings) -> None:
    """Raises NotConfigured."""
    try:
        from api.mcp.server import install
    except ModuleNotFoundError as missing:
        raise NotConfigured(
            f"SALESLOOP_MCP=on needs more: pip install 'salesloop[mcp]' ({missing})"
        ) from None
    install(app, settings.mcp)


def _by_first_word(router: Router) -> Callable[[Scope, Receive, Send], Coroutine[Any, Any, None]]:
    """Routes are asked in turn whether a request is theirs, and there are hundreds: here only those are whose path begins with the same word."""
    words: dict[str, list[BaseRoute]] = {}
    for route in router.routes:
        words.setdefault(_first_word(str(getattr(route, "path", ""))), []).append(route)
    parts = {word: Router(routes, redirect_slashes=False) for word, routes in words.items()}
    nothing = Router([], redirect_slashes=False)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope.get("root_path"):
            return await router.app(scope, receive, send)
        scope.setdefault("router", router)
        return await parts.get(_first_word(scope["path"]), nothing).app(scope, receive, send)

    return answer


def _first_word(path: str) -> str:
    return path[1:].partition("/")[0]


def bare_app(settings: Settings) -> FastAPI:
    """The same without routes: they are added for the requests that come."""
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
    app.state.metrics, app.state.moves, app.state.feed = metrics, Moves(), Feed()
    app.state.mcp = None
    app.state.streams = Streams(settings.bounds.streams)
    https = settings.sign_in.public_url.startswith("https://")
    app.add_middleware(Middleware, metrics=metrics, bounds=settings.bounds, https=https)
    errors.install(app)
    app.openapi = partial(_published, app)  # type: ignore[method-assign]
    return app


def _published(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        from api.capabilities import EXAMPLES, TAGS
        from api.engine.openapi import make

        app.openapi_schema = make(app, TAGS, EXAMPLES)
    return app.openapi_schema


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
                whom = partial(concerned.between, ledger.pool)
                async with (
                    app.state.moves.watching(services.waiter.watermarks, whom),
                    app.state.feed.open(services),
                    app.state.mcp.running() if app.state.mcp else contextlib.nullcontext(),
                ):
                    yield
            finally:
                await services.imports.close()

    return lifespan
