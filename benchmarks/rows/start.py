"""benchmarks, rows: starting — from `salesloop api` to the first request that is served, and what `salesloop --help` takes."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx

from benchmarks.bench import Bench
from benchmarks.figures import OURS, Aim, Contest, Figures, Row
from benchmarks.http_servers import TABLES
from runtime.programs import free_port

READY, HELP = "api ready, seconds", "--help, seconds"
COMMAND = (sys.executable, "-m", "cli.main")
LOOK_EVERY = 0.01
PATIENCE = 300.0


async def _start(url: str, directory: str) -> Figures:
    return {READY: await _until_ready(url, directory), HELP: await _help()}


async def _until_ready(url: str, directory: str) -> float:
    port = free_port()
    given = {"DATABASE_URL": url, "SALESLOOP_DATA": directory, "SALESLOOP_API_PORT": str(port)}
    given["SALESLOOP_LOG_LEVEL"] = "WARNING"
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *COMMAND, "api", env=os.environ | given, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await asyncio.wait_for(_ready(f"http://127.0.0.1:{port}/readyz"), PATIENCE)
        return time.perf_counter() - started
    finally:
        process.terminate()
        await process.wait()


async def _ready(address: str) -> None:
    async with httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(address)).is_success:
                    return
            except httpx.TransportError:
                await asyncio.sleep(LOOK_EVERY)


async def _help() -> float:
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(*COMMAND, "--help", stdout=asyncio.subprocess.DEVNULL)
    if await process.wait() != 0:
        raise RuntimeError("salesloop --help failed")
    return time.perf_counter() - started


@asynccontextmanager
async def starting(bench: Bench) -> AsyncIterator[Contest]:
    async with bench.database(tables=TABLES) as url:
        bytecode = "not written" if sys.dont_write_bytecode else "kept"
        run = partial(_start, url, str(bench.directory / "started"))
        yield Contest(
            {OURS: run}, [f"whole processes, from the shell's side; our modules' bytecode is {bytecode}"]
        )


ROWS = (
    Row(
        "start",
        "from `salesloop api` to ready, and `salesloop --help`",
        (Aim(READY, at_most=2), Aim(HELP, at_most=0.4)),
        starting,
    ),
)
