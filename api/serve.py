"""api: the process that serves it, with uvicorn. It drains requests on SIGTERM and logs no secret and no address asked for."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys

import uvicorn

from runtime import logging as logs
from runtime.garbage import Survivors
from runtime.health import unreachable
from runtime.settings import NotConfigured, Settings

DRAIN_SECONDS = 10


def config(settings: Settings, *, uds: str | None = None) -> uvicorn.Config:
    from api.app import create_app  # most of a start is this import

    return uvicorn.Config(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        uds=uds,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,  # api/front.py writes one without addresses
        log_config=None,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=30,
        limit_concurrency=2_000,
        h11_max_incomplete_event_size=64 * 1024,
    )


def main(*, json_lines: bool = False) -> None:
    try:
        settings = Settings.from_env()
    except NotConfigured as missing:
        sys.exit(str(missing))
    logs.configure(settings.log_level, json_lines=json_lines or None, to=sys.stdout if json_lines else None)
    if ailing := asyncio.run(unreachable(settings.database_url)):
        sys.exit(ailing)
    # uvicorn drains, then raises the signal again: having been told to end is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = uvicorn.Server(_started(settings))
    with Survivors():
        server.run()


def _started(settings: Settings) -> uvicorn.Config:
    """All that is made before serving stays for good: the collector looks at none of it, now or later."""
    gc.disable()
    made = config(settings)
    gc.freeze()
    gc.enable()
    return made


if __name__ == "__main__":
    main()
