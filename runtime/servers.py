"""runtime: embedded PostgreSQL and Temporal, the real servers from wheels, for `salesloop dev` and the tests.

Each owns one directory, survives kill -9 and starts again on what it left behind. Nothing about our schemas, workflows or
domain may enter; the only database made here is an empty one.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from runtime import programs, server_home

DATABASE = "salesloop"
SUPERUSER = "postgres"
START_SECONDS = 60.0  # crash recovery of a large log can take a while
POSTGRES_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "wal_compression": "on",
    "max_wal_size": "4GB",
    "min_wal_size": "512MB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_min_messages": "warning",
    "log_parameter_max_length": "0",  # parameters can hold personal data: they stay out of the log
    "log_parameter_max_length_on_error": "0",
}
SQLITE_PRAGMAS: Mapping[str, str] = {"journal_mode": "WAL", "synchronous": "NORMAL"}
TIME_SKIPPING: Mapping[str, str] = {
    "frontend.TimeSkippingEnabled": "true",
    "frontend.WorkflowTimeSkippingEnabled": "true",
}

log = logging.getLogger(__name__)


class ServerFailed(RuntimeError):
    """An embedded server did not start; the message ends with the last lines of its log."""


def _until(ready: Callable[[], bool], process: subprocess.Popen[bytes], log_file: Path, what: str) -> None:
    """Return once `ready()`; raise ServerFailed when the process ends first or START_SECONDS pass."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise ServerFailed(
                f"{what} ended with {process.returncode} while starting:\n{programs.log_tail(log_file)}"
            )
        if time.monotonic() > deadline:
            raise ServerFailed(
                f"{what} was not ready after {START_SECONDS:.0f} s:\n{programs.log_tail(log_file)}"
            )
        time.sleep(0.02)


class EmbeddedPostgres:
    """A PostgreSQL of our own in `directory`, on a unix socket that only this user can open.

    One owner at a time: `start()` ends a server that an earlier owner left running on the same directory.
    """

    def __init__(
        self, directory: Path, *, settings: Mapping[str, str] | None = None, log_file: Path | None = None
    ) -> None:
        self.user = server_home.server_user()
        self.home = server_home.place(Path(directory), self.user)
        self.data = self.home / "data"
        self.socket = server_home.socket_directory(self.home, self.user)
        self.settings = {**POSTGRES_SETTINGS, **(settings or {})}
        self.log_file = log_file or Path(directory).parent / "logs" / "postgres.log"
        self._bin = server_home.postgres_programs(self.user)
        self._process: subprocess.Popen[bytes] | None = None

    # where

    def url_of(self, database: str) -> str:
        """The psycopg URL of a database of this server; holds no secret, the socket's permissions are the key."""
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(self.socket), safe='')}"

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def running(self) -> bool:
        return self.pid is not None

    # what

    def start(self) -> Self:
        """Start, after crash recovery if need be, and return when connections are accepted."""
        if self.running:
            return self
        self._end_leftovers()
        if not self.data.exists():
            self._initialise()
        self._process = programs.spawn(
            self._command(), log=self.log_file, on_orphaned=signal.SIGINT, user=self.user, cwd=Path("/")
        )
        _until(self._ready, self._process, self.log_file, "PostgreSQL")
        self._ensure_database()
        return self

    def stop(self) -> None:
        """Disconnect everyone, write a checkpoint and end."""
        if self._process and self.running:
            programs.end(self._process.pid, (signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10))
        self._reap()

    def kill(self) -> None:
        """SIGKILL to the postmaster and every backend at once: what a power cut leaves, short of the disk cache."""
        postmaster = self.pid
        if postmaster is not None:
            programs.kill_tree(postmaster)
        programs.kill_all(self._leftovers())
        self._reap()

    def restart(self) -> Self:
        self.stop()
        return self.start()

    def remove(self) -> None:
        """Stop, then delete the data, wherever it lies."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.socket, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # how

    def _command(self) -> list[str]:
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._bin / "postgres"), "-D", str(self.data), "-k", str(self.socket), *options]

    def _ready(self) -> bool:
        """The postmaster writes its state into the last line of its pid file."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _initialise(self) -> None:
        """initdb beside, then rename: a start that was killed half-way leaves no half-made cluster."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        initdb = [
            str(self._bin / "initdb"),
            "-D",
            str(fresh),
            "-U",
            SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
        ]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        process = programs.spawn([*initdb, *locale], log=self.log_file, user=self.user, cwd=Path("/"))
        if process.wait(START_SECONDS) != 0:
            raise ServerFailed(f"initdb failed:\n{programs.log_tail(self.log_file)}")
        fresh.rename(self.data)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _leftovers(self) -> list[psutil.Process]:
        """Every postgres process on this data directory; all of them work inside it."""
        return [process for process in psutil.process_iter(["name"]) if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.info["name"] == "postgres" and Path(process.cwd()) == self.data
        except psutil.Error:
            return False

    def _end_leftovers(self) -> None:
        """Make sure nobody works on the directory and no stale pid file (whose number may be reused) blocks the start."""
        pid_file = self.data / "postmaster.pid"
        leftovers = self._leftovers()
        postmaster = _recorded_pid(pid_file)
        if postmaster in {process.pid for process in leftovers}:
            log.warning("ending the PostgreSQL that an earlier run left (pid %s)", postmaster)
            programs.end(postmaster, (signal.SIGINT, 60), (signal.SIGQUIT, 10), (signal.SIGKILL, 10))
        programs.kill_all(self._leftovers())
        pid_file.unlink(missing_ok=True)

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(10)
            self._process = None


def _recorded_pid(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return -1


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
        _until(lambda: _answers(self.address, self.namespace), self._process, self.log_file, "Temporal")
        return self

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
    """The full server in memory, each workflow with a virtual clock that jumps over its timers. The caller shuts it down."""
    return await WorkflowEnvironment.start_time_skipping_v2(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(programs.find_program("temporal")),
        dev_server_extra_args=list(dynamic_config_arguments(TIME_SKIPPING)),
    )
