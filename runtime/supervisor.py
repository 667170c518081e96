"""runtime: everything `salesloop dev` runs — servers, migration, roles — started in order, kept alive, stopped in reverse.

The roles are commands, not imports: this room knows the worker and the API by name only.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, Self

import httpx
from temporalio.envconfig import ClientConfig

from runtime import programs, running
from runtime.keeper import Keeper, Role
from runtime.servers import EmbeddedPostgres, EmbeddedTemporal
from runtime.settings import api_place, data_directory

LOCK = "supervisor.lock"
TEMPORAL_PORT = 7233
TEMPORAL_UI_PORT = 8233
MIGRATE: Sequence[str] = ("-m", "worker", "--role", "migrate")
ROLES: Mapping[str, Sequence[str]] = {
    "workflows": ("-m", "worker", "--role", "workflows"),
    "projections": ("-m", "worker", "--role", "projections"),
    "follower": ("-m", "worker", "--role", "follower"),
    "api": ("-m", "cli.main", "api"),
}

log = logging.getLogger(__name__)


class AlreadyRunning(RuntimeError):
    """Another supervisor has this data directory."""


class PortTaken(RuntimeError):
    """Another program listens where the API was told to."""


class NotReady(RuntimeError):
    """A role did not come up; the message ends with the last lines of its log."""


class Supervisor:
    """`with Supervisor() as system:` runs the whole system; leaving the block stops it.

    Ctrl-C and SIGTERM raise KeyboardInterrupt inside the block; a second one kills everything. Must be entered on the main
    thread. `roles` and `migrate` are arguments to the Python interpreter. `temporal_ports` are the usual ones of an
    embedded Temporal and its web UI, any others where those are taken; None is any port and no UI. `told` hears of
    the first signal ("stopping") and the second ("killing") at once, inside the signal handler: it may only write.
    """

    def __init__(
        self,
        data_dir: Path | None = None,
        *,
        env: Mapping[str, str] = os.environ,
        roles: Mapping[str, Sequence[str]] = ROLES,
        migrate: Sequence[str] = MIGRATE,
        temporal_ports: tuple[int, int] | None = (TEMPORAL_PORT, TEMPORAL_UI_PORT),
        told: Callable[[str, Sequence[str]], None] = lambda _what, _programs: None,
    ) -> None:
        self.data_dir = (data_dir or data_directory(env)).absolute()
        self.logs = self.data_dir / "logs"
        self.environment: dict[str, str] = {**env, "SALESLOOP_DATA": str(self.data_dir)}
        self.postgres: EmbeddedPostgres | None = None
        self.temporal: EmbeddedTemporal | None = None
        self._roles = roles
        self._migrate = migrate
        self._temporal_ports = temporal_ports
        self._keepers: dict[str, Keeper] = {}
        self._note = threading.Lock()
        self._told = told
        self._interrupted = False
        self._stopping = False
        self._lock: int | None = None
        self._handlers: dict[int, Any] = {}  # what was in place before

    # in order

    def __enter__(self) -> Self:
        self._take_lock()
        programs.be_ready_to_spawn()
        self._listen()
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._choose_api_port()
        self._start_postgres()
        self._start_temporal()
        self._run_migration()
        for name, arguments in self._roles.items():
            self._keep(name, Role(name, arguments, env=self.for_roles, log_file=self.logs / f"{name}.log"))
        self._write_note()

    def stop(self) -> None:
        """Roles first, all at once, then the servers they use; then the note and the lock go."""
        self._stopping = True
        self._stop_together(keeper for name, keeper in self._keepers.items() if name in self._roles)
        self._stop_together(keeper for name, keeper in self._keepers.items() if name not in self._roles)
        self._let_go()

    def _stop_together(self, keepers: Iterable[Keeper]) -> None:
        """Each takes its time to finish what it does; together they take that of the slowest."""
        with ThreadPoolExecutor(thread_name_prefix="stop") as threads:
            list(threads.map(Keeper.stop, keepers))

    def wait(self) -> None:
        """Serve until interrupted."""
        self._heed()
        signal.pause()

    # what others ask

    @property
    def api_url(self) -> str:
        host, port = api_place(self.environment)
        return f"http://{host}:{port}"

    @property
    def for_roles(self) -> dict[str, str]:
        """The environment of a role: all but the operator's database."""
        return {name: value for name, value in self.environment.items() if name != "DATABASE_ADMIN_URL"}

    @property
    def pids(self) -> dict[str, int]:
        found = {name: keeper.program.pid for name, keeper in self._keepers.items()}
        return {name: pid for name, pid in found.items() if pid is not None}

    @property
    def restarts(self) -> dict[str, int]:
        """How often each program had to be started again."""
        return {name: keeper.restarts for name, keeper in self._keepers.items()}

    def wait_for_api(self, seconds: float = 60, path: str = "/readyz") -> None:
        """Return once the API answers; raises NotReady with its log's last lines."""
        deadline = time.monotonic() + seconds
        while not self._api_answers(path):
            if time.monotonic() > deadline:
                tail = programs.log_tail(self.logs / "api.log")
                raise NotReady(f"the API at {self.api_url} was not ready after {seconds:.0f} s:\n{tail}")
            time.sleep(0.05)

    # how

    def _start_postgres(self) -> None:
        if self.environment.get("DATABASE_URL"):
            return
        self.postgres = EmbeddedPostgres(self.data_dir / "postgres")
        self._keep("postgres", self.postgres)
        self.environment |= {"DATABASE_URL": self.postgres.application_url}

    def _start_temporal(self) -> None:
        if ClientConfig.load_client_connect_config(override_env_vars=self.environment).get("target_host"):
            return
        port, ui_port = map(_port, self._temporal_ports) if self._temporal_ports else (None, None)
        self.temporal = EmbeddedTemporal(
            self.data_dir / "temporal",
            port=port,
            ui_port=ui_port,
            namespace=self.environment.get("TEMPORAL_NAMESPACE") or "default",
        )
        self._keep("temporal", self.temporal)
        # An API key or TLS meant for a cluster would make the roles refuse the plain server beside them.
        kept = {name: value for name, value in self.environment.items() if not name.startswith("TEMPORAL_")}
        here = {"TEMPORAL_ADDRESS": self.temporal.address, "TEMPORAL_NAMESPACE": self.temporal.namespace}
        self.environment = {**kept, **here}

    def _choose_api_port(self) -> None:
        host, port = api_place(self.environment)
        if port == 0:
            port = programs.free_port()
        elif not programs.port_is_free(port, host):
            if "SALESLOOP_API_PORT" in self.environment:
                raise PortTaken(
                    f"port {port} of {host} is taken: set SALESLOOP_API_PORT to another one, or to 0 for any that is free"
                )
            port = programs.free_port()
            log.warning("the API's usual port is taken; using %d", port)
        self.environment |= {"SALESLOOP_API_HOST": host, "SALESLOOP_API_PORT": str(port)}

    def _run_migration(self) -> None:
        log_file = self.logs / "migrate.log"
        # The operator's way into the database is the migration's alone: no role may own or become what it works with.
        operator = {"DATABASE_ADMIN_URL": self.postgres.url} if self.postgres else {}
        done = programs.spawn(
            programs.python(*self._migrate), log=log_file, env=self.environment | operator
        ).wait()
        if done != 0:
            raise NotReady(f"the migration ended with {done}:\n{programs.log_tail(log_file)}")

    def _keep(self, name: str, program: EmbeddedPostgres | EmbeddedTemporal | Role) -> None:
        self._heed()
        self._keepers[name] = Keeper(name, program, self._write_note)
        self._keepers[name].start()

    def _write_note(self) -> None:
        with self._note:
            if not self._stopping:
                running.write(self.data_dir, self._running())

    def _running(self) -> running.Running:
        host, port = api_place(self.environment)
        return running.Running(
            supervisor=os.getpid(),
            supervisor_started=running.started_at(os.getpid()),
            api_host=host,
            api_port=port,
            database_url=self.postgres.application_url if self.postgres else None,
            admin_database_url=self.postgres.url if self.postgres else None,
            temporal_address=self.temporal.address if self.temporal else None,
            temporal_ui=self.temporal.ui_url if self.temporal else None,
            pids=self.pids,
        )

    def _api_answers(self, path: str) -> bool:
        try:
            return httpx.get(self.api_url + path, timeout=5).is_success
        except httpx.TransportError:
            return False

    def _take_lock(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.data_dir / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            os.close(self._lock)
            other = running.read(self.data_dir)
            where = f" (process {other.supervisor}, {other.api_url})" if other else ""
            raise AlreadyRunning(f"`salesloop dev` already runs on {self.data_dir}{where}") from taken

    def _let_go(self) -> None:
        with self._note:
            running.remove(self.data_dir)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers[number] = signal.signal(number, self._on_signal) or signal.SIG_DFL

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        names = [*reversed(self.pids)]
        if self._interrupted or self._stopping:
            self._told("killing", names)
            self._give_up(128 + number)
        self._interrupted = True
        self._told("stopping", names)
        raise KeyboardInterrupt

    def _heed(self) -> None:
        """What a signal raised may have been lost: Python ignores it where it is cleaning up."""
        if self._interrupted:
            raise KeyboardInterrupt

    def _give_up(self, code: int) -> NoReturn:
        """Kill everything and end here and now: no waiting, no locks (a handler may interrupt their holder). The next start recovers."""
        for pid in self.pids.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        os._exit(code)


def _port(usual: int) -> int:
    return usual if programs.port_is_free(usual) else programs.free_port()
