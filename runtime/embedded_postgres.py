"""runtime: a PostgreSQL of our own, the real server from a wheel, for `salesloop dev` and the tests.

It owns one directory, survives kill -9 and starts again on what was left. Two may sign in: the operator (the superuser, by a
password that stands in a file only this user can read) and the application, a login without rights of its own that can put on the
application's role and no other. Nothing about our schemas or the domain may enter; the only database made here is an empty one.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from runtime import programs, server_home
from runtime.schema import APP_ROLE, ROLES_LOCK

DATABASE = "salesloop"
SUPERUSER = "postgres"
APPLICATION = "salesloop"
PASSFILE = "operator.pgpass"
# The application's login needs no password: the socket's directory is closed to other users, and it has no rights of its own.
WHO_MAY_SIGN_IN = f"""\
local all {APPLICATION} trust
local all all scram-sha-256
local replication all scram-sha-256
"""
APPLICATION_LOGIN = f"""
DO $$ BEGIN
    PERFORM pg_advisory_xact_lock({ROLES_LOCK});
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
        CREATE ROLE {APP_ROLE} NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION}') THEN
        CREATE ROLE {APPLICATION} LOGIN NOINHERIT IN ROLE {APP_ROLE};
    END IF;
END $$
"""
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

log = logging.getLogger(__name__)


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
        self.password_file = self.home / PASSFILE
        self.hba_file = self.home / "pg_hba.conf"
        self.socket = server_home.socket_directory(self.home, self.user)
        self.settings = {**POSTGRES_SETTINGS, **(settings or {})}
        self.log_file = log_file or Path(directory).parent / "logs" / "postgres.log"
        self.programs = server_home.postgres_programs(self.user)
        self._process: subprocess.Popen[bytes] | None = None

    # where

    def url_of(self, database: str) -> str:
        """The operator's psycopg URL of a database of this server. Holds no secret: it names the file that does."""
        passfile = quote(str(self.password_file), safe="")
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(self.socket), safe='')}&passfile={passfile}"

    @property
    def url(self) -> str:
        """The operator's."""
        return self.url_of(DATABASE)

    @property
    def application_url(self) -> str:
        """For our own processes: whoever has it can become nobody but the application."""
        return f"postgresql://{APPLICATION}@/{DATABASE}?host={quote(str(self.socket), safe='')}"

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
        if not self.password_file.exists():
            self._set_password()
        self._say_who_may_sign_in()
        self._process = programs.spawn(
            self._command(), log=self.log_file, on_orphaned=signal.SIGINT, user=self.user, cwd=Path("/")
        )
        programs.until_ready(self._ready, self._process, self.log_file, "PostgreSQL")
        self._ensure_database()
        return self

    def wait(self) -> None:
        """Return when the server ends, at once when it does not run."""
        if self._process:
            self._process.wait()

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
        """End it, whoever started it, then delete the data, wherever it lies."""
        self.stop()
        self._end_leftovers()
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.rmtree(self.socket, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # how

    def _command(self) -> list[str]:
        settings = {**self.settings, "hba_file": str(self.hba_file)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.data), "-k", str(self.socket), *options]

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
            str(self.programs / "initdb"),
            "-D",
            str(fresh),
            "-U",
            SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
        ]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        process = programs.spawn([*initdb, *locale], log=self.log_file, user=self.user, cwd=Path("/"))
        if process.wait(programs.START_SECONDS) != 0:
            raise programs.ServerFailed(f"initdb failed:\n{programs.log_tail(self.log_file)}")
        fresh.rename(self.data)

    def _say_who_may_sign_in(self) -> None:
        self.hba_file.write_text(WHO_MAY_SIGN_IN, encoding="ascii")
        os.chown(self.hba_file, self.user.uid, self.user.gid)

    def _set_password(self) -> None:
        """By a server that listens to nobody: no other way in is ever open, on a new cluster or on an older one."""
        password = secrets.token_hex(32)
        command = [
            str(self.programs / "postgres"),
            "--single",
            "-D",
            str(self.data),
            "-c",
            "log_statement=none",
        ]
        iterations = ["-c", "scram_iterations=1"]  # 256 random bits need no slow hash
        done = subprocess.run(
            [*command, *iterations, "postgres"],
            input=f"ALTER ROLE {SUPERUSER} PASSWORD '{password}'\n".encode(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            check=False,
            **_as(self.user),
        )
        if done.returncode != 0 or b"ERROR" in done.stderr:
            raise programs.ServerFailed(
                f"the operator's password was not set:\n{done.stderr.decode(errors='replace')}"
            )
        self._keep_password(f"*:*:*:{SUPERUSER}:{password}\n")

    def _keep_password(self, line: str) -> None:
        """Whole or not at all, and never readable by others, not even for a moment."""
        fresh = self.password_file.with_suffix(".new")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:  # noqa: PTH123
            out.write(line)
        fresh.replace(self.password_file)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(APPLICATION_LOGIN)
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


def _as(user: programs.User) -> dict[str, Any]:
    """How `subprocess` runs something as another account."""
    same = user.uid == os.geteuid()
    return {} if same else {"user": user.uid, "group": user.gid, "extra_groups": []}


def _recorded_pid(pid_file: Path) -> int:
    try:
        return int(pid_file.read_text().splitlines()[0])
    except (FileNotFoundError, IndexError, ValueError):
        return -1
