"""runtime: Temporal's development server from a wheel, for `salesloop dev` and the tests, with real or with virtual time.

It owns one directory, survives kill -9 and starts again on what was left. Nothing about our workflows or the domain may enter.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Self

import psutil
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from runtime import programs
from runtime.payloads import DATA_CONVERTER

SQLITE_PRAGMAS: Mapping[str, str] = {"journal_mode": "WAL", "synchronous": "NORMAL"}
TIME_SKIPPING: Mapping[str, str] = {
    "frontend.TimeSkippingEnabled": "true",
    "frontend.WorkflowTimeSkippingEnabled": "true",
}


class EmbeddedTemporal:
    """The Temporal development server with its state in a file under `directory`, on 127.0.0.1.

    `port` None takes a free one and keeps it over restarts; `ui_port` None means no web UI.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        ui_port: int | None = None,
        namespace: str = "default",
        dynamic_config: Mapping[str, str] | None = None,
        log_file: Path | None = None,
    ) -> None:
        self.directory = Path(directory).absolute()
        self.port = port or programs.free_port()
        self.ui_port = ui_port
        self.namespace = namespace
        self.dynamic_config = dict(dynamic_config or {})
        self.log_file = log_file or self.directory.parent / "logs" / "temporal.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def ui_url(self) -> str | None:
        return f"http://127.0.0.1:{self.ui_port}" if self.ui_port else None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def running(self) -> bool:
        return self.pid is not None

    def start(self) -> Self:
        """Start on the state of last time and return when a client can connect and its namespace answers."""
        if self.running:
            return self
        self.directory.mkdir(parents=True, exist_ok=True)
        programs.kill_all(self._leftovers())
        self._process = programs.spawn(
            self._command(), log=self.log_file, on_orphaned=signal.SIGTERM, env=_server_environment()
        )
        programs.until_ready(self._ready, self._process, self.log_file, "Temporal")
        return self

    def wait(self) -> None:
        """Return when the server ends, at once when it does not run."""
        if self._process:
            self._process.wait()

    def stop(self) -> None:
        if self._process and self.running:
            programs.end(self._process.pid, (signal.SIGTERM, 20), (signal.SIGKILL, 10))
        self._reap()

    def kill(self) -> None:
        """SIGKILL: timers and histories are those already written to the file."""
        if self.pid is not None:
            programs.kill_tree(self.pid)
        self._reap()

    def restart(self) -> Self:
        self.stop()
        return self.start()

    def remove(self) -> None:
        """Stop, then delete the state."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def database(self) -> Path:
        return self.directory / "temporal.db"

    def _command(self) -> list[str]:
        command = [str(programs.find_program("temporal")), "server", "start-dev", "--ip", "127.0.0.1"]
        command += [
            "--port",
            str(self.port),
            "--db-filename",
            str(self.database),
            "--namespace",
            self.namespace,
        ]
        command += ["--ui-port", str(self.ui_port)] if self.ui_port else ["--headless"]
        command += [part for pair in SQLITE_PRAGMAS.items() for part in ("--sqlite-pragma", "=".join(pair))]
        return [*command, *dynamic_config_arguments(self.dynamic_config), "--log-level", "error"]

    def _ready(self) -> bool:
        """Whether a client connects, and to ours: another server on the port would answer too, until ours gives up."""
        pid = self.pid
        return pid is not None and programs.listens(pid, self.port) and _answers(self.address, self.namespace)

    def _leftovers(self) -> list[psutil.Process]:
        """A server of an earlier owner on the same file: two writers would corrupt each other's tasks."""
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if str(self.database) in (process.info["cmdline"] or [])
        ]

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(10)
            self._process = None


def dynamic_config_arguments(values: Mapping[str, str]) -> Sequence[str]:
    return [part for pair in values.items() for part in ("--dynamic-config-value", "=".join(pair))]


def _server_environment() -> dict[str, str]:
    """Ours without TEMPORAL_*: those configure clients, and the server's own command line reads them too."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}


def _answers(address: str, namespace: str) -> bool:
    """Whether a client connects and finds the namespace; works with or without a running event loop in this thread."""
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(asyncio.run(_namespace_ready(address, namespace))))
    thread.start()
    thread.join()
    return found == [True]


async def _namespace_ready(address: str, namespace: str) -> bool:
    try:
        client = await Client.connect(address, namespace=namespace)
        request = DescribeNamespaceRequest(namespace=namespace)
        await client.workflow_service.describe_namespace(request, timeout=timedelta(seconds=5))
    except (RuntimeError, RPCError):
        return False
    return True


async def time_skipping_environment() -> WorkflowEnvironment:
    """The full server in memory, each workflow with a virtual clock that jumps over its timers. The caller shuts it down.

    Hazard: a process that ends in the instant after `shutdown()` can abort (SDK 1.35, a bridge thread still letting go of the GIL).
    """
    return await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=DATA_CONVERTER,
        dev_server_existing_path=str(programs.find_program("temporal")),
        dev_server_extra_args=list(dynamic_config_arguments(TIME_SKIPPING)),
    )
