"""api: the process that serves it, with uvicorn. It drains requests on SIGTERM and logs no secret and no address asked for."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from functools import partial
from types import FrameType
from typing import cast

import uvicorn
from fastapi import FastAPI

from api.engine.connections import Connections
from api.engine.services import Services
from runtime import logging as logs
from runtime.bounds import NotBounded, open_files
from runtime.ending import Ending
from runtime.garbage import Survivors
from runtime.health import unreachable
from runtime.settings import NotConfigured, Settings

DRAIN_SECONDS = 10
BACKLOG = 4_096
"""Connections that wait to be accepted; the system's own limit is the same as a rule. Beyond it a second is lost."""


class Server(uvicorn.Server):
    """Ends when it is told to, whatever a request or the database does meanwhile."""

    def __init__(self, config: uvicorn.Config, end_seconds: float) -> None:
        super().__init__(config)
        self._ending = Ending(end_seconds)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._ending.told(sig)
        state = self.config.app.state  # type: ignore[union-attr]
        state.moves.end()
        state.feed.end()
        super().handle_exit(sig, frame)


def config(settings: Settings, *, uds: str | None = None) -> uvicorn.Config:
    from api.app import create_app  # most of a start is this import
    from api.engine.protocol import Bounded

    bounds = settings.bounds
    app = create_app(settings)
    book = Connections(bounds, app.state.metrics.refused, coming=partial(_coming, app))
    return uvicorn.Config(
        app,
        host=settings.api_host,
        port=settings.api_port,
        uds=uds,
        loop="uvloop",
        http=cast("type[asyncio.Protocol]", partial(Bounded, book)),
        ws="none",
        backlog=BACKLOG,
        proxy_headers=bool(bounds.trusted_proxies),
        forwarded_allow_ips=bounds.trusted_proxies,
        lifespan="on",
        access_log=False,  # api/engine/middleware.py writes one without addresses
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=bounds.idle_seconds,
    )


def _coming(app: FastAPI) -> None:
    """Nobody comes before it is open."""
    services: Services = app.state.services
    services.admission.precedence.expect()


def main(*, json_lines: bool = False) -> None:
    try:
        settings = Settings.from_env()
        open_files(settings.bounds)
    except (NotConfigured, NotBounded) as missing:
        sys.exit(str(missing))
    logs.configure(settings.log_level, json_lines=json_lines or None, to=sys.stdout if json_lines else None)
    if ailing := asyncio.run(unreachable(settings.database_url)):
        sys.exit(ailing)
    # uvicorn drains, then raises the signal again: having been told to end is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        serve(settings)
    except NotConfigured as wrong:
        sys.exit(str(wrong))


def serve(settings: Settings, *, uds: str | None = None) -> None:
    """Until it is told to end. Raises NotConfigured."""
    server = Server(_started(settings, uds), settings.bounds.end_seconds)
    with Survivors():
        server.run()


def _started(settings: Settings, uds: str | None) -> uvicorn.Config:
    """All that is made before serving stays for good: the collector looks at none of it, now or later."""
    gc.disable()
    made = config(settings, uds=uds)
    gc.freeze()
    gc.enable()
    return made


if __name__ == "__main__":
    main()
